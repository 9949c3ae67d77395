import type { DatabaseSync } from 'freshet';
import { live, settled } from 'freshet/reactive';
import { beforeEach, describe, expect, test } from 'vitest';
import { follow } from '../tests/support/following.ts';
import { fileWith, opened } from '../tests/support/opening.ts';

const schema = 'CREATE TABLE item (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO item VALUES (1, 10);';
const sql = 'SELECT id, n FROM item ORDER BY id';

let db: DatabaseSync;
beforeEach(() => {
  db = opened();
  db.exec(schema);
});

describe('a live query opened inside a transaction', () => {
  for (const how of ['commit', 'rollback'] as const) {
    test(`gets its first answer at the end of it, by ${how}`, async () => {
      const tx = db.begin();
      tx.execute('INSERT INTO item VALUES (2, 20)');
      const items = follow(db, sql);
      tx.execute('INSERT INTO item VALUES (3, 30)');
      await new Promise((resolve) => setImmediate(resolve));
      expect([items.snapshots, items.query.value]).toEqual([[], undefined]);
      tx[how]();
      expect(items.query.value).toEqual(db.query(sql));
      await settled(db);
      expect(items.snapshots).toEqual([db.query(sql)]);
      expect(items.rows.length).toBe(how === 'commit' ? 3 : 1);
      db.execute('DELETE FROM item WHERE id = 1');
      await settled(db);
      items.expectFresh();
      items.expectTold();
    });
  }

  test('begun in SQL, by a function that throws, or by a savepoint, just so', async () => {
    for (const [open, end] of [
      ['BEGIN', 'ROLLBACK'],
      ['SAVEPOINT s', 'RELEASE s'],
      ['BEGIN IMMEDIATE', 'END'],
    ] as const) {
      db.execute(open);
      db.execute('INSERT INTO item (n) VALUES (1)');
      const items = follow(db, sql);
      expect(items.snapshots).toEqual([]);
      db.execute(end);
      await settled(db);
      expect(items.snapshots.length).toBe(1);
      items.expectFresh();
      items.stop();
    }
    const thrown = (() => {
      let items: ReturnType<typeof follow> | undefined;
      expect(() =>
        db.transaction(() => {
          db.execute('DELETE FROM item');
          items = follow(db, sql);
          throw new Error('no');
        }),
      ).toThrow('no');
      return items;
    })();
    await settled(db);
    thrown?.expectFresh();
    thrown?.expectTold();
  });

  test('and left before its end leaves nothing', async () => {
    const tx = db.begin();
    const items = follow(db, sql);
    items.stop();
    tx.commit();
    await settled(db);
    expect(items.snapshots).toEqual([]);
    expect(db.query('SELECT * FROM sqlite_temp_schema')).toEqual([]);
  });

  test('of a table that the rollback takes away gets the error', async () => {
    const tx = db.begin();
    tx.exec('CREATE TABLE brief (v)');
    const brief = follow(db, 'SELECT * FROM brief');
    const lasting = follow(db, sql);
    expect(() => tx.rollback()).not.toThrow();
    await settled(db);
    expect(brief.errors).toMatchObject([{ code: 'SQL', subcode: 'sql.relation_not_found' }, {}]);
    expect(lasting.snapshots.length).toBe(1);
  });

  test('of a query that is followed already gets the last committed answer at once', async () => {
    const before = follow(db, sql);
    const tx = db.begin();
    tx.execute('INSERT INTO item VALUES (2, 20)');
    const within = follow(db, sql);
    expect(within.snapshots).toEqual([[{ id: 1, n: 10 }]]);
    tx.commit();
    await settled(db);
    for (const items of [before, within]) {
      expect(items.rows.length).toBe(2);
      items.expectTold();
    }
  });
});

describe('while a transaction is open', () => {
  test('nobody sees its uncommitted rows', async () => {
    const items = follow(db, sql, [], { schedule: 'sync' });
    const tx = db.begin();
    tx.execute('INSERT INTO item VALUES (2, 20)');
    await settled(db);
    expect(items.query.value?.length).toBe(1);
    tx.savepoint(() => tx.execute('DELETE FROM item'));
    expect(items.snapshots.length).toBe(1);
    tx.rollback();
    await settled(db);
    expect(items.snapshots.length).toBe(1);
    items.expectFresh();
  });

  test('a commit of another handle is shown when it has ended', async () => {
    const path = fileWith(schema);
    const [reader, writer] = [opened(path), opened(path)];
    const items = follow(reader, sql);
    const tx = reader.begin();
    expect(tx.query(sql).length).toBe(1);
    writer.execute('INSERT INTO item VALUES (2, 20)');
    writer.execute('INSERT INTO item VALUES (3, 30)');
    expect(items.query.value?.length).toBe(1);
    tx.commit();
    await settled(reader);
    expect(items.rows.length).toBe(3);
    items.expectFresh();
    items.expectTold();
  });

  test('a delta claims no commit of another handle that its rows don’t hold', async () => {
    const path = fileWith(schema);
    const [reader, writer] = [opened(path), opened(path)];
    const early = follow(reader, sql);
    const tx = reader.begin();
    tx.query(sql);
    let lsn = 0;
    writer.subscribe(({ commit_lsn }) => {
      lsn = commit_lsn;
    });
    writer.execute('INSERT INTO item VALUES (2, 20)');
    const commits: number[] = [];
    const late = early.query.changes.subscribe(({ commit, rows }) => {
      if (rows.length === 1) commits.push(commit);
    });
    tx.commit();
    await settled(reader);
    expect(commits.length).toBe(1);
    expect(commits[0]).toBeLessThan(lsn);
    late.unsubscribe();
  });

  test('of another handle, which had begun before the query was subscribed, its commit is not lost', async () => {
    const path = fileWith(schema);
    const [reader, writer] = [opened(path), opened(path)];
    const tx = writer.begin();
    tx.execute('INSERT INTO item VALUES (2, 20)');
    const items = follow(reader, sql);
    expect(items.rows.length).toBe(1);
    tx.commit();
    await settled(reader);
    items.expectFresh();
  });

  test('a subscriber who is told may not be: delivery waits for nobody’s transaction', async () => {
    const items = follow(db, sql);
    db.execute('INSERT INTO item VALUES (2, 20)');
    // The transaction begins in the same turn, before the microtask.
    const tx = db.begin();
    tx.execute('INSERT INTO item VALUES (3, 30)');
    await settled(db);
    expect(items.rows.map((row) => row.id)).toEqual([1, 2]);
    tx.rollback();
    await settled(db);
    expect(items.snapshots.length).toBe(2);
    items.expectFresh();
  });

  test('a query may be subscribed and left many times over', async () => {
    const got: number[] = [];
    db.transaction(() => {
      for (let i = 0; i < 5; i++) {
        db.execute('INSERT INTO item (n) VALUES (0)');
        const subscription = live(db, sql).subscribe();
        if (i % 2) subscription.unsubscribe();
        live(db, sql).subscribe(({ length }) => got.push(length));
      }
    });
    await settled(db);
    expect(got).toEqual([6, 6, 6, 6, 6]);
  });
});
