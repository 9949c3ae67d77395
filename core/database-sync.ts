import { requireFunction } from './arguments.ts';
import { control, type TransactionMode } from './atomically.ts';
import type { Changeset } from './commit/changeset.ts';
import type { ReactiveMetrics } from './commit/hub.ts';
import type { Engine } from './engine.ts';
import { engineOf } from './engine-key.ts';
import { ProgrammingError } from './errors.ts';
import { executeBatch } from './execute-batch.ts';
import type { EffectiveConfig } from './open-options.ts';
import * as reading from './reading.ts';
import type { ReadRow, RowShape } from './rows.ts';
import type { StatementCacheStats } from './statement-cache.ts';
import { type ExecuteResult, StatementSync } from './statement-sync.ts';
import { begin, inTransaction, type TransactionSync } from './transaction-sync.ts';
import type { Params, Row } from './values.ts';
import * as watches from './watches/create-watch.ts';
import type { RangeBounds } from './watches/range.ts';
import type { SubscriptionInfo, Watch, WatchOptions } from './watches/watch.ts';

/**
 * A SQLite database in the calling thread. Every method throws a `FreshetError`; on a closed database that
 * is an `InterfaceError`. While a transaction is open, all calls belong to it.
 */
export class DatabaseSync implements Disposable {
  /** @internal */
  readonly [engineOf]: Engine;

  /** @internal Use `openSync`. */
  constructor(engine: Engine) {
    this[engineOf] = engine;
  }

  /** As it was given to `openSync`. */
  get location(): string {
    return this[engineOf].config.location;
  }

  /** The settings in force, wherever they were given. */
  get effectiveConfig(): EffectiveConfig {
    return this[engineOf].config;
  }

  /** Also true after BEGIN in SQL. */
  get inTransaction(): boolean {
    return this[engineOf].inTransaction;
  }

  /** How the cache of compiled statements does. */
  get statementCacheStats(): StatementCacheStats {
    return this[engineOf].cacheStats;
  }

  /** Runs one statement. A second one in `sql` is an error; see `exec`. */
  execute(sql: string, params?: Params): ExecuteResult {
    const engine = this.#usable('execute');
    return engine.execute(engine.compile(sql), params);
  }

  /** Runs a script of any number of statements, without parameters. What ran before an error stays. */
  exec(script: string): void {
    this.#usable('execute').exec(script);
  }

  /** All rows, as plain objects unless `rowMode` says otherwise. */
  query<T extends RowShape<T> = Row, Made = never>(
    sql: string,
    params?: Params,
    options?: reading.ReadOptions<Made | NoInfer<T>>,
  ): ReadRow<T, Made>[] {
    const engine = this.#usable('query');
    return reading.query<ReadRow<T, Made>>(engine, engine.compile(sql), params, options);
  }

  /** The first row, or null. */
  queryOne<T extends RowShape<T> = Row, Made = never>(
    sql: string,
    params?: Params,
    options?: reading.ReadOptions<Made | NoInfer<T>>,
  ): ReadRow<T, Made> | null {
    const engine = this.#usable('query');
    return reading.queryOne<ReadRow<T, Made>>(engine, engine.compile(sql), params, options);
  }

  /** The first row. @throws OperationalError (`NO_ROW`) where there is none. */
  fetchOne<T extends RowShape<T> = Row, Made = never>(
    sql: string,
    params?: Params,
    options?: reading.ReadOptions<Made | NoInfer<T>>,
  ): ReadRow<T, Made> {
    const engine = this.#usable('query');
    return reading.fetchOne<ReadRow<T, Made>>(engine, engine.compile(sql), params, options);
  }

  /** Columns and rows by position: two columns of one name stay two. */
  queryRaw(sql: string, params?: Params): reading.RawResult {
    const engine = this.#usable('query');
    return reading.queryRaw(engine, engine.compile(sql), params);
  }

  /** Rows one by one; independent of every other iteration. Leaving the loop releases the read lock. */
  iterate<T extends RowShape<T> = Row, Made = never>(
    sql: string,
    params?: Params,
    options?: reading.ReadOptions<Made | NoInfer<T>>,
  ): IterableIterator<ReadRow<T, Made>> {
    const engine = this.#usable('iterate');
    return reading.iterate<ReadRow<T, Made>>(engine, engine.compile(sql), params, options);
  }

  /** Runs a write once for each element, all or nothing. An empty list does nothing. */
  executeBatch(sql: string, paramsList: Iterable<Params>): { changes: number } {
    const engine = this.#usable('execute');
    return executeBatch(engine, engine.compile(sql), paramsList);
  }

  /** @throws ProgrammingError for wrong SQL: here, not at the first run. */
  prepare(sql: string): StatementSync {
    const engine = this.#usable('prepare');
    return new StatementSync(engine, engine.compile(sql));
  }

  /** @throws OperationalError when a transaction is open. */
  begin(mode: TransactionMode = 'deferred'): TransactionSync {
    return begin(this.#usable('begin'), mode);
  }

  /** Commits when `fn` returns, rolls back when it throws, and nests as a savepoint. */
  transaction<R>(fn: (tx: TransactionSync) => R, mode: TransactionMode = 'deferred'): R {
    const engine = this[engineOf];
    engine.assertUsable('begin');
    requireFunction(fn, 'fn');
    return inTransaction(engine, mode, fn);
  }

  /** Commits the open transaction, however it was begun; without one nothing happens. */
  commit(): void {
    this.#end('COMMIT');
  }

  /** Rolls the open transaction back, however it was begun; without one nothing happens. */
  rollback(): void {
    this.#end('ROLLBACK');
  }

  /** Events for every commit that changes one of `tables`. */
  watchTable(tables: string | readonly string[], options?: WatchOptions): Watch {
    const engine = this[engineOf];
    return engine.guard(() => watches.watchTable(engine, tables, options));
  }

  /** Events for changes of rows that lie in a range before or after. */
  watchRange(table: string, range: RangeBounds, options?: WatchOptions): Watch {
    const engine = this[engineOf];
    return engine.guard(() => watches.watchRange(engine, table, range, options));
  }

  /** The answer of a SELECT, then events for every commit that may change it. */
  watchQuery(sql: string, params?: Params, options?: WatchOptions): Watch {
    const engine = this[engineOf];
    return engine.guard(() => watches.watchQuery(engine, sql, params, options));
  }

  /** Every commit from now on, or every commit that changes one of `tables`. */
  changeStream(options?: WatchOptions & { readonly tables?: readonly string[] }): Watch {
    const engine = this[engineOf];
    return engine.guard(() => watches.changeStream(engine, options));
  }

  /**
   * Calls `listener` for every commit, after it is readable, in commit order, before the committing call
   * returns. It may write: that commit is delivered next. What it throws goes to `onError`.
   */
  subscribe(listener: (changeset: Changeset) => void): () => void {
    const engine = this[engineOf];
    engine.assertOpen('subscribe');
    if (typeof listener !== 'function') {
      throw new ProgrammingError('A listener of commits is a function.', {
        code: 'WATCH',
        subcode: 'watch.listener',
      });
    }
    return engine.hub.addListener(engine, listener);
  }

  /** Figures for all watches and live queries of the database. */
  reactiveMetrics(): ReactiveMetrics {
    return this[engineOf].hub.metrics();
  }

  /** The open watches, with what waits in their queues. */
  reactiveSubscriptions(): SubscriptionInfo[] {
    return this[engineOf].hub.subscriptions();
  }

  /** Rolls an open transaction back, closes watches and live queries, and the file. A second call does nothing. */
  close(): void {
    this[engineOf].close();
  }

  /** Closes the database. */
  [Symbol.dispose](): void {
    this.close();
  }

  #end(sql: 'COMMIT' | 'ROLLBACK'): void {
    const engine = this[engineOf];
    if (sql === 'COMMIT') engine.assertUsable('commit');
    else engine.assertOpen('roll back');
    if (engine.inTransaction) control(engine, sql);
  }

  #usable(doing: string): Engine {
    const engine = this[engineOf];
    if (engine.isUndone) engine.assertUsable(doing);
    return engine;
  }
}
