import type { SqliteFailure } from '../sqlite-error.ts';

/**
 * The contract between Freshet's engine and a SQLite library. A driver adds nothing: no cache, no error
 * classes, no conversions beyond those named here. One connection is used from one thread.
 *
 * Guaranteed: integers come back as bigint, REAL as number, rows as arrays in column order; a bigint binds
 * as INTEGER and a number as REAL. A failing call throws the library's own error, which `failure` explains.
 * Not guaranteed: that a statement survives the close of its connection.
 */
export interface Driver {
  readonly name: string;
  open(filename: string, options: DriverOpenOptions): DriverConnection;
  /** What SQLite said, if `error` came from SQLite. */
  failure(error: unknown): SqliteFailure | undefined;
}

export interface DriverOpenOptions {
  readonly readOnly: boolean;
  readonly busyTimeoutMs: number;
}

/** What a driver binds and returns. */
export type DriverValue = null | number | bigint | string | Uint8Array;
/** By position, or by name with its prefix. */
export type DriverParams = readonly DriverValue[] | Readonly<Record<string, DriverValue>>;
export type DriverRow = DriverValue[];

export interface DriverConnection {
  /** A transaction is open, however it was begun. */
  readonly inTransaction: boolean;
  /** Compiles the first statement of `sql`; the caller has made sure that there is no second. */
  prepare(sql: string): DriverStatement;
  /** Runs a whole script; what ran before a failing statement stays. */
  exec(script: string): void;
  /** A SQL function with any number of arguments, usable in triggers. It must not throw. */
  defineFunction(name: string, call: (...args: DriverValue[]) => DriverValue): void;
  /** Called for every access that a statement is compiled for, at prepare and whenever SQLite recompiles. */
  onAccess(listener: AccessListener): void;
  /** Statements and iterators end with it. */
  close(): void;
}

export interface DriverStatement {
  /** Names and origins of the result columns; empty for a statement without a result. */
  columns(): readonly DriverColumn[];
  run(params: DriverParams): DriverRunResult;
  all(params: DriverParams): DriverRow[];
  get(params: DriverParams): DriverRow | undefined;
  /** Holds a read lock until it ends or is returned. Running the statement again ends it. */
  iterate(params: DriverParams): IterableIterator<DriverRow>;
}

export interface DriverColumn {
  readonly name: string;
  readonly declaredType: string | null;
}

export interface DriverRunResult {
  changes: number;
  lastInsertRowid: number | bigint;
}

/** The kinds of access that the engine asks about; every other is `other`. */
export type AccessAction =
  | 'read'
  | 'insert'
  | 'update'
  | 'delete'
  | 'function'
  | 'recursive'
  | 'schema'
  | 'other';

/** `subject`: table or function; `schema`: database; `within`: the trigger or view it happens in. */
export type AccessListener = (
  action: AccessAction,
  subject: string | null,
  schema: string | null,
  within: string | null,
) => void;
