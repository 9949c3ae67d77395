import type { DatabaseSync } from 'freshet';
import { live, settled } from 'freshet/reactive';
import { beforeEach, describe, expect, test } from 'vitest';
import { countCalls } from '../tests/support/counted.ts';
import { expectReadOnly, follow } from '../tests/support/following.ts';
import { opened } from '../tests/support/opening.ts';

interface Item {
  id: number;
  name: string;
  n: number;
}

let db: DatabaseSync;
beforeEach(() => {
  db = opened();
  db.exec(`
    CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, n INTEGER);
    CREATE TABLE other (v);
    INSERT INTO item VALUES (1, 'Ada', 10), (2, 'Bob', 20), (3, 'Cyd', 30);
  `);
});

const all = 'SELECT id, name, n FROM item ORDER BY id';

describe('live emits', () => {
  test('the initial result, and a new one per relevant commit', async () => {
    const items = follow<Item>(db, all);
    expect(items.snapshots).toEqual([db.query(all)]);
    for (const sql of [
      "INSERT INTO item VALUES (4, 'Dan', 40)",
      'UPDATE item SET n = 11 WHERE id = 1',
      'DELETE FROM item WHERE id = 2',
    ]) {
      db.execute(sql);
      await settled(db);
      items.expectFresh();
      items.expectTold();
    }
    expect(items.snapshots.length).toBe(4);
    expect(items.deltas.map(({ changes }) => changes.map(({ type }) => type))).toEqual([
      ['insert', 'insert', 'insert'],
      ['insert'],
      ['update'],
      ['delete'],
    ]);
  });

  test('nothing for a commit of other tables, and doesn’t run the query for it', async () => {
    const counter = countCalls(db);
    const items = follow(db, 'SELECT counted(id) AS id FROM item');
    const before = counter.calls;
    db.execute('INSERT INTO other VALUES (1)');
    await settled(db);
    expect(counter.calls).toBe(before);
    expect(items.snapshots.length).toBe(1);
  });

  test('nothing when the result is what it was', async () => {
    const items = follow<Item>(db, 'SELECT id, name FROM item WHERE n < 25 ORDER BY id');
    const first = items.query.value;
    db.execute("INSERT INTO item VALUES (4, 'Dan', 40)");
    db.execute('UPDATE item SET n = n + 1');
    db.execute('UPDATE item SET name = name');
    await settled(db);
    expect(items.snapshots.length).toBe(1);
    expect(items.deltas.length).toBe(1);
    expect(items.query.value).toBe(first);
  });

  test('nothing when another plan gives the same large result', async () => {
    db.exec(
      'WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO item(name, n) SELECT i, i FROM n',
    );
    const large = follow(db, 'SELECT id, n FROM item ORDER BY n, id');
    await settled(db);
    const [first] = large.snapshots;
    db.exec('CREATE INDEX item_n ON item(n)');
    db.exec('ANALYZE');
    await settled(db);
    expect(large.snapshots).toHaveLength(1);
    expect(large.query.value).toBe(first);
    db.execute('UPDATE item SET n = 0 WHERE n = 1000');
    await settled(db);
    expect(large.snapshots).toHaveLength(2);
    large.expectFresh();
  });

  test('nothing when a column goes that another of its name has hidden', async () => {
    const items = follow(db, 'SELECT * FROM item LEFT JOIN (SELECT 7 AS n) ORDER BY id');
    db.exec('ALTER TABLE item DROP COLUMN n');
    await settled(db);
    expect(items.snapshots).toHaveLength(1);
    items.expectFresh();
    db.exec("ALTER TABLE item ADD COLUMN note TEXT DEFAULT 'new'");
    await settled(db);
    expect(items.snapshots).toHaveLength(2);
    items.expectFresh();
  });

  test('nothing for work that was rolled back', async () => {
    const items = follow<Item>(db, all);
    db.exec('BEGIN; DELETE FROM item; ROLLBACK');
    expect(() => db.execute("INSERT INTO item VALUES (9, 'x', 1), (1, 'y', 1)")).toThrow();
    await settled(db);
    expect(items.snapshots.length).toBe(1);
    items.expectFresh();
  });

  test('the result once for a burst of commits in one turn', async () => {
    const items = follow<Item>(db, all);
    for (let i = 10; i < 60; i++) db.execute('INSERT INTO item VALUES (?, ?, ?)', [i, `n${i}`, i]);
    expect(items.snapshots.length).toBe(1);
    await settled(db);
    expect(items.snapshots.length).toBe(2);
    expect(items.deltas[1]?.changes.length).toBe(50);
    items.expectFresh();
    items.expectTold();
  });

  test('nothing when a burst ends where it began, and keeps every object', async () => {
    const items = follow<Item>(db, all);
    const first = items.query.value;
    const rows = [...(first ?? [])];
    db.execute("UPDATE item SET name = 'x' WHERE id = 2");
    expect(items.query.value?.[1]).not.toBe(rows[1]);
    db.execute('DELETE FROM item WHERE id = 3');
    db.execute("UPDATE item SET name = 'Bob' WHERE id = 2");
    db.execute("INSERT INTO item VALUES (3, 'Cyd', 30)");
    await settled(db);
    expect([items.snapshots.length, items.deltas.length]).toEqual([1, 1]);
    expect(items.query.value).toBe(first);
    for (const [at, row] of rows.entries()) expect(items.query.value?.[at]).toBe(row);
  });

  test('a result from a commit so large that a watch of it would lag', async () => {
    const items = follow(db, 'SELECT count(*) AS n, sum(n) AS s FROM item');
    const insert =
      'INSERT INTO item WITH RECURSIVE i(i) AS (SELECT ? UNION ALL SELECT i + 1 FROM i LIMIT ?) SELECT i, i, i FROM i';
    db.execute(insert, [1000, 5000]);
    await settled(db);
    items.expectFresh();
    db.execute(insert, [10_000, 100_001]);
    await settled(db);
    items.expectFresh();
    items.expectTold();
    expect(items.snapshots.length).toBe(3);
  });
});

describe('lagging', () => {
  test('a flood that makes a watch lag leaves live results right: they resync by themselves', async () => {
    const items = follow<Item>(db, 'SELECT id, n FROM item WHERE id % 2 = 0 ORDER BY id');
    const watch = db.watchTable('item', { queueCapacity: 1 });
    for (let i = 0; i < 2000; i++) {
      db.execute('INSERT INTO item VALUES (?1, ?1, 1) ON CONFLICT DO UPDATE SET n = n + 1', [i % 97]);
      if (i % 13 === 0) db.execute('DELETE FROM item WHERE id = ?', [i % 97]);
    }
    expect(await watch.next()).toMatchObject({ type: 'lagged' });
    await settled(db);
    items.expectFresh();
    items.expectTold();
  });
});

describe('a snapshot', () => {
  test('keeps the object of a row that did not change', async () => {
    const items = follow<Item>(db, all);
    const [one, two, three] = items.rows;
    db.execute("UPDATE item SET name = 'Bea' WHERE id = 2");
    db.execute("INSERT INTO item VALUES (0, 'Zoe', 5)");
    await settled(db);
    expect(items.rows.map(({ name }) => name)).toEqual(['Zoe', 'Ada', 'Bea', 'Cyd']);
    expect(items.rows[1]).toBe(one);
    expect(items.rows[2]).not.toBe(two);
    expect(items.rows[3]).toBe(three);
    expect(two?.name).toBe('Bob');
  });

  test('keeps row objects also when every row moves', async () => {
    const items = follow<Item>(db, 'SELECT id, name FROM item ORDER BY n');
    const before = new Map(items.rows.map((row) => [row.id, row]));
    db.execute('UPDATE item SET n = -n');
    await settled(db);
    expect(items.rows.map(({ id }) => id)).toEqual([3, 2, 1]);
    for (const row of items.rows) expect(row).toBe(before.get(row.id));
    expect(
      items.deltas[1]?.changes.every((change) => change.type === 'update' && change.row === change.previous),
    ).toBe(true);
  });

  test('is a read-only array of read-only rows', () => {
    const [rows] = follow<Item>(db, all).snapshots;
    expectReadOnly(rows ?? []);
    const mutable = rows as Item[];
    expect(() => mutable.push({ id: 9, name: '', n: 0 })).toThrow(TypeError);
    expect(() => mutable.sort()).toThrow(TypeError);
    expect(() => {
      (mutable[0] as Item).name = 'x';
    }).toThrow(TypeError);
    expect(() => {
      mutable.length = 0;
    }).toThrow(TypeError);
    expect([...mutable].map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(mutable.toSorted((a, b) => b.id - a.id).map(({ id }) => id)).toEqual([3, 2, 1]);
    expect([
      mutable.at(-1)?.id,
      mutable.slice(1).length,
      mutable.filter(({ n }) => n > 10).length,
      mutable.concat([]).length,
    ]).toEqual([3, 2, 2, 3]);
    expect(JSON.parse(JSON.stringify(mutable))).toEqual(db.query(all));
    expect(Object.getPrototypeOf(mutable[0])).toBe(Object.prototype);
  });

  test('stays what it was when the table goes on', async () => {
    const items = follow<Item>(db, all);
    const copies: unknown[] = [];
    for (let i = 0; i < 5; i++) {
      copies.push(structuredClone(items.rows));
      db.execute('UPDATE item SET n = n + 1 WHERE id = ?', [(i % 3) + 1]);
      await settled(db);
    }
    expect(items.snapshots.slice(0, 5)).toEqual(copies);
  });
});

describe('deltas', () => {
  test('of rows without a key insert and delete the right number of duplicates', async () => {
    db.exec("CREATE TABLE bag (v); INSERT INTO bag VALUES ('a'), ('a'), ('b'), (NULL)");
    const bag = follow<{ v: string }>(db, 'SELECT v FROM bag UNION ALL SELECT v FROM bag WHERE v = 1');
    for (const sql of [
      "INSERT INTO bag VALUES ('a'), (NULL), ('c')",
      "DELETE FROM bag WHERE rowid IN (SELECT rowid FROM bag WHERE v = 'a' LIMIT 2)",
      "UPDATE bag SET v = 'a'",
      'INSERT INTO bag VALUES (1), (1)',
      'DELETE FROM bag',
      "INSERT INTO bag VALUES ('z')",
    ]) {
      db.execute(sql);
      await settled(db);
      bag.expectFresh();
      bag.expectTold();
    }
    expect(bag.deltas.length).toBe(7);
  });

  test('of duplicate rows of a table with hidden row identity follow each row', async () => {
    db.exec("CREATE TABLE bag (v, w); INSERT INTO bag VALUES ('a', 1), ('a', 2), ('a', 3)");
    const bag = follow<{ v: string }>(db, 'SELECT v FROM bag ORDER BY v');
    db.execute("UPDATE bag SET v = 'b' WHERE w = 2");
    await settled(db);
    bag.expectFresh();
    expect(new Set(bag.deltas[1]?.changes.map(({ type }) => type))).toEqual(new Set(['update']));
    db.execute('DELETE FROM bag WHERE w = 1');
    await settled(db);
    expect(bag.deltas[2]?.changes.map(({ type }) => type)).toEqual(['delete']);
    bag.expectFresh();
  });

  test('say update for a row with the same key, and delete and insert when the key itself changed', async () => {
    const items = follow<Item>(db, all);
    db.execute("UPDATE item SET name = 'Eve', n = 1 WHERE id = 2");
    await settled(db);
    expect(items.deltas[1]?.changes).toEqual([
      {
        type: 'update',
        row: { id: 2, name: 'Eve', n: 1 },
        previous: { id: 2, name: 'Bob', n: 20 },
        previousIndex: 1,
        index: 1,
      },
    ]);
    db.execute('UPDATE item SET id = 9 WHERE id = 1');
    await settled(db);
    expect(items.deltas[2]?.changes.map(({ type }) => type).sort()).toEqual(['delete', 'insert']);
    items.expectTold();
  });

  test('say update for a group that stays', async () => {
    db.execute("INSERT INTO item VALUES (4, 'Ada', 40)");
    const groups = follow<{ name: string; n: number }>(
      db,
      'SELECT name, sum(n) AS n FROM item GROUP BY name ORDER BY name',
    );
    db.execute('UPDATE item SET n = n + 1 WHERE id = 4');
    await settled(db);
    expect(groups.deltas[1]?.changes).toEqual([
      {
        type: 'update',
        row: { name: 'Ada', n: 51 },
        previous: { name: 'Ada', n: 50 },
        previousIndex: 0,
        index: 0,
      },
    ]);
  });

  test('are right for ties: rows that an incomplete ORDER BY or a LIMIT leaves open', async () => {
    db.exec(
      "DELETE FROM item; INSERT INTO item SELECT value, 'n', value % 3 FROM json_each('[1,2,3,4,5,6,7,8,9,10,11,12]')",
    );
    const tied = follow<Item>(db, 'SELECT id, n FROM item ORDER BY n');
    const top = follow<Item>(db, 'SELECT id, n FROM item ORDER BY n LIMIT 5');
    for (const sql of [
      'UPDATE item SET n = 1',
      'DELETE FROM item WHERE id % 4 = 0',
      "INSERT INTO item VALUES (0, 'n', 1), (99, 'n', 0), (98, 'n', 0)",
      'UPDATE item SET n = id % 2',
    ]) {
      db.execute(sql);
      await settled(db);
      for (const [one, count] of [
        [tied, 100],
        [top, 5],
      ] as const) {
        one.expectTold();
        const order = one.rows.map(({ n }) => n);
        expect(order).toEqual(
          db.query<Item>('SELECT n FROM item ORDER BY n LIMIT ?', [count]).map(({ n }) => n),
        );
        expect(new Set(one.rows.map(({ id }) => id)).size).toBe(one.rows.length);
        for (const { id, n } of one.rows)
          expect(db.query('SELECT 1 FROM item WHERE id = ? AND n = ?', [id, n]).length).toBe(1);
      }
    }
  });

  test('leave rows in their place where the query leaves the order open', async () => {
    db.exec('CREATE INDEX by_n ON item (n, id)');
    const items = follow<Item>(db, 'SELECT id, n FROM item WHERE n > 0');
    const order = items.rows.map(({ id }) => id);
    db.execute('UPDATE item SET n = 100 - n');
    await settled(db);
    expect(items.rows.map(({ id }) => id)).toEqual(order);
    expect(
      items.deltas[1]?.changes.every(
        (change) => change.type === 'update' && change.index === change.previousIndex,
      ),
    ).toBe(true);
    items.expectFresh();
  });

  test('name the last commit that they contain', async () => {
    const items = follow<Item>(db, all);
    const commits: number[] = [];
    db.subscribe(({ commit_lsn }) => commits.push(commit_lsn));
    for (let i = 0; i < 3; i++) {
      db.execute('UPDATE item SET n = n + 1 WHERE id = 1');
      if (i === 1) db.execute('UPDATE item SET n = n + 1 WHERE id = 2');
      await settled(db);
    }
    expect(items.deltas.slice(1).map(({ commit }) => commit)).toEqual([commits[0], commits[2], commits[3]]);
  });
});

describe('a late subscriber', () => {
  test('gets the current snapshot at once, and as inserts from changes', async () => {
    const items = follow<Item>(db, all);
    db.execute("INSERT INTO item VALUES (4, 'Dan', 40)");
    await settled(db);
    const got: unknown[] = [];
    const rows = items.query.subscribe((snapshot) => got.push(snapshot));
    const changes = items.query.changes.subscribe((delta) => got.push(delta));
    expect(got[0]).toBe(items.query.value);
    expect(got[1]).toEqual({
      commit: expect.any(Number),
      rows: items.query.value,
      changes: db.query(all).map((row, index) => ({ type: 'insert', row, index })),
    });
    expect(got.length).toBe(2);
    rows.unsubscribe();
    changes.unsubscribe();
  });

  test('who comes between a commit and its delivery gets the new snapshot, once', async () => {
    const items = follow<Item>(db, all);
    db.execute("INSERT INTO item VALUES (4, 'Dan', 40)");
    const got: (readonly Item[])[] = [];
    items.query.subscribe((snapshot) => got.push(snapshot));
    expect(got.map(({ length }) => length)).toEqual([4]);
    await settled(db);
    expect(got.length).toBe(1);
    items.expectTold();
  });
});

describe('parameters', () => {
  test('make different queries of one text', async () => {
    const [low, high] = [15, 25].map((n) =>
      follow<Item>(db, 'SELECT id FROM item WHERE n > ? ORDER BY id', [n]),
    );
    db.execute('UPDATE item SET n = 20');
    await settled(db);
    expect([low?.rows, high?.rows]).toEqual([[{ id: 1 }, { id: 2 }, { id: 3 }], []]);
  });

  test('are taken as they were when the query was made', async () => {
    const params = [15];
    const named = { n: 15 };
    const queries = [
      live<Item>(db, 'SELECT id FROM item WHERE n > ?', params),
      live<Item>(db, 'SELECT id FROM item WHERE n > $n', named),
    ];
    params[0] = 1000;
    named.n = 1000;
    for (const query of queries) {
      const subscription = query.subscribe();
      expect(query.value).toEqual([{ id: 2 }, { id: 3 }]);
      subscription.unsubscribe();
    }
  });
});

describe('every read-only SELECT is taken', () => {
  test.for<[what: string, sql: string, write: string]>([
    ['a constant', 'SELECT 1 AS one', 'INSERT INTO other VALUES (1)'],
    ['VALUES', 'VALUES (1), (2)', 'INSERT INTO other VALUES (1)'],
    ['a table-valued function', "SELECT value FROM json_each('[1,2]')", 'INSERT INTO other VALUES (1)'],
    [
      'a table-valued function of a column',
      "SELECT item.id, value FROM item, json_each('[' || item.n || ',1]')",
      'UPDATE item SET n = 7',
    ],
    [
      'a recursive query',
      'WITH RECURSIVE r(i) AS (SELECT max(id) FROM item UNION ALL SELECT i - 1 FROM r WHERE i > 0) SELECT i FROM r',
      'DELETE FROM item WHERE id = 3',
    ],
    ['sqlite_schema', 'SELECT name FROM sqlite_schema ORDER BY name', 'CREATE TABLE more (v)'],
    ['a temporary table', 'SELECT v FROM temp.passing', "INSERT INTO passing VALUES ('x')"],
    ['an attached database', 'SELECT v FROM aux.far', "INSERT INTO aux.far VALUES ('x')"],
    ['sys', 'SELECT query_watch_count AS n FROM sys.reactive_metrics', 'INSERT INTO other VALUES (1)'],
    [
      'a window over everything',
      'SELECT id, rank() OVER (ORDER BY n DESC) AS r FROM item',
      'UPDATE item SET n = 99 WHERE id = 1',
    ],
    [
      'a virtual table',
      "SELECT text FROM words WHERE words MATCH 'hello'",
      "INSERT INTO words VALUES ('hello world')",
    ],
    ['a compound', 'SELECT id FROM item EXCEPT SELECT v FROM other', 'INSERT INTO other VALUES (1)'],
  ])('%s', async ([, sql, write]) => {
    db.exec(
      "CREATE TEMP TABLE passing (v); ATTACH ':memory:' AS aux; CREATE TABLE aux.far (v); CREATE VIRTUAL TABLE words USING fts5(text)",
    );
    const query = follow(db, sql);
    query.expectFresh();
    db.execute(write);
    await settled(db);
    query.expectFresh();
    query.expectTold();
  });
});
