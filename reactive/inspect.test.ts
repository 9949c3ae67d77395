import type { Worker } from 'node:worker_threads';
import { type Database, type DatabaseSync, open } from 'freshet';
import { type Inspection, type Inspector, inspect, live, settled } from 'freshet/reactive';
import { lastValueFrom, take, toArray } from 'rxjs';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { sharing } from '../tests/support/in-thread.ts';
import { opened, temporaryFile } from '../tests/support/opening.ts';

const schema = `
  CREATE TABLE issues(id INTEGER PRIMARY KEY, status TEXT, title TEXT);
  CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT);
  INSERT INTO issues VALUES (1, 'open', 'one'), (2, 'open', 'two'), (3, 'done', 'three')`;
const byStatus = 'SELECT id, title FROM issues WHERE status = ? ORDER BY id';

type AnyDatabase = DatabaseSync | Database;
const kinds: readonly (readonly [string, () => AnyDatabase | Promise<AnyDatabase>])[] = [
  ['DatabaseSync', () => opened()],
  [
    'Database',
    async () => {
      const db = await open(':memory:');
      onTestFinished(() => db.close());
      return db;
    },
  ],
];

describe.each(kinds)('inspect, of a %s', (_kind, make) => {
  async function start(): Promise<AnyDatabase> {
    const db = await make();
    await db.exec(schema);
    return db;
  }
  /** Opens a live query and gives what ends it. */
  async function follow(db: AnyDatabase, sql: string, params?: readonly string[]): Promise<() => void> {
    const subscription = live(db, sql, params && [...params]).subscribe();
    await settled(db);
    return () => subscription.unsubscribe();
  }
  const visitsOf = async (inspector: Inspector): Promise<number[]> =>
    (await inspector.queries()).map(({ visits }) => visits);

  test('tells what each open query is and holds, in the order in which they were opened', async () => {
    const db = await start();
    await follow(db, byStatus, ['open']);
    await follow(db, 'SELECT random() AS r FROM people');
    const [open, random] = await inspect(db).queries();
    expect(open).toMatchObject({
      sql: byStatus,
      params: ['open'],
      tier: 'incremental',
      rows: 2,
      stateRows: 2,
      visits: 0,
      subscribers: 1,
      lastCommitMs: 0,
      totalMs: 0,
    });
    expect(open).not.toHaveProperty('reason');
    expect(open?.hydrateMs).toBeGreaterThan(0);
    expect(String(open?.explain)).toBe(String(await inspect(db).explain(byStatus, ['open'])));
    expect(random).toMatchObject({ tier: 're-evaluated', rows: 0 });
    expect(random?.reason).toContain('random() may give another value each time');
  });

  test('counts the visits of those that a commit can concern, and leaves the others at 0', async () => {
    const db = await start();
    using inspector = inspect(db);
    await follow(db, byStatus, ['open']);
    await follow(db, byStatus, ['done']);
    await follow(db, 'SELECT name FROM people');
    const before = await db.reactiveMetrics();

    await db.execute("UPDATE issues SET title = 'uno' WHERE id = 1");
    expect(await visitsOf(inspector)).toEqual([1, 0, 0]);
    await db.execute("UPDATE issues SET status = 'done' WHERE id = 2");
    expect(await visitsOf(inspector)).toEqual([2, 1, 0]);
    await db.execute("INSERT INTO issues VALUES (4, 'later', 'four')");
    expect(await visitsOf(inspector)).toEqual([2, 1, 0]);
    await db.execute("INSERT INTO people VALUES (1, 'Ada')");
    expect(await visitsOf(inspector)).toEqual([2, 1, 1]);

    const { queries, commits, totals, metrics } = await inspector.read();
    expect(commits.map(({ tables, visited, rows }) => [tables, visited, rows])).toEqual([
      [['issues'], 1, 1],
      [['issues'], 2, 1],
      [['issues'], 0, 1],
      [['people'], 1, 1],
    ]);
    expect(totals).toMatchObject({ commits: 4, visits: 4 });
    expect(metrics.live_visits - before.live_visits).toBe(4);
    for (const { visits, lastCommitMs, totalMs } of queries) {
      expect(lastCommitMs).toBeGreaterThan(0);
      if (visits === 1) expect(totalMs).toBe(lastCommitMs);
      else expect(totalMs).toBeGreaterThan(lastCommitMs);
    }
    const sum = queries.reduce((total, { totalMs }) => total + totalMs, 0);
    expect(sum).toBeLessThanOrEqual(totals.ms);
  });

  test('lists commits that no live query follows, and none of before', async () => {
    const db = await start();
    await db.execute("INSERT INTO people VALUES (1, 'Ada')");
    const inspector = inspect(db);
    await inspector.commits();
    await db.execute("INSERT INTO people VALUES (2, 'Grace')");
    const [commit, ...others] = await inspector.commits();
    expect(others).toEqual([]);
    expect(commit).toMatchObject({ tables: ['people'], visited: 0 });
  });

  test('keeps the last 256 commits, and counts all', async () => {
    const db = await start();
    const inspector = inspect(db);
    await follow(db, byStatus, ['open']);
    for (let i = 0; i < 300; i++)
      await db.execute('UPDATE issues SET title = ? WHERE id = 1', [`title ${i}`]);
    const { commits, totals, queries } = await inspector.read();
    expect(commits).toHaveLength(256);
    expect(commits).toEqual(commits.toSorted((a, b) => a.lsn - b.lsn));
    expect(totals).toMatchObject({ commits: 300, visits: 300 });
    expect(queries[0]?.visits).toBe(300);
  });

  test('counts the subscribers of equal queries together, as they come and go', async () => {
    const db = await start();
    const inspector = inspect(db);
    const leave = await follow(db, byStatus, ['open']);
    await follow(db, byStatus, ['open']);
    await follow(db, byStatus, ['done']);
    const subscribers = async () => (await inspector.queries()).map((one) => one.subscribers);
    expect(await subscribers()).toEqual([2, 1]);
    leave();
    expect(await subscribers()).toEqual([1, 1]);
  });

  test('tells of a query no longer when its last subscriber has left', async () => {
    const db = await start();
    const inspector = inspect(db);
    const leave = await follow(db, byStatus, ['open']);
    expect(await inspector.queries()).toHaveLength(1);
    leave();
    await settled(db);
    expect(await inspector.queries()).toEqual([]);
  });

  test('lists those that cost the most where there are more than asked for', async () => {
    const db = await start();
    const inspector = inspect(db);
    for (const status of ['a', 'b', 'c', 'd']) await follow(db, byStatus, [status]);
    await db.execute("INSERT INTO issues VALUES (10, 'b', ''), (11, 'd', '')");
    const params = (await inspector.queries({ limit: 2 })).map((one) => one.params);
    expect(params).toEqual([['b'], ['d']]);
  });

  test('calls slow what took as long as slowMs, in its first answer or at a commit', async () => {
    const db = await start();
    const all = inspect(db, { slowMs: 0 });
    const none = inspect(db, { slowMs: 1e9 });
    await all.read();
    await follow(db, byStatus, ['open']);
    await db.execute("UPDATE issues SET title = 'uno' WHERE id = 1");
    const slow = await all.slow();
    expect(slow.map(({ during, sql, params }) => [during, sql, params])).toEqual([
      ['hydration', byStatus, ['open']],
      ['maintenance', byStatus, ['open']],
    ]);
    expect(slow[1]?.lsn).toBe((await all.commits()).at(-1)?.lsn);
    expect(String(slow[0]?.explain)).toContain('tier:    incremental');
    expect(await none.slow()).toEqual([]);
  });

  test('measures nothing once the last inspector is closed', async () => {
    const db = await start();
    const [one, two] = [inspect(db), inspect(db)];
    await follow(db, byStatus, ['open']);
    const write = async (): Promise<void> => {
      await db.execute("UPDATE issues SET title = title || '!' WHERE id = 1");
    };
    await write();
    one.close();
    one.close();
    await write();
    expect(await two.read()).toMatchObject({ totals: { commits: 2 } });
    two.close();
    await write();
    const { totals, queries, commits } = await inspect(db).read();
    expect(totals).toEqual({ commits: 0, visits: 0, ms: 0 });
    expect(commits).toEqual([]);
    expect(queries[0]).toMatchObject({ visits: 3, totalMs: 0, lastCommitMs: 0 });
    await expect(two.queries()).rejects.toMatchObject({ code: 'CLOSED' });
  });

  test('observes: at once and again, until its subscriber leaves', async () => {
    const db = await start();
    const inspector = inspect(db);
    const seen: Inspection[] = await lastValueFrom(
      inspector.observe({ intervalMs: 1 }).pipe(take(3), toArray()),
    );
    expect(seen.map(({ metrics }) => metrics.live_visits)).toEqual([0, 0, 0]);
  });

  test('completes what is observed when the database is closed', async () => {
    const db = await start();
    const seen: Inspection[] = [];
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    inspect(db)
      .observe({ intervalMs: 1 })
      .subscribe({
        next(one) {
          seen.push(one);
          begin();
        },
        complete: end,
      });
    await begun;
    await db.close();
    await ended;
    expect(seen[0]?.queries).toEqual([]);
  });

  test('refuses times and counts that are none', async () => {
    const db = await start();
    const isOption = expect.objectContaining({ code: 'CONFIG', subcode: 'config.option' });
    expect(() => inspect(db, { slowMs: -1 })).toThrow(isOption);
    expect(() => inspect(db).observe({ intervalMs: Number.NaN })).toThrow(isOption);
    await expect(inspect(db).queries({ limit: -1 })).rejects.toEqual(isOption);
  });

  test('shows a query that the schema turns over, with its new plan', async () => {
    const db = await start();
    const inspector = inspect(db);
    await follow(db, 'SELECT * FROM issues WHERE id < 3');
    await db.exec('ALTER TABLE issues ADD COLUMN extra');
    await settled(db);
    const [query] = await inspector.queries();
    expect(query).toMatchObject({ rows: 2, tier: 'incremental' });
    expect((await inspector.commits()).at(-1)).toMatchObject({ visited: 1, rows: null });
  });
});

describe('inspect', () => {
  test('goes on with the engine that takes the place of one that was lost, from nothing', async () => {
    const threads: Worker[] = [];
    const note = (thread: Worker): void => void threads.push(thread);
    process.on('worker', note);
    onTestFinished(() => void process.off('worker', note));
    const db = await open(temporaryFile(), { readers: 0 });
    onTestFinished(() => db.close());
    await db.exec(schema);
    live(db, byStatus, ['open']).subscribe();
    await settled(db);
    const inspector = inspect(db);
    await inspector.read();
    await db.execute("INSERT INTO people VALUES (1, 'Ada')");
    expect(await inspector.read()).toMatchObject({ totals: { commits: 1 } });
    await threads[0]?.terminate();
    await settled(db);
    const { queries, totals } = await inspector.read();
    expect(queries).toMatchObject([{ sql: byStatus, rows: 2, visits: 0, subscribers: 1 }]);
    expect(totals.commits).toBe(0);
    await db.execute("INSERT INTO people VALUES (2, 'Grace')");
    expect(await inspector.read()).toMatchObject({ totals: { commits: 1 } });
  });

  test('tells of the live queries of all who share an engine, with the subscribers of each', async () => {
    const [one, two] = await sharing(2);
    // Together: whoever is left without an engine has subscribers to tell.
    onTestFinished(async () => {
      await Promise.all([one?.close(), two?.close()]);
    });
    await one?.exec(schema);
    for (const db of [one, two, two]) live(db as Database, byStatus, ['open']).subscribe();
    live(two as Database, 'SELECT name FROM people').subscribe();
    await Promise.all([settled(one as Database), settled(two as Database)]);
    const shown = async (db: Database | undefined) =>
      (await inspect(db as Database).queries()).map(({ sql, subscribers }) => [sql, subscribers]);
    // To each of them the other is one subscriber, however many it has.
    expect(await shown(one)).toEqual([
      [byStatus, 2],
      ['SELECT name FROM people', 1],
    ]);
    expect(await shown(two)).toEqual([
      [byStatus, 3],
      ['SELECT name FROM people', 1],
    ]);
  });

  test('looks into a database while a transaction is open in it', async () => {
    const db = await open(':memory:');
    onTestFinished(() => db.close());
    await db.exec(schema);
    await db.transaction(async (tx) => {
      await tx.execute("INSERT INTO people VALUES (1, 'Ada')");
      expect((await inspect(db).read()).queries).toEqual([]);
    });
  });

  test('leaves no trigger and no watch behind', () => {
    const db = opened();
    db.exec(schema);
    const inspector = inspect(db);
    db.execute("INSERT INTO people VALUES (1, 'Ada')");
    expect(db.query('SELECT * FROM sqlite_temp_schema')).toEqual([]);
    expect(db.reactiveMetrics().active_watch_count).toBe(0);
    inspector.close();
  });

  test('reads no clock at a commit while nobody inspects, and two times for it and each visit else', () => {
    const db = opened();
    db.exec(schema);
    for (const status of ['open', 'open', 'done']) live(db, `${byStatus} DESC`, [status]).subscribe();
    live(db, byStatus, ['open']).subscribe();
    const update = db.prepare("UPDATE issues SET title = title || '!' WHERE id = 1");
    const clock = vi.spyOn(performance, 'now');
    onTestFinished(() => clock.mockRestore());
    const readings = (): number => {
      clock.mockClear();
      update.execute();
      return clock.mock.calls.length;
    };
    expect(readings()).toBe(0);
    const inspector = inspect(db);
    expect(readings()).toBe(2 + 2 * 2);
    inspector.close();
    expect(readings()).toBe(0);
  });

  test('calls a query re-evaluated whose LIMIT is no integer', async () => {
    const db = opened();
    db.exec(schema);
    const odd = live(db, 'SELECT id FROM issues LIMIT ?', ['2']);
    odd.subscribe();
    expect(odd.explain().tier).toBe('re-evaluated');
    const inside = 'SELECT id FROM issues WHERE id IN (SELECT id FROM issues LIMIT ?)';
    expect(live(db, inside, ['2']).explain().tier).toBe('re-evaluated');
    expect(live(db, inside, [2]).explain().tier).toBe('incremental');
    const [query] = await inspect(db).queries();
    expect(query).toMatchObject({ tier: 're-evaluated', rows: 2 });
    expect(query?.reason).toContain('LIMIT');
  });

  test('counts for a query that waited for a transaction what it cost afterwards', async () => {
    const db = opened();
    db.exec(schema);
    const inspector = inspect(db, { slowMs: 0 });
    const tx = db.begin();
    live(db, byStatus, ['open']).subscribe();
    tx.execute("INSERT INTO issues VALUES (9, 'open', 'nine')");
    expect((await inspector.queries())[0]).toMatchObject({ rows: 0, hydrateMs: 0 });
    tx.commit();
    const [query] = await inspector.queries();
    expect(query).toMatchObject({ rows: 3, totalMs: 0 });
    expect(query?.hydrateMs).toBeGreaterThan(0);
    expect((await inspector.slow()).map(({ during }) => during)).toEqual(['hydration']);
  });
});
