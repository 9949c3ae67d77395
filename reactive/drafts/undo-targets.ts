import { copyBytes, isBytes } from '../../core/bytes.ts';
import type { WrittenTable } from '../../core/commit/written.ts';
import { narrowers } from '../../core/rows.ts';
import type { SqlValue } from '../../core/values.ts';
import {
  cellOf,
  differing,
  type Image,
  identityOf,
  isExactly,
  isSameRow,
  rowidIdentity,
} from './row-image.ts';
import { currentRows } from './row-statements.ts';
import type { Steps } from './steps.ts';
import type { Conflict } from './undo-conflict.ts';
import { idOf, type NetRow } from './undo-entry.ts';

/** A row that is to be put back. */
export interface Target {
  readonly row: NetRow;
  readonly current: Image | null;
  /** How it shall be. */
  readonly goal: Image | null;
  /** The columns that others have changed, and that may be whatever they are. */
  readonly free: readonly string[];
}

export interface Targets {
  readonly targets: readonly Target[];
  readonly conflicts: readonly Conflict[];
}

/** How rows are to be put back, and what others have done to them since. Rows that are as they were are no target. */
export function* targetsOf(rows: readonly NetRow[]): Steps<Targets> {
  const current = yield* currentRows(
    rows.map(({ table, before, after }) => ({ table, image: after ?? (before as Image) })),
  );
  const ours = new Set(rows.flatMap(({ table, after }) => (after ? placesOf(table, after) : [])));
  const taken = yield* takenKeys(rows, ours);
  const targets: Target[] = [];
  const conflicts: Conflict[] = [];
  for (const [at, row] of rows.entries()) {
    const { table, before, after } = row;
    // The row with a deleted one's key may be one of ours that got it then.
    const isOurs = after === null && before !== null && ours.has(idOf(table, before));
    const { target, conflict } = taken.has(row)
      ? { conflict: conflictOf(row, 'exists') }
      : findingOf(row, isOurs ? null : (current[at] ?? null));
    if (target) targets.push(target);
    if (conflict) conflicts.push(conflict);
  }
  return { targets, conflicts };
}

/** What a row occupies: its key, and its rowid, under which a row without a key may be looked for. */
function placesOf(table: WrittenTable, image: Image): string[] {
  return [idOf(table, image), ...(table.rowid === null ? [] : [rowidIdentity(table, image).id])];
}

/** Rows that had another key, which a row of somebody else has now. */
function* takenKeys(rows: readonly NetRow[], ours: ReadonlySet<string>): Steps<Set<NetRow>> {
  const moved = rows.flatMap((row) => {
    const { table, before, after } = row;
    if (before === null || after === null || ours.has(idOf(table, before))) return [];
    return [{ row, table, image: before }];
  });
  const current = yield* currentRows(moved);
  return new Set(moved.flatMap(({ row }, at) => (current[at] ? [row] : [])));
}

function findingOf(
  row: NetRow,
  current: Image | null,
): { readonly target?: Target; readonly conflict?: Conflict } {
  const { table, before, after } = row;
  if (current === null || before === null) {
    if (current === before) return {};
    if (after === null) return { target: { row, current, goal: before, free: [] } };
    if (current === null) return { conflict: conflictOf(row, 'deleted') };
    const changed = differing(table, current, after);
    if (changed.length > 0) return { conflict: conflictOf(row, 'changed', changed) };
    return { target: { row, current, goal: null, free: [] } };
  }
  if (after === null) {
    return isSameRow(table, current, before) ? {} : { conflict: conflictOf(row, 'exists') };
  }
  const ours = differing(table, before, after);
  const isStill = (column: string, image: Image): boolean =>
    isExactly(cellOf(table, current, column), cellOf(table, image, column));
  const lost = ours.filter((column) => !isStill(column, after) && !isStill(column, before));
  const back = ours.filter((column) => isStill(column, after));
  const goal = [...current];
  const lead = table.rowid === null ? 0 : 1;
  for (const column of back) goal[table.columns.indexOf(column) + lead] = cellOf(table, before, column);
  // Where the rowid is the key.
  if (lead === 1) goal[0] = before[0] ?? null;
  const isThere = back.length === 0 && idOf(table, goal) === idOf(table, current);
  return {
    ...(!isThere && { target: { row, current, goal, free: lost } }),
    ...(lost.length > 0 && { conflict: conflictOf(row, 'changed', lost) }),
  };
}

export function conflictOf(
  { table, before, after }: NetRow,
  reason: Conflict['reason'],
  columns: readonly string[] = [],
): Conflict {
  const { key } = identityOf(table, after ?? (before as Image));
  const narrow = ([name, value]: [string, Image[number]]): [string, SqlValue] => [
    name,
    // The image goes on to be what is undone.
    isBytes(value) ? copyBytes(value) : narrowers.auto(value),
  ];
  return {
    table: table.name,
    key: Object.fromEntries(Object.entries(key).map(narrow)),
    reason,
    columns,
  };
}
