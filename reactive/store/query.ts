import { isInstance, requireText, wrongArgument } from '../../core/arguments.ts';
import type { DatabaseSync } from '../../core/database-sync.ts';
import type { Database } from '../../core/remote/database.ts';
import { takeParams } from '../../core/take-params.ts';
import type { Columns, Params, Row } from '../../core/values.ts';
import { live } from '../live.ts';
import { LiveQuery } from '../live-query.ts';
import { paramsKey } from '../params-key.ts';
import { checkSchedule, type Schedule } from '../schedule.ts';
import type { Source } from './query-entry.ts';

/** A query as a store knows it. */
export interface Query<V> {
  /** The same for equal queries. */
  readonly key: unknown;
  /** Where its answers come from, if not from the store's database: keys are the same for equal queries of one source. */
  readonly source?: object;
  /** Its text, for reports of errors. */
  readonly sql?: string;
  /**
   * Makes its source; nothing runs before that has a subscriber. `notify` calls listeners that the source has beside its
   * subscribers.
   */
  open(db: DatabaseSync | Database, notify?: (call: () => void) => void): Source<V>;
  /** How an answer that was given beforehand is found, and made a value. */
  readonly given?: {
    readonly sql: string;
    readonly params: Params | undefined;
    value(rows: readonly Row[]): V;
  };
}

/**
 * A SELECT as a query of a store. Listeners are notified within the commit, and `read` gives another state from then on;
 * with another schedule both come later, together.
 */
export function rowsQuery<T extends Columns<T> = Row>(
  sql: string,
  given?: Params,
  schedule: Schedule = 'sync',
): Query<readonly T[]> {
  requireText(sql, 'sql');
  checkSchedule(schedule);
  const params = takeParams(given);
  return {
    key: JSON.stringify([sql, paramsKey(params), schedule]),
    sql,
    open: (db) => live<T>(db, sql, params, { schedule }),
    // Rows are rows; the caller has said what type they are.
    given: { sql, params, value: (rows) => rows as unknown as readonly T[] },
  };
}

/** A live query that the application made itself. One that was made without a schedule is shown within the commit. */
export function liveQuery<T>(live: LiveQuery<T>): Query<readonly T[]> {
  if (!isInstance(live, LiveQuery)) throw wrongArgument('live', 'a live query', live);
  const { key, origin, sql } = live;
  return { key: `live ${key}`, source: origin, sql, open: () => live.by('sync') };
}
