import type { RowChange } from '../commit/changeset.ts';
import type { ChangesetRecord } from '../commit/changeset-record.ts';
import { ownRowChanges } from '../commit/own-row-changes.ts';
import type { ChangeEvent, InvalidateEvent } from './events.ts';
import type { Range } from './range.ts';

/** A commit with more row changes for a watch than this is told without them. */
const maxRowChangesPerEvent = 4096;

/** What a watch follows: which commits are its events, and how they look. */
export interface WatchSpec {
  readonly kind: 'table' | 'range' | 'query' | 'change_stream';
  /** The tables whose rows must be captured; null: all. */
  readonly tables: ReadonlySet<string> | null;
  readonly dependencies: unknown;
  /** What it follows couldn't be looked up after a change of the schema, a lock being in the way. */
  readonly isDoubtful?: boolean;
  matches(changeset: ChangesetRecord): boolean;
  /** The commit has more row changes than the event may carry. */
  truncates(changeset: ChangesetRecord): boolean;
  event(watchId: number, eventId: number, changeset: ChangesetRecord): InvalidateEvent | ChangeEvent;
}

/** Table and query watches: any change of one of their tables. A schema change may concern every one. */
export function tablesSpec(kind: 'table' | 'query', tables: ReadonlySet<string>): WatchSpec {
  return {
    kind,
    tables,
    dependencies: { tables: [...tables].sort() },
    matches: (changeset) => changeset.schema_changed || changeset.tables.some((table) => tables.has(table)),
    truncates: (changeset) => isTooLarge(changeset, tables),
    event: (watchId, eventId, changeset) => invalidate(watchId, eventId, changeset, tables, () => true),
  };
}

/** Until it is known what it follows: any commit. */
export function doubtfulSpec(spec: WatchSpec): WatchSpec {
  return { ...spec, tables: null, matches: () => true, isDoubtful: true };
}

/** A range of a column: a change whose row lies inside before or after. */
export function rangeSpec(table: string, range: Range): WatchSpec {
  const tables = new Set([table]);
  const inside = (change: RowChange): boolean =>
    range.contains(change.before) || range.contains(change.after);
  const truncates = (changeset: ChangesetRecord): boolean => isTooLarge(changeset, tables);
  return {
    kind: 'range',
    tables,
    dependencies: { table, ...range.bounds },
    matches(changeset) {
      if (changeset.schema_changed) return true;
      if (!changeset.tables.includes(table)) return false;
      if (!changeset.tells(table) || truncates(changeset)) return true;
      return changeset.listed.some((change) => change.table === table && inside(change));
    },
    truncates,
    event: (watchId, eventId, changeset) => invalidate(watchId, eventId, changeset, tables, inside),
  };
}

/** Every commit, or every commit that touches one of `tables`. */
export function changeStreamSpec(tables: ReadonlySet<string> | null): WatchSpec {
  const truncates = (changeset: ChangesetRecord): boolean => isTooLarge(changeset, tables);
  return {
    kind: 'change_stream',
    tables,
    dependencies: { tables: tables && [...tables].sort() },
    matches: (changeset) =>
      tables === null || changeset.schema_changed || changeset.tables.some((table) => tables.has(table)),
    truncates,
    event(streamId, eventId, changeset) {
      const truncated = truncates(changeset);
      return {
        schema_version: 1,
        type: 'change',
        stream_id: streamId,
        event_id: eventId,
        commit_lsn: changeset.commit_lsn,
        schema_cookie: changeset.schema_cookie,
        source: changeset.source,
        table_changes: changeset.tables.map((table) => ({
          table,
          schema_changed: changeset.schema_changed,
          row_change_count: changeset.rowCounts.get(table) ?? 0,
          wide: !changeset.tells(table),
        })),
        row_changes_truncated: truncated,
        wide_tables: wideTables(changeset, tables, truncated),
        row_changes: truncated ? [] : select(changeset, tables, () => true),
      };
    },
  };
}

function invalidate(
  watchId: number,
  eventId: number,
  changeset: ChangesetRecord,
  tables: ReadonlySet<string>,
  concerns: (change: RowChange) => boolean,
): InvalidateEvent {
  const truncated = isTooLarge(changeset, tables);
  return {
    schema_version: 1,
    type: 'invalidate',
    watch_id: watchId,
    event_id: eventId,
    commit_lsn: changeset.commit_lsn,
    schema_cookie: changeset.schema_cookie,
    source: changeset.source,
    tables: changeset.tables,
    schema_changed: changeset.schema_changed,
    row_changes_truncated: truncated,
    wide_tables: wideTables(changeset, tables, truncated),
    row_changes: truncated ? [] : select(changeset, tables, concerns),
  };
}

/** The followed tables of which an event doesn't list every change. */
function wideTables(
  changeset: ChangesetRecord,
  tables: ReadonlySet<string> | null,
  truncated: boolean,
): readonly string[] {
  return changeset.tables.filter(
    (table) => (tables === null || tables.has(table)) && (truncated || !changeset.tells(table)),
  );
}

function select(
  changeset: ChangesetRecord,
  tables: ReadonlySet<string> | null,
  concerns: (change: RowChange) => boolean,
): readonly RowChange[] {
  const selected = changeset.listed.filter(
    (change) => (tables === null || tables.has(change.table)) && concerns(change),
  );
  return changeset.holdsBytes ? ownRowChanges(selected) : selected;
}

/** More row changes of these tables than an event may carry. */
function isTooLarge(changeset: ChangesetRecord, tables: ReadonlySet<string> | null): boolean {
  if (changeset.overflowed) return true;
  if (changeset.rowTotal <= maxRowChangesPerEvent) return false;
  if (tables === null) return true;
  let count = 0;
  for (const table of tables) count += changeset.rowCounts.get(table) ?? 0;
  return count > maxRowChangesPerEvent;
}
