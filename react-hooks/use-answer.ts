import { useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import type { Query } from '../reactive/store/query.ts';
import { loading, type QueryState } from '../reactive/store/query-entry.ts';
import { useQueryStore } from './database-provider.tsx';
import { hookWith, useUnreadError } from './use-unread-error.ts';

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
  /** An error that no component looks at, here or in `status`, is reported to the database's `onError`. */
  readonly error?: Error;
  /** Runs the query again after an error. */
  readonly retry: () => void;
}

/** An answer, and what is called when a component looks at its error. */
export interface WatchedAnswer<D> extends Answer<D> {
  readonly markRead: () => void;
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
): WatchedAnswer<D> {
  const store = useQueryStore(hook);
  const state = useSyncExternalStore(
    useCallback((listener) => (query ? store.subscribe(query, listener) : nothing), [store, query]),
    () => (query ? store.read(query) : loading),
    () => (query ? store.readGiven(query) : loading),
  );
  // What was on the screen last, and of which database. Written when it is there: a rendering may be thrown away.
  const shown = useRef<{ readonly db: unknown; readonly data: D } | null>(null);
  const { error } = state;
  const markRead = useUnreadError(error, query?.sql === undefined ? hook : hookWith(hook, query.sql));
  const answer = useMemo((): WatchedAnswer<D> => {
    const kept = shown.current?.db === store.db ? shown.current : null;
    const isKept = state.value === undefined && kept !== null;
    return {
      data: state.value !== undefined ? select(state.value) : kept ? kept.data : none,
      status: isKept && state.status === 'loading' ? 'stale' : state.status,
      ...(error && { error }),
      retry: () => query && store.retry(query),
      markRead,
    };
  }, [store, query, state, error, select, none, markRead]);
  useEffect(() => {
    if (answer.status !== 'loading') shown.current = { db: store.db, data: answer.data };
  }, [store, answer]);
  if (throwErrors && error) {
    markRead();
    throw error;
  }
  return answer;
}

/** What a hook gives: `parts`, and how the answer is. */
export function resultOf<P extends object>(
  { status, error, retry, markRead }: WatchedAnswer<unknown>,
  parts: P,
): P & Omit<Answer<unknown>, 'data'> {
  if (!error) return { ...parts, status, retry };
  return {
    ...parts,
    get status() {
      markRead();
      return status;
    },
    get error() {
      markRead();
      return error;
    },
    retry,
  };
}
