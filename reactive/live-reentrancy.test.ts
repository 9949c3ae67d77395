import type { DatabaseSync } from 'freshet';
import { live, type Schedule, settled } from 'freshet/reactive';
import type { Subscription } from 'rxjs';
import { beforeEach, describe, expect, test } from 'vitest';
import { follow } from '../tests/support/following.ts';
import { opened } from '../tests/support/opening.ts';

const sql = 'SELECT id, n FROM item ORDER BY id';
interface Item {
  id: number;
  n: number;
}

let db: DatabaseSync;
beforeEach(() => {
  db = opened();
  db.exec('CREATE TABLE item (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO item VALUES (1, 1)');
});

describe.each<Schedule>(['sync', 'microtask', 'frame'])('a subscriber on schedule %s', (schedule) => {
  test('may write while it is told: it is told of that next, not nested, and ends with the last answer', async () => {
    const log: string[] = [];
    let last: number | undefined;
    const witness = follow<Item>(db, sql, [], { schedule });
    live<Item>(db, sql, [], { schedule }).subscribe((rows) => {
      const n = rows[0]?.n ?? 0;
      log.push(`enter ${n}`);
      if (n < 4) db.execute('UPDATE item SET n = n + 1');
      log.push(`leave ${n}`);
      last = n;
    });
    await settled(db);
    expect(log).toEqual([1, 2, 3, 4].flatMap((n) => [`enter ${n}`, `leave ${n}`]));
    expect(last).toBe(4);
    witness.expectFresh();
    witness.expectTold();
  });

  test('may write when it is told of another’s commit, and every subscriber ends with the last answer', async () => {
    const all = [
      follow<Item>(db, sql, [], { schedule }),
      follow<Item>(db, 'SELECT sum(n) AS n FROM item', [], { schedule }),
    ];
    const seen: number[] = [];
    live<Item>(db, 'SELECT max(n) AS n FROM item', [], { schedule }).subscribe(([row]) => {
      const n = row?.n ?? 0;
      seen.push(n);
      if (n > 5 && n < 10) db.execute('UPDATE item SET n = n + 1');
    });
    all.push(follow<Item>(db, sql, [], { schedule }));
    db.execute('UPDATE item SET n = 6');
    await settled(db);
    expect(seen).toEqual([1, 6, 7, 8, 9, 10]);
    for (const items of all) {
      items.expectFresh();
      items.expectTold();
    }
  });

  test('may unsubscribe, itself and others, while it is told', async () => {
    const got: Record<string, number> = { self: 0, earlier: 0, later: 0, stays: 0 };
    const subscriptions: Subscription[] = [];
    const query = live<Item>(db, sql, [], { schedule });
    const count = (name: string) => () => {
      got[name] = (got[name] ?? 0) + 1;
    };
    subscriptions.push(query.subscribe(count('earlier')));
    subscriptions.push(
      query.subscribe(() => {
        count('self')();
        if (got.self === 2) for (const subscription of subscriptions) subscription.unsubscribe();
      }),
    );
    subscriptions.push(query.subscribe(count('later')));
    query.subscribe(count('stays'));
    for (let i = 0; i < 3; i++) {
      db.execute('UPDATE item SET n = n + 1');
      await settled(db);
    }
    expect(got).toEqual({ self: 2, earlier: 2, later: 1, stays: 4 });
  });

  test('may unsubscribe in its first callback, before subscribe has returned', async () => {
    const got: unknown[] = [];
    const { take } = await import('rxjs');
    live<Item>(db, sql, [], { schedule })
      .pipe(take(1))
      .subscribe((rows) => got.push(rows));
    await settled(db);
    db.execute('UPDATE item SET n = 2');
    await settled(db);
    expect(got.length).toBe(1);
    expect(db.query('SELECT * FROM sqlite_temp_schema')).toEqual([]);
  });

  test('may subscribe to others, and to the same again, while it is told', async () => {
    const inner: number[] = [];
    live<Item>(db, sql, [], { schedule }).subscribe((rows) => {
      if (rows[0]?.n === 3) return;
      live<Item>(db, sql, [], { schedule }).subscribe(([row]) => inner.push(row?.n ?? 0));
      live<Item>(db, 'SELECT count(*) AS n FROM item', [], { schedule }).subscribe(([row]) =>
        inner.push(row?.n ?? 0),
      );
    });
    await settled(db);
    expect(inner).toEqual([1, 1]);
    db.execute('UPDATE item SET n = 2');
    await settled(db);
    // The first inner subscriber hears of the change; the new ones begin with it.
    expect(inner.slice(2).sort()).toEqual([1, 2, 2]);
  });

  test('may close the database while it is told: everybody is completed, and the commit that told it returns', async () => {
    const witness = follow<Item>(db, sql, [], { schedule });
    const other = follow<Item>(db, 'SELECT count(*) AS n FROM item', [], { schedule });
    live<Item>(db, sql, [], { schedule }).subscribe(([row]) => {
      if (row?.n === 2) db.close();
    });
    expect(db.execute('UPDATE item SET n = 2')).toEqual({ changes: 1, lastInsertRowid: expect.anything() });
    await settled(db);
    expect(witness.ends.sort()).toEqual(['changes complete', 'rows complete']);
    expect(other.ends.sort()).toEqual(['changes complete', 'rows complete']);
    expect([...witness.errors, ...other.errors]).toEqual([]);
    expect(() => db.query(sql)).toThrow(expect.objectContaining({ code: 'CLOSED' }));
  });

  test('may read, begin and roll back while it is told', async () => {
    const reads: unknown[] = [];
    live<Item>(db, sql, [], { schedule }).subscribe((rows) => {
      const tx = db.begin();
      tx.execute('DELETE FROM item');
      reads.push(tx.query(sql).length);
      tx.rollback();
      reads.push(rows);
      expect(db.query(sql)).toEqual(rows);
    });
    db.execute('UPDATE item SET n = 2');
    await settled(db);
    expect(reads).toEqual([0, [{ id: 1, n: 1 }], 0, [{ id: 1, n: 2 }]]);
  });

  test('who leaves a transaction open delays what comes, and loses none of it', async () => {
    const items = follow<Item>(db, sql, [], { schedule });
    let tx: { commit(): void } | undefined;
    live<Item>(db, sql, [], { schedule }).subscribe(([row]) => {
      if (row?.n === 2) tx = db.begin();
    });
    db.execute('UPDATE item SET n = 2');
    await settled(db);
    expect(db.inTransaction).toBe(true);
    db.execute('UPDATE item SET n = 3');
    tx?.commit();
    await settled(db);
    items.expectFresh();
    items.expectTold();
  });
});

describe('a listener of commits', () => {
  test('may subscribe to a live query, which starts from that commit', async () => {
    const got: (readonly Item[])[] = [];
    const leave = db.subscribe(() => {
      leave();
      live<Item>(db, sql, [], { schedule: 'sync' }).subscribe((rows) => got.push(rows));
    });
    db.execute('UPDATE item SET n = 2');
    db.execute('UPDATE item SET n = 3');
    expect(got.map(([row]) => row?.n)).toEqual([2, 3]);
  });

  test('who is told before a sync subscriber or after, sees the same value', () => {
    const query = live<Item>(db, sql, [], { schedule: 'sync' });
    const seen: string[] = [];
    db.subscribe(() => seen.push(`listener ${query.value?.[0]?.n}`));
    query.subscribe(([row]) => seen.push(`subscriber ${row?.n}`));
    db.subscribe(() => seen.push(`listener ${query.value?.[0]?.n}`));
    db.execute('UPDATE item SET n = 2');
    expect(seen.slice(1).sort()).toEqual(['listener 2', 'listener 2', 'subscriber 2']);
  });
});

test('a query with a SELECT inside closes and opens again while rows are being iterated', () => {
  const inside = `SELECT id FROM item WHERE id IN (SELECT id FROM item ORDER BY n, id LIMIT 2) ORDER BY id`;
  db.execute('INSERT INTO item VALUES (2, 2), (3, 3)');
  const query = live<Item>(db, inside, [], { schedule: 'sync' });
  expect(query.explain().tier).toBe('incremental');
  query.subscribe().unsubscribe();
  let subscription = query.subscribe();
  const rows = db.iterate('SELECT id FROM item ORDER BY id');
  rows.next();
  for (const n of [20, 0]) {
    // Its table can't be dropped meanwhile.
    subscription.unsubscribe();
    subscription = query.subscribe();
    expect(query.value).toEqual(db.query(inside));
    db.execute('UPDATE item SET n = ? WHERE id = 1', [n]);
    expect(db.queryOne('SELECT changes() AS n')).toEqual({ n: 1 });
  }
  expect([...rows].length).toBe(2);
  expect(query.value).toEqual(db.query(inside));
  subscription.unsubscribe();
  db.execute('DELETE FROM item');
  expect(db.query('SELECT * FROM sqlite_temp_schema')).toEqual([]);
});
