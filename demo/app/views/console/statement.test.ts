import { expect, test } from 'vitest';
import { readStatement } from './statement.ts';

test.each([
  ['SELECT 1;', 'live'],
  ['-- the newest\nWITH a AS (SELECT 1) SELECT * FROM a', 'live'],
  ['VALUES (1)', 'live'],
  ['PRAGMA table_list', 'read'],
  ['EXPLAIN QUERY PLAN SELECT 1', 'read'],
  ['INSERT INTO t VALUES (1)', 'write'],
  ['WITH x AS (SELECT 1) UPDATE t SET a = 1', 'write'],
  ['CREATE INDEX i ON t(a)', 'write'],
  ['  -- nothing\n /* at\n all */', 'empty'],
  ['SELECT 1; SELECT 2', 'wrong'],
  ['BEGIN', 'wrong'],
])('%j is %s', (text, kind) => {
  expect(readStatement(text).kind).toBe(kind);
});

test('a syntax error has its place and a hint', () => {
  const statement = readStatement('SELECT\n  FROM issues');
  expect(statement).toEqual({
    kind: 'wrong',
    problem: {
      message: 'near "FROM": syntax error',
      hint: 'expected a result expression before FROM',
      span: { from: 9, to: 13 },
    },
  });
});

test('what is run has no semicolon, so that it can stand in another statement', () => {
  expect(readStatement(' SELECT 1 ; ')).toEqual({ kind: 'live', sql: 'SELECT 1 ' });
});
