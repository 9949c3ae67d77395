import { copyBytes, isBytes } from '../bytes.ts';
import type { Row } from '../values.ts';
import type { RowChange } from './changeset.ts';

/**
 * Row changes for one receiver. Bytes can't be frozen: shared, what one receiver writes to them would reach the others,
 * and the images that live queries and undo keep.
 */
export function ownRowChanges(changes: readonly RowChange[]): RowChange[] {
  return changes.map(ownRowChange);
}

/** Whether a value of a row change is bytes. */
export function holdsBytes(changes: readonly RowChange[]): boolean {
  return changes.some(({ before, after }) => rowHoldsBytes(before) || rowHoldsBytes(after));
}

function rowHoldsBytes(row: Readonly<Row> | null): boolean {
  return row !== null && Object.values(row).some(isBytes);
}

function ownRowChange(change: RowChange): RowChange {
  const { primary_key, before, after } = change;
  if (!rowHoldsBytes(before) && !rowHoldsBytes(after)) return change;
  return Object.freeze({
    ...change,
    primary_key: ownRow(primary_key),
    before: before && ownRow(before),
    after: after && ownRow(after),
  });
}

function ownRow(row: Readonly<Row>): Readonly<Row> {
  const own: Row = { ...row };
  // Not by assignment: a column may be called __proto__.
  for (const [name, value] of Object.entries(row))
    if (isBytes(value)) Object.defineProperty(own, name, { value: copyBytes(value) });
  return Object.freeze(own);
}
