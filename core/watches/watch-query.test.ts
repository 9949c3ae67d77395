import type { DatabaseSync, SqlValue, Watch } from 'freshet';
import { ProgrammingError } from 'freshet';
import { beforeEach, describe, expect, test } from 'vitest';
import { drain, patience, started, take } from '../../tests/support/events.ts';
import { bare, fileWith, opened } from '../../tests/support/opening.ts';
import { OtherProcess } from '../../tests/support/other-process.ts';

const schema = `
  CREATE TABLE album (id INTEGER PRIMARY KEY, artist INTEGER, title TEXT);
  CREATE TABLE artist (id INTEGER PRIMARY KEY, name TEXT);
  CREATE TABLE sale (album INTEGER, price REAL);
  CREATE TABLE other (v);
  CREATE VIEW listed AS SELECT title, name FROM album JOIN artist ON artist.id = album.artist;
  CREATE VIEW listed_again AS SELECT * FROM listed;
`;

describe('the dependencies of a query are detected', () => {
  test.for<[what: string, sql: string, tables: readonly string[]]>([
    ['a view', 'SELECT * FROM listed', ['album', 'artist']],
    ['a view of a view', 'SELECT count(*) FROM listed_again', ['album', 'artist']],
    ['a join', 'SELECT * FROM album LEFT JOIN sale ON sale.album = album.id', ['album', 'sale']],
    ['a subquery in FROM', 'SELECT * FROM (SELECT * FROM (SELECT price FROM sale))', ['sale']],
    [
      'a scalar subquery',
      'SELECT title, (SELECT sum(price) FROM sale WHERE album = a.id) FROM album a',
      ['album', 'sale'],
    ],
    ['IN', 'SELECT name FROM artist WHERE id IN (SELECT artist FROM album)', ['album', 'artist']],
    [
      'EXISTS',
      'SELECT name FROM artist a WHERE NOT EXISTS (SELECT 1 FROM album WHERE artist = a.id)',
      ['album', 'artist'],
    ],
    ['a common table expression', 'WITH c AS (SELECT album FROM sale) SELECT * FROM c', ['sale']],
    ['a compound', 'SELECT title FROM album UNION ALL SELECT name FROM artist', ['album', 'artist']],
    [
      'ORDER BY and LIMIT',
      'SELECT 1 FROM album ORDER BY (SELECT max(price) FROM sale) LIMIT 1',
      ['album', 'sale'],
    ],
    ['count(*) without a column', 'SELECT count(*) FROM album', ['album']],
    ['a window', 'SELECT sum(price) OVER (PARTITION BY album) FROM sale', ['sale']],
  ])('behind %s', async ([, sql, tables]) => {
    const db = opened();
    db.exec(schema);
    const watch = await started(db.watchQuery(sql));
    expect(JSON.parse(db.reactiveSubscriptions()[0]?.dependencies_json ?? '')).toEqual({ tables });
    const writes: Record<string, string> = {
      album: "INSERT INTO album VALUES (1, 1, 'x')",
      artist: "INSERT INTO artist VALUES (1, 'y')",
      sale: 'INSERT INTO sale VALUES (1, 1.5)',
      other: 'INSERT INTO other VALUES (1)',
    };
    for (const write of Object.values(writes)) db.execute(write);
    const told = (await drain(watch)).map((event) => event.type === 'invalidate' && event.tables);
    expect(told).toEqual(
      Object.keys(writes)
        .filter((table) => tables.includes(table))
        .map((table) => [table]),
    );
  });
});

describe('watchQuery rejects', () => {
  let db: DatabaseSync;
  beforeEach(() => {
    db = opened();
    db.exec(schema);
    db.exec(`
      CREATE TEMP TABLE passing (v);
      CREATE TEMP VIEW fleeting AS SELECT * FROM album;
      CREATE TEMP VIEW fleeting_too AS SELECT * FROM passing;
      ATTACH ':memory:' AS aux; CREATE TABLE aux.far (v);
    `);
  });

  test.for<[what: string, sql: string, message: RegExp]>([
    ['a write', 'INSERT INTO other VALUES (1)', /^query subscriptions require a read-only SELECT/],
    [
      'a write with RETURNING',
      'DELETE FROM other RETURNING v',
      /^query subscriptions require a read-only SELECT/,
    ],
    ['DDL', 'CREATE TABLE x (v)', /^query subscriptions require a read-only SELECT/],
    ['EXPLAIN', 'EXPLAIN SELECT * FROM album', /^query subscriptions require a read-only SELECT/],
    ['PRAGMA', 'PRAGMA table_list', /^query subscriptions require a read-only SELECT/],
    [
      'a table-valued function',
      "SELECT value FROM album, json_each('[1]')",
      /^query dependencies are not watchable/,
    ],
    [
      'a pragma function',
      "SELECT * FROM pragma_table_info('album')",
      /^query dependencies are not watchable/,
    ],
    [
      'a recursive query',
      'WITH RECURSIVE c(i) AS (SELECT id FROM album UNION SELECT i + 1 FROM c WHERE i < 9) SELECT * FROM c',
      /^query dependencies are not watchable/,
    ],
    ['a temporary table', 'SELECT * FROM passing', /^query dependencies are not watchable/],
    [
      'a temporary view of a temporary table',
      'SELECT * FROM fleeting_too',
      /^query dependencies are not watchable/,
    ],
    ['an attached database', 'SELECT * FROM aux.far', /^query dependencies are not watchable/],
    ['an internal table', 'SELECT * FROM sqlite_schema', /^query dependencies are not watchable/],
    ['sys', 'SELECT * FROM sys.reactive_metrics', /^query dependencies are not watchable/],
    ['a query of no table', 'SELECT 1', /^query subscription has no watchable table dependencies/],
  ])('%s', ([, sql, message]) => {
    let error: unknown;
    try {
      db.watchQuery(sql);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ProgrammingError);
    expect((error as Error).message).toMatch(message);
    expect(db.reactiveMetrics().active_watch_count).toBe(0);
  });

  test('a query that fails at its first row, and leaves nothing behind', () => {
    db.execute("INSERT INTO other VALUES ('no JSON')");
    expect(() => db.watchQuery("SELECT json_extract(v, '$') FROM other")).toThrow(
      expect.objectContaining({ code: 'SQL' }),
    );
    expect(db.reactiveMetrics()).toMatchObject({ active_watch_count: 0, query_watch_count: 0 });
    expect(db.query("SELECT name FROM sqlite_temp_schema WHERE type = 'trigger'")).toEqual([]);
  });

  test('wrong SQL, a second statement, and parameters that don’t fit, and leaves nothing behind', () => {
    for (const [sql, params] of [
      ['SELECT nothing FROM album', []],
      ['SELECT 1 FROM album; SELECT 2 FROM album', []],
      ['SELECT * FROM album WHERE id = ?', []],
      ['SELECT * FROM album', [1]],
    ] as const) {
      expect(() => db.watchQuery(sql, params), sql).toThrow(ProgrammingError);
    }
    expect(db.reactiveMetrics()).toMatchObject({ active_watch_count: 0, query_watch_count: 0 });
    expect(db.query("SELECT name FROM sqlite_temp_schema WHERE type = 'trigger'")).toEqual([]);
  });
});

/** Applies what a query watch of `SELECT id, v FROM t` says, from its first event to the last queued one. */
async function replay(watch: Watch): Promise<Map<SqlValue, SqlValue>> {
  const initial = await take(watch, 'initial');
  const rows = new Map((initial.rows ?? []).map(([id = null, v = null]) => [id, v]));
  let last = initial.snapshot_lsn;
  for (const event of await drain(watch)) {
    if (event.type !== 'invalidate') throw new Error(`A ${event.type} event was not expected`);
    expect(event.commit_lsn).toBeGreaterThan(last);
    last = event.commit_lsn;
    for (const { operation, before, after } of event.row_changes) {
      // A change that the snapshot holds already would insert a row that is there, or delete one that isn't.
      expect(rows.has((before ?? after)?.id ?? null)).toBe(operation !== 'insert');
      if (before) rows.delete(before.id ?? null);
      if (after) rows.set(after.id ?? null, after.v ?? null);
    }
  }
  return rows;
}

describe('no commit between the initial snapshot and the first event is lost', () => {
  const rowsOf = (db: DatabaseSync): Map<SqlValue, SqlValue> =>
    new Map(db.query<{ id: number; v: SqlValue }>('SELECT id, v FROM t').map(({ id, v }) => [id, v]));

  test('when 1,000 commits of other handles, some from within listeners, interleave with opening 150 watches', async () => {
    const path = fileWith('CREATE TABLE t (id INTEGER PRIMARY KEY, v)');
    const reader = opened(path);
    const writers = [opened(path), opened(path), opened(path)];
    const watches: Watch[] = [];
    let commits = 0;
    const commit = (): void => {
      const writer = writers[commits % 3] as DatabaseSync;
      const id = commits++ % 40;
      writer.execute(
        commits % 7 === 0
          ? 'DELETE FROM t WHERE id = ?1 - ?2 % 2'
          : 'INSERT INTO t VALUES (?1, ?2) ON CONFLICT DO UPDATE SET v = ?2',
        [id, commits],
      );
    };
    const open = (): void => void watches.push(reader.watchQuery('SELECT id, v FROM t'));
    reader.subscribe(() => {
      if (commits >= 1000) return;
      commit();
      if (commits % 4 === 0) open();
      if (commits % 3 === 0) commit();
    });
    open();
    while (commits < 1000) commit();
    expect(watches.length).toBeGreaterThan(150);
    const expected = rowsOf(reader);
    for (const watch of watches) expect(await replay(watch)).toEqual(expected);
  });

  test('when four processes write 1,000 commits while watches are opened', async () => {
    const path = fileWith('CREATE TABLE t (id INTEGER PRIMARY KEY, v)');
    const db = opened(path);
    const writers = await Promise.all([0, 1, 2, 3].map(() => OtherProcess.start(path)));
    const writing = Promise.all(
      writers.map(async (writer, which) => {
        for (let round = 0; round < 10; round++) {
          const inserts = Array.from(
            { length: 25 },
            (_, i) => `INSERT INTO t (v) VALUES (${which * 1000 + round * 25 + i});`,
          );
          await writer.exec(inserts.join(' '));
        }
      }),
    );
    const readers: Promise<void>[] = [];
    const count = (): number => db.queryOne<{ n: number }>('SELECT count(*) AS n FROM t')?.n ?? 0;
    const read = async (watch: Watch): Promise<void> => {
      let seen = (await take(watch, 'initial')).rows?.[0]?.[0];
      while (seen !== 1000) {
        await take(watch, 'invalidate');
        seen = count();
      }
      watch.close();
    };
    let isOver = false;
    void writing.then(() => {
      isOver = true;
    });
    // Another watch at every news that gets here while they write.
    const pace = db.watchTable('t');
    while (!isOver) {
      readers.push(read(db.watchQuery('SELECT count(*) FROM t')));
      await Promise.race([writing, pace.next({ timeoutMs: patience })]);
    }
    await writing;
    await Promise.all(readers);
    expect(readers.length).toBeGreaterThan(3);
    expect(count()).toBe(1000);
  });

  test('when another handle’s transaction had begun before the watch was opened', async () => {
    const path = fileWith('CREATE TABLE t (id INTEGER PRIMARY KEY, v)');
    const [writer, reader] = [opened(path), opened(path)];
    const transaction = writer.begin();
    transaction.execute('INSERT INTO t VALUES (1, 1)');
    const watch = reader.watchQuery('SELECT id, v FROM t');
    expect((await take(watch, 'initial')).rows).toEqual([]);
    transaction.commit();
    expect(await watch.next()).toMatchObject({ type: 'invalidate', tables: ['t'] });
  });

  test('when the same handle’s transaction was open: the watch starts from its end', async () => {
    const db = opened();
    db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, v)');
    const transaction = db.begin();
    transaction.execute('INSERT INTO t VALUES (1, 1)');
    const watch = db.watchQuery('SELECT id, v FROM t');
    expect(await watch.next()).toBeNull();
    transaction.execute('INSERT INTO t VALUES (2, 2)');
    transaction.commit();
    expect((await take(watch, 'initial')).rows).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(await watch.next()).toBeNull();
    db.execute('INSERT INTO t VALUES (3, 3)');
    expect(await take(watch, 'invalidate')).toMatchObject({ row_changes: [{ after: { id: 3, v: 3 } }] });
  });

  test('when another program commits and then a handle that was opened after the watch', async () => {
    const path = fileWith('CREATE TABLE t (id INTEGER PRIMARY KEY, v)');
    const watch = await started(opened(path).watchTable('t'));
    bare(path).exec('INSERT INTO t VALUES (1, 1)');
    opened(path).execute('INSERT INTO t VALUES (2, 2)');
    const sources = [await take(watch, 'invalidate'), await watch.next({ timeoutMs: 5000 })].map(
      (event) => event?.type === 'invalidate' && event.source,
    );
    expect(sources.sort()).toEqual(['direct', 'external']);
  });

  test('when the transaction in which it was opened takes its table back, it is closed and the rollback succeeds', async () => {
    const db = opened();
    db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, v)');
    const transaction = db.begin();
    transaction.exec('CREATE TABLE brief (v)');
    const brief = db.watchQuery('SELECT * FROM brief');
    const lasting = db.watchQuery('SELECT id, v FROM t');
    const closed = brief.next({ timeoutMs: patience });
    expect(() => transaction.rollback()).not.toThrow();
    expect(await closed).toEqual({ schema_version: 1, type: 'closed' });
    expect((await take(lasting, 'initial')).rows).toEqual([]);
    expect(db.reactiveMetrics().active_watch_count).toBe(1);
  });
});
