import type { SqlValue } from '../core/index.ts';

const rowsAtOnce = 1000;

/**
 * A CSV field: quoted only where RFC 4180 or a careless reader needs it. NULL is nothing at all, empty text is `""`, as
 * PostgreSQL writes them; blobs are lowercase hex.
 */
function field(value: SqlValue): string {
  if (value === null) return '';
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.length).toString('hex');
  const text = String(value);
  return /[",\r\n]|^\s|\s$|^$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A header line, then a line a row, ended by `\n`, in pieces. */
export function* csvText(
  columns: readonly string[],
  rows: readonly (readonly SqlValue[])[],
): Generator<string> {
  yield `${columns.map(field).join(',')}\n`;
  for (let start = 0; start < rows.length; start += rowsAtOnce) {
    yield `${rows
      .slice(start, start + rowsAtOnce)
      .map((row) => row.map(field).join(','))
      .join('\n')}\n`;
  }
}
