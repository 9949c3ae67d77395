import { useMemo } from 'react';
import type { Columns, Params } from '../core/index.ts';
import type { Schedule } from '../reactive/schedule.ts';
import { type Query, rowsQuery } from '../reactive/store/query.ts';

/** A query that is the same object as long as its text and its parameters are equal. */
export function useStableQuery<T extends Columns<T>>(
  sql: string,
  params?: Params,
  schedule?: Schedule,
): Query<readonly T[]> {
  const query = rowsQuery<T>(sql, params, schedule);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what has the same key is the same query.
  return useMemo(() => query, [query.key]);
}
