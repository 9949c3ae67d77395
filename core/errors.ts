/** Stable names of what went wrong; `docs/errors.md` lists each with its cause and its remedy. */
export type ErrorCode =
  | 'ARGUMENT'
  | 'BUSY'
  | 'CANCELED'
  | 'CLOSED'
  | 'CONFIG'
  | 'CONNECTION'
  | 'CONSTRAINT'
  | 'CORRUPTION'
  | 'DRAFT'
  | 'FILE_REPLACED'
  | 'FULL'
  | 'INTERNAL'
  | 'IO'
  | 'MEMORY'
  | 'NO_ROW'
  | 'NOT_SUPPORTED'
  | 'PARAMETER'
  | 'READONLY'
  | 'SQL'
  | 'TRANSACTION'
  | 'UNDO'
  | 'VALUE'
  | 'WATCH';

export interface ErrorDetails {
  readonly code: ErrorCode;
  /** Finer than the code: `constraint.unique`. Defaults to the code in lower case. */
  readonly subcode?: string | undefined;
  /** The five characters that SQL standards give this error, where they give any. */
  readonly sqlstate?: string | undefined;
  readonly table?: string | undefined;
  readonly column?: string | undefined;
  readonly sql?: string | undefined;
  readonly offset?: number | undefined;
  /** The same call may succeed later, unchanged. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/** What may be logged anywhere: names of things, never SQL text, values or full paths. */
export interface Diagnostic {
  readonly version: 1;
  readonly code: ErrorCode;
  readonly subcode: string;
  readonly sqlstate?: string;
  readonly retryable: boolean;
  readonly permanent: boolean;
  readonly relation?: string;
  readonly column?: string;
}

/** The root of the tree (PEP 249's `Error`). */
export class FreshetError extends Error {
  readonly code: ErrorCode;
  readonly subcode: string;
  declare readonly sqlstate?: string;
  declare readonly table?: string;
  declare readonly column?: string;
  /**
   * The statement that failed, of a long one its first 1,000 characters. It is not enumerable, and not part of
   * `diagnostic`: SQL may hold what no log should.
   */
  declare readonly sql?: string;
  /** Where in the statement's text the error is, in UTF-16 units from its start; set only where that is certain. */
  declare readonly offset?: number;
  readonly retryable: boolean;
  /** The same call fails again until something else changes. */
  readonly permanent: boolean;

  constructor(message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = details.code;
    this.subcode = details.subcode ?? details.code.toLowerCase();
    if (details.sqlstate !== undefined) this.sqlstate = details.sqlstate;
    if (details.table !== undefined) this.table = details.table;
    if (details.column !== undefined) this.column = details.column;
    if (details.sql !== undefined) aboutSql(this, details.sql);
    if (details.offset !== undefined) this.offset = details.offset;
    this.retryable = details.retryable ?? false;
    this.permanent = !this.retryable;
  }

  override get name(): string {
    return this.constructor.name;
  }

  /** What went wrong, without SQL text, values or paths: for logs. */
  get diagnostic(): Diagnostic {
    return {
      version: 1,
      code: this.code,
      subcode: this.subcode,
      ...(this.sqlstate !== undefined && { sqlstate: this.sqlstate }),
      retryable: this.retryable,
      permanent: this.permanent,
      ...(this.table !== undefined && { relation: this.table }),
      ...(this.column !== undefined && { column: this.column }),
    };
  }
}

const longestSql = 1000;

/** Notes which statement an error is about, unless that is known. */
export function aboutSql<E>(error: E, sql: string): E {
  if (error instanceof FreshetError && error.sql === undefined) {
    const value = sql.length > longestSql ? `${sql.slice(0, longestSql)}…` : sql;
    Object.defineProperty(error, 'sql', { value, configurable: true, writable: true });
  }
  return error;
}

/** The library was used wrongly: a closed handle, a finished transaction, an option that doesn't exist. */
export class InterfaceError extends FreshetError {}
/** The database answered with an error. */
export class DatabaseError extends FreshetError {}
/** A value that can't be stored or returned: out of range, NaN, a lone surrogate. */
export class DataError extends DatabaseError {}
/** The database can't do it now: busy, full, unreadable, in the wrong transaction state. */
export class OperationalError extends DatabaseError {}
/** A constraint refused the change. */
export class IntegrityError extends DatabaseError {}
/** SQLite, or Freshet, contradicts itself. */
export class InternalError extends DatabaseError {}
/** The SQL or its parameters are wrong. */
export class ProgrammingError extends DatabaseError {}
/** This engine can't do that at all. */
export class NotSupportedError extends DatabaseError {}
