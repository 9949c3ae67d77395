import { type DatabaseSync, open } from 'freshet';
import { live, settled } from 'freshet/reactive';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { drain, started, take } from '../../tests/support/events.ts';
import { type Following, follow } from '../../tests/support/following.ts';
import { fileWith, opened, temporaryFile } from '../../tests/support/opening.ts';
import { loadSqlite, type WasmSqlite } from '../drivers/sqlite-wasm.ts';
import { openInMemory } from '../open-wasm.ts';

const schema = `
  CREATE TABLE t (id INTEGER PRIMARY KEY, v INT);
  CREATE TABLE u (a INT);
  INSERT INTO t VALUES (1, 1), (2, 5);
  INSERT INTO u VALUES (1);
`;
const queries = [
  'SELECT * FROM t WHERE v > 0 ORDER BY id',
  'SELECT * FROM t WHERE v IN (SELECT a FROM u) ORDER BY id',
  'SELECT * FROM t WHERE v > (SELECT avg(a) FROM u) ORDER BY id',
  'SELECT v, count(*) FROM t GROUP BY v ORDER BY v',
];

// Each drops every TEMP object, or may, in a database where `temp_store` is DEFAULT.
const losses: Readonly<Record<string, (db: DatabaseSync) => unknown>> = {
  'PRAGMA temp_store in a script': (db) => db.exec('PRAGMA temp_store = MEMORY'),
  'PRAGMA temp_store with others around it': (db) =>
    db.exec('UPDATE t SET v = v + 1; PRAGMA temp_store = FILE; UPDATE t SET v = v + 1'),
  'PRAGMA temp_store_directory as a call': (db) => db.execute("PRAGMA temp_store_directory = '.'"),
  'PRAGMA temp_store as a query': (db) => db.query('PRAGMA temp_store(2)'),
  'PRAGMA temp_store of another spelling': (db) => db.queryRaw('/* */ pragma Temp.Temp_Store = "memory";'),
  'a prepared PRAGMA that is never run': (db) => db.prepare('PRAGMA temp_store = MEMORY'),
  'a prepared PRAGMA that is run': (db) => db.prepare('PRAGMA temp_store = MEMORY').query(),
  'EXPLAIN PRAGMA temp_store': (db) => db.query('EXPLAIN PRAGMA temp_store = MEMORY'),
  'one after another': (db) => db.exec('PRAGMA temp_store = MEMORY; PRAGMA temp_store = FILE'),
  'DETACH of another database': (db) => db.exec("ATTACH ':memory:' AS o; DETACH o"),
  VACUUM: (db) => db.exec('VACUUM; VACUUM temp'),
};

/** Needs a SQLite that isn't defensive, as the one in Node is. */
const byHand = 'PRAGMA writable_schema = ON; DELETE FROM sqlite_temp_schema; PRAGMA writable_schema = RESET';

let wasm: WasmSqlite;
beforeAll(async () => {
  wasm = await loadSqlite();
});

const engines: Readonly<Record<string, () => DatabaseSync>> = {
  'in memory': () => opened(),
  'on a file': () => opened(temporaryFile()),
  'on a file with a rollback journal': () => opened(fileWith('', 'delete')),
  'in WebAssembly': () => {
    const db = openInMemory(wasm, ':memory:', {});
    onTestFinished(() => db.close());
    return db;
  },
};

describe.each(Object.keys(engines))('a database %s', (engine) => {
  const all = Object.entries(losses);
  if (engine === 'in WebAssembly') all.push(['the TEMP schema was emptied by hand', (db) => db.exec(byHand)]);

  test.for(all)('goes on capturing and keeps its live queries after %s', async ([, lose]) => {
    const db = engines[engine]?.() as DatabaseSync;
    db.exec(schema);
    const followed: Following[] = queries.map((sql) => follow(db, sql, [], { schedule: 'sync' }));
    const watch = await started(db.watchTable('t'));
    let heard = 0;
    db.subscribe(() => heard++);
    const change = (n: number): void => {
      db.execute('INSERT INTO t VALUES (?, ?)', [n, n]);
      db.execute('UPDATE t SET v = ? WHERE id = 1', [n]);
      db.execute('INSERT INTO u VALUES (?)', [n]);
    };
    change(10);
    lose(db);
    for (const one of followed) one.expectFresh();
    await drain(watch);
    heard = 0;
    for (const n of [20, 30]) {
      change(n);
      for (const one of followed) one.expectFresh();
      expect(await take(watch, 'invalidate')).toMatchObject({ row_changes: [{ after: { id: n, v: n } }] });
      expect(await take(watch, 'invalidate')).toMatchObject({ row_changes: [{ after: { id: 1, v: n } }] });
    }
    expect(heard).toBe(6);
    for (const one of followed) expect(one.errors).toEqual([]);
    // What is opened later is kept as well, and nothing is left when all have ended.
    const later = follow(db, 'SELECT id FROM t WHERE v IN (SELECT a FROM u) ORDER BY id');
    change(40);
    later.expectFresh();
    for (const one of [...followed, later]) one.stop();
    const ours =
      "SELECT name FROM sqlite_temp_schema WHERE name LIKE 'freshet%' AND name NOT GLOB '*_[0-9]_*'";
    expect(db.query(ours)).toEqual([]);
  });
});

test('a database in a worker goes on after PRAGMA temp_store', async () => {
  const db = await open(temporaryFile());
  onTestFinished(() => db.close());
  await db.exec(schema);
  const followed = queries.map((sql) => live(db, sql));
  for (const one of followed) one.subscribe();
  await db.execute('INSERT INTO t VALUES (10, 10)');
  for (const store of ['MEMORY', 'FILE']) {
    await db.exec(`PRAGMA temp_store = ${store}`);
    await db.execute('INSERT INTO t (v) VALUES (1)');
    await db.execute('INSERT INTO u VALUES (5)');
    await settled(db);
    for (const [at, sql] of queries.entries()) {
      const fresh = await db.query(sql);
      expect(followed[at]?.value).toEqual(fresh);
      expect(await db.queryOne('SELECT count(*) AS n FROM t')).toEqual({ n: store === 'FILE' ? 5 : 4 });
    }
  }
});

test('other handles of the file hear of what a handle commits that has lost its TEMP objects', () => {
  const path = fileWith(schema);
  const [one, other] = [opened(path), opened(path)];
  const followed = queries.map((sql) => follow(other, sql, [], { schedule: 'sync' }));
  one.execute('INSERT INTO t VALUES (10, 1)');
  one.exec('PRAGMA temp_store = MEMORY');
  one.execute('INSERT INTO t VALUES (11, 1)');
  for (const query of followed) query.expectFresh();
  other.exec('PRAGMA temp_store = MEMORY');
  one.execute('INSERT INTO u VALUES (5)');
  for (const query of followed) query.expectFresh();
});

test('inside a transaction the change of temp_store is refused or harmless', () => {
  const db = opened();
  db.exec(schema);
  const followed = queries.map((sql) => follow(db, sql, [], { schedule: 'sync' }));
  db.transaction((tx) => {
    tx.execute('INSERT INTO t VALUES (10, 1)');
    expect(() => tx.exec('PRAGMA temp_store = MEMORY')).toThrow(
      expect.objectContaining({ name: 'OperationalError', subcode: 'transaction.state' }),
    );
    tx.execute('INSERT INTO u VALUES (5)');
  });
  for (const query of followed) query.expectFresh();
});

test('the user’s own TEMP objects go with it, and live queries over them say so', () => {
  const db = opened();
  db.exec(`${schema} CREATE TEMP TABLE mine (v); INSERT INTO mine VALUES (1)`);
  const mine = follow(db, 'SELECT v FROM temp.mine', [], { schedule: 'sync' });
  const theirs = follow(db, queries[1] ?? '', [], { schedule: 'sync' });
  db.prepare('PRAGMA temp_store = MEMORY');
  expect(mine.errors[0]).toMatchObject({ code: 'SQL', subcode: 'sql.relation_not_found' });
  db.execute('INSERT INTO u VALUES (5)');
  theirs.expectFresh();
});

test('a query that ends right after the loss takes nothing else with it', () => {
  const db = opened();
  db.exec(schema);
  const [first, second] = [follow(db, queries[1] ?? ''), follow(db, queries[2] ?? '')];
  const seen: unknown[] = [];
  db.subscribe(() => seen.push(1));
  live(db, queries[0] ?? '', [], { schedule: 'sync' }).subscribe(() => first.stop());
  db.exec('PRAGMA temp_store = MEMORY');
  db.execute('INSERT INTO u VALUES (5)');
  db.execute('INSERT INTO t VALUES (5, 5)');
  second.expectFresh();
  expect(second.errors).toEqual([]);
});

test('tables that live queries are kept in can’t be written or dropped by hand', () => {
  const db = opened();
  db.exec(schema);
  const query = follow(db, queries[1] ?? '', [], { schedule: 'sync' });
  const [table] = db
    .query<{ name: string }>("SELECT name FROM sqlite_temp_schema WHERE name GLOB 'freshet_child_[0-9]'")
    .map(({ name }) => name);
  for (const sql of [
    `DELETE FROM ${table}`,
    `UPDATE temp.${table?.toUpperCase()} SET m = 1`,
    `DROP TABLE temp.${table}`,
    `ALTER TABLE ${table} RENAME TO mine`,
    `ALTER TABLE ${table} ADD COLUMN more`,
  ]) {
    expect(() => db.execute(sql), sql).toThrow(
      expect.objectContaining({ name: 'ProgrammingError', subcode: 'sql.reserved_table' }),
    );
    expect(() => db.exec(sql), sql).toThrow();
  }
  for (const { name } of db.query<{ name: string }>(
    "SELECT name FROM sqlite_temp_schema WHERE type = 'trigger'",
  ))
    expect(() => db.execute(`DROP TRIGGER temp.${name}`)).toThrow();
  db.execute('INSERT INTO u VALUES (5)');
  query.expectFresh();
  // Only TEMP tables of ours are ours.
  db.exec('CREATE TABLE freshet_child_1 (a); INSERT INTO main.freshet_child_1 VALUES (1)');
});
