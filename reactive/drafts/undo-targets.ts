import { narrowers } from '../../core/rows.ts';
import type { SqlValue } from '../../core/values.ts';
import { cellOf, differing, type Image, isExactly, isSameRow, writable } from './row-image.ts';
import { currentRows } from './row-statements.ts';
import type { Steps } from './steps.ts';
import type { Conflict } from './undo-conflict.ts';
import type { NetRow } from './undo-entry.ts';

/** A row that is to be put back. */
export interface Target {
  readonly row: NetRow;
  readonly current: Image | null;
  /** How it shall be. */
  readonly goal: Image | null;
  /** Those to be written, if the row is there before and after. */
  readonly columns: readonly string[];
  /** Those that others have changed, and that may be whatever they are. */
  readonly free: readonly string[];
}

type Finding = { readonly target?: Target; readonly conflict?: Conflict };

/**
 * What is to be done to put rows back, by identity, and what others have done to them since. Rows that are as they
 * were before are no target.
 */
export function* targetsOf(rows: readonly NetRow[]): Steps<{
  readonly targets: Map<string, Target>;
  readonly conflicts: readonly Conflict[];
}> {
  const current = yield* currentRows(rows);
  const targets = new Map<string, Target>();
  const conflicts = new Map<string, Conflict>();
  for (const [at, row] of rows.entries()) {
    const { target, conflict } = findingOf(row, current[at] ?? null);
    if (target) targets.set(row.identity.id, target);
    if (conflict) conflicts.set(row.identity.id, conflict);
  }
  keepChainsTogether(rows, targets, conflicts);
  return { targets, conflicts: [...conflicts.values()] };
}

function findingOf(row: NetRow, current: Image | null): Finding {
  const { table, before, after } = row;
  if (isSameRow(table, current, before)) return {};
  if (current === null) {
    if (after !== null) return { conflict: conflict(row, 'deleted') };
    return { target: { row, current, goal: before, columns: [], free: [] } };
  }
  if (after === null) return { conflict: conflict(row, 'exists') };
  if (before === null) {
    const changed = differing(table, current, after);
    if (changed.length > 0) return { conflict: conflict(row, 'changed', changed) };
    return { target: { row, current, goal: null, columns: writable(table), free: [] } };
  }
  const ours = differing(table, before, after);
  const isStill = (column: string, image: Image): boolean =>
    isExactly(cellOf(table, current, column), cellOf(table, image, column));
  const lost = ours.filter((column) => !isStill(column, after) && !isStill(column, before));
  const columns = ours.filter((column) => isStill(column, after));
  const goal = current.map((value, at) => {
    const column = table.columns[at - (table.rowid === null ? 0 : 1)];
    return column !== undefined && columns.includes(column) ? cellOf(table, before, column) : value;
  });
  return {
    ...(columns.length > 0 && { target: { row, current, goal, columns, free: lost } }),
    ...(lost.length > 0 && { conflict: conflict(row, 'changed', lost) }),
  };
}

/** A row whose key was changed is put back under all of its keys, or not at all. */
function keepChainsTogether(
  rows: readonly NetRow[],
  targets: Map<string, Target>,
  conflicts: Map<string, Conflict>,
): void {
  for (const row of rows) {
    const { id } = row.identity;
    if (row.chain.size === 1 || targets.has(id)) continue;
    const others = rows.filter((other) => other.chain === row.chain && targets.has(other.identity.id));
    if (others.length > 0 && !conflicts.has(id)) conflicts.set(id, conflict(row, 'changed'));
    for (const other of others) targets.delete(other.identity.id);
  }
}

function conflict(
  { table, identity }: NetRow,
  reason: Conflict['reason'],
  columns: readonly string[] = [],
): Conflict {
  const key = Object.entries(identity.key).map(([name, value]): [string, SqlValue] => [
    name,
    narrowers.auto(value),
  ]);
  return { table: table.name, key: Object.fromEntries(key), reason, columns };
}
