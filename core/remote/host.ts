import { control, inSavepoint } from '../atomically.ts';
import type { DatabaseSync } from '../database-sync.ts';
import type { Engine } from '../engine.ts';
import { engineOf } from '../engine-key.ts';
import { OperationalError } from '../errors.ts';
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
}

export interface Operation {
  /** @returns what is sent back, or a promise of it for operations that wait. */
  run(host: Host, call: Call): unknown;
  /** It doesn't wait for the end of others' transactions. */
  readonly isFree?: boolean;
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
}

interface Waiting {
  readonly session: Session;
  readonly id: number;
  readonly within: number;
  readonly operation: Operation;
  readonly call: Call;
  readonly abort: AbortController;
}

/** Calls without a transaction's number. */
const outside = 0;
const longestMs = 5;

/**
 * Serves databases in other threads or tabs from one engine.
 *
 * Guarantees: calls are carried out in the order in which they came, but for those that wait for the end of
 * another's transaction; nothing of anybody's comes into a transaction of somebody else. What a commit makes the
 * engine tell a session is posted before the answer to the call that committed. The hard part is the end of a
 * session: its transaction is rolled back, and what it kept open is closed.
 */
export class Host {
  readonly db: DatabaseSync;
  readonly engine: Engine;
  readonly #operations: Operations;
  readonly #options: HostOptions;
  readonly #sessions = new Set<Session>();
  #queue: Waiting[] = [];
  /** Whose transaction is open. */
  #owner: { readonly session: Session; readonly within: number } | null = null;
  #nextTransaction = outside + 1;
  #isPumping = false;
  #generation = -1;
  #hasTemp = false;

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
  begin(session: Session, begin: () => void): number {
    begin();
    const within = this.#nextTransaction++;
    this.#owner = { session, within };
    return within;
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
      call: { session, args, signal: abort.signal, isAgain },
      abort,
    };
    session.calls.set(id, abort);
    if (operation.isFree) this.#run(waiting);
    else this.#queue.push(waiting);
  }

  #tell(session: Session, name: string, args: readonly unknown[]): void {
    try {
      this.#operations[name]?.run(this, { session, args, signal: new AbortController().signal });
    } catch (error) {
      this.engine.reportError(error, { during: name });
    }
  }

  #cancel(session: Session, id: number): void {
    session.calls.get(id)?.abort();
    // So that the other side knows that no answer is on its way.
    if (session.calls.delete(id)) session.fail(id, null, this.#stateFor(session));
    this.#queue = this.#queue.filter((one) => one.session !== session || one.id !== id);
  }

  /** Carries out what can be; the rest waits for the end of a transaction. */
  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      let begun = performance.now();
      for (let next = this.#next(); next; next = this.#next()) {
        const group = this.#groupWith(next);
        if (group.length > 1) this.#runTogether(group);
        else this.#run(next);
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
      const stale = this.#queue.findIndex((one) => one.within !== outside && !this.#isOpen(one));
      return stale < 0 ? undefined : this.#queue.splice(stale, 1)[0];
    }
    return found;
  }

  #isOpen({ session, within }: Waiting): boolean {
    return this.#owner?.session === session && this.#owner.within === within;
  }

  #stateFor(session: Session): TransactionState {
    if (!this.engine.inTransaction) return 'none';
    const owner = this.#owner ?? { session, within: outside };
    return owner.session === session && owner.within === outside ? 'ours' : 'open';
  }

  /** Tells when TEMP objects have come that hide a file's own: only the writer's connection knows them. */
  #noteSchema(): void {
    if (this.engine.isClosed || this.#generation === this.engine.schemaGeneration) return;
    this.#generation = this.engine.schemaGeneration;
    const own = "SELECT 1 FROM temp.sqlite_schema WHERE name NOT LIKE 'freshet\\_%' ESCAPE '\\' LIMIT 1";
    const hasTemp = this.engine.connection.prepare(own).get([]) !== undefined;
    if (hasTemp !== this.#hasTemp) for (const session of this.#sessions) session.emit('temp', hasTemp);
    this.#hasTemp = hasTemp;
  }

  /** A statement may have begun a transaction, ended it, or made SQLite end it. */
  #noteOwner({ session }: Waiting): void {
    if (this.#options.hasReaders) this.#noteSchema();
    if (!this.engine.inTransaction) this.#owner = null;
    else this.#owner ??= { session, within: outside };
  }

  #run(waiting: Waiting): void {
    const { session, id, within, operation, call } = waiting;
    if (within !== outside && !operation.isFree && !this.#isOpen(waiting)) {
      session.fail(id, encodeError(transactionEnded()), this.#stateFor(session));
      session.calls.delete(id);
      return;
    }
    const settle = (send: () => void): void => {
      // Nobody waits for what was cancelled.
      if (session.calls.delete(id)) send();
    };
    try {
      this.#noteBegun(waiting);
      const value = operation.run(this, call);
      if (value instanceof Promise) {
        value
          .then(
            (result) => settle(() => session.answer(id, result, this.#stateFor(session))),
            (error) => settle(() => session.fail(id, encodeError(error), this.#stateFor(session))),
          )
          .finally(() => session.flush());
      } else settle(() => session.answer(id, value, this.#stateFor(session)));
    } catch (error) {
      settle(() => session.fail(id, encodeError(error), this.#stateFor(session)));
    }
    if (!this.#isPumping) session.flush();
  }

  /** @throws when it was made before, and may have been carried out. */
  #noteBegun({ session, id, within, operation, call }: Waiting): void {
    if (within !== outside || !operation.writes?.(this, call)) return;
    if (call.isAgain) throw lost('the engine went away');
    if (session.line !== undefined) this.#options.begins?.(session.line, id);
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

export function transactionEnded(): OperationalError {
  return new OperationalError('Cannot go on: the transaction has ended. Begin another one.', {
    code: 'TRANSACTION',
    subcode: 'transaction.ended',
    sqlstate: '25000',
  });
}

export function versionSkew(text: string): OperationalError {
  return new OperationalError(text, { code: 'CONNECTION', subcode: 'connection.version' });
}
