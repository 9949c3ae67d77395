import { useCallback, useMemo, useState, useSyncExternalStore } from 'react';
import type { DatabaseSync, Transaction, TransactionMode, TransactionSync } from '../core/index.ts';
import { CallState } from '../reactive/store/call-state.ts';
import { type AnyDatabase, useQueryStore } from './database-provider.tsx';

/** The transactions of a kind of database. */
export type TransactionOf<D extends AnyDatabase> = D extends DatabaseSync ? TransactionSync : Transaction;

/** Runs transactions, and tells of the last one. */
export interface TransactionRunner<D extends AnyDatabase> {
  /**
   * Commits when `fn` has ended, and gives what it gives; rolls back when it fails, and rejects. Of a `DatabaseSync`,
   * `fn` runs at once and must not be asynchronous.
   */
  readonly run: <R>(fn: (tx: TransactionOf<D>) => R | Promise<R>, mode?: TransactionMode) => Promise<R>;
  /** A transaction is under way. */
  readonly isPending: boolean;
  /** Why the last one failed. */
  readonly error?: Error;
}

/** Runs transactions, and says how they went. */
export function useTransaction<D extends AnyDatabase = AnyDatabase>(): TransactionRunner<D> {
  const { db } = useQueryStore('useTransaction');
  const [state] = useState(() => new CallState<unknown>());
  const { running, error } = useSyncExternalStore(
    useCallback((listener) => state.subscribe(listener), [state]),
    () => state.value,
    () => state.value,
  );
  const run = useCallback(
    async <R>(fn: (tx: TransactionOf<D>) => R | Promise<R>, mode?: TransactionMode): Promise<R> => {
      // `db` is the database that D stands for, and its transactions are those that `fn` takes.
      const transaction = db.transaction.bind(db) as (
        call: typeof fn,
        how?: TransactionMode,
      ) => R | Promise<R>;
      let result: { readonly value: R } | undefined;
      await state.run(async () => {
        result = { value: await transaction(fn, mode) };
      });
      return (result as unknown as { readonly value: R }).value;
    },
    [db, state],
  );
  return useMemo(() => ({ run, isPending: running > 0, ...(error && { error }) }), [run, running, error]);
}
