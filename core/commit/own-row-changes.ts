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

function ownRowChange(change: RowChange): RowChange {
  const { primary_key, before, after } = change;
  if (![before, after].some((row) => row && Object.values(row).some(isBytes))) return change;
  return Object.freeze({
    ...change,
    primary_key: ownRow(primary_key),
    before: before && ownRow(before),
    after: after && ownRow(after),
  });
}

function ownRow(row: Readonly<Row>): Readonly<Row> {
  return Object.freeze(
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [name, isBytes(value) ? copyBytes(value) : value]),
    ),
  );
}
