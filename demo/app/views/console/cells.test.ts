import { expect, test } from 'vitest';
import { cellText, columnWidths } from './cells.ts';

test('a value is shown as SQL knows it, and not at any length', () => {
  expect([null, 5, 5n, 'a', new Uint8Array([1]), new Uint8Array(3)].map(cellText)).toEqual([
    'NULL',
    '5',
    '5',
    'a',
    '1 byte',
    '3 bytes',
  ]);
  expect(cellText('x'.repeat(1000))).toHaveLength(301);
});

test('a column is as wide as its values, and one of long texts takes what is left', () => {
  const rows = [{ id: 1, status: 'in progress', title: 'x'.repeat(100) }];
  expect(columnWidths(['id', 'status', 'title'], rows)).toBe('10ch 14ch minmax(49ch, 1fr)');
  expect(columnWidths(['id', 'status'], rows)).toBe('10ch 14ch');
});
