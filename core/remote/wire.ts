/** What goes over a port between a database and its engine. Lists keep their order; one message is one list. */
import * as errors from '../errors.ts';
import { FreshetError } from '../errors.ts';
import type { SqlValue } from '../values.ts';

/** Raised whenever one side could misunderstand the other. */
export const protocolVersion = 2;

/** From a database to its engine. */
export type ToEngine =
  /** To be answered. `within`: the transaction that it belongs to. */
  | {
      readonly kind: 'call';
      readonly id: number;
      readonly name: string;
      readonly args: readonly unknown[];
      readonly within?: number;
      /** It was made before, on a line that was lost. */
      readonly isAgain?: boolean;
    }
  /** The caller doesn't wait any longer. */
  | { readonly kind: 'cancel'; readonly id: number }
  /** Not answered. */
  | { readonly kind: 'tell'; readonly name: string; readonly args: readonly unknown[] };

/** Whether anybody has one open. */
export type TransactionState = 'none' | 'open';

interface Settled {
  readonly id: number;
  readonly transaction: TransactionState;
}

/** From an engine to a database. */
export type ToDatabase =
  | ({ readonly kind: 'result'; readonly value: unknown } & Settled)
  | ({ readonly kind: 'error'; readonly error: unknown } & Settled)
  /** Something happened that the database asked to be told of. */
  | { readonly kind: 'event'; readonly name: string; readonly data: unknown };

/** Rows by position: the other side makes of them what its caller wants. */
export interface RawRows {
  readonly columns: readonly string[];
  readonly rows: readonly SqlValue[][];
}

/** What an engine that only reads sends for a statement that isn't its business. */
export const notHere = 'not here';

/** One of Freshet's errors as data; any other error is cloned as it is. */
interface WireError {
  readonly freshet: string;
  readonly message: string;
  readonly code: errors.ErrorCode;
  readonly subcode: string;
  readonly sqlstate: string | undefined;
  readonly table: string | undefined;
  readonly column: string | undefined;
  readonly sql: string | undefined;
  readonly offset: number | undefined;
  readonly retryable: boolean;
  readonly stack: string | undefined;
  readonly cause: unknown;
}

const classes: Readonly<Record<string, new (message: string, details: errors.ErrorDetails) => FreshetError>> =
  {
    InterfaceError: errors.InterfaceError,
    DatabaseError: errors.DatabaseError,
    DataError: errors.DataError,
    OperationalError: errors.OperationalError,
    IntegrityError: errors.IntegrityError,
    InternalError: errors.InternalError,
    ProgrammingError: errors.ProgrammingError,
    NotSupportedError: errors.NotSupportedError,
  };

/** An error in a form that can be cloned, whatever it holds. */
export function encodeError(error: unknown): unknown {
  if (error instanceof FreshetError) {
    const { name, message, code, subcode, sqlstate, table, column, sql, offset, retryable, stack, cause } =
      error;
    const wire: WireError = {
      freshet: name,
      message,
      code,
      subcode,
      sqlstate,
      table,
      column,
      sql,
      offset,
      retryable,
      stack,
      cause: encodeError(cause),
    };
    return wire;
  }
  if (error instanceof Error) {
    const { name, message, stack } = error;
    const own: PlainError = {
      plain: name,
      message,
      stack,
      cause: encodeError(error.cause),
      details: detailsOf(error),
    };
    return own;
  }
  return isCloneable(error) ? error : String(error);
}

/** Another library's error: cloning would leave its own properties behind, a result code of SQLite's among them. */
interface PlainError {
  readonly plain: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly cause: unknown;
  readonly details: Readonly<Record<string, unknown>>;
}

function detailsOf(error: Error): Record<string, unknown> {
  return Object.fromEntries(Object.entries(error).filter(([, value]) => isCloneable(value)));
}

function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}

export function decodeError(error: unknown): unknown {
  if (isPlainError(error)) {
    const made = new Error(
      error.message,
      error.cause === undefined ? {} : { cause: decodeError(error.cause) },
    );
    return Object.assign(made, error.details, { name: error.plain, stack: error.stack });
  }
  if (!isWireError(error)) return error;
  const { freshet, message, cause, stack, ...details } = error;
  const Class = classes[freshet] ?? FreshetError;
  const made = new Class(message, { ...details, cause: decodeError(cause) });
  // Where it was thrown, in the engine's thread, tells more than where it was unpacked.
  if (stack !== undefined)
    Object.defineProperty(made, 'stack', { value: stack, configurable: true, writable: true });
  return made;
}

/** An error, or what was sent of one, that says that the file was replaced. */
export function isReplaced(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'FILE_REPLACED';
}

function isWireError(error: unknown): error is WireError {
  return typeof error === 'object' && error !== null && 'freshet' in error;
}

function isPlainError(error: unknown): error is PlainError {
  return typeof error === 'object' && error !== null && 'plain' in error && 'details' in error;
}

/** A call may have been carried out all the same: whoever repeats a write must find out. */
export function lost(what: string, cause?: unknown): errors.OperationalError {
  return new errors.OperationalError(
    `No answer: ${what}. A write that was under way may have been committed or not; look before you repeat it.`,
    { code: 'CONNECTION', subcode: 'connection.lost', sqlstate: '08006', retryable: true, cause },
  );
}

/** The engine has gone, and another may take its place. */
export const isLost = (error: unknown): boolean =>
  error instanceof errors.OperationalError && error.subcode === 'connection.lost';

/** No engine can be reached now; one may be later, here or in another tab. */
export const isPassing = (error: unknown): boolean =>
  error instanceof FreshetError &&
  error.retryable &&
  (error.code === 'CONNECTION' || error.subcode === 'io.held');
