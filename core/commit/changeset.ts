import type { Row, SqlValue } from '../values.ts';

/** Who committed: this process, another program writing the file. Further sources come with their modules. */
export type ChangeSource = 'direct' | 'queued' | 'sync_apply' | 'external' | 'cluster';

/** One row's change, in the order in which the statements made it. */
export interface RowChange {
  readonly table: string;
  readonly operation: 'insert' | 'update' | 'delete';
  /** The primary key's columns after the change (before it, for a delete); empty without a declared primary key. */
  readonly primary_key: Readonly<Record<string, SqlValue>>;
  readonly before: Readonly<Row> | null;
  readonly after: Readonly<Row> | null;
  readonly detail: 'full_row' | 'primary_key_only';
}

/** One commit, as listeners get it: after it is readable, once, in commit order. */
export interface Changeset {
  /** Rises with every commit, across handles and restarts. */
  readonly commit_lsn: number;
  readonly source: ChangeSource;
  /** SQLite's schema version after the commit. */
  readonly schema_cookie: number;
  readonly schema_changed: boolean;
  /** Every table that changed, or may have when `wide`; sorted. */
  readonly tables: readonly string[];
  readonly row_changes: readonly RowChange[];
  /** True when `tables` may have changed in ways that `row_changes` doesn't list; it lists none then. */
  readonly wide: boolean;
  /** Those of `tables` that may have changed in ways that `row_changes` doesn't list: all when `wide`, else none. */
  readonly wide_tables: readonly string[];
}
