import { useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import type { Query } from '../reactive/store/query.ts';
import { loading, type QueryState } from '../reactive/store/query-entry.ts';
import { useQueryStore } from './database-provider.tsx';

/** How fresh an answer is: see the `status` of a result. */
export type QueryStatus = QueryState<unknown>['status'];

/** What a component shows of a query. The same object until something changes. */
export interface Answer<D> {
  readonly data: D;
  /**
   * `loading`: the first answer is awaited. `ready`: what is shown is that of the last commit. `stale`: it is that of
   * before, of other parameters say, until the answer is there. `error`: the query failed; it is the last there was.
   */
  readonly status: QueryStatus;
  readonly error?: Error;
  /** Asks again after an error. */
  readonly retry: () => void;
}

const nothing = (): void => {};

/**
 * Follows a query and makes `data` of its value; `none` stands for it before the first answer. When the query is
 * replaced by another, `data` stays and is called stale until that one has answered. `query` null asks nothing.
 *
 * `query` and `select` must be the same objects as long as they mean the same.
 */
export function useAnswer<V, D>(
  hook: string,
  query: Query<V> | null,
  select: (value: V) => D,
  none: D,
  throwErrors = false,
): Answer<D> {
  const store = useQueryStore(hook);
  const state = useSyncExternalStore(
    useCallback((listener) => (query ? store.subscribe(query, listener) : nothing), [store, query]),
    () => (query ? store.read(query) : loading),
    () => (query ? store.readGiven(query) : loading),
  );
  // What was on the screen last, and of which database. Written when it is there: a rendering may be thrown away.
  const shown = useRef<{ readonly db: unknown; readonly data: D } | null>(null);
  const answer = useMemo((): Answer<D> => {
    const kept = shown.current?.db === store.db ? shown.current : null;
    const isKept = state.value === undefined && kept !== null;
    return {
      data: state.value !== undefined ? select(state.value) : kept ? kept.data : none,
      status: isKept && state.status === 'loading' ? 'stale' : state.status,
      ...(state.error && { error: state.error }),
      retry: () => query && store.retry(query),
    };
  }, [store, query, state, select, none]);
  useEffect(() => {
    if (answer.status !== 'loading') shown.current = { db: store.db, data: answer.data };
  }, [store, answer]);
  if (throwErrors && answer.error) throw answer.error;
  return answer;
}
