import { expect, test } from 'vitest';
import type { SqlValue } from '../core/index.ts';
import type { Output } from './output.ts';
import { answerText, cut, fitWidths, tableText } from './table-printer.ts';

/** A terminal of that width, without colours. */
function terminal(width: number): Output {
  return { isTerminal: true, width, paint: (_style: unknown, text: string) => text } as unknown as Output;
}

function lines(columns: readonly string[], rows: readonly (readonly SqlValue[])[], width: number): string[] {
  return [...tableText(columns, rows, terminal(width))].join('').trimEnd().split('\n');
}

test('wide columns share what narrow ones leave', () => {
  expect(fitWidths([3, 100, 50], 43)).toEqual([3, 20, 20]);
  expect(fitWidths([3, 100, 10], 43)).toEqual([3, 30, 10]);
  expect(fitWidths([3, 4], 80)).toEqual([3, 4]);
});

test('text is cut between what a reader sees as characters, to the width that the terminal shows', () => {
  expect(cut('abcdef', 4)).toBe('abc…');
  expect(cut('日本語', 5)).toBe('日本…');
  expect(cut('日本語', 4)).toBe('日…');
  expect(cut('e\u0301e\u0301e\u0301', 2)).toBe('e\u0301…');
  expect(cut('abcd', 4)).toBe('abcd');
});

test('no line is wider than the terminal', () => {
  const text = 'a long text that goes on and on '.repeat(10);
  for (const width of [20, 40, 80]) {
    for (const line of lines(['id', 'text', 'more'], [[1, text, text]], width)) {
      expect(line.length).toBeLessThanOrEqual(width);
    }
  }
});

test('a table with too many columns for the terminal is printed a column a line', () => {
  const columns = Array.from({ length: 30 }, (_, index) => `column_${index}`);
  const printed = lines(columns, [columns.map((_, index) => `the value ${index}`)], 80);
  expect(printed[0]).toBe('── row 1 ──');
  expect(printed[30]).toMatch(/column_29 │ the value 29/);
});

test('long text and blobs are shortened, also where nothing limits the width', () => {
  const printed = lines(['t', 'b'], [['x'.repeat(5000), new Uint8Array(5000)]], Number.POSITIVE_INFINITY);
  expect(printed[2]).toContain(`${'x'.repeat(999)}…`);
  expect(printed[2]).toContain('(5000 bytes)');
});

test('a terminal gets the first 50 rows and the number of the others', () => {
  const rows = Array.from({ length: 1234 }, (_, index) => [index]);
  const printed = [...answerText(['n'], rows, terminal(80))].join('').trimEnd().split('\n');
  expect(printed.length).toBe(2 + 50 + 1);
  expect(printed.at(-1)).toBe('… 1,184 more rows');
});
