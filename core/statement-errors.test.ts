import { afterEach, describe, expect, test, vi } from 'vitest';
import { live } from '../reactive/index.ts';
import { opened } from '../tests/support/opening.ts';
import { thrownBy } from '../tests/support/thrown.ts';
import type { DatabaseSync } from './database-sync.ts';
import type { FreshetError } from './errors.ts';
import { open } from './index.ts';

const schema = 'CREATE TABLE tasks (id INTEGER PRIMARY KEY, name TEXT UNIQUE, done)';

function tracker(more = ''): DatabaseSync {
  const db = opened();
  db.exec(`${schema}; ${more}`);
  return db;
}

/** What both kinds of handle say of a statement. */
async function failures(sql: string, params?: readonly (string | number)[]): Promise<FreshetError[]> {
  const db = tracker();
  await using other = await open(':memory:');
  await other.exec(schema);
  return [
    thrownBy(() => db.execute(sql, params)),
    (await other.execute(sql, params).then(
      () => expect.fail('nothing was thrown'),
      (error: unknown) => error,
    )) as FreshetError,
  ];
}

afterEach(() => vi.unstubAllEnvs());

describe('an error of a statement', () => {
  test('holds its SQL, which no log takes by accident, and the place', async () => {
    const sql = 'SELECT nmae FROM tasks';
    for (const error of await failures(sql)) {
      expect(error.sql).toBe(sql);
      expect(error.offset).toBe(7);
      expect(Object.keys(error)).not.toContain('sql');
      expect(JSON.stringify({ ...error })).not.toContain('nmae');
      expect(JSON.stringify(error.diagnostic)).not.toContain('nmae');
    }
  });

  test.each([
    ['a constraint', "INSERT INTO tasks VALUES (1, 'a', 0), (2, 'a', 0)", undefined],
    ['a missing parameter', 'SELECT * FROM tasks WHERE id = ?', undefined],
    ['a parameter too many', 'SELECT * FROM tasks WHERE id = ?', [1, 2]],
    ['a value that SQLite refuses while it runs', 'SELECT abs(-9223372036854775807 - 1)', undefined],
  ])('holds its SQL, and no place: %s', async (_, sql, params) => {
    for (const error of await failures(sql, params)) {
      expect(error.sql).toBe(sql);
      expect(error.offset).toBeUndefined();
    }
  });

  test('holds the statement of a script that failed', () => {
    const db = tracker();
    const error = thrownBy(() => db.exec('SELECT 1; SELECT nmae FROM tasks; SELECT 2'));
    expect(error.sql?.trim()).toBe('SELECT nmae FROM tasks;');
    expect(error.sql?.slice(error.offset)).toMatch(/^nmae FROM tasks;/);
  });

  test('holds the start of a long statement', () => {
    const sql = `SELECT '${'x'.repeat(10_000)}', nmae FROM tasks`;
    const error = thrownBy(() => tracker().query(sql));
    expect(error.sql).toBe(`${sql.slice(0, 1000)}…`);
    expect(error.offset).toBe(sql.indexOf('nmae'));
  });

  test('is about the query that is followed, where a live query fails', async () => {
    const sql = 'SELECT name FROM tasks WHERE done = ?';
    const db = tracker();
    const error = await new Promise<FreshetError>((resolve) => {
      live(db, sql, [1]).subscribe({ error: resolve });
      db.exec('ALTER TABLE tasks DROP COLUMN done');
    });
    expect(error).toMatchObject({ sql, offset: sql.indexOf('done'), subcode: 'sql.column_not_found' });
  });
});

describe('in development the message', () => {
  test('shows the place, and names what was probably meant', async () => {
    for (const error of await failures('SELECT nmae FROM tasks')) {
      expect(error.message).toBe(
        'no such column: nmae. Did you mean "name"?\n  SELECT nmae FROM tasks\n         ^',
      );
    }
  });

  test.each([
    ['SELECT name FROM tasts', 'tasks'],
    ['SELECT name FROM main.tasts', 'tasks'],
    ['SELECT t.nmae FROM tasks t', 'name'],
    ['INSERT INTO tasks (nmae) VALUES (1)', 'name'],
    ['SELECT cuont(*) FROM tasks', 'count'],
    ['SELECT "nmae" FROM tasks', 'name'],
  ])('of %s', (sql, meant) => {
    expect(thrownBy(() => tracker().query(sql)).message).toContain(`Did you mean "${meant}"?`);
  });

  test.each([
    'SELECT qwertyuiop FROM tasks',
    'SELECT x FROM tasks',
    // There is such a column, elsewhere.
    'SELECT t.name FROM tasks JOIN (SELECT id FROM tasks) t',
    'SELECT name FROM sqlite_shcema',
  ])('names nothing for %s', (sql) => {
    expect(thrownBy(() => tracker().query(sql)).message).not.toContain('Did you mean');
  });

  test('names nothing where the schema can’t be read', () => {
    const db = tracker('CREATE VIEW broken AS SELECT * FROM missing');
    expect(thrownBy(() => db.query('SELECT nmae FROM broken, tasks')).message).toMatch(
      /^no such table: main.missing$/,
    );
  });
});

test('in production the message is SQLite’s own', () => {
  vi.stubEnv('NODE_ENV', 'production');
  const error = thrownBy(() => tracker().query('SELECT nmae FROM tasks'));
  expect(error.message).toBe('no such column: nmae');
  expect(error.offset).toBe(7);
});
