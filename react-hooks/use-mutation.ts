import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { ExecuteResult, Params } from '../core/index.ts';
import { type Call, CallState } from '../reactive/store/call-state.ts';
import { type AnyDatabase, useQueryStore } from './database-provider.tsx';
import { hookWith, useUnreadError } from './use-unread-error.ts';

/** A write to be made, and what became of the last one. */
export interface Mutation<A extends readonly unknown[], R> {
  /**
   * Writes. What goes wrong is in `error`; if no component reads that, it is reported to the database's `onError`, and
   * as uncaught if the component is no longer there.
   */
  readonly mutate: (...args: A) => void;
  /** Writes; gives what the write gave, or rejects. */
  readonly mutateAsync: (...args: A) => Promise<R>;
  /** Of the last call. */
  readonly status: Call<R>['status'];
  /** What the last call gave that succeeded. */
  readonly data?: R;
  readonly error?: Error;
  /** Back to `idle`. A call under way goes on, unseen. */
  readonly reset: () => void;
}

/** A statement that writes: `mutate(params)` runs it. */
export function useMutation(sql: string): Mutation<[params?: Params], ExecuteResult>;
/** A function that writes: `mutate(...args)` calls it with the database and those. */
export function useMutation<A extends readonly unknown[], R, D extends AnyDatabase = AnyDatabase>(
  fn: (db: D, ...args: A) => R | PromiseLike<R>,
): Mutation<A, R>;
export function useMutation<A extends readonly unknown[], R>(
  sqlOrFunction: string | ((db: AnyDatabase, ...args: A) => R | PromiseLike<R>),
): Mutation<A, R> {
  const { db } = useQueryStore('useMutation');
  const [state] = useState(() => new CallState<R>());
  const call = useSyncExternalStore(
    useCallback((listener) => state.subscribe(listener), [state]),
    () => state.value,
    () => state.value,
  );
  // The function may close over what was rendered last; `mutate` stays the same.
  const latest = useRef({ db, sqlOrFunction });
  useEffect(() => {
    latest.current = { db, sqlOrFunction };
  });
  const calls = useMemo(() => {
    const write = (args: A): R | PromiseLike<R> => {
      const { db: to, sqlOrFunction: what } = latest.current;
      if (typeof what === 'function') return what(to, ...args);
      // The overload for texts says that the arguments are parameters, and the result is that of `execute`.
      return to.execute(what, args[0] as Params | undefined) as R | PromiseLike<R>;
    };
    return {
      mutate: (...args: A): void => {
        state.run(() => write(args), reportUncaught).catch(() => {});
      },
      mutateAsync: (...args: A): Promise<R> => state.run(() => write(args)),
      reset: () => state.reset(),
    };
  }, [state]);
  // `mutateAsync` rejects: its caller has the error.
  const what = typeof sqlOrFunction === 'string' ? hookWith('useMutation', sqlOrFunction) : 'useMutation';
  const markRead = useUnreadError(call.isRejected ? undefined : call.error, what);
  // Onto the call's own object: to spread that would be to read it.
  return useMemo(() => Object.assign(shown(call, markRead), calls), [calls, call, markRead]);
}

/** A call as hooks show it: what isn't there is left out. */
function shown<R>({ status, data, error }: Call<R>, markRead: () => void) {
  const given = data !== undefined && { data };
  if (!error) return { status, ...given };
  return {
    get status() {
      markRead();
      return status;
    },
    ...given,
    get error() {
      markRead();
      return error;
    },
  };
}

function reportUncaught(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
