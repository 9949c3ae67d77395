/** Whether a contender's answer is SQLite's: the number of rows and a checksum over every value. */
import { createHash } from 'node:crypto';
import type { Query } from './workloads/queries.ts';

/** @returns null when the answers agree, else how they differ. */
export function differs(query: Query, rows: readonly object[], expected: readonly object[]): string | null {
  if (rows.length !== expected.length) return `${rows.length} rows instead of ${expected.length}`;
  return checksum(query, rows) === checksum(query, expected) ? null : 'other rows than SQLite';
}

export function checksum(query: Query, rows: readonly object[]): string {
  const lines = Array.from(rows, (row) => line(query, row));
  if (!query.ordered) lines.sort();
  const hash = createHash('sha256');
  for (const text of lines) hash.update(text);
  return hash.digest('hex').slice(0, 16);
}

function line(query: Query, row: object): string {
  const values = row as Readonly<Record<string, unknown>>;
  return `${query.columns.map((column) => String(values[column])).join('\u001f')}\n`;
}
