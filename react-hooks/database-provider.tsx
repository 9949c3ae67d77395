import { createContext, type ReactNode, useContext, useMemo, useState } from 'react';
import { InterfaceError } from '../core/errors.ts';
import type { Database, DatabaseSync } from '../core/index.ts';
import type { Clock } from '../reactive/store/clock.ts';
import { QueryStore, type QueryStoreOptions } from '../reactive/store/query-store.ts';

/** A database of either kind. */
export type AnyDatabase = Database | DatabaseSync;

const StoreContext = createContext<QueryStore | null>(null);

/** The database, and how its queries are kept. */
export interface DatabaseProviderProps {
  readonly database: AnyDatabase;
  /** How long a query is kept that no component shows, in milliseconds: 5,000 by default. */
  readonly graceMs?: number;
  /** What grace times run by, for tests. */
  readonly clock?: Clock;
  /**
   * What a server renders with, or has rendered with: see `createSnapshot`. That of the first rendering counts.
   */
  readonly snapshot?: QueryStoreOptions['snapshot'];
  readonly children?: ReactNode;
}

/** The database that the hooks below it ask. */
export function DatabaseProvider(props: DatabaseProviderProps) {
  const { database, graceMs, clock, children } = props;
  // JSON that is parsed while rendering is another object each time.
  const [snapshot] = useState(props.snapshot);
  const store = useMemo(
    () => new QueryStore(database, { graceMs, clock, snapshot }),
    [database, graceMs, clock, snapshot],
  );
  return <StoreContext.Provider value={store}>{children}</StoreContext.Provider>;
}

/**
 * The database of the provider above.
 * @throws InterfaceError outside of a DatabaseProvider.
 */
export function useDatabase<D extends AnyDatabase = AnyDatabase>(): D {
  // Which of the two it is, the application knows that gave it to the provider.
  return useQueryStore('useDatabase').db as D;
}

/** The store that the hooks stand on. */
export function useQueryStore(hook: string): QueryStore {
  const store = useContext(StoreContext);
  if (!store) {
    throw new InterfaceError(`${hook} needs a <DatabaseProvider> above it.`, {
      code: 'CONFIG',
      subcode: 'config.no_provider',
    });
  }
  return store;
}
