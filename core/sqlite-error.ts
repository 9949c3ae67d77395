import {
  aboutSql,
  DatabaseError,
  DataError,
  type ErrorDetails,
  type FreshetError,
  IntegrityError,
  InterfaceError,
  InternalError,
  OperationalError,
  ProgrammingError,
} from './errors.ts';

/** What a driver tells of a failure inside SQLite. */
export interface SqliteFailure {
  /** SQLite's extended result code. */
  readonly errcode: number;
  readonly message: string;
}

/** The statement that failed, and what can be found out of it beyond SQLite's message. */
export interface FailureContext {
  readonly sql: string;
  /** Which table and column a constraint's message is about. */
  locate?(subcode: string, message: string): { readonly table?: string; readonly column?: string };
  /** What is wrong with SQL that SQLite refuses, and where. */
  describe?(message: string): { readonly message: string; readonly offset?: number };
}

type Make = new (message: string, details: ErrorDetails) => FreshetError;
type Rule = readonly [make: Make, details: ErrorDetails];

// https://sqlite.org/rescode.html; the low byte is the primary code.
const primary: Readonly<Record<number, Rule>> = {
  1: [ProgrammingError, { code: 'SQL', subcode: 'sql.error', sqlstate: '42000' }],
  2: [InternalError, { code: 'INTERNAL' }],
  3: [OperationalError, { code: 'IO', subcode: 'io.permission' }],
  4: [OperationalError, { code: 'CANCELED', subcode: 'sql.aborted', retryable: true }],
  5: [OperationalError, { code: 'BUSY', subcode: 'busy.writer_lock', sqlstate: '55P03', retryable: true }],
  6: [OperationalError, { code: 'BUSY', subcode: 'busy.table_lock', sqlstate: '55P03', retryable: true }],
  7: [InternalError, { code: 'INTERNAL', subcode: 'internal.out_of_memory' }],
  8: [OperationalError, { code: 'READONLY', subcode: 'readonly', sqlstate: '25006' }],
  9: [OperationalError, { code: 'CANCELED', subcode: 'sql.interrupted', sqlstate: '57014', retryable: true }],
  10: [OperationalError, { code: 'IO', subcode: 'io.error', sqlstate: '58030' }],
  11: [DatabaseError, { code: 'CORRUPTION', subcode: 'corruption.malformed', sqlstate: 'XX001' }],
  13: [OperationalError, { code: 'FULL', subcode: 'io.full', sqlstate: '53100' }],
  14: [OperationalError, { code: 'IO', subcode: 'io.cannot_open', sqlstate: '58P01' }],
  15: [OperationalError, { code: 'BUSY', subcode: 'busy.protocol', retryable: true }],
  17: [OperationalError, { code: 'SQL', subcode: 'sql.schema_changed', retryable: true }],
  18: [DataError, { code: 'VALUE', subcode: 'value.too_big', sqlstate: '22001' }],
  19: [IntegrityError, { code: 'CONSTRAINT', subcode: 'constraint', sqlstate: '23000' }],
  20: [IntegrityError, { code: 'CONSTRAINT', subcode: 'constraint.datatype', sqlstate: '22018' }],
  21: [InterfaceError, { code: 'INTERNAL', subcode: 'internal.misuse' }],
  23: [ProgrammingError, { code: 'SQL', subcode: 'sql.not_authorized', sqlstate: '42501' }],
  25: [InterfaceError, { code: 'PARAMETER', subcode: 'sql.parameter_range', sqlstate: '07009' }],
  26: [DatabaseError, { code: 'CORRUPTION', subcode: 'corruption.not_a_database', sqlstate: 'XX001' }],
};

const constraint: Readonly<Record<number, readonly [subcode: string, sqlstate: string]>> = {
  275: ['constraint.check', '23514'],
  531: ['constraint.commit_hook', '23000'],
  787: ['constraint.foreign_key', '23503'],
  1043: ['constraint.function', '23000'],
  1299: ['constraint.not_null', '23502'],
  1555: ['constraint.primary_key', '23505'],
  1811: ['constraint.trigger', '23000'],
  2067: ['constraint.unique', '23505'],
  2323: ['constraint.virtual_table', '23000'],
  2579: ['constraint.rowid', '23505'],
  3091: ['constraint.datatype', '22018'],
};

// SQLITE_ERROR covers every kind of wrong SQL, and only the message tells which.
const wrongSql = [
  { pattern: /^no such (?:table|view): /, subcode: 'sql.relation_not_found', sqlstate: '42P01' },
  { pattern: /^table .* has no column named /s, subcode: 'sql.column_not_found', sqlstate: '42703' },
  { pattern: /no such column: /, subcode: 'sql.column_not_found', sqlstate: '42703' },
  { pattern: /^no such function: /, subcode: 'sql.function_not_found', sqlstate: '42883' },
  {
    pattern: /syntax error$|^incomplete input$|^unrecognized token: /,
    subcode: 'sql.syntax',
    sqlstate: '42601',
  },
];

// A transaction statement in the wrong state; SQLite's code is the same SQLITE_ERROR.
const wrongState =
  /^cannot (start a transaction within|commit - no|rollback - no|commit transaction|release savepoint)|^no such savepoint: |within a transaction$|from within a transaction/;

/** SQLite's failure as one of Freshet's errors, with the original as `cause`. */
export function fromSqlite(failure: SqliteFailure, cause: unknown, context?: FailureContext): FreshetError {
  const error = classified(failure, cause, context);
  return context ? aboutSql(error, context.sql) : error;
}

function classified(failure: SqliteFailure, cause: unknown, context?: FailureContext): FreshetError {
  const { errcode, message } = failure;
  const [make, details] = primary[errcode & 0xff] ?? [InternalError, { code: 'INTERNAL' as const }];
  if (make === IntegrityError) {
    const [subcode, sqlstate] = constraint[errcode] ?? [details.subcode ?? 'constraint', details.sqlstate];
    return new IntegrityError(message, {
      ...details,
      subcode,
      sqlstate,
      ...context?.locate?.(subcode, message),
      cause,
    });
  }
  if (make === ProgrammingError && details.subcode === 'sql.error') {
    if (wrongState.test(message)) {
      return new OperationalError(message, {
        code: 'TRANSACTION',
        subcode: 'transaction.state',
        sqlstate: '25000',
        cause,
      });
    }
    if (message === 'integer overflow') {
      return new DataError(message, {
        code: 'VALUE',
        subcode: 'value.integer_overflow',
        sqlstate: '22003',
        cause,
      });
    }
    const { subcode, sqlstate } = wrongSql.find(({ pattern }) => pattern.test(message)) ?? details;
    const described = context?.describe?.(message) ?? { message };
    return new ProgrammingError(described.message, {
      code: 'SQL',
      subcode,
      sqlstate,
      offset: described.offset,
      cause,
    });
  }
  if (errcode === 517) {
    return new OperationalError(
      'Cannot write: another connection has committed since this transaction first read. Roll back, begin again.',
      { code: 'BUSY', subcode: 'busy.snapshot', sqlstate: '40001', retryable: true, cause },
    );
  }
  if (errcode === 776) {
    return new OperationalError(
      'Cannot read: a program died while it wrote, and what it wrote must be rolled back first, which a connection ' +
        'that only reads may not. Open the file once for writing, with its -journal file beside it.',
      { code: 'READONLY', subcode: 'readonly.hot_journal', sqlstate: '25006', cause },
    );
  }
  // https://sqlite.org/wal.html#readonly
  if (errcode === 264 || errcode === 520 || errcode === 1288) {
    return new OperationalError(
      'Cannot read: the database is in WAL mode, and its -shm file cannot be made or written. Open it where its ' +
        'folder may be written; a copy needs the -wal file too.',
      { code: 'READONLY', subcode: 'readonly.wal', sqlstate: '25006', cause },
    );
  }
  if (errcode === 1032) {
    return new OperationalError('Cannot write: the database file was deleted or replaced. Open it again.', {
      code: 'FILE_REPLACED',
      subcode: 'io.file_replaced',
      cause,
    });
  }
  return new make(message, { ...details, cause });
}
