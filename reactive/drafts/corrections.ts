import type { WrittenTable } from '../../core/commit/written.ts';
import { differing, type Image } from './row-image.ts';
import { deleteRow, insertRow, updateRow } from './row-statements.ts';
import type { Stamped } from './stamped.ts';
import type { Request } from './steps.ts';
import { idOf, type NetRow } from './undo-entry.ts';
import type { Target } from './undo-targets.ts';

interface Wanted {
  readonly table: WrittenTable;
  readonly image: Image | null;
  readonly free: readonly string[];
}

/** A row that is not as it shall be. */
export interface Correction {
  readonly id: string;
  readonly table: WrittenTable;
  /** How it is, null where it isn't there, and how it shall be. */
  readonly image: Image | null;
  readonly goal: Image | null;
  /** The columns that differ. */
  readonly columns: readonly string[];
}

/**
 * What is still to be written, after triggers and foreign-key actions have had their say: rows that aren't as they
 * shall be, and rows that were nobody's business and have changed. Those that others' work keeps as it is are left to
 * the triggers: a count that they keep is right.
 */
export function corrections(
  written: readonly NetRow[],
  rows: readonly NetRow[],
  targets: readonly Target[],
): readonly Correction[] {
  const is = new Map<string, Wanted>();
  const wanted = new Map<string, Wanted>();
  const put = (
    map: Map<string, Wanted>,
    table: WrittenTable,
    at: Image | null,
    image: Image | null,
    free: readonly string[] = [],
  ): void => {
    if (at) map.set(idOf(table, at), { table, image, free });
  };
  for (const { row, current } of targets) put(is, row.table, current, current);
  for (const { row, goal } of targets)
    if (goal) put(is, row.table, goal, is.get(idOf(row.table, goal))?.image ?? null);
  for (const { table, before } of written) put(is, table, before, null);
  for (const { table, after } of written) put(is, table, after, after);

  for (const { table, after } of written) put(wanted, table, after, null);
  for (const { table, before } of written) put(wanted, table, before, before);
  // Nobody's wish is known for what others have made of these.
  for (const { table, before, after } of rows) {
    for (const image of [before, after]) if (image) wanted.delete(idOf(table, image));
  }
  for (const { row, current } of targets) put(wanted, row.table, current, null);
  for (const { row, goal, free } of targets) put(wanted, row.table, goal, goal, free);

  return [...wanted].flatMap(([id, { table, image: goal, free }]) => {
    const image = is.get(id)?.image ?? null;
    const columns =
      image && goal ? differing(table, image, goal).filter((column) => !free.includes(column)) : [];
    const isRight = image === null || goal === null ? image === goal : columns.length === 0;
    return isRight ? [] : [{ id, table, image, goal, columns }];
  });
}

/**
 * The statements that correct; what is in the way goes first. Where rows have each other's unique values, none can be
 * updated: `anew`, they are deleted and inserted.
 */
export function correct(found: readonly Correction[], anew: boolean): Request[] {
  return [
    ...found.flatMap(({ table, image, goal }) =>
      image && (anew || goal === null) ? [deleteRow(table, image)] : [],
    ),
    ...found.flatMap(({ table, image, goal, columns }) =>
      image && goal && !anew ? [updateRow(table, image, goal, columns)] : [],
    ),
    ...found.flatMap(({ table, image, goal }) =>
      goal && (anew || image === null) ? [insertRow(table, goal)] : [],
    ),
  ];
}

/** Rows that were made other than they were to be, as by a trigger that sets a time. */
export function stampedOf(found: readonly Correction[]): Stamped[] {
  return found.flatMap(({ table, image, goal }) => (image && goal ? [{ table, goal, image }] : []));
}
