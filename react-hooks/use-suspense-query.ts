import { useCallback, useSyncExternalStore } from 'react';
import type { Columns, Params, Row } from '../core/index.ts';
import type { Schedule } from '../reactive/schedule.ts';
import { useQueryStore } from './database-provider.tsx';
import { useStableQuery } from './use-stable-query.ts';

/**
 * The rows of a SELECT, as they are at the last commit. Suspends until the first answer is there, which a `DatabaseSync`
 * has at once; in a transition the present screen stays meanwhile. Errors go to the error boundary: when that is reset,
 * the query is asked again.
 */
export function useSuspenseQuery<T extends Columns<T> = Row>(
  sql: string,
  params?: Params,
  options: { readonly schedule?: Schedule } = {},
): readonly T[] {
  const store = useQueryStore('useSuspenseQuery');
  const query = useStableQuery<T>(sql, params, options.schedule);
  const { value, error } = useSyncExternalStore(
    useCallback((listener) => store.subscribe(query, listener), [store, query]),
    () => store.read(query),
    () => store.readRendering(query),
  );
  if (error) {
    store.errors.markRead(error);
    throw error;
  }
  // The store keeps the promise: this component's state is gone when it is tried again.
  if (value === undefined) throw store.load(query);
  return value;
}
