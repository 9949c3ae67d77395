import type { DriverConnection } from '../drivers/driver.ts';
import { mayBeAltered } from '../sql/collation.ts';
import type { Capture } from './capture.ts';
import {
  type CapturedRow,
  type CapturedTable,
  codeOf,
  header,
  operation,
  operationOf,
} from './captured-table.ts';
import { rowLike } from './remaining.ts';
import { rowKey } from './row-identity.ts';
import type { LogEntry } from './transaction-log.ts';

/**
 * Decides which of the rows that a statement suspected to be replaced are gone, and turns those into deletes
 * at the place where REPLACE deleted them.
 *
 * A suspect existed when it was recorded. If the next thing that happened to its key is an insert, it was
 * deleted before that; if the next thing is an update, a delete or another suspicion, it was still there; if
 * nothing happened, the table tells. Returns `undefined` for a key that doesn't lead back to its row; the
 * caller widens.
 */
export function settleSuspects(
  entries: readonly LogEntry[],
  capture: Capture,
  connection: DriverConnection,
): LogEntry[] | undefined {
  const settled: LogEntry[] = [];
  // From the end, so that the next thing that happened to a key is known.
  const next = new Map<string, 'exists' | 'absent'>();
  for (let i = entries.length - 1; i >= 0; i--) {
    const entry = entries[i];
    if (entry === undefined) continue;
    if (typeof entry === 'string') {
      settled.push(entry);
      continue;
    }
    const table = capture.tableOf(entry);
    const before = entry.slice(header, header + table.width);
    const key = keyOf(table, before);
    switch (operationOf(entry)) {
      case operation.insert:
        next.set(key, 'absent');
        settled.push(entry);
        break;
      case operation.update:
        next.set(keyOf(table, entry.slice(header + table.width)), 'absent');
        next.set(key, 'exists');
        settled.push(entry);
        break;
      case operation.delete:
        next.set(key, 'exists');
        settled.push(entry);
        break;
      default: {
        if (isAltered(table, before)) return undefined;
        const state = next.get(key) ?? (rowLike(connection, table, before) ? 'exists' : 'absent');
        next.set(key, 'exists');
        if (state === 'absent') settled.push([codeOf(table.id, operation.delete), ...entry.slice(header)]);
      }
    }
  }
  return settled.reverse();
}

/** Whether any of these entries still is only a suspicion. */
export function hasSuspects(entries: readonly LogEntry[], from: number): boolean {
  for (let i = from; i < entries.length; i++) {
    const entry = entries[i];
    if (entry !== undefined && typeof entry !== 'string' && operationOf(entry) === operation.suspect)
      return true;
  }
  return false;
}

/** Text that came with bytes which aren't UTF-8 doesn't lead back to its row. */
function isAltered(table: CapturedTable, image: CapturedRow): boolean {
  return table.identity(image).some(mayBeAltered);
}

function keyOf(table: CapturedTable, image: CapturedRow): string {
  const key = rowKey(table.info, image);
  return `${table.id}:${typeof key}:${key}`;
}
