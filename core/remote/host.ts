import { control, inSavepoint } from '../atomically.ts';
import type { DatabaseSync } from '../database-sync.ts';
import type { Engine } from '../engine.ts';
import { engineOf } from '../engine-key.ts';
import { OperationalError } from '../errors.ts';
import { splitScript } from '../sql/statement-plan.ts';
import { transactionEnded, transactionUndone } from '../transaction-errors.ts';
import type { Port } from './port.ts';
import { Session } from './session.ts';
import { encodeError, lost, type ToEngine, type TransactionState } from './wire.ts';

/** A call as an operation gets it. Its arguments are what the database on the other side has put in. */
export interface Call {
  readonly session: Session;
  readonly args: readonly unknown[];
  /** Aborts when the caller doesn't wait any longer. */
  readonly signal: AbortSignal;
  /** It was made before, on a line that was lost: what isn't known not to write must not be made again. */
  readonly isAgain?: boolean;
  /** It belongs to no transaction. */
  readonly isOutside: boolean;
  /** A script, as far as it has not been carried out. */
  rest?: string[];
}

export interface Operation {
  /** @returns what is sent back, or a promise of it for operations that wait. */
  run(host: Host, call: Call): unknown;
  /** It doesn't wait for the end of others' transactions. */
  readonly isFree?: boolean;
  /** It ends a transaction, if that is still open. */
  readonly isEnd?: boolean;
  /** A write that may share a transaction with others: its SQL. */
  readonly sql?: (call: Call) => string;
  /** It may write, so that making it again is making it twice. */
  readonly writes?: (host: Host, call: Call) => boolean;
}

export type Operations = Readonly<Record<string, Operation>>;

export interface HostOptions {
  /** Writes that wait together share a commit, which is worth it where a commit waits for the disk. */
  readonly groupsCommits: boolean;
  /** Other engines read beside this one. */
  readonly hasReaders: boolean;
  /** Called before a write outside of transactions is carried out, with its line and its number. */
  readonly begins?: (line: string, id: number) => void;
  /** Ends a line if it is open; the number of its last write that was begun, if that is known. */
  readonly fate?: (line: string) => number | null;
  /** The hosts of this thread, itself included: their engines have the same file open. */
  readonly neighbours?: ReadonlySet<Host>;
}

interface Waiting {
  readonly session: Session;
  readonly id: number;
  readonly within: number;
  readonly operation: Operation;
  readonly call: Call;
  readonly abort: AbortController;
  /** When it gives up waiting for a lock. */
  until?: number;
}

/** A transaction that a session has begun. */
interface Owner {
  readonly session: Session;
  readonly within: number;
  /** The engine's number for it. */
  readonly id: number;
  /** Until its session says that it has ended, nobody else has a turn: also if SQLite has rolled it back. */
  readonly keepsOut: boolean;
}

/** Calls without a transaction's number. */
const outside = 0;
const longestMs = 5;
/** Pragmas that change nothing of what a query answers. */
const withoutEffect = new Set([
  'application_id',
  'automatic_index',
  'busy_timeout',
  'cache_size',
  'cache_spill',
  'checkpoint_fullfsync',
  'defer_foreign_keys',
  'foreign_keys',
  'foreign_key_check',
  'fullfsync',
  'ignore_check_constraints',
  'incremental_vacuum',
  'index_info',
  'index_list',
  'index_xinfo',
  'integrity_check',
  'journal_size_limit',
  'mmap_size',
  'optimize',
  'query_only',
  'quick_check',
  'recursive_triggers',
  'secure_delete',
  'synchronous',
  'table_info',
  'table_list',
  'table_xinfo',
  'temp_store',
  'user_version',
  'wal_autocheckpoint',
  'wal_checkpoint',
]);
const retryMs = 5;

/**
 * Serves databases in other threads or tabs from one engine.
 *
 * Guarantees: calls are carried out in the order in which they came, but for those that wait for the end of
 * another's transaction; nothing of anybody's comes into a transaction of somebody else. What a commit makes the
 * engine tell a session is posted before the answer to the call that committed. The hard part is the end of a
 * session: its transaction is rolled back, and what it kept open is closed. And a lock that an engine in the same thread
 * holds can't be waited for in SQLite, which would hold the thread: such a call is made again.
 */
export class Host {
  readonly db: DatabaseSync;
  readonly engine: Engine;
  readonly #operations: Operations;
  readonly #options: HostOptions;
  readonly #sessions = new Set<Session>();
  #queue: Waiting[] = [];
  /** Whose transaction is open. */
  #owner: Owner | null = null;
  #nextTransaction = outside + 1;
  #isPumping = false;
  /** The call that waits for a lock of a neighbour's; all others wait for it. */
  #parked: Waiting | null = null;
  #retry: NodeJS.Timeout | undefined;
  #generation = -1;
  #settings = 0;
  #isAsReaders = true;

  constructor(db: DatabaseSync, operations: Operations, options: HostOptions) {
    this.db = db;
    this.engine = db[engineOf];
    this.#operations = operations;
    this.#options = options;
  }

  connect(port: Port, line?: string): Session {
    const session: Session = new Session(port, line, {
      receive: (list) => this.#receive(session, list),
      ended: () => this.#end(session),
    });
    this.#sessions.add(session);
    return session;
  }

  /** See `HostOptions`. */
  fate(line: string): number | null {
    return this.#options.fate?.(line) ?? null;
  }

  get sessions(): ReadonlySet<Session> {
    return this.#sessions;
  }

  /** Begins a transaction that belongs to the session; gives its number. */
  begin(session: Session, keepsOut: boolean, begin: () => void): number {
    begin();
    const within = this.#nextTransaction++;
    this.#owner = { session, within, id: this.engine.transactionId, keepsOut };
    return within;
  }

  /** Runs a script. @throws OperationalError when it has begun a transaction and not ended it; that is rolled back. */
  exec(script: string, call: Call): void {
    if (this.#isAlone) this.engine.exec(script);
    else {
      // When it is made again, it goes on where it had to stop.
      call.rest ??= [...splitScript(script)].reverse();
      for (let sql = call.rest.at(-1); sql !== undefined; sql = call.rest.at(-1)) {
        this.engine.exec(sql);
        call.rest.pop();
      }
    }
    if (!this.engine.inTransaction || (this.#owner && this.#isIn(this.#owner))) return;
    control(this.engine, 'ROLLBACK');
    throw new OperationalError(
      'The script left a transaction open: it was rolled back. End it in the script, or use begin() or transaction().',
      { code: 'TRANSACTION', subcode: 'transaction.in_sql', sqlstate: '25000' },
    );
  }

  /**
   * Ends the transaction if it is still open. @throws OperationalError if it should be committed, and SQLite has rolled
   * it back.
   */
  leave(how: 'COMMIT' | 'ROLLBACK'): void {
    const owner = this.#owner;
    if (owner && this.#isIn(owner)) control(this.engine, how);
    else if (owner && how === 'COMMIT' && this.engine.wasUndone(owner.id)) throw transactionUndone('commit');
  }

  close(): void {
    for (const session of [...this.#sessions]) session.close();
    this.db.close();
  }

  #receive(session: Session, list: readonly ToEngine[]): void {
    for (const message of list) {
      if (message.kind === 'cancel') this.#cancel(session, message.id);
      else if (message.kind === 'tell') this.#tell(session, message.name, message.args);
      else this.#accept(session, message);
    }
    this.#pump();
  }

  #accept(session: Session, message: Extract<ToEngine, { kind: 'call' }>): void {
    const { id, name, args, within = outside, isAgain = false } = message;
    const operation = this.#operations[name];
    if (!operation) {
      const text = `This engine knows no ${name}: the page and the engine are of different versions. Reload.`;
      session.fail(id, encodeError(versionSkew(text)), 'none');
      return;
    }
    const abort = new AbortController();
    const waiting: Waiting = {
      session,
      id,
      within,
      operation,
      call: { session, args, signal: abort.signal, isAgain, isOutside: within === outside },
      abort,
    };
    session.calls.set(id, abort);
    if (operation.isFree) this.#run(waiting);
    else this.#queue.push(waiting);
  }

  #tell(session: Session, name: string, args: readonly unknown[]): void {
    try {
      const { signal } = new AbortController();
      this.#operations[name]?.run(this, { session, args, signal, isOutside: true });
    } catch (error) {
      this.engine.reportError(error, { during: name });
    }
  }

  #cancel(session: Session, id: number): void {
    session.calls.get(id)?.abort();
    // So that the other side knows that no answer is on its way.
    if (session.calls.delete(id)) session.fail(id, null, this.#stateFor());
    this.#queue = this.#queue.filter((one) => one.session !== session || one.id !== id);
  }

  /** Carries out what can be; the rest waits for the end of a transaction. */
  #pump(): void {
    if (this.#isPumping || this.#parked) return;
    this.#isPumping = true;
    try {
      let begun = performance.now();
      for (let next = this.#next(); next; next = this.#next()) {
        const group = this.#groupWith(next);
        if (group.length > 1) this.#runTogether(group);
        else this.#run(next);
        if (this.#parked) return;
        this.#noteOwner(next);
        if (performance.now() - begun < longestMs) continue;
        this.#flush();
        begun = performance.now();
      }
    } finally {
      this.#isPumping = false;
      this.#flush();
    }
  }

  #next(): Waiting | undefined {
    const owner = this.#owner;
    const at = owner
      ? this.#queue.findIndex(({ session, within }) => session === owner.session && within === owner.within)
      : 0;
    const [found] = at < 0 ? [] : this.#queue.splice(at, 1);
    if (!found) {
      // What belongs to a transaction that has ended will never have its turn.
      const stale = this.#queue.findIndex((one) => one.within !== outside && one.within !== owner?.within);
      return stale < 0 ? undefined : this.#queue.splice(stale, 1)[0];
    }
    return found;
  }

  #stateFor(): TransactionState {
    if (!this.engine.inTransaction) return 'none';
    return 'open';
  }

  /**
   * Tells whether a reader's connection answers as this one does: not where there are TEMP objects, which may hide a
   * file's own, or where a pragma has changed what queries answer.
   */
  #noteSchema(): void {
    const { engine } = this;
    if (engine.isClosed) return;
    if (this.#generation === engine.schemaGeneration && this.#settings === engine.settings.size) return;
    this.#generation = engine.schemaGeneration;
    this.#settings = engine.settings.size;
    const own = "SELECT 1 FROM temp.sqlite_schema WHERE name NOT LIKE 'freshet\\_%' ESCAPE '\\' LIMIT 1";
    const isAsReaders =
      [...engine.settings].every((name) => withoutEffect.has(name)) &&
      engine.connection.prepare(own).get([]) === undefined;
    if (isAsReaders !== this.#isAsReaders)
      for (const session of this.#sessions) session.emit('readers', isAsReaders);
    this.#isAsReaders = isAsReaders;
  }

  /** A statement may have ended the transaction, or made SQLite end it. */
  #noteOwner({ operation, session, within }: Waiting): void {
    if (this.#options.hasReaders) this.#noteSchema();
    if (!this.#isAlone && !this.engine.inTransaction) {
      for (const neighbour of this.#options.neighbours ?? [])
        if (neighbour.#parked) queueMicrotask(() => neighbour.#resume());
    }
    const owner = this.#owner;
    if (!owner) {
      // What a script has begun and not ended has no handle that could end it.
      if (this.engine.inTransaction) control(this.engine, 'ROLLBACK');
      return;
    }
    if (this.#isIn(owner)) return;
    // So has what a script begins after it has ended its own.
    if (this.engine.inTransaction) control(this.engine, 'ROLLBACK');
    const isLeft = operation.isEnd && session === owner.session && within === owner.within;
    if (!owner.keepsOut || isLeft || !this.engine.wasUndone(owner.id)) this.#owner = null;
  }

  #isIn({ id }: Owner): boolean {
    return this.engine.inTransaction && this.engine.transactionId === id;
  }

  /** Why a call doesn't get into the transaction that it belongs to. */
  #refusalOf({ session, within, operation }: Waiting): OperationalError | null {
    if (within === outside || operation.isFree) return null;
    const owner = this.#owner;
    if (owner?.session !== session || owner.within !== within) return transactionEnded('go on');
    return operation.isEnd || this.#isIn(owner) ? null : transactionUndone('go on');
  }

  #run(waiting: Waiting): void {
    const { session, id } = waiting;
    const refusal = this.#refusalOf(waiting);
    if (refusal) {
      session.fail(id, encodeError(refusal), this.#stateFor());
      session.calls.delete(id);
      return;
    }
    const settle = (send: () => void): void => {
      // Nobody waits for what was cancelled.
      if (session.calls.delete(id)) send();
    };
    try {
      this.#noteBegun(waiting);
      const value = this.#carryOut(waiting);
      if (value instanceof Promise) {
        value
          .then(
            (result) => settle(() => session.answer(id, result, this.#stateFor())),
            (error) => settle(() => session.fail(id, encodeError(error), this.#stateFor())),
          )
          .finally(() => session.flush());
      } else settle(() => session.answer(id, value, this.#stateFor()));
    } catch (error) {
      if (!this.#park(waiting, error)) settle(() => session.fail(id, encodeError(error), this.#stateFor()));
    }
    if (!this.#isPumping) session.flush();
  }

  /** @throws when it was made before, and may have been carried out. */
  #noteBegun({ session, id, within, operation, call }: Waiting): void {
    if (within !== outside || !(call.isAgain || this.#options.begins)) return;
    if (!operation.writes?.(this, call)) return;
    if (call.isAgain) throw lost('the engine went away');
    if (session.line !== undefined) this.#options.begins?.(session.line, id);
  }

  get #isAlone(): boolean {
    return (this.#options.neighbours?.size ?? 1) < 2;
  }

  #carryOut(waiting: Waiting): unknown {
    const { operation, call } = waiting;
    if (operation.isFree || this.#isAlone || !this.#hasBusyNeighbour()) return operation.run(this, call);
    // As long as SQLite would wait.
    waiting.until ??=
      performance.now() + Number(this.engine.connection.prepare('PRAGMA busy_timeout').get([])?.[0]);
    return this.engine.withoutWaiting(() => operation.run(this, call));
  }

  #hasBusyNeighbour(): boolean {
    for (const { engine } of this.#options.neighbours ?? [])
      if (engine !== this.engine && engine.inTransaction) return true;
    return false;
  }

  /** A call that met a lock of a neighbour's is made again when that may have ended. False if it has waited enough. */
  #park(waiting: Waiting, error: unknown): boolean {
    const isLock = error instanceof OperationalError && error.subcode === 'busy.writer_lock';
    if (!isLock || waiting.until === undefined || performance.now() >= waiting.until) return false;
    this.#parked = waiting;
    this.#queue.unshift(waiting);
    this.#retry = setTimeout(() => this.#resume(), retryMs);
    return true;
  }

  #resume(): void {
    const parked = this.#parked;
    if (!parked) return;
    clearTimeout(this.#retry);
    this.#parked = null;
    // It was given up meanwhile, in the midst of a script that had begun a transaction.
    const isGivenUp = !this.#queue.includes(parked) && !this.#owner;
    if (isGivenUp && this.engine.inTransaction) control(this.engine, 'ROLLBACK');
    if (!this.engine.isClosed) this.#pump();
  }

  /** Writes that wait behind one another, each for a commit of its own. */
  #groupWith(first: Waiting): Waiting[] {
    const group = [first];
    if (!this.#options.groupsCommits || this.#owner || !this.#canShare(first)) return group;
    while (this.#queue[0] && this.#canShare(this.#queue[0])) group.push(this.#queue.shift() as Waiting);
    return group;
  }

  #canShare({ operation, call, within }: Waiting): boolean {
    if (!operation.sql || within !== outside) return false;
    try {
      const { plan, mayFail } = this.engine.compile(operation.sql(call));
      // OR FAIL keeps what it did before it failed, and a savepoint wouldn't; a constraint that waits for the commit
      // must not be mended by somebody else's write.
      const isAlone = mayFail || this.engine.catalog.mentions('DEFERR');
      return plan.kind === 'write' && !plan.returning && !isAlone;
    } catch {
      // It fails by itself, and says why.
      return false;
    }
  }

  /**
   * One transaction, a savepoint for each: they share the wait for the disk, and not their fate. If the whole is
   * undone (a full disk, a deferred constraint of one of them), each is carried out again by itself.
   */
  #runTogether(group: readonly Waiting[]): void {
    const outcomes: (() => void)[] = [];
    const { engine } = this;
    let transaction = -1;
    try {
      control(engine, 'BEGIN IMMEDIATE');
      transaction = engine.transactionId;
      for (const one of group) this.#noteBegun(one);
      for (const { session, id, operation, call } of group) {
        try {
          const value = inSavepoint(engine, () => operation.run(this, call));
          outcomes.push(() => session.answer(id, value, 'none'));
        } catch (error) {
          if (!engine.inTransaction) throw error;
          outcomes.push(() => session.fail(id, encodeError(error), 'none'));
        }
      }
      control(engine, 'COMMIT');
    } catch (error) {
      const isUndone = engine.inTransaction || transaction < 0 || engine.wasUndone(transaction);
      if (engine.inTransaction) control(engine, 'ROLLBACK');
      if (isUndone) {
        for (const one of group) this.#run(one);
        return;
      }
      // It was committed; what failed is what came of that.
      engine.reportError(error, { during: 'a commit' });
    }
    for (const [at, one] of group.entries()) if (one.session.calls.delete(one.id)) outcomes[at]?.();
  }

  #flush(): void {
    for (const session of this.#sessions) session.flush();
  }

  #end(session: Session): void {
    if (!this.#sessions.delete(session)) return;
    this.#queue = this.#queue.filter((one) => one.session !== session);
    if (this.#owner?.session === session) {
      this.#owner = null;
      if (this.engine.inTransaction) control(this.engine, 'ROLLBACK');
    }
    if (!this.engine.isClosed) this.#pump();
  }
}

export function versionSkew(text: string): OperationalError {
  return new OperationalError(text, { code: 'CONNECTION', subcode: 'connection.version' });
}
