import { type DatabaseSync, openSync } from 'freshet';
import { live, settled } from 'freshet/reactive';
import type { Subscription } from 'rxjs';
import { expect, test } from 'vitest';
import { engineOf } from '../core/engine-key.ts';
import { opened } from '../tests/support/opening.ts';

const count = 10_000;
const megabyte = 1024 * 1024;

function database(): DatabaseSync {
  const db = opened();
  db.exec('CREATE TABLE item (id INTEGER PRIMARY KEY, n INTEGER, name TEXT)');
  db.execute(
    "INSERT INTO item WITH RECURSIVE i(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM i LIMIT 1000) SELECT i, i % 100, 'item ' || i FROM i",
  );
  return db;
}

/** What is alive, once nothing more can be collected. */
async function heapUsed(): Promise<number> {
  const { gc } = globalThis;
  if (!gc) throw new Error('Run with --expose-gc: see execArgv in vitest.config.ts');
  for (let i = 0; i < 3; i++) {
    gc();
    // Finalizers run between turns.
    await new Promise((resolve) => setImmediate(resolve));
  }
  gc();
  return process.memoryUsage().heapUsed;
}

/** How much the second round of the same work leaves behind; the first one fills caches and compiles code. */
async function leftBySecondRound(round: () => Promise<void>): Promise<number> {
  await round();
  const before = await heapUsed();
  await round();
  return (await heapUsed()) - before;
}

test('10,000 live queries with different parameters, opened and closed, leave no memory, no trigger and no maintainer', async () => {
  const db = database();
  let emissions = 0;
  const left = await leftBySecondRound(async () => {
    const open: Subscription[] = [];
    for (let i = 0; i < count; i++) {
      open.push(
        live(db, 'SELECT id, name FROM item WHERE id = ?', [i % 2 ? i : `${i}`]).subscribe(() => emissions++),
      );
    }
    db.execute('UPDATE item SET n = n + 1 WHERE id = 7');
    await settled(db);
    for (const subscription of open) subscription.unsubscribe();
  });
  expect(emissions).toBeGreaterThanOrEqual(2 * count);
  expect(left).toBeLessThan(megabyte);
  expect(db.query('SELECT * FROM sqlite_temp_schema')).toEqual([]);
  expect(db[engineOf].hub.isActive).toBe(false);
});

test('10,000 live queries of different text leave no memory', async () => {
  const db = database();
  const left = await leftBySecondRound(async () => {
    for (let i = 0; i < count / 10; i++) {
      const subscription = live(db, `SELECT id, name, ${i} AS i FROM item WHERE id = 7`).subscribe();
      if (i % 100 === 0) db.execute('UPDATE item SET n = n + 1 WHERE id = 7');
      subscription.unsubscribe();
    }
    await settled(db);
  });
  expect(left).toBeLessThan(megabyte);
});

test('one live query that is told of 10,000 commits keeps only the last answer', async () => {
  const db = database();
  let deltas = 0;
  const subscription = live(
    db,
    'SELECT id, n FROM item WHERE n < 50 ORDER BY n, id LIMIT 50',
  ).changes.subscribe(() => deltas++);
  const left = await leftBySecondRound(async () => {
    for (let i = 0; i < 2500; i++) {
      db.execute('UPDATE item SET n = (n + 37) % 100 WHERE id = ?', [i % 1000]);
      if (i % 10 === 0) await settled(db);
    }
  });
  expect(deltas).toBeGreaterThan(100);
  expect(left).toBeLessThan(megabyte);
  subscription.unsubscribe();
});

test('10,000 watches, opened and closed, leave no memory and no trigger', async () => {
  const db = database();
  const left = await leftBySecondRound(async () => {
    const open = [];
    for (let i = 0; i < count; i++) {
      const make = [
        () => db.watchTable('item'),
        () => db.watchRange('item', { lower: i, upper: i + 10 }),
        () => db.watchQuery('SELECT name FROM item WHERE id = ?', [i]),
        () => db.changeStream(),
      ][i % 4] as () => ReturnType<DatabaseSync['watchTable']>;
      open.push(make());
    }
    db.execute('UPDATE item SET n = n + 1 WHERE id = 7');
    expect(db.reactiveMetrics().active_watch_count).toBe(count);
    await open[0]?.next();
    for (const watch of open) watch.close();
  });
  expect(left).toBeLessThan(megabyte);
  expect(db.query('SELECT * FROM sqlite_temp_schema')).toEqual([]);
  expect(db.reactiveMetrics().active_watch_count).toBe(0);
});

test('databases that are opened and closed with everything still subscribed leave no memory', async () => {
  const left = await leftBySecondRound(async () => {
    for (let i = 0; i < 100; i++) {
      const db = openSync(':memory:');
      db.exec('CREATE TABLE item (id INTEGER PRIMARY KEY, n)');
      live(db, 'SELECT * FROM item').subscribe();
      db.subscribe(() => {});
      void db.watchTable('item').next({ timeoutMs: Number.POSITIVE_INFINITY });
      db.execute('INSERT INTO item (n) VALUES (1)');
      db.close();
    }
  });
  expect(left).toBeLessThan(megabyte);
});
