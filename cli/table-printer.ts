import Table from 'cli-table3';
import stringWidth from 'string-width';
import type { SqlValue } from '../core/index.ts';
import { cellText, printable } from './cell.ts';
import type { Output } from './output.ts';

/** Longest cell, in UTF-16 units, where no terminal limits the width: one long text must not widen every row. */
const longestCell = 1000;
/** Narrowest column, in terminal columns, that still says something; a table that needs narrower ones is turned. */
const narrowestColumn = 5;
/** What stands between two columns: ` │ `. */
const gap = 3;
/** cli-table3 compares each cell with those above it, so rows are laid out in groups: 100,000 rows in 12 s, not in hours. */
const rowsAtOnce = 100;

const noFrame = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  right: '',
  'left-mid': '',
  'right-mid': '',
} as const;
const noLine = { ...noFrame, mid: '', 'mid-mid': '' } as const;
const style = { head: [], border: [], compact: true };

function displayWidth(text: string): number {
  return /^[\x20-\x7e]*$/.test(text) ? text.length : stringWidth(text);
}

/** Cut to `width` terminal columns, between what a reader sees as characters. */
export function cut(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text)) {
    used += displayWidth(segment);
    if (used > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** Widths that fit into `available` together: narrow columns keep theirs, wide ones share what is left evenly. */
export function fitWidths(natural: readonly number[], available: number): number[] {
  const fitted: number[] = [];
  let left = available;
  const byWidth = natural.map((width, index) => ({ width, index })).sort((a, b) => a.width - b.width);
  for (const [nth, { width, index }] of byWidth.entries()) {
    const share = Math.floor(left / (natural.length - nth));
    fitted[index] = Math.min(width, share);
    left -= Math.min(width, share);
  }
  return fitted;
}

/**
 * Rows as a table, in pieces that each end a line. Numbers are aligned right; columns are as narrow as the output's
 * width asks; where even that is too wide, each row is printed as a list of its columns.
 */
export function* tableText(
  columns: readonly string[],
  rows: readonly (readonly SqlValue[])[],
  out: Output,
): Generator<string> {
  const limit = Math.min(longestCell, out.width);
  const head = columns.map((name) => printable(name, limit));
  const natural = head.map((name) => Math.max(1, displayWidth(name)));
  const numeric = head.map(() => rows.length > 0);
  for (const row of rows) {
    for (let index = 0; index < head.length; index++) {
      const value = row[index] ?? null;
      natural[index] = Math.max(natural[index] ?? 0, displayWidth(cellText(value, limit)));
      if (value !== null && typeof value !== 'number' && typeof value !== 'bigint') numeric[index] = false;
    }
  }
  const widths = fitWidths(natural, out.width - gap * (head.length - 1) - 2);
  if (widths.some((width, index) => width < Math.min(narrowestColumn, natural[index] ?? 0))) {
    yield* listText(head, rows, out);
    return;
  }

  const layout = {
    // cli-table3 counts the padding on both sides.
    colWidths: widths.map((width) => width + 2),
    colAligns: numeric.map((right) => (right ? ('right' as const) : ('left' as const))),
    style,
  };
  const titles = head.map((name, index) => out.paint('bold', cut(name, widths[index] ?? 0)));
  for (let start = 0; start === 0 || start < rows.length; start += rowsAtOnce) {
    const table = new Table({
      ...layout,
      chars: start === 0 ? noFrame : noLine,
      head: start === 0 ? titles : [],
    });
    for (const row of rows.slice(start, start + rowsAtOnce)) {
      table.push(
        head.map((_, index) => {
          const value = row[index] ?? null;
          const text = cut(cellText(value, limit), widths[index] ?? 0);
          return value === null ? out.paint('dim', text) : text;
        }),
      );
    }
    yield `${table.toString().replaceAll(/ +$/gm, '')}\n`;
  }
}

/** Each row as lines of `column │ value`. */
function* listText(
  head: readonly string[],
  rows: readonly (readonly SqlValue[])[],
  out: Output,
): Generator<string> {
  const [nameWidth = 0, valueWidth = 0] = fitWidths(
    [Math.max(...head.map(displayWidth)), longestCell],
    out.width - gap - 2,
  );
  for (const [nth, row] of rows.entries()) {
    const table = new Table({ chars: noLine, style });
    for (const [index, name] of head.entries()) {
      const value = row[index] ?? null;
      const text = cut(cellText(value, longestCell), valueWidth);
      table.push([out.paint('bold', cut(name, nameWidth)), value === null ? out.paint('dim', text) : text]);
    }
    yield `${out.paint('dim', `── row ${nth + 1} ──`)}\n${table.toString().replaceAll(/ +$/gm, '')}\n`;
  }
}

/** Rows, or changes of one commit, shown at a terminal before the rest is only counted. */
export const rowsOnTerminal = 50;

/** {@link tableText} with the number of rows below it; at a terminal only the first {@link rowsOnTerminal} rows. */
export function* answerText(
  columns: readonly string[],
  rows: readonly (readonly SqlValue[])[],
  out: Output,
): Generator<string> {
  const shown = out.isTerminal && rows.length > rowsOnTerminal ? rows.slice(0, rowsOnTerminal) : rows;
  yield* tableText(columns, shown, out);
  const more = rows.length - shown.length;
  if (more > 0) yield `${out.paint('dim', `… ${more.toLocaleString('en')} more rows`)}\n`;
  else
    yield `${out.paint('dim', rows.length === 1 ? '1 row' : `${rows.length.toLocaleString('en')} rows`)}\n`;
}
