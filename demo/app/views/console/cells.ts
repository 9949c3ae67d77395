import type { ResultRow } from './result.ts';

const longest = 300;
const narrowest = 7;
const widest = 46;
const longText = 24;

/** A value as the table shows it. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (value instanceof Uint8Array) return value.length === 1 ? '1 byte' : `${value.length} bytes`;
  const text = typeof value === 'string' ? value : String(value);
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

/**
 * A grid's columns, each as wide as its longest value among these rows, within bounds. A column of long texts takes
 * what is left.
 */
export function columnWidths(columns: readonly string[], rows: readonly ResultRow[]): string {
  const letters = columns.map((column) =>
    Math.max(column.length, ...rows.map((row) => cellText(row[column]).length)),
  );
  const most = Math.max(...letters);
  return letters
    .map((length) => {
      const width = `${Math.min(Math.max(length, narrowest), widest) + 3}ch`;
      return length === most && length >= longText ? `minmax(${width}, 1fr)` : width;
    })
    .join(' ');
}
