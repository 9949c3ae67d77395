import {
  type CapturedRow,
  type CapturedTable,
  header,
  operation,
  operationOf,
} from '../../core/commit/captured-table.ts';
import type { ChangesetRecord } from '../../core/commit/changeset-record.ts';
import { rowKey } from '../../core/commit/row-identity.ts';
import type { DriverRow } from '../../core/drivers/driver.ts';
import type { EqualityKey } from '../../core/sql/collation.ts';

/**
 * What a commit made of one row. An image is the row's rowid, if the table has one, and then its columns.
 * `before` is null for a row that is new, `after` for one that is gone.
 */
export interface NetChange {
  before: DriverRow | null;
  after: DriverRow | null;
}

/** The changes of each table whose rows are all known, one for each row: its first image and its last. */
export function netChanges(changeset: ChangesetRecord): ReadonlyMap<string, readonly NetChange[]> {
  const byTable = new Map<string, NetChange[]>();
  const [first, ...others] = changeset.captured;
  if (first && others.length === 0) {
    const { table, change } = imagesOf(changeset, first);
    // A row that got another key is one that went and one that came.
    const moved = change.before && change.after && keyOf(table, change.before) !== keyOf(table, change.after);
    byTable.set(
      table.name,
      moved
        ? [
            { before: change.before, after: null },
            { before: null, after: change.after },
          ]
        : [change],
    );
    return byTable;
  }
  const byKey = new Map<string, Map<EqualityKey, NetChange>>();
  for (const row of changeset.captured) {
    const { table, change } = imagesOf(changeset, row);
    let rows = byKey.get(table.name);
    if (!rows) {
      rows = new Map();
      byKey.set(table.name, rows);
      byTable.set(table.name, []);
    }
    const list = byTable.get(table.name) as NetChange[];
    if (change.before) settle(rows, list, keyOf(table, change.before), change.before, null);
    if (change.after) settle(rows, list, keyOf(table, change.after), null, change.after);
  }
  return byTable;
}

/** The first image that a key had stays; the last one counts. */
function settle(
  rows: Map<EqualityKey, NetChange>,
  list: NetChange[],
  key: EqualityKey,
  before: DriverRow | null,
  after: DriverRow | null,
): void {
  const known = rows.get(key);
  if (known) {
    known.after = after;
    return;
  }
  const change: NetChange = { before, after };
  rows.set(key, change);
  list.push(change);
}

function imagesOf(changeset: ChangesetRecord, row: CapturedRow): { table: CapturedTable; change: NetChange } {
  const table = changeset.tableOf(row);
  const first = row.slice(header, header + table.width);
  switch (operationOf(row)) {
    case operation.insert:
      return { table, change: { before: null, after: first } };
    case operation.delete:
      return { table, change: { before: first, after: null } };
    default:
      return { table, change: { before: first, after: row.slice(header + table.width) } };
  }
}

const keyOf = (table: CapturedTable, image: DriverRow): EqualityKey => rowKey(table.info, image);
