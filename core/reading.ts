import { readOptions } from './arguments.ts';
import { atomically } from './atomically.ts';
import type { Engine } from './engine.ts';
import { OperationalError } from './errors.ts';
import { checkRowMode, type Decode, decoder, type RowMode } from './rows.ts';
import type { Statement } from './statement.ts';
import { takeParams } from './take-params.ts';
import type { Params, SqlValue } from './values.ts';

/** How rows are read. */
export interface ReadOptions<T = unknown> {
  /** How rows come back; `object` by default. */
  readonly rowMode?: RowMode<T>;
}

/** A result with its columns by position, so that two of one name stay two. */
export interface RawResult {
  readonly columns: string[];
  readonly rows: SqlValue[][];
}

/** @throws ProgrammingError for an unknown option, or what is no row mode. */
function checked(given: ReadOptions | undefined): ReadOptions | undefined {
  if (given === undefined || given === asArrays) return given;
  const options = readOptions(given, 'options', ['rowMode']);
  checkRowMode(options.rowMode);
  return options;
}

const asArrays: ReadOptions = { rowMode: 'array' };

export function query<T>(engine: Engine, statement: Statement, params?: Params, given?: ReadOptions): T[] {
  const options = checked(given);
  if (refusesAfterwards(engine, statement)) {
    // What can't be returned is found out only after the write, which must not remain then.
    return atomically(engine, 'deferred', () => readAll<T>(engine, statement, params, options));
  }
  return readAll<T>(engine, statement, params, options);
}

function readAll<T>(
  engine: Engine,
  statement: Statement,
  params: Params | undefined,
  options: ReadOptions | undefined,
): T[] {
  // A listener of the write may close the database, and SQLite's statements with it.
  if (statement.plan.kind !== 'select') {
    engine.assertOpen('query');
    void statement.columns;
  }
  const rows = engine.all(statement, params);
  const decode = decoderFor<T>(engine, statement, options);
  const result = rows as unknown[] as T[];
  for (let i = 0; i < rows.length; i++) result[i] = decode(rows[i] ?? []);
  return result;
}

export function queryOne<T>(
  engine: Engine,
  statement: Statement,
  params?: Params,
  given?: ReadOptions,
): T | null {
  if (statement.plan.kind !== 'select') return query<T>(engine, statement, params, given)[0] ?? null;
  const options = checked(given);
  const row = engine.first(statement, params);
  return row ? decoderFor<T>(engine, statement, options)(row) : null;
}

export function fetchOne<T>(engine: Engine, statement: Statement, params?: Params, given?: ReadOptions): T {
  const options = checked(given);
  if (statement.plan.kind === 'select') {
    const row = engine.first(statement, params);
    if (row) return decoderFor<T>(engine, statement, options)(row);
  } else {
    const rows = query<T>(engine, statement, params, options);
    if (rows.length > 0) return rows[0] as T;
  }
  throw new OperationalError('The query returned no row. Use queryOne() where that may be.', {
    code: 'NO_ROW',
    subcode: 'sql.no_row',
    sqlstate: '02000',
  });
}

export function queryRaw(engine: Engine, statement: Statement, params?: Params): RawResult {
  const rows = query<SqlValue[]>(engine, statement, params, asArrays);
  return { columns: [...statement.columns], rows };
}

/** `number` mode refuses integers past 2^53, also those that a write returns. */
function refusesAfterwards(engine: Engine, { plan }: Statement): boolean {
  return plan.returning && engine.config.intMode === 'number';
}

/**
 * Rows one by one. The read lock is held from the first row until the end, or until the loop is left; the parameters
 * are those of the call.
 */
export function iterate<T>(
  engine: Engine,
  statement: Statement,
  params?: Params,
  options?: ReadOptions,
): Generator<T, void, undefined> {
  return iteration<T>(engine, statement, takeParams(params), checked(options));
}

function* iteration<T>(
  engine: Engine,
  statement: Statement,
  params: Params | undefined,
  options: ReadOptions | undefined,
): Generator<T, void, undefined> {
  if (statement.plan.kind !== 'select') {
    // A write runs whole before its first row.
    yield* query<T>(engine, statement, params, options);
    return;
  }
  engine.assertUsable('iterate');
  const opened = engine.iterate(statement, params);
  try {
    let decode: ReturnType<typeof decoderFor<T>> | undefined;
    for (;;) {
      engine.assertUsable('read on');
      const { done, value } = engine.step(opened);
      if (done || value == null) return;
      // The columns are those of the schema at the first row.
      decode ??= decoderFor<T>(engine, opened.statement, options);
      yield decode(value);
    }
  } finally {
    if (!engine.isClosed) opened.rows.return?.();
    opened.release();
  }
}

function decoderFor<T>(engine: Engine, statement: Statement, options: ReadOptions | undefined) {
  return decoder(statement.columns, engine.config.intMode, options?.rowMode ?? 'object') as Decode<T>;
}
