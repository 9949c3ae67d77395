import { requireFunction } from './arguments.ts';
import { atomically, beginText, control, inSavepoint, type TransactionMode } from './atomically.ts';
import type { Written } from './commit/written.ts';
import type { Engine } from './engine.ts';
import { OperationalError } from './errors.ts';
import { executeBatch } from './execute-batch.ts';
import * as reading from './reading.ts';
import type { ReadRow, RowShape } from './rows.ts';
import { type ExecuteResult, StatementSync } from './statement-sync.ts';
import { transactionEnded } from './transaction-errors.ts';
import type { Params, Row } from './values.ts';

/**
 * The open transaction of a connection. Its methods are the database's, and refuse once it has ended: by
 * `commit`, by `rollback`, or because SQLite rolled it back by itself (a full disk, `OR ROLLBACK`). A handle that was
 * given to a function, of `transaction` or `savepoint`, refuses too once that function has ended.
 */
export class TransactionSync implements Disposable {
  readonly #engine: Engine;
  readonly #id: number;
  #isLeft = false;

  /** @internal */
  constructor(engine: Engine) {
    this.#engine = engine;
    this.#id = engine.transactionId;
  }

  /** False once it has ended in whatever way. */
  get isOpen(): boolean {
    return !this.#isLeft && this.#engine.inTransaction && this.#engine.transactionId === this.#id;
  }

  /** @internal Runs `fn` with a handle that ends with it. */
  static during<R>(engine: Engine, fn: (tx: TransactionSync) => R): R {
    const tx = new TransactionSync(engine);
    try {
      return fn(tx);
    } finally {
      tx.#isLeft = true;
    }
  }

  /** Runs one statement. */
  execute(sql: string, params?: Params): ExecuteResult {
    this.#assertOpen('execute');
    return this.#engine.execute(this.#engine.compile(sql), params);
  }

  /** Runs a script of any number of statements, without parameters. */
  exec(script: string): void {
    this.#assertOpen('execute');
    this.#engine.exec(script);
  }

  /** All rows, as plain objects unless `rowMode` says otherwise. */
  query<T extends RowShape<T> = Row, Made = never>(
    sql: string,
    params?: Params,
    options?: reading.ReadOptions<Made | NoInfer<T>>,
  ): ReadRow<T, Made>[] {
    this.#assertOpen('query');
    return reading.query<ReadRow<T, Made>>(this.#engine, this.#engine.compile(sql), params, options);
  }

  /** The first row, or null. */
  queryOne<T extends RowShape<T> = Row, Made = never>(
    sql: string,
    params?: Params,
    options?: reading.ReadOptions<Made | NoInfer<T>>,
  ): ReadRow<T, Made> | null {
    this.#assertOpen('query');
    return reading.queryOne<ReadRow<T, Made>>(this.#engine, this.#engine.compile(sql), params, options);
  }

  /** @throws OperationalError (`NO_ROW`) where there is none. */
  fetchOne<T extends RowShape<T> = Row, Made = never>(
    sql: string,
    params?: Params,
    options?: reading.ReadOptions<Made | NoInfer<T>>,
  ): ReadRow<T, Made> {
    this.#assertOpen('query');
    return reading.fetchOne<ReadRow<T, Made>>(this.#engine, this.#engine.compile(sql), params, options);
  }

  /** Columns and rows by position. */
  queryRaw(sql: string, params?: Params): reading.RawResult {
    this.#assertOpen('query');
    return reading.queryRaw(this.#engine, this.#engine.compile(sql), params);
  }

  /** Rows as they are read. */
  iterate<T extends RowShape<T> = Row, Made = never>(
    sql: string,
    params?: Params,
    options?: reading.ReadOptions<Made | NoInfer<T>>,
  ): IterableIterator<ReadRow<T, Made>> {
    this.#assertOpen('iterate');
    return reading.iterate<ReadRow<T, Made>>(this.#engine, this.#engine.compile(sql), params, options);
  }

  /** Runs a write once for each element, all or nothing. */
  executeBatch(sql: string, paramsList: Iterable<Params>): { changes: number } {
    this.#assertOpen('execute');
    return executeBatch(this.#engine, this.#engine.compile(sql), paramsList);
  }

  /** The statement outlives the transaction: it is the connection's. */
  prepare(sql: string): StatementSync {
    this.#assertOpen('prepare');
    return new StatementSync(this.#engine, this.#engine.compile(sql));
  }

  /**
   * Everything `fn` does, or nothing of it; the transaction goes on either way. Throws what `fn` throws. The handle that
   * `fn` gets ends with it.
   */
  savepoint<R>(fn: (tx: TransactionSync) => R): R {
    this.#assertOpen('set a savepoint');
    requireFunction(fn, 'fn');
    return inSavepoint(this.#engine, () => TransactionSync.during(this.#engine, fn));
  }

  /** @internal What it has written so far, if somebody asked for rows before it began. */
  get written(): Written {
    this.#assertOpen('tell what it has written');
    return this.#engine.written;
  }

  /** After an error, a deferred constraint say, the transaction is still open: mend it or roll it back. */
  commit(): void {
    this.#assertOpen('commit');
    control(this.#engine, 'COMMIT');
  }

  /** Undoes what the transaction has done, and ends it. */
  rollback(): void {
    this.#assertOpen('roll back');
    control(this.#engine, 'ROLLBACK');
  }

  /** Rolls back what was neither committed nor rolled back. */
  [Symbol.dispose](): void {
    if (this.isOpen) control(this.#engine, 'ROLLBACK');
  }

  #assertOpen(doing: string): void {
    this.#engine.assertUsable(doing);
    if (this.isOpen) return;
    throw transactionEnded(doing, this.#isLeft && this.#engine.inTransaction ? 'savepoint' : 'transaction');
  }
}

/** Begins a transaction; there must be none. */
export function begin(engine: Engine, mode: TransactionMode): TransactionSync {
  engine.assertOpen('begin');
  if (engine.inTransaction) {
    throw new OperationalError(
      'Cannot begin: a transaction is open. Nest with transaction() or savepoint().',
      {
        code: 'TRANSACTION',
        subcode: 'transaction.nested',
        sqlstate: '25001',
      },
    );
  }
  control(engine, beginText(mode));
  return new TransactionSync(engine);
}

/** Runs `fn` in a transaction, or in a savepoint when one is open: committed on return, undone on throw. */
export function inTransaction<R>(engine: Engine, mode: TransactionMode, fn: (tx: TransactionSync) => R): R {
  return atomically(engine, mode, () => TransactionSync.during(engine, fn));
}
