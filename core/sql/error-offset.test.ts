import sqlite3InitModule, { type Database, type Sqlite3Static } from '@sqlite.org/sqlite-wasm';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { errorOffset } from './error-offset.ts';

const schema = `
  CREATE TABLE tasks (id INTEGER PRIMARY KEY, name TEXT, "due day" TEXT, done);
  CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT);
  CREATE VIEW open AS SELECT * FROM tasks WHERE NOT done;
  CREATE VIEW broken AS SELECT nmae FROM tasks;
`;

let sqlite3: Sqlite3Static;
let db: Database;
beforeAll(async () => {
  sqlite3 = await sqlite3InitModule();
  db = new sqlite3.oo1.DB(':memory:');
  db.exec(schema);
});

/** What SQLite says against a text, and where: in UTF-16 units, though SQLite counts bytes. */
function refused(sql: string): { readonly message: string; readonly at: number | undefined } | undefined {
  try {
    db.prepare(sql).finalize();
    return undefined;
  } catch {
    const bytes = sqlite3.capi.sqlite3_error_offset(db);
    const at =
      bytes < 0 ? undefined : new TextDecoder().decode(new TextEncoder().encode(sql).slice(0, bytes)).length;
    return { message: sqlite3.capi.sqlite3_errmsg(db), at };
  }
}

const found = (sql: string): number | undefined =>
  errorOffset(sql, refused(sql)?.message ?? '', (text) => refused(text)?.message);

describe('the place of a mistake is the one that SQLite gives', () => {
  it.each([
    'SELEC 1',
    'SELECT name FORM tasks WHERE name',
    'SELECT name, FROM tasks',
    'SELECT t t t FROM tasks t',
    'SELECT 1 1 1',
    "SELECT 'é😀', name name name FROM tasks",
    'SELECT # FROM tasks',
    'SELECT "name FROM tasks',
    "SELECT 'name FROM tasks",
    'SELECT nmae FROM tasks',
    'SELECT nmae FROM tasks ORDER BY nmae',
    'SELECT tasks.nmae, nmae FROM tasks',
    'SELECT main.tasks.nmae FROM tasks',
    'SELECT [nmae] FROM tasks',
    'SELECT `nmae` FROM tasks',
    'SELECT NMAE FROM tasks WHERE nmae > 1',
    "SELECT 'nmae' AS x, nmae FROM tasks -- nmae",
    'SELECT (SELECT nmae FROM people) FROM tasks WHERE nmae IN (SELECT nmae FROM people)',
    'SELECT name FROM tasks JOIN people USING (id)',
    'SELECT name FROM tasks, people WHERE name = 1',
    'SELECT cuont(*) FROM tasks',
    'SELECT abs(1, 2, 3), abs(1) FROM tasks',
    'SELECT name FROM tasks WHERE count(*) > 1',
    'UPDATE tasks SET name = nmae',
    'DELETE FROM tasks WHERE nmae',
    'SELECT name FROM tasks LEFT JOIN people p ON p.nmae = tasks.id',
    'WITH a AS (SELECT name AS nmae FROM tasks) SELECT nmae FROM people',
    'SELECT name FROM tasks GROUP BY name HAVING nmae > 1 ORDER BY nmae',
  ])('%s', (sql) => {
    const { at } = refused(sql) as { at: number | undefined };
    expect(at).toBeTypeOf('number');
    expect(found(sql)).toBe(at);
  });
});

describe('the place of a mistake is found where SQLite gives none', () => {
  it.each([
    ['SELECT name FROM tasts', 17],
    ['SELECT name FROM main.tasts', 17],
    ['INSERT INTO tasks (id, nmae) VALUES (1, 2)', 23],
    ['INSERT INTO tasts VALUES (1)', 12],
    ['UPDATE tasks SET nmae = 1', 17],
    ['INSERT INTO tasks VALUES (1, 2, 3, 4', 36],
    ['DROP TABLE tasts', 11],
    ['SELECT name FROM', 16],
    ['SELECT name FROM  \n', 16],
    ['SELECT "nmae" FROM tasks', 7],
    ['ALTER TABLE tasks RENAME COLUMN nmae TO title', 32],
    ['CREATE INDEX by_name ON tasks (nmae)', 31],
    ['EXPLAIN QUERY PLAN SELECT nmae FROM tasks', 26],
  ])('%s', (sql, at) => {
    expect(found(sql)).toBe(at);
  });
});

describe('no place is given where there is a doubt', () => {
  it.each([
    // The name stands in the view.
    'SELECT name AS nmae FROM tasks WHERE id IN (SELECT * FROM broken)',
    'CREATE TABLE tasks (a)',
    'INSERT INTO tasks VALUES (1)',
    'SELECT id FROM tasks UNION SELECT id, name FROM people',
    `SELECT nmae FROM tasks WHERE '${'x'.repeat(100_000)}'`,
    `SELECT ${'nmae, '.repeat(60)} 1 FROM tasks`,
  ])('%.60s', (sql) => {
    expect(refused(sql)).toBeDefined();
    expect(found(sql)).toBeUndefined();
  });

  test('and no pragma is compiled again', () => {
    const compiled: string[] = [];
    const refusal = (text: string) => {
      compiled.push(text);
      return undefined;
    };
    expect(errorOffset('EXPLAIN PRAGMA x x x', 'near "x": syntax error', refusal)).toBeUndefined();
    expect(compiled).toEqual([]);
  });
});
