import { useCallback, useMemo, useSyncExternalStore } from 'react';
import { type DatabaseStatus, DatabaseStatusSource } from '../reactive/store/database-status.ts';
import { useQueryStore } from './database-provider.tsx';

/** Whether the database is open, whether a transaction is, and the number of the last commit that was seen. */
export function useDatabaseStatus(): DatabaseStatus {
  const { db, notify } = useQueryStore('useDatabaseStatus');
  const source = useMemo(() => new DatabaseStatusSource(db, notify), [db, notify]);
  const read = (): DatabaseStatus => source.value;
  return useSyncExternalStore(
    useCallback((listener) => source.subscribe(listener), [source]),
    read,
    read,
  );
}
