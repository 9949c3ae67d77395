import { DatabaseSync as BareDatabase } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { opened } from '../../tests/support/opening.ts';

describe('a safe integer is INTEGER wherever in a statement its parameter stands', () => {
  const places: readonly [what: string, schema: string, sql: string, params: number[], read: string][] = [
    ['any column', 'CREATE TABLE t (a, b)', 'INSERT INTO t VALUES (?, ?)', [5, 6], 't'],
    ['an INTEGER column', 'CREATE TABLE t (a INT, b)', 'INSERT INTO t VALUES (?, ?)', [5, 6], 't'],
    [
      'columns in another order',
      'CREATE TABLE t (a INT, b)',
      'INSERT INTO t (b, a) VALUES (?, ?)',
      [5, 6],
      't',
    ],
    ['one parameter in two columns', 'CREATE TABLE t (a INT, b)', 'INSERT INTO t VALUES (?1, ?1)', [5], 't'],
    ['parameters out of order', 'CREATE TABLE t (a INT, b)', 'INSERT INTO t VALUES (?2, ?1)', [5, 6], 't'],
    ['$2 before $1', 'CREATE TABLE t (a INT, b)', 'INSERT INTO t VALUES ($2, $1)', [5, 6], 't'],
    ['several rows', 'CREATE TABLE t (a INT, b)', 'INSERT INTO t VALUES (?, ?), (?, ?)', [5, 6, 7, 8], 't'],
    ['an expression', 'CREATE TABLE t (a INT, b)', 'INSERT INTO t VALUES (? + 0, typeof(?))', [5, 6], 't'],
    ['a SELECT', 'CREATE TABLE t (a INT, b)', 'INSERT INTO t SELECT ?, ?', [5, 6], 't'],
    [
      'an upsert',
      'CREATE TABLE t (a INT PRIMARY KEY, b); INSERT INTO t VALUES (5, 0)',
      'INSERT INTO t VALUES (?, ?) ON CONFLICT DO UPDATE SET b = excluded.a || typeof(excluded.b)',
      [5, 6],
      't',
    ],
    [
      'a column beside a generated one',
      'CREATE TABLE t (a INT AS (b), b, c)',
      'INSERT INTO t VALUES (?, ?)',
      [5, 6],
      't',
    ],
    [
      'a column after a stored generated one',
      'CREATE TABLE t (a, b INT AS (a) STORED, c)',
      'INSERT INTO t VALUES (?, ?)',
      [5, 6],
      't',
    ],
    [
      'an attached table of the same name',
      "CREATE TABLE t (a INT); ATTACH ':memory:' AS other; CREATE TABLE other.t (a)",
      'INSERT INTO other.t VALUES (?)',
      [5],
      'other.t',
    ],
    [
      'a temporary table of the same name',
      'CREATE TABLE t (a INT); CREATE TEMP TABLE t (a)',
      'INSERT INTO t VALUES (?)',
      [5],
      'temp.t',
    ],
    [
      'SET and WHERE',
      'CREATE TABLE t (a INT, b); INSERT INTO t VALUES (1, 2)',
      'UPDATE t SET a = ?, b = ? WHERE a = ?',
      [5, 6, 1],
      't',
    ],
    [
      'SET of a row value',
      'CREATE TABLE t (a INT, b); INSERT INTO t VALUES (1, 2)',
      'UPDATE t SET (b, a) = (?, ?)',
      [5, 6],
      't',
    ],
    [
      'triggers before and after',
      `CREATE TABLE t (a INT, b); CREATE TABLE log (x, y);
       CREATE TRIGGER one BEFORE INSERT ON t BEGIN INSERT INTO log VALUES (NEW.a, NEW.b); END;
       CREATE TRIGGER two AFTER INSERT ON t BEGIN INSERT INTO log VALUES (NEW.a, NEW.b); END`,
      'INSERT INTO t VALUES (?, ?)',
      [5, 6],
      'log',
    ],
    [
      'a CHECK on the type',
      "CREATE TABLE t (a INT CHECK (typeof(a) = 'integer'), b CHECK (typeof(b) = 'integer'))",
      'INSERT INTO t VALUES (?, ?)',
      [5, 6],
      't',
    ],
    ['a STRICT table', 'CREATE TABLE t (a INT, b ANY) STRICT', 'INSERT INTO t VALUES (?, ?)', [5, 6], 't'],
    [
      'an INSTEAD OF trigger of a view',
      `CREATE TABLE t (a, b); CREATE VIEW v AS SELECT CAST(a AS INT) AS a, b FROM t;
       CREATE TRIGGER writes INSTEAD OF INSERT ON v BEGIN INSERT INTO t VALUES (NEW.a, NEW.b); END`,
      'INSERT INTO v VALUES (?, ?)',
      [5, 6],
      't',
    ],
    [
      'a table WITHOUT ROWID',
      'CREATE TABLE t (a INTEGER, b, PRIMARY KEY (a)) WITHOUT ROWID',
      'INSERT INTO t VALUES (?, ?)',
      [5, 6],
      't',
    ],
    ['a TEXT column', 'CREATE TABLE t (a TEXT, b CHAR)', 'INSERT INTO t VALUES (?, ?)', [5, 6], 't'],
  ];

  it.each(places)('%s', (_what, schema, sql, params, table) => {
    const described = (columns: readonly string[]): string =>
      `SELECT ${columns.map((name) => `"${name}" AS "${name}", typeof("${name}") AS "type of ${name}"`)} FROM ${table}`;
    const [db, watched, bareDb] = [opened(), opened(), new BareDatabase(':memory:')];
    for (const one of [db, watched, bareDb]) one.exec(schema);
    watched.subscribe(() => {});
    db.execute(sql, params);
    watched.execute(sql, params);
    // node:sqlite takes $1 for a name.
    bareDb.prepare(sql.replaceAll('$', '?')).run(...params.map(BigInt));
    const columns = bareDb
      .prepare(`SELECT * FROM ${table}`)
      .columns()
      .map(({ name }) => name);
    const expected = bareDb.prepare(described(columns)).all();
    bareDb.close();
    expect(expected.length).toBeGreaterThan(0);
    for (const one of [db, watched]) {
      expect(one.query(described(columns))).toEqual(expected.map((row) => ({ ...row })));
    }
  });
});
