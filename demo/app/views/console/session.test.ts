import { type Database, type DatabaseSync, open, openSync } from 'freshet';
import { type LiveDelta, settled } from 'freshet/reactive';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { patience } from '../../../../tests/support/events.ts';
import { Motion, type ResultRow } from './result.ts';
import { Session, type SessionState } from './session.ts';

type AnyDatabase = DatabaseSync | Database;

const kinds: readonly (readonly [string, () => AnyDatabase | Promise<AnyDatabase>])[] = [
  [
    'DatabaseSync',
    () => {
      const db = openSync(':memory:');
      onTestFinished(() => db.close());
      return db;
    },
  ],
  [
    'Database',
    async () => {
      const db = await open(':memory:');
      onTestFinished(() => db.close());
      return db;
    },
  ],
];

describe.each(kinds)('a session on a %s', (_kind, make) => {
  async function start(): Promise<{ db: AnyDatabase; session: Session }> {
    const db = await make();
    await db.exec(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT); INSERT INTO t VALUES (1, 'a'), (2, 'b')",
    );
    return { db, session: new Session(db) };
  }
  async function until(session: Session, isThere: (state: SessionState) => boolean): Promise<SessionState> {
    await vi.waitUntil(() => isThere(session.state()), { interval: 1, timeout: patience });
    return session.state();
  }
  const openQueries = async (db: AnyDatabase): Promise<number> =>
    (await db.reactiveMetrics()).live_incremental_count;

  test('makes a SELECT live, and keeps the numbers of its rows', async () => {
    const { db, session } = await start();
    void session.run('SELECT * FROM t ORDER BY name;');
    const { result: first } = await until(session, ({ result }) => result !== undefined);
    expect(first).toMatchObject({ columns: ['id', 'name'], changes: 0, explain: { tier: 'incremental' } });
    const [a, b] = (first?.rows ?? []).map((row) => first?.keys.of(row));

    await db.execute("UPDATE t SET name = 'z' WHERE id = 1");
    const { result: second } = await until(session, ({ result }) => result?.changes === 1);
    expect(second?.rows.map((row) => second.keys.of(row))).toEqual([b, a]);

    await db.execute('DELETE FROM t WHERE id = 2');
    const { result: third } = await until(session, ({ result }) => result?.changes === 2);
    expect(third?.removed).toMatchObject([{ key: b, index: 0 }]);
    session.leave();
  });

  test('keeps the last good answer, and keeps it fresh, when the next has an error', async () => {
    const { db, session } = await start();
    session.schema = new Map([['t', ['id', 'name']]]);
    void session.run('SELECT name FROM t WHERE id = 1');
    await until(session, ({ result }) => result !== undefined);
    for (const [sql, message] of [
      ['SELECT nme FROM t', 'no such column: nme'],
      ['SELECT FROM t', 'near "FROM": syntax error'],
    ] as const) {
      await session.run(sql);
      const { problem, result } = await until(
        session,
        ({ problem }) => problem?.message.includes(message) ?? false,
      );
      expect(problem?.span).toBeDefined();
      expect(result?.rows).toHaveLength(1);
    }
    await db.execute("UPDATE t SET name = 'fresh'");
    await until(session, ({ result }) => result?.rows[0]?.name === 'fresh');
    session.leave();
  });

  test('runs what writes once, and says how many rows it changed', async () => {
    const { db, session } = await start();
    await session.run("INSERT INTO t(name) VALUES ('c'), ('d')");
    expect(session.state().written?.changes).toBe(2);
    await session.run('INSERT INTO t VALUES (1, NULL)');
    expect(session.state()).toMatchObject({
      written: undefined,
      problem: { hint: expect.stringContaining('Code') },
    });
    expect(await db.queryOne('SELECT count(*) AS n FROM t')).toEqual({ n: 4 });
  });

  test('names the columns of an empty answer, and of one that is not live', async () => {
    const { session } = await start();
    void session.run('SELECT id AS number, name FROM t WHERE id > 5');
    await until(session, ({ result }) => result?.columns.join() === 'number,name');
    await session.run('PRAGMA table_info(t)');
    const { result } = session.state();
    expect(result?.explain).toBeUndefined();
    expect(result?.rows).toHaveLength(2);
    session.leave();
  });

  test('lets go of the answer before when another is there, and of the last when nobody looks', async () => {
    const { db, session } = await start();
    void session.run('SELECT * FROM t');
    await until(session, ({ result }) => result?.sql === 'SELECT * FROM t');
    void session.run('SELECT id FROM t');
    await until(session, ({ result }) => result?.sql === 'SELECT id FROM t');
    await settled(db);
    expect(await openQueries(db)).toBe(1);
    session.leave();
    await settled(db);
    expect(await openQueries(db)).toBe(0);
    session.enter();
    await until(session, ({ isAsking }) => !isAsking);
    expect(session.state().result?.sql).toBe('SELECT id FROM t');
    expect(await openQueries(db)).toBe(1);
    session.leave();
  });

  test('follows only the last of several that are run at once', async () => {
    const { db, session } = await start();
    for (let id = 0; id < 10; id++) void session.run(`SELECT ${id} AS n FROM t`);
    await until(session, ({ result }) => result?.rows[0]?.n === 9);
    await settled(db);
    expect(await openQueries(db)).toBe(1);
    session.leave();
  });
});

describe('what changes too fast, or too much at once, for the eye', () => {
  const rows = (count: number): LiveDelta<ResultRow> => ({
    commit: 1,
    rows: [],
    changes: Array.from({ length: count }, (_, index) => ({ type: 'insert', row: { index }, index })),
  });

  test('is not shown as motion', () => {
    const motion = new Motion();
    expect(motion.isFlood(rows(3), 1000)).toBe(false);
    expect(motion.isFlood(rows(1), 1200)).toBe(true);
    expect(motion.isFlood(rows(1), 1600)).toBe(false);
    expect(motion.isFlood(rows(21), 3000)).toBe(true);
    expect(motion.isFlood(rows(20), 5000)).toBe(false);
  });

  test('does not count values that change where they are', () => {
    const motion = new Motion();
    const row = {};
    const changed: LiveDelta<ResultRow> = {
      commit: 1,
      rows: [],
      changes: Array.from({ length: 50 }, (_, index) => ({
        type: 'update',
        row,
        previous: row,
        index,
        previousIndex: index,
      })),
    };
    expect(motion.isFlood(changed, 1000)).toBe(false);
    expect(motion.isFlood(rows(1), 1001)).toBe(false);
  });
});
