import { settled } from 'freshet/reactive';
import { describe, expect, test } from 'vitest';
import { follow } from '../tests/support/following.ts';
import { bare, fileWith, opened } from '../tests/support/opening.ts';
import { OtherProcess } from '../tests/support/other-process.ts';

const schema =
  'CREATE TABLE item (id INTEGER PRIMARY KEY, n INTEGER); CREATE TABLE other (v); INSERT INTO item VALUES (1, 10);';
const sql = 'SELECT id, n FROM item ORDER BY id';

describe.each(['wal', 'delete'] as const)('live queries, in journal mode %s,', (journal) => {
  test('follow the commits of another process, and emit nothing when their answer is the same', async () => {
    const path = fileWith(schema, journal);
    const db = opened(path);
    const items = follow(db, sql);
    const count = follow(db, 'SELECT count(*) AS n FROM item WHERE n > 1000');
    const other = await OtherProcess.start(path);
    await other.exec('INSERT INTO item VALUES (2, 20)');
    await items.until(({ length }) => length === 2);
    await other.exec(
      'BEGIN; UPDATE item SET n = 11 WHERE id = 1; DELETE FROM item WHERE id = 2; INSERT INTO item VALUES (3, 30); COMMIT',
    );
    await items.until((rows) => rows[1]?.id === 3);
    expect(
      items.deltas
        .at(-1)
        ?.changes.map(({ type }) => type)
        .sort(),
    ).toEqual(['delete', 'insert', 'update']);
    items.expectFresh();
    items.expectTold();
    expect(count.snapshots.length).toBe(1);
  });

  test('of another process and of this one together end with what SQLite says', async () => {
    const path = fileWith(schema, journal);
    const db = opened(path);
    const items = follow(db, sql);
    const other = await OtherProcess.start(path);
    const theirs = (async () => {
      for (let i = 0; i < 50; i++) await other.exec(`INSERT INTO item VALUES (${1000 + i}, ${i})`);
    })();
    for (let i = 0; i < 50; i++) {
      db.execute('INSERT INTO item VALUES (?, ?)', [2000 + i, i]);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await theirs;
    await items.until(({ length }) => length === 101);
    await settled(db);
    items.expectFresh();
    items.expectTold();
  });

  test('follow the schema changes of another process', async () => {
    const path = fileWith(schema, journal);
    const db = opened(path);
    const items = follow(db, 'SELECT * FROM item ORDER BY id');
    const gone = follow(db, 'SELECT v FROM other');
    const other = await OtherProcess.start(path);
    await other.exec('BEGIN; ALTER TABLE item ADD COLUMN extra DEFAULT 5; DROP TABLE other; COMMIT');
    await items.until((rows) => rows[0]?.extra === 5);
    expect(gone.errors).toMatchObject([{ code: 'SQL' }, { code: 'SQL' }]);
    items.expectFresh();
  });
});

describe('one view', () => {
  test('when another program’s commit is noticed by opening a live query, all others show it too', () => {
    const path = fileWith(schema);
    const db = opened(path);
    const items = follow(db, sql, [], { schedule: 'sync' });
    bare(path).exec('INSERT INTO item VALUES (2, 20)');
    const sum = follow(db, 'SELECT sum(n) AS s FROM item', [], { schedule: 'sync' });
    expect(sum.rows).toEqual([{ s: 30 }]);
    expect(items.query.value?.length).toBe(2);
    items.expectTold();
  });

  test('when a commit of ours is the first look at another program’s, all live queries show both', () => {
    const path = fileWith(schema);
    const db = opened(path);
    const items = follow(db, sql, [], { schedule: 'sync' });
    const others = follow(db, 'SELECT count(*) AS n FROM other', [], { schedule: 'sync' });
    const both = follow(
      db,
      'SELECT (SELECT count(*) FROM item) AS i, (SELECT count(*) FROM other) AS o',
      [],
      { schedule: 'sync' },
    );
    bare(path).exec('INSERT INTO item VALUES (2, 20)');
    const views: unknown[] = [];
    db.subscribe(() =>
      views.push([items.query.value?.length, others.query.value?.[0]?.n, both.query.value?.[0]]),
    );
    db.execute('INSERT INTO other VALUES (1)');
    for (const view of views) expect(view).toEqual([2, 1, { i: 2, o: 1 }]);
    expect(views.length).toBeGreaterThan(0);
  });
});
