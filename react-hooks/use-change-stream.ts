import { useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import { ChangeLog, type FollowOptions, type StreamEvent } from '../reactive/store/change-log.ts';
import { useQueryStore } from './database-provider.tsx';
import { useUnreadError } from './use-unread-error.ts';

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
  const markRead = useUnreadError(error, 'useChangeStream');
  return useMemo((): ChangeStream => {
    const clear = (): void => log.clear();
    if (!error) return { events, clear };
    return {
      events,
      get error() {
        markRead();
        return error;
      },
      clear,
    };
  }, [events, error, log, markRead]);
}
