import { createContext, createElement, type ReactNode, useContext } from 'react';
import type { Database, DatabaseSync } from '../core/index.ts';

/** A database of either kind. */
export type AnyDatabase = Database | DatabaseSync;

const DatabaseContext = createContext<AnyDatabase | null>(null);

/** The database that the hooks below it ask. */
export function DatabaseProvider(props: { readonly database: AnyDatabase; readonly children?: ReactNode }) {
  return createElement(DatabaseContext, { value: props.database }, props.children);
}

/** @throws Error outside of a DatabaseProvider. */
export function useDatabase(): AnyDatabase {
  const database = useContext(DatabaseContext);
  if (!database) throw new Error('useDatabase needs a <DatabaseProvider> above it.');
  return database;
}
