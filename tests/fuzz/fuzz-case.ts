/**
 * One database, and calls on it and on what it gives, at random: from outside, from its listeners, subscribers and
 * transactions, and after it was closed.
 *
 * Guarantees that the same seed makes the same calls on a database of this thread; of one in another thread the answers
 * come when they come. Checks that only errors of Freshet come out, that live queries show what a SELECT does, that
 * what was acknowledged is there and nothing else, and that the file is whole.
 */
import { engineOf } from '../../core/engine-key.ts';
import { type DatabaseSync, FreshetError, open, openSync, toJson } from '../../core/index.ts';
import { createUndo, live, liveOne, settled, update } from '../../reactive/index.ts';
import { Random } from '../oracle/random.ts';
import { type AnyDatabase, argumentCalls } from './argument-calls.ts';
import { hostileValues, thrown } from './hostile-values.ts';
import { KeptRows } from './kept-rows.ts';
import { randomStatement, randomWrite, schema, selects } from './statements.ts';

export type Handle = 'sync' | 'async';

export interface FuzzOptions {
  readonly handle: Handle;
  readonly seed: number;
  readonly calls: number;
  /** Where the file is; in memory where there is none. */
  readonly location: string;
  /** Called before each call. */
  readonly log: (name: string) => void;
}

/** Another error than the caller's own or Freshet's came out, or the data is wrong. */
export class FuzzFailure extends Error {}

// Handles of both kinds are used alike; what each gives is awaited.
// biome-ignore lint/suspicious/noExplicitAny: any method may be called on anything.
type Anything = any;

interface OpenTransaction {
  readonly tx: Anything;
  readonly ids: number[];
}

interface OpenLive {
  readonly query: Anything;
  readonly sql: string;
  readonly params: readonly unknown[];
  readonly subscription: { unsubscribe(): void };
  isOver: boolean;
}

const deepest = 3;
const most = 6;
const longestMs = 30_000;

export class FuzzCase {
  readonly #options: FuzzOptions;
  readonly #random: Random;
  readonly #kept = new KeptRows();
  readonly #failures: FuzzFailure[] = [];
  /** Calls that haven't settled, with their names. */
  readonly #outstanding = new Map<Promise<unknown>, string>();
  readonly #hostile = Object.entries(hostileValues());
  readonly #argumentCalls = Object.entries(argumentCalls);
  readonly #watches: Anything[] = [];
  readonly #lives: OpenLive[] = [];
  readonly #iterators: Anything[] = [];
  readonly #statements: Anything[] = [];
  readonly #undos: Anything[] = [];
  readonly #listeners: (() => void)[] = [];
  readonly #transactions: OpenTransaction[] = [];
  /** Rows that each transaction of a database in this thread has written; one whose commit wasn't acknowledged has none. */
  readonly #pending = new Map<number, number[]>();
  #depth = 0;
  #db: AnyDatabase;
  calls = 0;

  private constructor(options: FuzzOptions, db: AnyDatabase, random: Random) {
    this.#options = options;
    this.#db = db;
    this.#random = random;
  }

  /** @throws FuzzFailure */
  static async run(options: FuzzOptions): Promise<number> {
    const random = new Random(options.seed);
    const failures: FuzzFailure[] = [];
    const settings = {
      busyTimeoutMs: 50,
      intMode: random.pick(['auto', 'auto', 'bigint'] as const),
      onError: (error: unknown) => void noteError(failures, 'onError', error),
      onWarning: () => {},
    };
    const db =
      options.handle === 'sync'
        ? openSync(options.location, settings)
        : await open(options.location, { ...settings, readers: random.between(0, 1) });
    const one = new FuzzCase(options, db, random);
    const uncaught = (error: unknown): void => void noteError(failures, 'uncaught', error);
    process.on('uncaughtException', uncaught);
    process.on('unhandledRejection', uncaught);
    try {
      await one.#run();
      failures.push(...one.#failures);
    } finally {
      await one.#close();
      process.off('uncaughtException', uncaught);
      process.off('unhandledRejection', uncaught);
    }
    if (failures[0]) throw failures[0];
    return one.calls;
  }

  get #isSync(): boolean {
    return this.#options.handle === 'sync';
  }

  async #run(): Promise<void> {
    await this.#db.exec(schema);
    while (this.calls < this.#options.calls && this.#failures.length === 0) {
      const made = this.#act();
      // Calls overlap, now and then.
      if (made instanceof Promise && (this.#isSync || this.#random.chance(0.7))) {
        // It may wait for the end of the open transaction.
        await Promise.race([made, this.#isSync ? immediate() : pause(10)]);
      }
      if (this.#outstanding.size > 20) await this.#rest();
      if (this.#random.chance(0.02)) await new Promise((resolve) => setImmediate(resolve));
    }
    await this.#rest();
    await this.#check();
  }

  /** Waits for what was called; what waits for a transaction or an iteration would wait for these. */
  async #rest(): Promise<void> {
    const limit = Date.now() + longestMs;
    while (this.#outstanding.size > 0) {
      for (const one of this.#transactions.splice(0)) this.#end(one, 'rollback');
      // One that a savepoint began.
      if (this.#isSync && this.#db.inTransaction) this.#attempt('rollback', () => this.#db.rollback());
      for (const rows of this.#iterators.splice(0)) this.#attempt('iterator.return', () => rows.return?.());
      await Promise.race([
        Promise.allSettled(this.#outstanding.keys()),
        new Promise((resolve) => setTimeout(resolve, 20)),
      ]);
      if (Date.now() < limit) continue;
      this.#fail(`never settled: ${[...this.#outstanding.values()].join(', ')}`);
      this.#outstanding.clear();
    }
  }

  // ---------------------------------------------------------------- calls

  /** Makes a call; what it throws or rejects with is looked at, and never comes out. */
  #attempt<R>(
    name: string,
    call: () => R,
    done?: (result: Awaited<R>) => void,
    failed?: () => void,
  ): unknown {
    this.calls += 1;
    this.#options.log(name);
    const over = (error: unknown): undefined => {
      this.#options.log(`  ${name} failed: ${String(error)}`.slice(0, 100));
      noteError(this.#failures, name, error);
      failed?.();
      return undefined;
    };
    try {
      const result: unknown = call();
      if (result instanceof Promise) {
        const settledCall = result.then((value: Awaited<R>) => {
          done?.(value);
          return value;
        }, over);
        this.#outstanding.set(settledCall, name);
        return settledCall.finally(() => this.#outstanding.delete(settledCall));
      }
      done?.(result as Awaited<R>);
      return result;
    } catch (error) {
      return over(error);
    }
  }

  /** What the open transaction has written, if one is open in this thread. */
  get #written(): number[] | undefined {
    if (!this.#isSync || !this.#db.inTransaction) return undefined;
    const id = (this.#db as DatabaseSync)[engineOf].transactionId;
    const written = this.#pending.get(id) ?? [];
    this.#pending.set(id, written);
    return written;
  }

  /** Something at random happens within a callback. */
  readonly #within = (): void => {
    if (this.#depth >= deepest || this.calls >= this.#options.calls || !this.#random.chance(0.3)) return;
    this.#depth += 1;
    try {
      const made = this.#act();
      if (made instanceof Promise) made.catch(() => {});
      if (this.#random.chance(0.1)) throw thrown;
    } finally {
      this.#depth -= 1;
    }
  };

  #act(): unknown {
    const random = this.#random;
    return random.weighted<() => unknown>([
      [14, () => this.#keep(this.#db)],
      [14, () => this.#attempt('write', () => this.#db.execute(randomWrite(random)))],
      [6, () => this.#statement(randomStatement(random))],
      [8, () => this.#select()],
      [8, () => this.#wrongArgument()],
      [5, () => this.#transaction()],
      [3, () => this.#begin()],
      [4, () => this.#useTransaction()],
      [5, () => this.#watch()],
      [6, () => this.#next()],
      [5, () => this.#live()],
      [3, () => this.#closeSomething()],
      [3, () => this.#prepared()],
      [3, () => this.#iterate()],
      [2, () => this.#batch()],
      [2, () => this.#undo()],
      [2, () => this.#update()],
      [1, () => this.#listen()],
      [1, () => this.#abort()],
      [1, () => this.#attempt('settled', () => (this.#db.inTransaction ? undefined : settled(this.#db)))],
      [1, () => this.#attempt('metrics', () => this.#db.reactiveSubscriptions())],
    ])();
  }

  /** Writes a row that must be there if this, and the transaction around it, succeeds. */
  #keep(caller: Anything, ids?: number[]): unknown {
    const id = this.#kept.take();
    const sql = 'INSERT INTO kept VALUES (?, ?)';
    // Before the call: a listener of its commit may begin a transaction.
    const open = this.#written;
    const done = (): void => {
      if (ids) ids.push(id);
      else if (open) open.push(id);
      else this.#kept.commit([id]);
    };
    return this.#attempt('keep', () => caller.execute(sql, [id, this.#value()]), done);
  }

  #value(): unknown {
    return this.#random.pick([null, 1, -2.5, 'text', true, 7n, new Uint8Array([1, 2]), new Date(0)]);
  }

  #params(count: number): unknown[] {
    return this.#random.times(count, () => this.#value());
  }

  #statement(sql: string): unknown {
    const how = this.#random.pick(['execute', 'exec', 'query', 'queryRaw', 'prepare'] as const);
    const written = this.#written;
    return this.#attempt(
      `${how} ${sql.slice(0, 60)}`,
      () => (this.#db as Anything)[how](sql),
      () => {
        // A savepoint outside of a transaction begins one, and its release commits.
        if (sql === 'RELEASE s' && how !== 'prepare' && written && this.#written !== written)
          this.#kept.commit(written);
      },
    );
  }

  #select(): unknown {
    const [sql, count] = this.#random.pick(selects);
    const how = this.#random.pick(['query', 'queryOne', 'queryRaw', 'fetchOne'] as const);
    return this.#attempt(how, () => (this.#db as Anything)[how](sql, this.#params(count)));
  }

  #wrongArgument(): unknown {
    const [name, call] = this.#random.pick(this.#argumentCalls);
    const [what, value] = this.#random.pick(this.#hostile);
    // It begins or ends nothing here: calls of others would come between.
    if (/^(transaction|savepoint|begin|undo transaction|settled)/.test(name)) return undefined;
    return this.#attempt(`${name} <- ${what}`, () => call(this.#db, value as never));
  }

  // ---------------------------------------------------------------- transactions

  #transaction(): unknown {
    return this.#isSync ? this.#transactionHere() : this.#transactionThere();
  }

  #transactionHere(): unknown {
    const db = this.#db as Anything;
    const outer = this.#written;
    const before = outer?.length ?? 0;
    let written: number[] | undefined;
    const body = (tx: Anything): void => {
      written = this.#written;
      for (let left = this.#random.between(0, 4); left > 0; left--) {
        this.#random.weighted<() => unknown>([
          [4, () => this.#keep(this.#random.chance(0.7) ? tx : db)],
          [2, () => this.#within()],
          [1, () => this.#savepoint(tx)],
        ])();
      }
      if (this.#random.chance(0.2)) throw thrown;
    };
    return this.#attempt(
      'transaction',
      () => db.transaction(body, this.#random.pick(['deferred', 'immediate', 'exclusive'])),
      () => {
        if (!outer && written) this.#kept.commit(written);
      },
      () => {
        if (outer) outer.length = Math.min(before, outer.length);
      },
    );
  }

  #savepoint(tx: Anything): unknown {
    const outer = this.#written;
    const before = outer?.length ?? 0;
    const body = (inner: Anything): void => {
      this.#keep(inner);
      if (this.#random.chance(0.4)) throw thrown;
    };
    return this.#attempt(
      'savepoint',
      () => tx.savepoint(body),
      undefined,
      () => {
        if (outer) outer.length = Math.min(before, outer.length);
      },
    );
  }

  #transactionThere(): unknown {
    const ids: number[] = [];
    const body = async (tx: Anything): Promise<void> => {
      for (let left = this.#random.between(0, 3); left > 0; left--) {
        await this.#keep(tx, ids);
        if (this.#random.chance(0.2))
          await this.#attempt('tx write', () => tx.execute(randomWrite(this.#random)));
      }
      if (this.#random.chance(0.2)) throw thrown;
    };
    return this.#attempt(
      'transaction',
      () => (this.#db as Anything).transaction(body),
      () => this.#kept.commit(ids),
    );
  }

  #begin(): unknown {
    if (this.#transactions.length > 0) return undefined;
    return this.#attempt(
      'begin',
      () => (this.#db as Anything).begin(),
      (tx: Anything) => {
        this.#transactions.push({ tx, ids: [] });
      },
    );
  }

  #useTransaction(): unknown {
    const one = this.#transactions.at(-1);
    if (!one) return undefined;
    const { tx, ids } = one;
    return this.#random.weighted<() => unknown>([
      [3, () => this.#keep(tx, this.#isSync ? undefined : ids)],
      [2, () => this.#attempt('tx.execute', () => tx.execute(randomWrite(this.#random)))],
      [1, () => this.#attempt('tx.query', () => tx.query('SELECT * FROM v'))],
      [2, () => this.#end(one, 'commit')],
      [1, () => this.#end(one, 'rollback')],
    ])();
  }

  #end(one: OpenTransaction, how: 'commit' | 'rollback'): unknown {
    const at = this.#transactions.indexOf(one);
    if (at >= 0) this.#transactions.splice(at, 1);
    const mine = this.#isSync ? (one.tx.isOpen ? this.#written : undefined) : one.ids;
    return this.#attempt(
      `tx.${how}`,
      () => one.tx[how](),
      () => {
        if (how === 'commit') this.#kept.commit(mine ?? []);
      },
      () => {
        // A commit that failed leaves it open: it is rolled back.
        if (how === 'commit') this.#attempt('tx.rollback', () => one.tx.rollback());
      },
    );
  }

  // ---------------------------------------------------------------- what stays open

  #watch(): unknown {
    if (this.#watches.length >= most) return this.#closeSomething();
    const db = this.#db as Anything;
    const open = this.#random.pick<() => unknown>([
      () => db.watchTable(this.#random.pick(['a', 'c', 'kept', 'nothing']), { queueCapacity: 4 }),
      () => db.watchRange('a', { lower: this.#value(), column: this.#random.pick(['x', 'y', 'id']) }),
      () => db.watchQuery('SELECT * FROM a WHERE b = ?', [this.#value()]),
      () => db.changeStream(),
    ]);
    return this.#attempt('watch', open, (watch) => this.#watches.push(watch));
  }

  #next(): unknown {
    if (this.#watches.length === 0) return undefined;
    const watch = this.#random.pick(this.#watches);
    const how = this.#random.pick(['next', 'nextJson']);
    return this.#attempt(how, () => watch[how]({ timeoutMs: this.#random.pick([0, 1, Number.NaN, -1]) }));
  }

  #live(): unknown {
    if (this.#lives.length >= most) return this.#closeSomething();
    const [sql, count] = this.#random.pick(selects);
    const params = this.#params(count);
    const schedule = this.#random.pick(['sync', 'microtask', undefined] as const);
    const observer = {
      next: this.#within,
      error: (error: unknown) => {
        noteError(this.#failures, `live ${sql}`, error);
        opened.isOver = true;
        this.#within();
      },
      complete: () => {},
    };
    const opened = { query: undefined, sql, params, isOver: false, subscription: { unsubscribe() {} } } as {
      -readonly [K in keyof OpenLive]: OpenLive[K];
    };
    return this.#attempt('live', () => {
      if (this.#random.chance(0.1))
        liveOne(this.#db, sql, params as never)
          .subscribe(observer)
          .unsubscribe();
      opened.query = live(this.#db, sql, params as never, schedule ? { schedule } : undefined);
      this.#lives.push(opened);
      opened.subscription = this.#random.chance(0.2)
        ? opened.query.changes.subscribe(observer)
        : opened.query.subscribe(observer);
    });
  }

  #closeSomething(): unknown {
    const list = this.#random.pick<Anything[]>([
      this.#watches,
      this.#lives,
      this.#iterators,
      this.#undos,
      this.#listeners,
    ]);
    const [one] = list.splice(0, 1);
    if (one === undefined) return undefined;
    return this.#attempt('close', () => {
      if (typeof one === 'function') return one();
      return (one.close ?? one.dispose ?? one.return ?? (() => one.subscription.unsubscribe())).call(one);
    });
  }

  #prepared(): unknown {
    const statement = this.#statements.at(-1);
    if (!statement || this.#random.chance(0.2)) {
      const [sql] = this.#random.pick(selects);
      const text = this.#random.chance(0.5) ? sql : randomWrite(this.#random);
      return this.#attempt(
        'prepare',
        () => this.#db.prepare(text),
        (made) => this.#statements.push(made),
      );
    }
    const how = this.#random.pick(['execute', 'query', 'queryOne', 'queryRaw']);
    return this.#attempt(`statement.${how}`, () => statement[how](this.#params(this.#random.between(0, 2))));
  }

  #iterate(): unknown {
    const rows = this.#iterators.at(-1);
    if (rows && this.#random.chance(0.7)) return this.#attempt('iterator.next', () => rows.next());
    if (this.#iterators.length >= 2) return this.#closeSomething();
    const [sql, count] = this.#random.pick(selects);
    return this.#attempt(
      'iterate',
      () => this.#db.iterate(sql, this.#params(count) as never),
      (made) => this.#iterators.push(made),
    );
  }

  #batch(): unknown {
    const list = this.#random.times(this.#random.between(0, 4), () => this.#params(3));
    return this.#attempt('executeBatch', () =>
      this.#db.executeBatch('INSERT OR REPLACE INTO a(x, y, b) VALUES (?, ?, ?)', list as never),
    );
  }

  #undo(): unknown {
    const undo = this.#undos.at(-1);
    if (!undo) {
      return this.#attempt(
        'createUndo',
        () => createUndo(this.#db),
        (made) => this.#undos.push(made),
      );
    }
    return this.#random.pick<() => unknown>([
      () => this.#attempt('undo', () => undo.undo({ onConflict: 'merge' })),
      () => this.#attempt('redo', () => undo.redo()),
      () => this.#attempt('undo.value', () => undo.value),
      () =>
        this.#attempt('undo.transaction', () =>
          undo.transaction('work', (tx: Anything) => tx.execute(randomWrite(this.#random))),
        ),
    ])();
  }

  #update(): unknown {
    const recipe = (draft: Anything): void => {
      draft[this.#random.pick(['x', 'y', 'b', 'nothing', 'id'])] = this.#value();
      if (this.#random.chance(0.1)) throw thrown;
    };
    return this.#attempt('update', () => update(this.#db, 'a', this.#random.between(1, 12), recipe));
  }

  #listen(): unknown {
    if (this.#listeners.length >= 2) return this.#closeSomething();
    return this.#attempt(
      'subscribe',
      () => (this.#db as Anything).subscribe(() => this.#within()),
      (off) => this.#listeners.push(off as () => void),
    );
  }

  #abort(): unknown {
    if (this.#isSync) return undefined;
    const controller = new AbortController();
    const call = this.#attempt('aborted', () =>
      (this.#db as Anything).query('SELECT * FROM v', [], { signal: controller.signal }),
    );
    if (this.#random.chance(0.5)) controller.abort(thrown);
    else setImmediate(() => controller.abort(thrown));
    return call;
  }

  // ---------------------------------------------------------------- the end

  async #check(): Promise<void> {
    const db = this.#db;
    for (const one of this.#transactions.splice(0)) await this.#end(one, 'rollback');
    for (const rows of this.#iterators.splice(0))
      await this.#attempt('iterator.return', () => rows.return?.());
    // What listeners have begun is over, too.
    await this.#rest();
    if (db.inTransaction) await db.rollback();
    await db.exec('PRAGMA query_only = 0');
    await settled(db);
    const [whole] = (await db.queryRaw('PRAGMA integrity_check')).rows;
    if (whole?.[0] !== 'ok') this.#fail(`integrity_check: ${String(whole?.[0])}`);
    const ids = (await db.query<{ id: number }>('SELECT id FROM kept')).map(({ id }) => Number(id));
    const wrong = this.#kept.difference(ids);
    if (wrong) this.#fail(`the table kept: ${wrong}`);
    for (const { query, sql, params, isOver } of this.#lives) {
      if (isOver || query.value === undefined) continue;
      const fresh = asText(await db.query(sql, params as never));
      const shown = asText(query.value);
      if (fresh !== shown) this.#fail(`live ${sql} ${toJson(params)}: ${difference(shown, fresh)}`);
    }
    await db.close();
    for (let left = 20; left > 0; left--) await this.#act();
    await this.#rest();
  }

  async #close(): Promise<void> {
    for (const { subscription } of this.#lives.splice(0)) subscription.unsubscribe();
    await this.#db.close();
    // What is reported in a later turn belongs to this case.
    await new Promise((resolve) => setImmediate(resolve));
  }

  #fail(text: string): void {
    this.#failures.push(new FuzzFailure(text));
  }
}

const immediate = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function noteError(failures: FuzzFailure[], name: string, error: unknown): void {
  if (error instanceof FreshetError) {
    if (error.code !== 'INTERNAL') return;
  } else if (error === thrown) return;
  failures.push(new FuzzFailure(`${name}: ${String((error as Error)?.message ?? error)}`, { cause: error }));
}

/** The rows that only one of both has. */
function difference(live: string, fresh: string): string {
  const [shown, right] = [live.split('\n'), fresh.split('\n')];
  const only = (rows: string[], others: string[]): string =>
    rows.filter((row) => !others.includes(row)).join(' ');
  return `only live: ${only(shown, right)}, only fresh: ${only(right, shown)}`;
}

function asText(rows: readonly unknown[]): string {
  return rows
    .map((row) => toJson(row))
    .sort()
    .join('\n');
}
