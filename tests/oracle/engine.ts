import type { Changeset } from '../../core/commit/changeset.ts';
import type { Params, Row, SqlValue } from '../../core/values.ts';
import type { WatchEvent } from '../../core/watches/events.ts';
import type { RangeBounds } from '../../core/watches/range.ts';

/**
 * What the oracle needs of an engine: the part of Freshet's public surface (api.md) that it checks, and no more.
 *
 * This is also the hook for planting bugs. `run.ts --engine <module>` takes any module that exports `engine: Engine`:
 * - from outside, wrap another engine and spoil what it hands out, as planted-bugs.ts does;
 * - from inside, copy `core/` and `reactive/`, switch one rule off in the copy (say, forget the old image in a BEFORE
 *   DELETE trigger), and export `{ name, open: openSync, live, settled }` of the copy.
 * Either way the run must end with a difference.
 */
export interface Engine {
  readonly name: string;
  /** It opens no files. */
  readonly memoryOnly?: boolean;
  open(location: string, options: OpenOptions): OracleDatabase;
  live(db: OracleDatabase, sql: string, params: Params | undefined, options: LiveOptions): OracleLive;
  settled(db: OracleDatabase): Promise<void>;
}

export interface OpenOptions {
  readonly pollIntervalMs: number;
  readonly onError: (error: unknown) => void;
}

export interface LiveOptions {
  readonly schedule: Schedule;
}

export type Schedule = 'sync' | 'microtask';

export interface RunResult {
  readonly changes: number;
  readonly lastInsertRowid: number | bigint;
}

/** The methods that a database, a transaction and (without `sql`) a statement share. */
export interface Runner {
  execute(sql: string, params?: Params): RunResult;
  exec(script: string): void;
  query(sql: string, params?: Params): Row[];
  iterate(sql: string, params?: Params): IterableIterator<Row>;
  executeBatch(sql: string, paramsList: readonly Params[]): { changes: number };
}

export interface OracleTransaction extends Runner {
  commit(): void;
  rollback(): void;
  savepoint(work: () => void): void;
}

export interface OracleDatabase extends Runner {
  prepare(sql: string): { execute(params?: Params): RunResult; query(params?: Params): Row[] };
  begin(mode?: 'deferred' | 'immediate' | 'exclusive'): OracleTransaction;
  transaction(work: () => void): void;
  commit(): void;
  rollback(): void;
  subscribe(listener: (changeset: Changeset) => void): () => void;
  changeStream(options?: { queueCapacity?: number }): OracleWatch;
  /** An engine may have none. */
  watchTable?(tables: readonly string[]): OracleWatch;
  watchRange?(table: string, range: RangeBounds): OracleWatch;
  watchQuery?(sql: string, params?: Params): OracleWatch;
  readonly inTransaction: boolean;
  close(): void;
}

export interface OracleWatch {
  next(options?: { timeoutMs?: number }): Promise<WatchEvent | null>;
  close(): void;
}

export interface Observer<T> {
  next(value: T): void;
  error(error: unknown): void;
  complete(): void;
}

export interface Subscribable<T> {
  subscribe(observer: Observer<T>): { unsubscribe(): void };
}

export interface OracleLive extends Subscribable<readonly Row[]> {
  readonly value: readonly Row[] | undefined;
  readonly changes: Subscribable<OracleDelta>;
  explain(): { readonly tier: string };
}

export interface OracleDelta {
  readonly commit: number;
  readonly rows: readonly Row[];
  readonly changes: readonly OracleRowDelta[];
}

export type OracleRowDelta =
  | { readonly type: 'insert'; readonly row: Row; readonly index: number }
  | { readonly type: 'delete'; readonly row: Row; readonly index: number }
  | {
      readonly type: 'update';
      readonly row: Row;
      readonly previous: Row;
      readonly previousIndex: number;
      readonly index: number;
    };

export type { Changeset, Params, Row, SqlValue, WatchEvent };
