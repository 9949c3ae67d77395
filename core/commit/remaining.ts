import type { DriverConnection, DriverRow } from '../drivers/driver.ts';
import { quoteName } from '../sql/identifier.ts';
import { exactKey } from '../sql/value-key.ts';
import type { Capture } from './capture.ts';
import { type CapturedRow, type CapturedTable, header, operation, operationOf } from './captured-table.ts';
import type { LogEntry } from './transaction-log.ts';

/** The row of `table` that has the identity of `image`, as an image; undefined without one. */
export function rowLike(
  connection: DriverConnection,
  table: CapturedTable,
  image: CapturedRow,
): DriverRow | undefined {
  const { rowid, primaryKey, keyCollations, columns, name } = table.info;
  const key =
    rowid === null
      ? primaryKey.map(
          (column, at) => `${quoteName(column)} COLLATE ${quoteName(keyCollations[at] ?? 'BINARY')}`,
        )
      : [rowid];
  const values = [...(rowid === null ? [] : [rowid]), ...columns.map((column) => quoteName(column.name))];
  const statement = connection.prepare(
    `SELECT ${values.join(', ')} FROM main.${quoteName(name)} WHERE ${key.map((one) => `${one} IS ?`).join(' AND ')}`,
  );
  return statement.get(table.identity(image));
}

/**
 * Whether the work of a failed statement is still there, judged by what it recorded last: SQLite keeps all
 * that it did before it failed or nothing. Undefined where the records can't tell.
 */
export function remains(
  entries: readonly LogEntry[],
  capture: Capture,
  connection: DriverConnection,
): boolean | undefined {
  for (const entry of entries.toReversed()) {
    if (typeof entry === 'string' || operationOf(entry) === operation.suspect) continue;
    const table = capture.tableOf(entry);
    const before = entry.slice(header, header + table.width);
    const now = rowLike(
      connection,
      table,
      operationOf(entry) === operation.update ? entry.slice(header + table.width) : before,
    );
    if (operationOf(entry) === operation.insert) return now !== undefined;
    if (operationOf(entry) === operation.delete) return now === undefined;
    const after = entry.slice(header + table.width);
    // An update that changed nothing doesn't tell.
    if (exactKey(before) !== exactKey(after)) return now !== undefined && exactKey(now) === exactKey(after);
  }
  return undefined;
}
