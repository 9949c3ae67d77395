import { readOptions, requireText } from '../core/arguments.ts';
import type { DatabaseSync } from '../core/database-sync.ts';
import type { Database } from '../core/remote/database.ts';
import { requireDatabase } from '../core/require-database.ts';
import { takeParams } from '../core/take-params.ts';
import type { Columns, Params, Row } from '../core/values.ts';
import { LiveQuery } from './live-query.ts';
import { checkSchedule, type Schedule } from './schedule.ts';
import { sourceOf } from './source-of.ts';

/** How to hold a live query. */
export interface LiveOptions {
  /**
   * When subscribers are told: `sync`, before the committing call returns; `microtask`, the default, when the
   * code that committed has run to its end; `frame`, with the next repaint. It never delays `value`.
   */
  readonly schedule?: Schedule;
}

/**
 * Asks a question once and holds an answer that stays true. Takes every read-only SELECT. Nothing runs before
 * the first subscriber; errors of the query reach subscribers, who can subscribe again.
 */
export function live<T extends Columns<T> = Row>(
  db: DatabaseSync | Database,
  sql: string,
  params?: Params,
  options?: LiveOptions,
): LiveQuery<T> {
  requireDatabase(db);
  requireText(sql, 'sql');
  const { schedule } = readOptions(options, 'options', ['schedule']);
  if (schedule !== undefined) checkSchedule(schedule);
  return new LiveQuery<T>(sourceOf(db), sql, takeParams(params), schedule);
}
