import type { DatabaseSync } from '../../core/database-sync.ts';
import type { Database } from '../../core/remote/database.ts';
import type { Params, Row } from '../../core/values.ts';
import { live } from '../live.ts';
import type { LiveQuery } from '../live-query.ts';
import { paramsKey } from '../params-key.ts';
import type { Schedule } from '../schedule.ts';
import type { Source } from './query-entry.ts';

/** A query as a store knows it. */
export interface Query<V> {
  /** The same for equal queries. */
  readonly key: unknown;
  /** Makes its source; nothing is asked before somebody subscribes to that. */
  open(db: DatabaseSync | Database): Source<V>;
  /** How an answer that was given beforehand is found, and made a value. */
  readonly given?: {
    readonly sql: string;
    readonly params: Params | undefined;
    value(rows: readonly Row[]): V;
  };
}

/** A SELECT as a query of a store. */
export function rowsQuery<T>(
  sql: string,
  params?: Params,
  schedule: Schedule = 'microtask',
): Query<readonly T[]> {
  return {
    key: JSON.stringify([sql, paramsKey(params), schedule]),
    open: (db) => live<T>(db, sql, params, { schedule }),
    // Rows are rows; the caller has said what type they are.
    given: { sql, params, value: (rows) => rows as unknown as readonly T[] },
  };
}

/** A live query that the application made itself. */
export function liveQuery<T>(live: LiveQuery<T>): Query<readonly T[]> {
  return { key: live, open: () => live };
}
