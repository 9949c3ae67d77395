import type { DriverRunResult } from './drivers/driver.ts';
import type { Engine } from './engine.ts';
import { executeBatch } from './execute-batch.ts';
import * as reading from './reading.ts';
import type { ReadRow, RowShape } from './rows.ts';
import type { Statement } from './statement.ts';
import type { Params, Row } from './values.ts';

/** What a statement changed. `lastInsertRowid` is the connection's latest, whatever this statement was. */
export type ExecuteResult = DriverRunResult;

/** A statement prepared once and run often. It lives as long as its database and need not be closed. */
export class StatementSync {
  readonly #engine: Engine;
  #statement: Statement;

  /** @internal */
  constructor(engine: Engine, statement: Statement) {
    this.#engine = engine;
    this.#statement = statement;
  }

  /** The text it was prepared from. */
  get sql(): string {
    return this.#statement.plan.sql;
  }

  /** Names of the result columns, in order; empty without a result. */
  get columns(): readonly string[] {
    this.#engine.assertOpen('read the columns');
    return this.#current().columns;
  }

  /** Runs it. */
  execute(params?: Params): ExecuteResult {
    return this.#engine.execute(this.#current(), params);
  }

  /** All rows. */
  query<T extends RowShape<T> = Row, Made = never>(
    params?: Params,
    options?: reading.ReadOptions<Made | NoInfer<T>>,
  ): ReadRow<T, Made>[] {
    return reading.query<ReadRow<T, Made>>(this.#engine, this.#current(), params, options);
  }

  /** The first row, or null. */
  queryOne<T extends RowShape<T> = Row, Made = never>(
    params?: Params,
    options?: reading.ReadOptions<Made | NoInfer<T>>,
  ): ReadRow<T, Made> | null {
    return reading.queryOne<ReadRow<T, Made>>(this.#engine, this.#current(), params, options);
  }

  /** @throws OperationalError (`NO_ROW`) where there is none. */
  fetchOne<T extends RowShape<T> = Row, Made = never>(
    params?: Params,
    options?: reading.ReadOptions<Made | NoInfer<T>>,
  ): ReadRow<T, Made> {
    return reading.fetchOne<ReadRow<T, Made>>(this.#engine, this.#current(), params, options);
  }

  /** Columns and rows by position. */
  queryRaw(params?: Params): reading.RawResult {
    return reading.queryRaw(this.#engine, this.#current(), params);
  }

  /** Rows as they are read. Leaving the loop releases the read lock. */
  iterate<T extends RowShape<T> = Row, Made = never>(
    params?: Params,
    options?: reading.ReadOptions<Made | NoInfer<T>>,
  ): IterableIterator<ReadRow<T, Made>> {
    return reading.iterate<ReadRow<T, Made>>(this.#engine, this.#current(), params, options);
  }

  /** All or nothing; see `DatabaseSync.executeBatch`. */
  executeBatch(paramsList: Iterable<Params>): { changes: number } {
    return executeBatch(this.#engine, this.#current(), paramsList);
  }

  #current(): Statement {
    if (this.#engine.isUndone) this.#engine.assertUsable('execute');
    if (!this.#engine.isCurrent(this.#statement)) this.#statement = this.#engine.current(this.#statement);
    return this.#statement;
  }
}
