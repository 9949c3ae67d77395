import type { DatabaseSync } from 'freshet';
import { ProgrammingError } from 'freshet';
import { live, settled } from 'freshet/reactive';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { follow } from '../tests/support/following.ts';
import { fileWith, opened } from '../tests/support/opening.ts';

let db: DatabaseSync;
beforeEach(() => {
  db = opened();
  db.exec('CREATE TABLE item (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO item VALUES (1, 10), (2, 20)');
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const sql = 'SELECT id, n FROM item ORDER BY id';
const bump = (): unknown => db.execute('UPDATE item SET n = n + 1');

describe('a schedule says when subscribers are told', () => {
  test('sync: each commit, before the committing call returns', () => {
    const items = follow<{ n: number }>(db, sql, [], { schedule: 'sync' });
    for (let i = 1; i <= 3; i++) {
      bump();
      expect(items.snapshots.length).toBe(1 + i);
      expect(items.rows[0]?.n).toBe(10 + i);
      items.expectTold();
    }
    db.transaction(() => {
      bump();
      bump();
      expect(items.snapshots.length).toBe(4);
    });
    expect(items.snapshots.length).toBe(5);
  });

  test('microtask, the default: once, when the code that committed has run to its end', async () => {
    const items = follow(db, sql);
    bump();
    bump();
    expect(items.snapshots.length).toBe(1);
    await Promise.resolve();
    expect(items.snapshots.length).toBe(2);
    await settled(db);
    expect(items.snapshots.length).toBe(2);
    items.expectTold();
  });

  test('frame: once, at the next animation frame', async () => {
    const frames: (() => void)[] = [];
    vi.stubGlobal('requestAnimationFrame', (call: () => void) => frames.push(call));
    const items = follow(db, sql, [], { schedule: 'frame' });
    bump();
    await Promise.resolve();
    bump();
    let isSettled = false;
    const settling = settled(db).then(() => {
      isSettled = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect([items.snapshots.length, frames.length, isSettled]).toEqual([1, 1, false]);
    frames.shift()?.();
    expect(items.snapshots.length).toBe(2);
    items.expectTold();
    await settling;
    bump();
    expect(frames.length).toBe(1);
  });

  test('frame in a page that is hidden, or is hidden before its frame, does not wait for it', async () => {
    const frames = new Map<number, () => void>();
    const page = Object.assign(new EventTarget(), { visibilityState: 'hidden' });
    vi.stubGlobal('document', page);
    vi.stubGlobal('requestAnimationFrame', (call: () => void) => frames.set(frames.size, call).size - 1);
    vi.stubGlobal('cancelAnimationFrame', (frame: number) => frames.delete(frame));
    const items = follow(db, sql, [], { schedule: 'frame' });
    bump();
    await settled(db);
    expect([items.snapshots.length, frames.size]).toEqual([2, 0]);
    page.visibilityState = 'visible';
    bump();
    expect([items.snapshots.length, frames.size]).toEqual([2, 1]);
    page.visibilityState = 'hidden';
    page.dispatchEvent(new Event('visibilitychange'));
    await settled(db);
    expect([items.snapshots.length, frames.size]).toEqual([3, 0]);
    items.expectTold();
  });

  test('frame without animation frames, as on Node, comes by itself', async () => {
    const items = follow(db, sql, [], { schedule: 'frame' });
    bump();
    await settled(db);
    expect(items.snapshots.length).toBe(2);
    items.expectTold();
  });

  test('an unknown one is refused', () => {
    expect(() => live(db, sql, [], { schedule: 'later' as 'sync' })).toThrow(ProgrammingError);
  });

  test('of different subscribers of one query each to its own: no one misses or repeats a change', async () => {
    const frames: (() => void)[] = [];
    vi.stubGlobal('requestAnimationFrame', (call: () => void) => frames.push(call));
    const all = (['sync', 'microtask', 'frame'] as const).map((schedule) =>
      follow(db, sql, [], { schedule }),
    );
    for (let turn = 0; turn < 4; turn++) {
      for (let i = 0; i < 3; i++) bump();
      await Promise.resolve();
      if (turn % 2 === 1) frames.shift()?.();
    }
    await settled(db);
    expect(all.map(({ snapshots }) => snapshots.length)).toEqual([13, 5, 3]);
    for (const items of all) items.expectTold();
  });
});

describe('a row that came back to what a slow subscriber still holds', () => {
  test('is that very object again, and if all did, nothing is emitted', async () => {
    const frames: (() => void)[] = [];
    vi.stubGlobal('requestAnimationFrame', (call: () => void) => frames.push(call));
    const slow = follow(db, sql, [], { schedule: 'frame' });
    const quick = follow(db, sql, [], { schedule: 'sync' });
    const [first, second] = slow.rows;
    db.execute('UPDATE item SET n = 0');
    await settledTurn();
    db.execute('UPDATE item SET n = id * 10');
    expect([slow.query.value?.[0], slow.query.value?.[1]]).toEqual([first, second]);
    frames.shift()?.();
    expect([slow.snapshots.length, slow.deltas.length]).toEqual([1, 1]);
    expect(quick.snapshots.length).toBe(3);
    expect(quick.rows[0]).toBe(first);
    expect(quick.rows[1]).toBe(second);
  });

  test('is that object also when it went while it was behind a window', async () => {
    db.exec('INSERT INTO item VALUES (3, 30), (4, 40)');
    const items = follow<{ id: number }>(db, `${sql} LIMIT 3`);
    const [, , third] = items.rows;
    db.execute('UPDATE item SET id = -4 WHERE id = 4'); // the third row leaves the window,
    db.execute('UPDATE item SET id = 4 WHERE id = 3'); // and the answer,
    db.execute('INSERT INTO item VALUES (3, 30)'); // and another takes its place,
    db.execute('DELETE FROM item WHERE id = -4'); // which comes back into the window
    await settled(db);
    expect(items.query.value?.[2]).toBe(third);
    db.execute('DELETE FROM item WHERE id = 1');
    await settled(db);
    expect(items.query.value?.map(({ id }) => id)).toEqual([2, 3, 4]);
    expect(items.query.value?.[1]).toBe(third);
  });

  test('is that object also when it only moved to behind what the window knew', () => {
    db.exec('INSERT INTO item VALUES (3, 30), (4, 40)');
    for (const order of ['n', 'n % 100']) {
      const items = follow<{ id: number }>(db, `SELECT id FROM item ORDER BY ${order} LIMIT 2`, [], {
        schedule: 'sync',
      });
      const [first] = items.rows;
      db.execute('UPDATE item SET n = 25 WHERE id = 1');
      expect(items.rows.map(({ id }) => id)).toEqual([2, 1]);
      expect(items.rows[1]).toBe(first);
      db.execute('UPDATE item SET n = 10 WHERE id = 1');
    }
  });
});

const settledTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('settled', () => {
  test('resolves when every pending emission has been delivered, and at once when there is none', async () => {
    await settled(db);
    const items = follow(db, sql);
    const lazy = follow(db, 'SELECT count(*) AS n FROM item', [], { schedule: 'frame' });
    await settled(db);
    db.execute('DELETE FROM item WHERE id = 1');
    await settled(db);
    expect([items.snapshots.length, lazy.snapshots.length]).toEqual([2, 2]);
  });

  test('waits for what subscribers write while they are told', async () => {
    const items = follow<{ n: number }>(db, sql);
    live<{ n: number }>(db, sql).subscribe(([first]) => {
      if (first && first.n < 15) bump();
    });
    await settled(db);
    expect(items.rows[0]?.n).toBe(15);
    items.expectTold();
  });

  test('waits for the end of an open transaction that a query waits for', async () => {
    const tx = db.begin();
    const items = follow(db, sql);
    let isSettled = false;
    const settling = settled(db).then(() => {
      isSettled = true;
    });
    await settledTurn();
    expect([isSettled, items.snapshots.length]).toEqual([false, 0]);
    tx.commit();
    await settling;
    expect(items.snapshots.length).toBe(1);
  });

  test('resolves when the database is closed', async () => {
    follow(db, sql, [], { schedule: 'frame' });
    bump();
    const settling = settled(db);
    db.close();
    await settling;
  });
});

describe('value shows the last commit for all live queries', () => {
  const queries = [
    'SELECT sum(n) AS s FROM item',
    'SELECT max(n) AS m FROM item',
    sql,
    'SELECT count(*) AS c FROM item WHERE n % 2',
  ];

  test('in every listener, subscriber and schedule, whoever is told first', async () => {
    const all = queries.flatMap((text) =>
      (['sync', 'microtask', 'frame'] as const).map((schedule) => ({
        text,
        query: live(db, text, [], { schedule }),
      })),
    );
    let looks = 0;
    const look = (): void => {
      looks += 1;
      for (const { text, query } of all) if (query.value) expect(query.value).toEqual(db.query(text));
    };
    db.subscribe(look);
    for (const { query } of all) query.subscribe(look);
    db.subscribe(look);
    for (let i = 0; i < 5; i++) {
      db.execute('INSERT INTO item (n) VALUES (?)', [i * 7]);
      look();
      bump();
      if (i % 2) await settled(db);
    }
    await settled(db);
    expect(looks).toBeGreaterThan(60);
  });

  test('also in listeners of the commits of other listeners', () => {
    const all = queries.map((text) => ({ text, query: live(db, text, [], { schedule: 'sync' }) }));
    const look = (): void => {
      for (const { text, query } of all) expect(query.value).toEqual(db.query(text));
    };
    for (const { query } of all) query.subscribe();
    let left = 10;
    db.subscribe(() => {
      look();
      if (left-- > 0) bump();
      look();
    });
    all[0]?.query.subscribe(look);
    bump();
    expect(left).toBe(-1);
  });

  test('also on another handle of the same file', () => {
    const path = fileWith(
      'CREATE TABLE item (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO item VALUES (1, 10)',
    );
    const [one, other] = [opened(path), opened(path)];
    const all = queries.map((text) => ({ text, query: live(other, text) }));
    for (const { query } of all) query.subscribe();
    const seen: unknown[] = [];
    one.subscribe(() => seen.push(all.map(({ query }) => query.value)));
    one.execute('INSERT INTO item VALUES (2, 5)');
    expect(seen).toEqual([all.map(({ text }) => one.query(text))]);
  });

  test('after an iteration of the same handle has kept it from seeing another handle’s commit', async () => {
    const path = fileWith(
      'CREATE TABLE item (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO item VALUES (1, 10), (2, 20)',
    );
    const [reader, writer] = [opened(path), opened(path)];
    const items = follow(reader, sql);
    for (const row of reader.iterate<{ id: number }>('SELECT id FROM item')) {
      // An open read holds this connection to what was committed when it began.
      if (row.id === 1) writer.execute('INSERT INTO item VALUES (3, 30)');
    }
    await items.until(({ length }) => length === 3);
    items.expectFresh();
  });
});
