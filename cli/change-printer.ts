import type { SqlValue } from '../core/index.ts';
import { inlineText, printable } from './cell.ts';
import type { Output } from './output.ts';

export type Values = Readonly<Record<string, SqlValue>>;

/** One change, of an answer's row or of a table's. */
export type Change =
  | { readonly type: 'insert' | 'delete'; readonly row: Values }
  | { readonly type: 'update'; readonly row: Values; readonly previous: Values; readonly note?: string };

/** In UTF-16 units. A terminal should get a change on one line or two; a log may have more of it. */
const longestValue = (out: Output) => (out.isTerminal ? 60 : 400);
const signs = { insert: ['+', 'green'], delete: ['-', 'red'], update: ['~', 'yellow'] } as const;

function pair(name: string, value: SqlValue, limit: number): string {
  return `${printable(name, limit)}=${inlineText(value, limit)}`;
}

function same(a: SqlValue, b: SqlValue): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
  return Object.is(a, b);
}

/** The columns that changed, old -> new, after the first column if that stayed: it tells the row, mostly. */
function updateText(columns: readonly string[], row: Values, previous: Values, limit: number): string {
  const parts: string[] = [];
  for (const [index, name] of columns.entries()) {
    const [before = null, after = null] = [previous[name], row[name]];
    if (!same(before, after)) {
      const from = inlineText(before, limit);
      parts.push(`${printable(name, limit)}: ${from} → ${inlineText(after, limit)}`);
    } else if (index === 0) {
      parts.push(pair(name, after, limit));
    }
  }
  return parts.join('  ');
}

/** `+ id=1  title='New'`, coloured by what happened. */
export function changeText(change: Change, columns: readonly string[], out: Output): string {
  const [sign, colour] = signs[change.type];
  const limit = longestValue(out);
  const text =
    change.type === 'update'
      ? updateText(columns, change.row, change.previous, limit)
      : columns.map((name) => pair(name, change.row[name] ?? null, limit)).join('  ');
  const note =
    change.type === 'update' && change.note !== undefined ? `  ${out.paint('dim', change.note)}` : '';
  return `${out.paint(colour, `${sign} ${text}`)}${note}`;
}

const two = (n: number) => String(n).padStart(2, '0');

/** Local time of day, to the millisecond. */
export function clockText(at: Date): string {
  const milliseconds = String(at.getMilliseconds()).padStart(3, '0');
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${milliseconds}`;
}

/** The lines of one commit: its time and number stand before the first, the others are indented as deep. */
export function commitText(at: Date, commit: number, lines: readonly string[], out: Output): string {
  const head = `${clockText(at)}  #${commit}  `;
  const indent = ' '.repeat(head.length);
  return lines.map((line, index) => `${index === 0 ? out.paint('dim', head) : indent}${line}\n`).join('');
}
