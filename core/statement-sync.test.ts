import type { DatabaseSync, StatementSync } from 'freshet';
import { describe, expect, it } from 'vitest';
import { bare, opened, temporaryFile } from '../tests/support/opening.ts';
import { thrownBy } from '../tests/support/thrown.ts';

function withTable(): DatabaseSync {
  const db = opened();
  db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, 'one'), (2, 'two')");
  return db;
}

describe('prepared statements', () => {
  it.each([
    'SELECT * FROM t',
    '  SELECT a /* ? */ FROM t ; -- tail',
    'INSERT INTO t (a) VALUES (:a)',
    'BEGIN',
  ])('expose sql as it was given: %j', (sql) => {
    expect(withTable().prepare(sql).sql).toBe(sql);
  });

  it('are reusable, with the same and with other parameters', () => {
    const db = withTable();
    const write = db.prepare('INSERT INTO t (a) VALUES (?)');
    const read = db.prepare('SELECT a FROM t WHERE id = ?');
    for (let id = 3; id < 50; id++) {
      expect(write.execute([`row ${id}`])).toEqual({ changes: 1, lastInsertRowid: id });
      expect(read.queryOne([id])).toEqual({ a: `row ${id}` });
      expect(read.query([id])).toEqual([{ a: `row ${id}` }]);
    }
    expect(read.queryOne([99])).toBeNull();
  });

  it('have the calls of the database, with the same results', () => {
    const db = withTable();
    const sql = 'SELECT * FROM t WHERE id >= ? ORDER BY id';
    const statement = db.prepare(sql);
    expect(statement.query([1])).toEqual(db.query(sql, [1]));
    expect(statement.queryOne([2])).toEqual(db.queryOne(sql, [2]));
    expect(statement.queryRaw([1])).toEqual(db.queryRaw(sql, [1]));
    expect([...statement.iterate([1])]).toEqual([...db.iterate(sql, [1])]);
    const touch = 'UPDATE t SET a = a WHERE id = ?';
    expect(db.prepare(touch).execute([1])).toEqual(db.execute(touch, [1]));
    expect(db.prepare(touch).executeBatch([[1], [2], [3]])).toEqual(db.executeBatch(touch, [[1], [2], [3]]));
  });

  it.each([
    'execute',
    'query',
    'queryOne',
    'fetchOne',
    'queryRaw',
    'iterate',
    'executeBatch',
  ])('have %s, as the database has', (name) => {
    expect(Reflect.get(withTable().prepare('SELECT 1'), name)).toBeTypeOf('function');
  });

  it.each([
    ['a syntax error', 'SELEC 1', 'sql.syntax'],
    ['an unfinished statement', 'SELECT', 'sql.syntax'],
    ['a missing table', 'SELECT * FROM missing', 'sql.relation_not_found'],
    ['a missing column', 'SELECT missing FROM t', 'sql.column_not_found'],
    ['a missing function', 'SELECT missing()', 'sql.function_not_found'],
    ['nothing', ' ', 'sql.empty'],
    ['two statements', 'SELECT 1; SELECT 2', 'sql.multiple_statements'],
    ['an unfinished string', "SELECT 'a", 'sql.syntax'],
  ])('report bad SQL at prepare: %s', (_what, sql, subcode) => {
    expect(thrownBy(() => withTable().prepare(sql))).toMatchObject({
      name: 'ProgrammingError',
      code: 'SQL',
      subcode,
    });
  });

  it('execute nothing at prepare', () => {
    const db = withTable();
    for (const sql of ['DELETE FROM t', 'DROP TABLE t', 'BEGIN', 'PRAGMA user_version = 9', 'VACUUM'])
      db.prepare(sql);
    expect(db.query('SELECT id FROM t')).toHaveLength(2);
    expect(db.inTransaction).toBe(false);
    expect(db.query('PRAGMA user_version')).toEqual([{ user_version: 0 }]);
  });

  it('know their columns before they run, in order and with duplicates', () => {
    const db = withTable();
    expect(db.prepare('SELECT id, a, a, 1 AS one FROM t').columns).toEqual(['id', 'a', 'a', 'one']);
    expect(db.prepare('INSERT INTO t (a) VALUES (1) RETURNING id').columns).toEqual(['id']);
    expect(db.prepare('INSERT INTO t (a) VALUES (1)').columns).toEqual([]);
    expect(db.query('SELECT id FROM t')).toHaveLength(2);
  });

  it('of one text are independent of each other', () => {
    const db = withTable();
    const [first, second] = [1, 2].map(() => db.prepare('SELECT a FROM t WHERE id = ?'));
    expect(first?.queryOne([1])).toEqual({ a: 'one' });
    const rows = first?.iterate([2]);
    expect(second?.queryOne([1])).toEqual({ a: 'one' });
    expect(rows?.next().value).toEqual({ a: 'two' });
  });

  it('are usable after one of their runs failed', () => {
    const db = withTable();
    const write = db.prepare('INSERT INTO t VALUES (?, ?)');
    thrownBy(() => write.execute([1, 'taken']));
    thrownBy(() => write.execute([Number.NaN, 'x']));
    expect(write.execute([3, 'free'])).toMatchObject({ changes: 1 });
    const overflowing = db.prepare('SELECT abs(?) AS a');
    thrownBy(() => overflowing.query([-(2n ** 63n)]));
    expect(overflowing.query([-5])).toEqual([{ a: 5 }]);
  });

  it('belong to the transaction that is open when they run', () => {
    const db = withTable();
    const write = db.prepare("INSERT INTO t (a) VALUES ('x')");
    const count = db.prepare('SELECT count(*) AS n FROM t');
    const tx = db.begin();
    write.execute();
    expect(count.queryOne()).toEqual({ n: 3 });
    tx.rollback();
    expect(count.queryOne()).toEqual({ n: 2 });
  });

  it('may be transaction control', () => {
    const db = withTable();
    const [begin, rollback] = [db.prepare('BEGIN'), db.prepare('ROLLBACK')];
    for (let round = 0; round < 3; round++) {
      begin.execute();
      expect(db.inTransaction).toBe(true);
      db.execute('DELETE FROM t');
      rollback.execute();
    }
    expect(thrownBy(() => rollback.execute()).code).toBe('TRANSACTION');
    expect(db.query('SELECT id FROM t')).toHaveLength(2);
  });

  describe('follow a schema that changes under them', () => {
    const changes: readonly [
      who: string,
      path: () => string,
      change: (db: DatabaseSync, sql: string) => void,
    ][] = [
      ['by the same handle', () => ':memory:', (db, sql) => db.exec(sql)],
      ['by another handle', () => temporaryFile(), (db, sql) => opened(db.location).exec(sql)],
      ['by another program', () => temporaryFile(), (db, sql) => bare(db.location).exec(sql)],
    ];

    it.each(changes)('%s', (_who, path, change) => {
      const db = opened(path());
      db.exec('CREATE TABLE t (a); INSERT INTO t VALUES (1)');
      const statement: StatementSync = db.prepare('SELECT * FROM t');
      expect(statement.query()).toEqual([{ a: 1 }]);
      change(db, 'ALTER TABLE t ADD COLUMN b DEFAULT 2');
      expect(statement.query()).toEqual([{ a: 1, b: 2 }]);
      expect(statement.columns).toEqual(['a', 'b']);
      expect([...statement.iterate()]).toEqual([{ a: 1, b: 2 }]);
      expect(statement.queryRaw()).toEqual({ columns: ['a', 'b'], rows: [[1, 2]] });
      change(db, 'ALTER TABLE t DROP COLUMN a');
      expect([...statement.iterate()]).toEqual([{ b: 2 }]);
      expect(statement.queryOne()).toEqual({ b: 2 });
      change(db, 'ALTER TABLE t RENAME TO u');
      expect(thrownBy(() => statement.query())).toMatchObject({ subcode: 'sql.relation_not_found' });
      change(db, 'CREATE TABLE t (c); INSERT INTO t VALUES (3)');
      expect(statement.query()).toEqual([{ c: 3 }]);
    });
  });
});
