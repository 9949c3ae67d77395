import type { Random } from '../oracle/random.ts';

export const schema = `
  CREATE TABLE kept(id INTEGER PRIMARY KEY, note);
  CREATE TABLE a(id INTEGER PRIMARY KEY, x, y TEXT COLLATE NOCASE, b BLOB);
  CREATE TABLE c(k TEXT PRIMARY KEY, a_id INTEGER REFERENCES a(id) ON DELETE CASCADE, n REAL CHECK (n IS NULL OR n < 1000)) WITHOUT ROWID;
  CREATE VIEW v AS SELECT a.id, a.x, c.n FROM a JOIN c ON c.a_id = a.id;
  CREATE TRIGGER t AFTER INSERT ON a WHEN NEW.x = 7 BEGIN INSERT INTO c VALUES ('t' || NEW.id, NEW.id, 1); END;
`;

/** SELECTs whose answer the data decides, and how many parameters each has. */
export const selects: readonly (readonly [sql: string, parameters: number])[] = [
  ['SELECT * FROM a', 0],
  ['SELECT id, b FROM a WHERE x > ? ORDER BY y, id', 1],
  ['SELECT b, count(*) FROM a GROUP BY b', 0],
  ['SELECT b FROM a UNION SELECT k FROM c', 0],
  ['SELECT a.id, c.n FROM a LEFT JOIN c ON c.a_id = a.id WHERE a.b = ? OR a.x = ?', 2],
  ['SELECT * FROM v', 0],
  ['SELECT x, sum(id), max(y) FROM a GROUP BY x', 0],
  ['SELECT count(*) FROM kept', 0],
  ['SELECT id FROM a WHERE id IN (SELECT a_id FROM c WHERE n < ?)', 1],
  [
    'WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 5) SELECT i, x FROM r JOIN a ON a.id = i',
    0,
  ],
];

const values = [
  'NULL',
  '1',
  '7',
  '-2.5',
  "'x'",
  "'X'",
  "x'00ff'",
  '9223372036854775807',
  '1e999',
  "'\u00e9'",
];

/** A write of the tables that only this grammar writes; some fail. */
export function randomWrite(random: Random): string {
  const value = (): string => random.pick(values);
  const id = (): number => random.between(1, 12);
  const or = random.pick(['', '', '', ' OR REPLACE', ' OR IGNORE', ' OR FAIL', ' OR ABORT', ' OR ROLLBACK']);
  return random.weighted<() => string>([
    [4, () => `INSERT${or} INTO a VALUES (${id()}, ${value()}, ${value()}, ${value()})`],
    [3, () => `INSERT${or} INTO c VALUES ('k${id()}', ${id()}, ${value()})`],
    [
      3,
      () =>
        `UPDATE${or} a SET x = ${value()}, b = ${value()} WHERE id ${random.pick(['=', '<', '>'])} ${id()}`,
    ],
    [1, () => `UPDATE${or} a SET id = id + ${id()} WHERE id = ${id()}`],
    [2, () => `DELETE FROM a WHERE id = ${id()}`],
    [1, () => `DELETE FROM c WHERE n > ${value()}`],
    [
      1,
      () =>
        `INSERT INTO a(id, x) SELECT id + 20, x FROM a WHERE id < ${id()} ON CONFLICT DO UPDATE SET x = excluded.x`,
    ],
    [1, () => `INSERT INTO a(x) VALUES (${value()}) RETURNING id, b`],
  ])();
}

const others = [
  'CREATE TABLE IF NOT EXISTS other(p, q)',
  'DROP TABLE IF EXISTS other',
  'CREATE INDEX IF NOT EXISTS i ON a(x)',
  'DROP INDEX IF EXISTS i',
  'ALTER TABLE other ADD COLUMN r',
  'ANALYZE',
  'REINDEX',
  'VACUUM',
  'PRAGMA query_only = 1',
  'PRAGMA query_only = 0',
  'PRAGMA query_only = 0',
  'PRAGMA recursive_triggers = 1',
  'PRAGMA recursive_triggers = 0',
  'PRAGMA table_info(a)',
  'PRAGMA optimize',
  'CREATE TEMP TABLE IF NOT EXISTS tmp(z)',
  'DROP TABLE IF EXISTS temp.tmp',
  'EXPLAIN SELECT * FROM a',
  'EXPLAIN QUERY PLAN SELECT * FROM v',
  'SAVEPOINT s',
  'RELEASE s',
];

const words = [
  'SELECT',
  'FROM',
  'a',
  'c',
  '(',
  ')',
  ',',
  '?',
  ':p',
  '$1',
  "'",
  '"',
  ';',
  '--',
  '/*',
  '\u0000',
  'x',
  '1',
  'WHERE',
  '=',
  '*',
  '\ud800',
  'INSERT',
  'INTO',
  'VALUES',
  'NULL',
  'sys',
  '.',
  'AS',
  'CASE',
  '\ufeff',
];

/** Anything: DDL, settings, transaction control by savepoints, or words in a row. */
export function randomStatement(random: Random): string {
  return random.weighted<() => string>([
    [4, () => random.pick(others)],
    [3, () => randomWrite(random)],
    [2, () => random.pick(selects)[0]],
    [2, () => random.times(random.between(0, 9), () => random.pick(words)).join(' ')],
    [1, () => mutated(random, random.pick(endingSelects)[0])],
  ])();
}

/** A recursion without its condition has no end. */
const endingSelects = selects.filter(([sql]) => !sql.includes('RECURSIVE'));

function mutated(random: Random, sql: string): string {
  const at = random.between(0, sql.length);
  return sql.slice(0, at) + random.pick(words) + sql.slice(at + random.between(0, 4));
}
