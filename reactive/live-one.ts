import { distinctUntilChanged, map, type Observable } from 'rxjs';
import type { DatabaseSync } from '../core/database-sync.ts';
import type { Database } from '../core/remote/database.ts';
import type { Columns, Params, Row } from '../core/values.ts';
import { type LiveOptions, live } from './live.ts';

/** The first row of a SELECT, or null; emitted when it is another than before. */
export function liveOne<T extends Columns<T> = Row>(
  db: DatabaseSync | Database,
  sql: string,
  params?: Params,
  options?: LiveOptions,
): Observable<T | null> {
  return live<T>(db, sql, params, options).pipe(
    map((rows) => rows[0] ?? null),
    distinctUntilChanged(),
  );
}
