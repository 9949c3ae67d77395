import type { Changeset, SqlValue } from 'freshet';
import { settled } from 'freshet/reactive';
import { describe, expect, test } from 'vitest';
import { drain, started, take } from './support/events.ts';
import { follow } from './support/following.ts';
import { opened } from './support/opening.ts';
import { Replica } from './support/replica.ts';

const names = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'length',
  'a"b',
  "it's",
  'a`b',
  '[a]',
  'select',
  'TABLE',
  'two words',
  ' padded ',
  'dotted.name',
  'main.t',
  'semi;colon',
  'new\nline',
  'tab\t',
  '-- comment',
  '/* comment */',
  '?',
  ':named',
  '$1',
  '%s',
  'é',
  'ÀÉ',
  '表',
  '😀',
  '0',
  '1e5',
  'NEW',
  'old',
  'suspect',
  'freshet_part',
  'changes',
  'x'.repeat(200),
] as const;

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** An object with exactly these own properties, `__proto__` included. */
const object = (entries: readonly (readonly [string, SqlValue])[]): object => Object.fromEntries(entries);

async function expectRow(actual: unknown, expected: object): Promise<void> {
  expect(Object.entries(actual as object)).toEqual(Object.entries(expected));
  expect(Object.getPrototypeOf(actual)).toBe(Object.prototype);
}

describe('a table called', () => {
  test.for(names)('%j is watched, streamed and followed as any other', async (name) => {
    const db = opened();
    const table = quote(name);
    db.exec(`CREATE TABLE ${table} (id INTEGER PRIMARY KEY, v UNIQUE); CREATE TABLE plain (v);
             CREATE TABLE child (id INTEGER PRIMARY KEY, p REFERENCES ${table} ON DELETE CASCADE);
             CREATE VIEW ${quote(`view of ${name}`)} AS SELECT * FROM ${table};`);
    const replica = new Replica(db, [name, 'plain', 'child']);
    const leave = db.subscribe((changeset) => {
      expect(changeset.wide).toBe(false);
      replica.follow(changeset);
    });
    const watches = [
      db.watchTable(name),
      db.watchRange(name, { lower: 0 }),
      db.watchQuery(`SELECT v FROM ${quote(`view of ${name}`)}`),
      db.changeStream({ tables: [name] }),
    ];
    for (const watch of watches) await started(watch);
    expect(JSON.parse(db.reactiveSubscriptions()[0]?.dependencies_json ?? '')).toEqual({ tables: [name] });
    expect(db.query('SELECT * FROM sys.reactive_subscriptions').length).toBe(4);
    const items = follow(
      db,
      `SELECT t.id, t.v, child.id AS c FROM ${table} AS t LEFT JOIN child ON child.p = t.id ORDER BY t.id`,
    );
    for (const sql of [
      `INSERT INTO ${table} VALUES (1, 'a'), (2, 'b')`,
      'INSERT INTO child VALUES (10, 1)',
      'INSERT INTO plain VALUES (1)',
      `REPLACE INTO ${table} VALUES (1, 'b')`,
      `UPDATE ${table} SET v = 'c', id = 5`,
      `DELETE FROM ${table}`,
    ]) {
      db.execute(sql);
      await settled(db);
      items.expectFresh();
      items.expectTold();
    }
    for (const [at, watch] of watches.entries()) {
      const events = await drain(watch);
      expect(events.map((event) => 'event_id' in event && event.event_id)).toEqual([1, 4, 5, 6]);
      const rows = events.flatMap((event) => ('row_changes' in event ? event.row_changes : []));
      expect(rows.map(({ table: of, operation }) => [of, operation])).toEqual(
        ['insert', 'insert', 'delete', 'delete', 'insert', 'update', 'delete'].map((operation) => [
          name,
          operation,
        ]),
      );
      expect(at === 3 || rows.every(({ table: of }) => of === name)).toBe(true);
    }
    leave();
    // DDL still works, and the live query hears that its table has gone.
    db.exec(
      `ALTER TABLE ${table} ADD COLUMN w DEFAULT 7; INSERT INTO ${table} (id) VALUES (9); ALTER TABLE ${table} RENAME TO renamed`,
    );
    await settled(db);
    expect(items.errors.length).toBe(2);
    for (const watch of watches) watch.close();
  });
});

describe('columns called', () => {
  const list = names.filter(
    (name, at) => names.findIndex((other) => other.toLowerCase() === name.toLowerCase()) === at,
  );

  test.for(list)('%j are in row images, keys, ranges and snapshots', async (name) => {
    const db = opened();
    const column = quote(name);
    db.exec(`CREATE TABLE t (${column} TEXT PRIMARY KEY, other)`);
    const watch = await started(db.watchTable('t'));
    const range = await started(db.watchRange('t', { column: name, lower: 'b', upper: 'c' }));
    const items = follow(db, `SELECT * FROM t ORDER BY ${column}`);
    const max = follow(db, `SELECT max(${column}) AS ${column} FROM t`);
    db.execute(`INSERT INTO t VALUES ('a', 1)`);
    db.execute(`UPDATE t SET ${column} = 'b'`);
    db.execute('DELETE FROM t');
    const events = await drain(watch);
    const changes = events.flatMap((event) => ('row_changes' in event ? event.row_changes : []));
    const images = changes.flatMap(({ primary_key, before, after }) => [primary_key, before, after]);
    const [a, b] = ['a', 'b'].map((key) =>
      object([
        [name, key],
        ['other', 1],
      ]),
    );
    const [keyA, keyB] = ['a', 'b'].map((key) => object([[name, key]]));
    const expected = [keyA, null, a, keyB, a, b, keyB, b, null];
    for (const [at, image] of images.entries()) {
      if (image === null) expect(expected[at]).toBeNull();
      else await expectRow(image, expected[at] as object);
    }
    expect(images.length).toBe(9);
    expect((await drain(range)).length).toBe(2);
    await settled(db);
    for (const one of [items, max]) one.expectFresh();
    db.execute(`INSERT INTO t VALUES ('z', 2)`);
    await settled(db);
    await expectRow(
      items.rows[0],
      object([
        [name, 'z'],
        ['other', 2],
      ]),
    );
    await expectRow(max.rows[0], object([[name, 'z']]));
    expect(Object.isFrozen(items.rows[0])).toBe(true);
  });

  test('all of these at once, in JSON too', async () => {
    const db = opened();
    db.exec(
      `CREATE TABLE t (${list.map(quote).join(', ')}, PRIMARY KEY (${list.slice(0, 6).map(quote).join(', ')})) WITHOUT ROWID`,
    );
    const watch = await started(db.watchTable('t'));
    db.execute(`INSERT INTO t VALUES (${list.map((_, at) => at).join(', ')})`);
    const expected = object(list.map((name, at) => [name, at]));
    const text = (await watch.nextJson()) ?? '';
    expect(text).toContain(`"after":${JSON.stringify(expected)}`);
    db.execute(`UPDATE t SET ${list.map((name) => `${quote(name)} = ${quote(name)} + 100`).join(', ')}`);
    const { row_changes } = await take(watch, 'invalidate');
    await expectRow(row_changes[0]?.before, expected);
    await expectRow(row_changes[0]?.after, object(list.map((name, at) => [name, at + 100])));
    await expectRow(
      row_changes[0]?.primary_key,
      object(list.slice(0, 6).map((name, at) => [name, at + 100])),
    );
  });
});

describe('tables whose rows are hard to tell apart', () => {
  /** Runs writes under a replica, a watch and live queries; returns the changesets. */
  async function follows(
    schema: string,
    writes: readonly string[],
    queries: readonly string[] = ['SELECT * FROM t'],
  ): Promise<Changeset[]> {
    const db = opened();
    db.exec(schema);
    const replica = new Replica(db, ['t']);
    const changesets: Changeset[] = [];
    db.subscribe((changeset) => {
      changesets.push(changeset);
      replica.follow(changeset);
    });
    const watch = await started(db.watchTable('t'));
    const followed = queries.map((sql) => follow(db, sql));
    for (const sql of writes) {
      db.execute(sql);
      expect(await take(watch, 'invalidate'), sql).toMatchObject({ tables: ['t'] });
      await settled(db);
      for (const one of followed) {
        one.expectFresh();
        one.expectTold();
      }
    }
    return changesets;
  }
  const writes = [
    "INSERT INTO t (a, b) VALUES (1, 'x'), (1, 'y'), (2, 'z')",
    "UPDATE t SET b = 'w' WHERE a = 1",
    'UPDATE t SET a = a + 1',
    "INSERT OR REPLACE INTO t (a, b) VALUES (3, 'r')",
    'DELETE FROM t WHERE a = 2',
    'DELETE FROM t',
  ];

  test('with columns called rowid, oid and _rowid_, one, two or all of them', async () => {
    for (const taken of ['rowid', 'oid', '_rowid_', 'rowid, oid', 'RowId, _ROWID_', 'oid, _rowid_']) {
      const changesets = await follows(`CREATE TABLE t (a, b, ${taken})`, writes, [
        'SELECT * FROM t',
        'SELECT a FROM t ORDER BY a',
      ]);
      expect(
        changesets.some(({ wide }) => wide),
        taken,
      ).toBe(false);
    }
    // No name is left for the rowid: the events are wide, and nothing is missed.
    const changesets = await follows('CREATE TABLE t (a, b, rowid, oid, _rowid_)', writes, [
      'SELECT * FROM t',
      'SELECT b FROM t WHERE a > 1',
    ]);
    expect(changesets.every(({ wide }) => wide)).toBe(true);
    await follows("CREATE TABLE t (id INTEGER PRIMARY KEY, a, b, rowid DEFAULT 'r', oid, _rowid_)", writes, [
      'SELECT * FROM t ORDER BY id',
    ]);
  });

  test('whose rowid column is a primary key under that name', async () => {
    for (const name of ['rowid', 'oid', '_rowid_']) {
      const changesets = await follows(
        `CREATE TABLE t (${name} INTEGER PRIMARY KEY, a, b)`,
        [...writes, `INSERT INTO t (${name}, a) VALUES (9, 9)`, `UPDATE t SET ${name} = 1`],
        ['SELECT * FROM t', `SELECT ${name} FROM t ORDER BY a`],
      );
      expect(changesets.some(({ wide }) => wide)).toBe(false);
      expect(changesets.at(-1)?.row_changes).toMatchObject([
        { primary_key: { [name]: 1 }, before: { [name]: 9 } },
      ]);
    }
  });

  test('WITHOUT ROWID, by composite and collated keys', async () => {
    const changesets = await follows(
      'CREATE TABLE t (b TEXT COLLATE NOCASE, a INTEGER, c DEFAULT 0, PRIMARY KEY (a, b)) WITHOUT ROWID',
      [
        "INSERT INTO t (a, b) VALUES (1, 'x'), (1, 'y'), (2, 'x')",
        "UPDATE t SET b = 'X' WHERE a = 1 AND b = 'x'",
        'UPDATE t SET c = 1',
        "REPLACE INTO t VALUES ('Y', 1, 5)",
        "UPDATE OR REPLACE t SET a = 2 WHERE b = 'x'",
        'DELETE FROM t',
      ],
      [
        'SELECT * FROM t',
        'SELECT a, b FROM t ORDER BY c, a, b',
        'SELECT lower(b) AS b, count(*) AS n FROM t GROUP BY b COLLATE NOCASE ORDER BY 1',
      ],
    );
    expect(changesets[0]?.wide).toBe(false);
  });

  test('with a primary key that is no rowid, and holds NULLs', async () => {
    await follows('CREATE TABLE t (a INT PRIMARY KEY, b)', [
      "INSERT INTO t VALUES (NULL, 1), (NULL, 1), ('x', 2)",
      'UPDATE t SET b = b + 1',
      'DELETE FROM t WHERE rowid = 1',
      "REPLACE INTO t VALUES ('x', 7), (NULL, 7)",
      'DELETE FROM t',
    ]);
    await follows('CREATE TABLE t (a INTEGER PRIMARY KEY DESC, b)', [
      'INSERT INTO t VALUES (NULL, 1), (5, 1)',
      'UPDATE t SET a = 6 WHERE a IS NULL',
      'REPLACE INTO t VALUES (6, 2)',
      'DELETE FROM t',
    ]);
  });

  test('with generated columns, stored and virtual, in keys and images', async () => {
    const changesets = await follows(
      "CREATE TABLE t (a INTEGER, b, v AS (a * 10), s TEXT AS (b || '!') STORED UNIQUE, PRIMARY KEY (a))",
      [
        "INSERT INTO t (a, b) VALUES (1, 'x'), (2, 'y')",
        "UPDATE t SET b = 'z' WHERE a = 1",
        'UPDATE t SET a = 7 WHERE a = 2',
        "REPLACE INTO t (a, b) VALUES (8, 'z')",
        'DELETE FROM t',
      ],
      ['SELECT * FROM t ORDER BY v', 'SELECT s FROM t WHERE v > 10', 'SELECT sum(v) AS s FROM t'],
    );
    expect(changesets[1]?.row_changes).toMatchObject([
      { before: { a: 1, b: 'x', v: 10, s: 'x!' }, after: { a: 1, b: 'z', v: 10, s: 'z!' } },
    ]);
  });

  test('STRICT, autoincrement, and ones whose names differ in case only from how they are used', async () => {
    await follows('CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT, b ANY) STRICT', [
      "INSERT INTO t (b) VALUES (1), ('x'), (x'00'), (NULL)",
      'UPDATE T SET B = A',
      'INSERT OR IGNORE INTO T VALUES (1, 1), (9, 9)',
      'REPLACE INTO t VALUES (9, 1)',
      'DELETE FROM T',
    ]);
  });

  test('virtual tables are watched by name, and live queries of them are right', async () => {
    const db = opened();
    db.exec('CREATE VIRTUAL TABLE t USING fts5(body); CREATE VIRTUAL TABLE box USING rtree(id, lo, hi)');
    const watch = await started(db.watchTable(['t', 'box']));
    const found = follow(db, "SELECT body FROM t WHERE t MATCH 'hello'");
    const boxes = follow(db, 'SELECT id FROM box WHERE lo > 1');
    for (const sql of [
      "INSERT INTO t VALUES ('hello'), ('world')",
      'INSERT INTO box VALUES (1, 2, 3)',
      "UPDATE t SET body = 'hello you' WHERE body = 'world'",
      'DELETE FROM box',
      "DELETE FROM t WHERE body = 'hello'",
    ]) {
      db.execute(sql);
      await settled(db);
      for (const one of [found, boxes]) {
        one.expectFresh();
        one.expectTold();
      }
    }
    const events = await drain(watch);
    expect(events.map((event) => 'tables' in event && event.tables)).toEqual([
      ['t'],
      ['box'],
      ['t'],
      ['box'],
      ['t'],
    ]);
  });
});
