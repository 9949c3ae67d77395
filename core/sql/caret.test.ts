import { expect, test } from 'vitest';
import { withCaret } from './caret.ts';

test('a caret stands under the place', () => {
  expect(withCaret('SELECT nmae FROM t', 7)).toBe('  SELECT nmae FROM t\n         ^');
  expect(withCaret('SELECT', 6)).toBe('  SELECT\n        ^');
});

test('of several lines only the one with the place is shown, with its number', () => {
  const sql = 'SELECT a,\n\tnmae,\n  b\nFROM t\n';
  expect(withCaret(sql, sql.indexOf('nmae'))).toBe('  line 2: \tnmae,\n          \t^');
  expect(withCaret(sql, 0)).toBe('  line 1: SELECT a,\n          ^');
});

test('a statement of one line in a script with blank ends has no number', () => {
  expect(withCaret('SELECT x\n', 7)).toBe('  SELECT x\n         ^');
});

test('of a long line the part around the place is shown', () => {
  const sql = `SELECT ${'name, '.repeat(100)}nmae, ${'id, '.repeat(100)}1 FROM t`;
  for (const at of [7, sql.indexOf('nmae'), sql.length - 1]) {
    const [line = '', caret = ''] = withCaret(sql, at).split('\n');
    expect(line.length).toBeLessThan(84);
    expect(line[caret.length - 1]).toBe(sql[at]);
    expect(caret.trim()).toBe('^');
  }
});
