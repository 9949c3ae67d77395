import type { ChangeEvent, ChangeSource, RowChange, SqlValue, TableChange } from 'freshet';

/** One commit, as a line of the stream. */
export interface CommitEntry {
  readonly kind: 'commit';
  readonly id: number;
  /** When it arrived here, in milliseconds since 1970. */
  readonly at: number;
  readonly lsn: number;
  readonly source: ChangeSource;
  readonly tables: readonly TableChange[];
  readonly changes: readonly RowChange[];
  /** Some of the changes aren't listed. */
  readonly isTruncated: boolean;
}

/** Commits that are missing here, and why. */
export interface GapEntry {
  readonly kind: 'gap';
  readonly id: number;
  readonly at: number;
  readonly text: string;
}

export type StreamEntry = CommitEntry | GapEntry;

export interface ColumnChange {
  readonly column: string;
  readonly before: SqlValue | undefined;
  readonly after: SqlValue | undefined;
}

export function commitEntry(event: ChangeEvent, id: number, at: number): CommitEntry {
  return {
    kind: 'commit',
    id,
    at,
    lsn: event.commit_lsn,
    source: event.source,
    tables: event.table_changes,
    changes: event.row_changes,
    isTruncated: event.row_changes_truncated,
  };
}

export function touches(entry: StreamEntry, tables: ReadonlySet<string>): boolean {
  return tables.size === 0 || entry.kind === 'gap' || entry.tables.some(({ table }) => tables.has(table));
}

/** How many rows a commit changed, as far as that is known: of a virtual table, or another program's commit, it isn't. */
export function rowCount({ tables }: CommitEntry): { readonly known: number; readonly isAll: boolean } {
  return {
    known: tables.reduce((sum, { row_change_count }) => sum + row_change_count, 0),
    isAll: tables.every(({ wide }) => !wide),
  };
}

/** The columns that a change has changed, in the table's order: all of an inserted or deleted row. */
export function columnChanges({ before, after }: RowChange): ColumnChange[] {
  const columns = Object.keys(after ?? before ?? {});
  return columns
    .map((column) => ({ column, before: before?.[column], after: after?.[column] }))
    .filter((change) => !isSame(change.before, change.after));
}

/** What a change is about: `issues 4711`. */
export function rowName({ table, primary_key }: RowChange): string {
  const key = Object.values(primary_key).map(valueText).join(', ');
  return key === '' ? table : `${table} ${key}`;
}

const longestText = 160;

/** A value as SQL would write it, but for its length. */
export function valueText(value: SqlValue | undefined): string {
  if (value === undefined) return '';
  if (value === null) return 'NULL';
  if (value instanceof Uint8Array) return value.length === 1 ? '1 byte' : `${value.length} bytes`;
  const text = String(value);
  return text.length > longestText ? `${text.slice(0, longestText)}…` : text;
}

function isSame(a: SqlValue | undefined, b: SqlValue | undefined): boolean {
  if (!(a instanceof Uint8Array) || !(b instanceof Uint8Array)) return Object.is(a, b);
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
