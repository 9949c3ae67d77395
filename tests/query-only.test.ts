import { OperationalError, openSync } from 'freshet';
import { live, settled } from 'freshet/reactive';
import { expect, it } from 'vitest';

/** Its SELECT inside is kept in a TEMP table. */
const sql = 'SELECT id FROM t WHERE v = (SELECT max(v) FROM t)';

it('under query_only live queries and watches open, answer and close, and writes are refused', async () => {
  const errors: unknown[] = [];
  const db = openSync(':memory:', { onError: (error) => errors.push(error) });
  db.exec('CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 1)');
  const before = live<{ id: number }>(db, sql);
  const opened = before.subscribe(() => {});
  using _watch = db.watchTable('t');
  db.exec('PRAGMA query_only = 1');
  for (const write of [
    'INSERT INTO t VALUES (2, 2)',
    'CREATE TABLE u(a)',
    'DROP TABLE t',
    'ANALYZE',
    'VACUUM',
  ])
    expect(() => db.execute(write)).toThrow(OperationalError);
  const during = live<{ id: number }>(db, sql);
  const also = during.subscribe(() => {});
  using _range = db.watchRange('t', { lower: 1 });
  expect([before.value, during.value]).toEqual([[{ id: 1 }], [{ id: 1 }]]);
  also.unsubscribe();
  expect(db.queryRaw('PRAGMA query_only').rows).toEqual([[1]]);
  db.exec('PRAGMA query_only = 0');
  db.execute('INSERT INTO t VALUES (2, 2)');
  await settled(db);
  expect(before.value).toEqual([{ id: 2 }]);
  opened.unsubscribe();
  db.close();
  expect(errors).toEqual([]);
});

it('query_only also counts where a statement that sets it was only prepared, as SQLite has it', () => {
  const db = openSync(':memory:');
  db.exec('CREATE TABLE t(id INTEGER PRIMARY KEY, v)');
  db.prepare('PRAGMA query_only = 1');
  const query = live(db, sql);
  const subscription = query.subscribe(() => {});
  expect(query.value).toEqual([]);
  subscription.unsubscribe();
  db.close();
});

it('a prepared write that is called after the database was closed says that it is', () => {
  const db = openSync(':memory:');
  db.exec('CREATE TABLE t(id INTEGER PRIMARY KEY)');
  const write = db.prepare('INSERT INTO t VALUES (1)');
  db.close();
  for (const call of ['query', 'queryOne', 'fetchOne', 'queryRaw', 'execute'] as const)
    expect(() => write[call]()).toThrow(expect.objectContaining({ code: 'CLOSED' }));
});

it.each(['\ufeff', ' \ufeff; \ufeff'])('%j holds no statement', (text) => {
  const db = openSync(':memory:');
  expect(() => db.execute(text)).toThrow(expect.objectContaining({ code: 'SQL', subcode: 'sql.empty' }));
  db.close();
});
