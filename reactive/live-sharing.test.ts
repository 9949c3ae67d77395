import type { DatabaseSync } from 'freshet';
import { type LiveQuery, live, settled } from 'freshet/reactive';
import { beforeEach, describe, expect, test } from 'vitest';
import { engineOf } from '../core/engine-key.ts';
import { countCalls } from '../tests/support/counted.ts';
import { follow } from '../tests/support/following.ts';
import { fileWith, opened } from '../tests/support/opening.ts';

let db: DatabaseSync;
beforeEach(() => {
  db = opened();
  db.exec(`
    CREATE TABLE item (id INTEGER PRIMARY KEY, n INTEGER);
    INSERT INTO item VALUES (1, 10), (2, 20), (3, 30);
  `);
});

const triggers = () => db.query('SELECT * FROM sqlite_temp_schema');

describe('equal queries share one evaluation', () => {
  const sql = 'SELECT id, counted(n) AS n FROM item WHERE id > $low AND id < $high ORDER BY id';

  /** How many rows SQLite evaluates for `count` subscribed queries at their start, and for a commit. */
  async function work(
    count: number,
    make: (at: number) => LiveQuery,
  ): Promise<{ start: number; commit: number }> {
    const counter = countCalls(db);
    const subscriptions = Array.from({ length: count }, (_, at) => make(at).subscribe());
    const start = counter.calls;
    db.execute('UPDATE item SET n = n + 1');
    await settled(db);
    for (const subscription of subscriptions) subscription.unsubscribe();
    return { start, commit: counter.calls - start };
  }

  test('of as many LiveQuery objects as there are', async () => {
    const one = await work(1, () => live(db, sql, { low: 0, high: 9 }));
    expect(one.start).toBe(3);
    expect(one.commit).toBeGreaterThan(0);
    expect(await work(10, () => live(db, sql, { low: 0, high: 9 }))).toEqual(one);
  });

  test('whatever the order in which named parameters are given, and with or without prefix', async () => {
    const one = await work(1, () => live(db, sql, { low: 0, high: 9 }));
    const spellings = [
      { low: 0, high: 9 },
      { high: 9, low: 0 },
      { $low: 0, $high: 9 },
      { low: 0n, high: 9 },
    ];
    expect(await work(4, (at) => live(db, sql, spellings[at]))).toEqual(one);
  });

  test('also when they are told by different schedules, or take rows and changes', async () => {
    const one = await work(1, () => live(db, sql, { low: 0, high: 9 }));
    const schedules = ['sync', 'microtask', 'frame'] as const;
    expect(
      await work(3, (at) => live(db, sql, { low: 0, high: 9 }, { schedule: schedules[at] ?? 'sync' })),
    ).toEqual(one);
    const counter = countCalls(db);
    follow(db, sql, { low: 0, high: 9 });
    expect(counter.calls).toBe(one.start);
  });

  test('and one snapshot', async () => {
    const queries = [live(db, 'SELECT * FROM item'), live(db, 'SELECT * FROM item')];
    const [one, other] = queries.map((query) => {
      const got: unknown[] = [];
      query.subscribe((rows) => got.push(rows));
      return got;
    });
    db.execute('DELETE FROM item WHERE id = 2');
    await settled(db);
    expect(one?.length).toBe(2);
    for (const at of [0, 1]) expect(other?.[at]).toBe(one?.[at]);
    expect(queries[0]?.value).toBe(queries[1]?.value);
  });

  test('but not with queries that differ in a parameter’s value or type', async () => {
    const one = await work(1, () => live(db, 'SELECT counted(id) AS id, typeof(?) AS t FROM item', [1]));
    for (const values of [
      [1, '1'],
      [1, 1.5],
      [null, 0],
      ['a', new Uint8Array([97])],
      [2n ** 60n, 2n ** 60n + 1n],
    ]) {
      const two = await work(2, (at) =>
        live(db, 'SELECT counted(id) AS id, typeof(?) AS t FROM item', [values[at] ?? null]),
      );
      expect(two, String(values)).toEqual({ start: 2 * one.start, commit: 2 * one.commit });
    }
  });

  test('nor with those of another database', async () => {
    const other = opened();
    other.exec('CREATE TABLE item (id INTEGER PRIMARY KEY, n INTEGER)');
    const [ours, theirs] = [follow(db, 'SELECT * FROM item'), follow(other, 'SELECT * FROM item')];
    db.execute('DELETE FROM item WHERE id = 1');
    await Promise.all([settled(db), settled(other)]);
    expect([ours.rows.length, theirs.rows.length]).toEqual([2, 0]);
    expect(theirs.snapshots.length).toBe(1);
  });
});

describe('the last unsubscribe', () => {
  test('releases the query: no trigger, no maintainer, no work, no value', async () => {
    const counter = countCalls(db);
    const query = live(db, 'SELECT counted(id) AS id FROM item');
    expect(query.value).toBeUndefined();
    const subscriptions = [
      query.subscribe(),
      query.changes.subscribe(),
      live(db, 'SELECT counted(id) AS id FROM item').subscribe(),
    ];
    expect(db[engineOf].hub.isActive).toBe(true);
    for (const subscription of subscriptions.slice(1)) subscription.unsubscribe();
    db.execute('INSERT INTO item VALUES (4, 40)');
    await settled(db);
    expect(query.value?.length).toBe(4);
    subscriptions[0]?.unsubscribe();
    const before = counter.calls;
    db.execute('INSERT INTO item VALUES (5, 50)');
    await settled(db);
    expect(counter.calls).toBe(before);
    expect(query.value).toBeUndefined();
    expect(triggers()).toEqual([]);
    expect(db[engineOf].hub.isActive).toBe(false);
    expect(db.reactiveMetrics().active_watch_count).toBe(0);
  });

  test('stops looking for commits of other programs', async () => {
    const file = opened(fileWith('CREATE TABLE t (v)'));
    const timers = (): number =>
      process
        .getActiveResourcesInfo()
        .filter((name) => name === 'Timeout' || name === 'FSEvent' || name === 'FSEventWrap').length;
    const idle = timers();
    const subscription = live(file, 'SELECT * FROM t').subscribe();
    subscription.unsubscribe();
    expect(timers()).toBe(idle);
    expect(file[engineOf].hub.isActive).toBe(false);
  });

  test('of one LiveQuery leaves the others of the same text', async () => {
    const [one, other] = [live(db, 'SELECT id FROM item'), live(db, 'SELECT id FROM item')];
    const subscription = one.subscribe();
    const got: number[] = [];
    other.subscribe((rows) => got.push(rows.length));
    subscription.unsubscribe();
    db.execute('DELETE FROM item WHERE id = 1');
    await settled(db);
    expect(got).toEqual([3, 2]);
    expect(one.value).toBeUndefined();
    expect(other.value?.length).toBe(2);
  });

  test('between a commit and its delivery tells nobody', async () => {
    const got: unknown[] = [];
    const query = live(db, 'SELECT id FROM item');
    const subscription = query.subscribe((rows) => got.push(rows));
    db.execute('DELETE FROM item WHERE id = 1');
    subscription.unsubscribe();
    await settled(db);
    expect(got.length).toBe(1);
  });

  test('is followed by a fresh start: another subscriber gets the present answer', async () => {
    const query = live<{ id: number }>(db, 'SELECT id FROM item');
    for (let round = 0; round < 3; round++) {
      const got: number[] = [];
      const subscription = query.subscribe((rows) => got.push(rows.length));
      db.execute('INSERT INTO item (n) VALUES (0)');
      await settled(db);
      subscription.unsubscribe();
      db.execute('INSERT INTO item (n) VALUES (0)');
      expect(got).toEqual([3 + 2 * round, 4 + 2 * round]);
    }
  });

  test('nothing is asked before the first subscriber', () => {
    const counter = countCalls(db);
    const query = live(db, 'SELECT counted(id) AS id FROM item');
    expect([query.value, counter.calls, triggers().length]).toEqual([undefined, 0, 0]);
    expect(db[engineOf].hub.isActive).toBe(false);
    query.explain();
    expect([counter.calls, db[engineOf].hub.isActive]).toEqual([0, false]);
  });
});
