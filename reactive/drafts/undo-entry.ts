import type { Written, WrittenTable } from '../../core/commit/written.ts';
import {
  cellOf,
  differing,
  type Identity,
  type Image,
  identityOf,
  isExactly,
  isSameRow,
} from './row-image.ts';

/** One row's change. */
export interface RowStep {
  readonly table: WrittenTable;
  readonly before: Image | null;
  readonly after: Image | null;
}

/** What can be undone at once: the changes of one transaction, or of several that belong together. */
export interface UndoEntry {
  readonly label: string | undefined;
  /** When its last transaction was. */
  readonly at: number;
  readonly steps: readonly RowStep[];
}

/** What became of one row in all. */
export interface NetRow {
  readonly identity: Identity;
  readonly table: WrittenTable;
  readonly before: Image | null;
  readonly after: Image | null;
  /** The same for rows that are one row under several keys. */
  readonly chain: Set<string>;
}

/** Changes of one row that need no order are put together. */
export function stepsOf({ tables, rows }: Written): RowStep[] {
  return folded(
    rows.map(({ table, before, after }) => ({ table: tables[table] as WrittenTable, before, after })),
  );
}

/** The two as one; undefined where somebody else has written in between what the first has. */
export function joinedEntries(first: UndoEntry, second: UndoEntry): UndoEntry | undefined {
  const earlier = netRows(first.steps);
  for (const { identity, table, before } of netRows(second.steps).values()) {
    const row = earlier.get(identity.id);
    if (!row) continue;
    if (row.after === null || before === null) {
      if (row.after !== before) return undefined;
      continue;
    }
    const written = row.before === null ? table.columns : differing(table, row.before, row.after);
    const { after } = row;
    if (written.some((column) => !isExactly(cellOf(table, after, column), cellOf(table, before, column)))) {
      return undefined;
    }
  }
  return { ...second, steps: folded([...first.steps, ...second.steps]) };
}

/** Rows by identity that differ after these steps from what they were before. */
export function netRows(steps: readonly RowStep[]): Map<string, NetRow> {
  const rows = new Map<string, NetRow>();
  for (const { table, before, after } of steps) {
    const from = before && identityOf(table, before);
    const to = after && identityOf(table, after);
    if (from && before) {
      const row = rows.get(from.id);
      const known = row ?? { identity: from, table, before, chain: new Set([from.id]) };
      rows.set(from.id, { ...known, after: from.id === to?.id ? after : null });
    }
    if (to && from?.id !== to.id) {
      const row = rows.get(to.id) ?? { identity: to, table, before: null, chain: new Set([to.id]) };
      rows.set(to.id, { ...row, after });
      if (from) link(rows, from.id, to.id);
    }
  }
  for (const [id, { table, before, after }] of rows) if (isSameRow(table, before, after)) rows.delete(id);
  return rows;
}

function link(rows: Map<string, NetRow>, a: string, b: string): void {
  const chain = new Set([...(rows.get(a)?.chain ?? []), ...(rows.get(b)?.chain ?? [])]);
  for (const id of chain) {
    const row = rows.get(id);
    if (row) rows.set(id, { ...row, chain });
  }
}

/** The columns of an update that order matters for: those that say which row it is, or that others may not have. */
export function keyColumns({ table, before, after }: RowStep): string[] {
  if (before === null || after === null) return [];
  return differing(table, before, after).filter((column) => table.unique.includes(column));
}

export function changesIdentity({ table, before, after }: RowStep): boolean {
  return before !== null && after !== null && identityOf(table, before).id !== identityOf(table, after).id;
}

function isFree(step: RowStep): boolean {
  return (
    step.before !== null && step.after !== null && !changesIdentity(step) && keyColumns(step).length === 0
  );
}

function folded(steps: readonly RowStep[]): RowStep[] {
  const result: RowStep[] = [];
  const last = new Map<string, number>();
  for (const step of steps) {
    const image = step.after ?? step.before;
    if (image === null) continue;
    const { id } = identityOf(step.table, image);
    const place = last.get(id);
    const earlier = place === undefined ? undefined : result[place];
    if (place !== undefined && earlier && isFree(step) && isFree(earlier)) {
      result[place] = { ...earlier, after: step.after };
      continue;
    }
    last.set(id, result.length);
    result.push(step);
  }
  return result;
}
