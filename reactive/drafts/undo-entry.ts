import type { Written, WrittenTable } from '../../core/commit/written.ts';
import { differing, type Image, identityOf, isSameRow } from './row-image.ts';

/** What became of one row, which may have another key now; null: it was inserted, or deleted. */
export interface NetRow {
  readonly table: WrittenTable;
  readonly before: Image | null;
  readonly after: Image | null;
}

/** What can be undone at once: the changes of one transaction, or of several that belong together. */
export interface UndoEntry {
  readonly label: string | undefined;
  /** When its last transaction was. */
  readonly at: number;
  /** Each row once. */
  readonly rows: readonly NetRow[];
}

export function idOf(table: WrittenTable, image: Image): string {
  return identityOf(table, image).id;
}

/** What the changes of a transaction come to, row by row. A row that was deleted and inserted again is the same. */
export function netRows({ tables, rows }: Written): NetRow[] {
  const net = new Set<NetRow>();
  const alive = new Map<string, NetRow>();
  const deleted = new Map<string, NetRow>();
  const replace = (old: NetRow | undefined, row: NetRow): void => {
    if (old) net.delete(old);
    net.add(row);
    if (row.after !== null) alive.set(idOf(row.table, row.after), row);
    else if (row.before !== null) deleted.set(idOf(row.table, row.before), row);
  };
  for (const { table: place, before, after } of rows) {
    const table = tables[place] as WrittenTable;
    if (before !== null) {
      const id = idOf(table, before);
      const known = alive.get(id);
      alive.delete(id);
      replace(known, { table, before: known ? known.before : before, after });
    } else if (after !== null) {
      const id = idOf(table, after);
      const known = deleted.get(id);
      deleted.delete(id);
      replace(known, { table, before: known?.before ?? null, after });
    }
  }
  return [...net].filter(isChange);
}

/**
 * The two as one; undefined where somebody else has written in between what the first has, since taking both back
 * would take that back, too.
 */
export function joinedEntries(first: UndoEntry, second: UndoEntry): UndoEntry | undefined {
  const now = new Map<string, NetRow>();
  for (const row of first.rows) {
    const image = row.after ?? row.before;
    if (image) now.set(idOf(row.table, image), row);
  }
  const rows = new Set(first.rows);
  for (const { table, before, after } of second.rows) {
    const image = before ?? after;
    const earlier = image ? now.get(idOf(table, image)) : undefined;
    if (earlier && !continues(earlier, before)) return undefined;
    if (earlier) rows.delete(earlier);
    rows.add({ table, before: earlier ? earlier.before : before, after });
  }
  return { ...second, rows: [...rows].filter(isChange) };
}

/** Whether a row is as the earlier change of it has left it, as far as that has written it. */
function continues({ table, before, after }: NetRow, now: Image | null): boolean {
  if (before === null || after === null || now === null) return isSameRow(table, after, now);
  const others = new Set(differing(table, after, now));
  return differing(table, before, after).every((column) => !others.has(column));
}

function isChange({ table, before, after }: NetRow): boolean {
  if (before === null || after === null) return before !== after;
  return idOf(table, before) !== idOf(table, after) || !isSameRow(table, before, after);
}
