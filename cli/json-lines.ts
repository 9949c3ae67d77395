import type { SqlValue } from '../core/index.ts';
import { toJson } from '../core/json.ts';

/** Rows in one JSON text: a large answer must not have to fit into one string. */
const rowsAtOnce = 1000;

/** One row, with the columns in the order of the query, even those that share a name (as the sqlite3 program does). */
function rowJson(columns: readonly string[], row: readonly SqlValue[]): string {
  return `{${columns.map((name, index) => `${JSON.stringify(name)}:${toJson(row[index] ?? null)}`).join(',')}}`;
}

/** `[row,` newline `row]`: one JSON array that is still a row a line, as `sqlite3 -json` prints it. */
export function* rowsJson(
  columns: readonly string[],
  rows: readonly (readonly SqlValue[])[],
): Generator<string> {
  yield '[';
  for (let start = 0; start < rows.length; start += rowsAtOnce) {
    const lines = rows.slice(start, start + rowsAtOnce).map((row) => rowJson(columns, row));
    yield (start === 0 ? '' : ',\n') + lines.join(',\n');
  }
  yield ']\n';
}

/** `{"type":"snapshot","rows":[...]}` on one line, in pieces. */
export function* snapshotJson(rows: Iterable<unknown>): Generator<string> {
  yield '{"type":"snapshot","rows":[';
  let piece: string[] = [];
  let comma = '';
  for (const row of rows) {
    piece.push(toJson(row));
    if (piece.length === rowsAtOnce) {
      yield comma + piece.join(',');
      piece = [];
      comma = ',';
    }
  }
  yield `${piece.length > 0 ? comma : ''}${piece.join(',')}]}\n`;
}
