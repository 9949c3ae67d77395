import type { WrittenTable } from '../../core/commit/written.ts';
import { type Image, isExactly } from './row-image.ts';
import { idOf, type NetRow, type UndoEntry } from './undo-entry.ts';

/** A row that a trigger has made other than it was to be. */
export interface Stamped {
  readonly table: WrittenTable;
  readonly goal: Image;
  readonly image: Image;
}

/**
 * Entries that expect the rows as they are now. The next one about a row will find what the trigger made of it, which is
 * nobody else's work.
 */
export function amended(entries: readonly UndoEntry[], stamped: readonly Stamped[]): readonly UndoEntry[] {
  if (stamped.length === 0) return entries;
  const open = new Map(stamped.map((one) => [idOf(one.table, one.goal), one]));
  const amend = (row: NetRow): NetRow => {
    const id = row.after && idOf(row.table, row.after);
    const stamp = id === null ? undefined : open.get(id);
    if (id === null || stamp === undefined || row.after === null) return row;
    open.delete(id);
    const { goal, image } = stamp;
    const after = row.after.map((value, at) =>
      isExactly(value, goal[at] ?? null) ? (image[at] ?? null) : value,
    );
    return { ...row, after };
  };
  return entries
    .toReversed()
    .map((entry) => ({ ...entry, rows: entry.rows.map(amend) }))
    .reverse();
}
