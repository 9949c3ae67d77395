import type { Engine } from './engine.ts';
import { OperationalError } from './errors.ts';
import { decoder, narrowers, type RowMode } from './rows.ts';
import type { Statement } from './statement.ts';
import type { Params, SqlValue } from './values.ts';

export interface ReadOptions<T = unknown> {
  /** How rows come back; `object` by default. */
  readonly rowMode?: RowMode<T>;
}

/** A result with its columns by position, so that two of one name stay two. */
export interface RawResult {
  readonly columns: string[];
  readonly rows: SqlValue[][];
}

export function query<T>(
  engine: Engine,
  statement: Statement,
  params?: Params,
  options?: ReadOptions<T>,
): T[] {
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
  options?: ReadOptions<T>,
): T | null {
  const row = engine.first(statement, params);
  return row ? decoderFor<T>(engine, statement, options)(row) : null;
}

export function fetchOne<T>(
  engine: Engine,
  statement: Statement,
  params?: Params,
  options?: ReadOptions<T>,
): T {
  const row = queryOne<T>(engine, statement, params, options);
  if (row !== null) return row;
  throw new OperationalError('The query returned no row. Use queryOne() where that may be.', {
    code: 'NO_ROW',
    subcode: 'sql.no_row',
    sqlstate: '02000',
  });
}

export function queryRaw(engine: Engine, statement: Statement, params?: Params): RawResult {
  const narrow = narrowers[engine.config.intMode];
  const rows = engine.all(statement, params).map((row) => row.map(narrow));
  return { columns: [...statement.columns], rows };
}

/** Rows one by one. The read lock is held until the end, or until the loop is left. */
export function* iterate<T>(
  engine: Engine,
  statement: Statement,
  params?: Params,
  options?: ReadOptions<T>,
): Generator<T, void, undefined> {
  const rows = engine.iterate(statement, params);
  try {
    let decode: ReturnType<typeof decoderFor<T>> | undefined;
    for (;;) {
      engine.assertOpen('read on');
      const { done, value } = engine.step(rows);
      if (done || value == null) return;
      decode ??= decoderFor<T>(engine, statement, options);
      yield decode(value);
    }
  } finally {
    if (!engine.isClosed) rows.return?.();
  }
}

function decoderFor<T>(engine: Engine, statement: Statement, options: ReadOptions<T> | undefined) {
  return decoder<T>(statement.columns, engine.config.intMode, options?.rowMode ?? 'object');
}
