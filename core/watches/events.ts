import type { ChangeSource, RowChange } from '../commit/changeset.ts';
import type { SqlValue } from '../values.ts';

/** The state a watch starts from. Every later event has a greater `commit_lsn` than `snapshot_lsn`. */
export interface InitialEvent {
  readonly schema_version: 1;
  readonly type: 'initial';
  readonly watch_id: number;
  readonly snapshot_lsn: number;
  readonly schema_cookie: number;
  /** Only of query watches. */
  readonly columns?: readonly string[];
  readonly rows?: readonly (readonly SqlValue[])[];
}

/** A commit touched what a table, range or query watch follows. */
export interface InvalidateEvent {
  readonly schema_version: 1;
  readonly type: 'invalidate';
  readonly watch_id: number;
  readonly event_id: number;
  readonly commit_lsn: number;
  readonly schema_cookie: number;
  readonly source: ChangeSource;
  /** All tables that the commit changed, sorted; not only the watched ones. */
  readonly tables: readonly string[];
  readonly schema_changed: boolean;
  readonly row_changes_truncated: boolean;
  /**
   * The watched ones of `tables` that may have changed in ways that `row_changes` doesn't list: their rows aren't
   * known, or there were too many. Of every other watched table `row_changes` lists all that the watch follows.
   */
  readonly wide_tables: readonly string[];
  /** Changes of the watched tables, in statement order. */
  readonly row_changes: readonly RowChange[];
}

/** What a commit did to one table. */
export interface TableChange {
  readonly table: string;
  readonly schema_changed: boolean;
  /** 0 where the rows aren't known, see `wide`. */
  readonly row_change_count: number;
  /** It may have changed in ways that aren't counted: its rows aren't known. */
  readonly wide: boolean;
}

/** One commit, as a change stream shows it. */
export interface ChangeEvent {
  readonly schema_version: 1;
  readonly type: 'change';
  readonly stream_id: number;
  readonly event_id: number;
  readonly commit_lsn: number;
  readonly schema_cookie: number;
  readonly source: ChangeSource;
  readonly table_changes: readonly TableChange[];
  readonly row_changes_truncated: boolean;
  /** The tables that the stream follows, and that may have changed in ways that `row_changes` doesn't list. */
  readonly wide_tables: readonly string[];
  readonly row_changes: readonly RowChange[];
}

/** The reader was too slow: what was queued is gone, and the answer must be asked for again. */
export interface LaggedEvent {
  readonly schema_version: 1;
  readonly type: 'lagged';
  readonly watch_id: number;
  readonly last_seen_event_id: number;
  readonly latest_event_id: number;
  readonly latest_commit_lsn: number;
  readonly reason: 'queue_overflow';
}

/** The watch, or its database, was closed while a reader waited; or a change of the schema has left nothing to follow. */
export interface ClosedEvent {
  readonly schema_version: 1;
  readonly type: 'closed';
  /** What can't be followed any more; absent where the watch or its database was closed. */
  readonly reason?: string;
}

/** What a watch tells. */
export type WatchEvent = InitialEvent | InvalidateEvent | ChangeEvent | LaggedEvent | ClosedEvent;
