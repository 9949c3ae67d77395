import { useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import { ChangeLog, type FollowOptions, type StreamEvent } from '../reactive/store/change-log.ts';
import { useQueryStore } from './database-provider.tsx';

/** Which commits are followed, and how many of them are kept to be shown. */
export interface ChangeStreamOptions extends FollowOptions {
  /** How many events are kept to be shown: 100 by default. */
  readonly limit?: number | undefined;
}

/** The events of a change stream, as a component shows them. */
export interface ChangeStream {
  /** The last events, the newest one last; none where they go to a listener. */
  readonly events: readonly StreamEvent[];
  /** Why the stream has ended. */
  readonly error?: Error;
  /** Forgets the events so far. */
  readonly clear: () => void;
}

/**
 * Calls `listener` for every commit while the component is there, which doesn't render for it. What it throws is
 * reported as uncaught.
 */
export function useChangeStream(
  listener: (event: StreamEvent) => void,
  options?: FollowOptions,
): ChangeStream;
/** The last commits, as a change stream tells them, while the component is there. */
export function useChangeStream(options?: ChangeStreamOptions): ChangeStream;
export function useChangeStream(
  first?: ((event: StreamEvent) => void) | ChangeStreamOptions,
  second?: FollowOptions,
): ChangeStream {
  const { db } = useQueryStore('useChangeStream');
  const listener = typeof first === 'function' ? first : undefined;
  const given: ChangeStreamOptions = typeof first === 'function' ? { ...second, limit: 0 } : (first ?? {});
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  // Options are written out in each rendering.
  const key = JSON.stringify([given.tables, given.queueCapacity, given.limit]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key holds the options.
  const log = useMemo(
    () => new ChangeLog(db, given, given.limit ?? 100, (event) => latest.current?.(event)),
    [db, key],
  );
  const { events, error } = useSyncExternalStore(
    useCallback((listener) => log.subscribe(listener), [log]),
    () => log.value,
    () => log.value,
  );
  return useMemo(() => ({ events, clear: () => log.clear(), ...(error && { error }) }), [events, error, log]);
}
