import { type DatabaseSync, open, openSync } from 'freshet';
import { expect, test, vi } from 'vitest';
import { patience } from '../../../../tests/support/events.ts';
import type { CommitEntry } from './stream-entry.ts';
import { mostEntries, StreamLog, type StreamState } from './stream-log.ts';

const schema = 'CREATE TABLE a(id INTEGER PRIMARY KEY, v); CREATE TABLE b(id INTEGER PRIMARY KEY, v)';

function opened(): DatabaseSync {
  const db = openSync(':memory:');
  db.exec(schema);
  return db;
}

/** Told at once: a test has no frames. */
const logOf = (db: ConstructorParameters<typeof StreamLog>[0]): StreamLog =>
  new StreamLog(db, queueMicrotask);

async function until(log: StreamLog, isThere: (state: StreamState) => boolean): Promise<StreamState> {
  await vi.waitUntil(() => isThere(log.state()), { interval: 1, timeout: patience });
  return log.state();
}

const commits = ({ entries }: StreamState): CommitEntry[] =>
  entries.filter((entry) => entry.kind === 'commit');

test('the log has every commit, the newest first, with its rows', async () => {
  using db = opened();
  const log = logOf(db);
  log.start([]);
  await until(log, ({ status }) => status === 'following');
  db.execute('INSERT INTO a VALUES (1, 10)');
  db.transaction(() => {
    db.execute('UPDATE a SET v = 11');
    db.execute('INSERT INTO b VALUES (1, 20)');
  });
  const state = await until(log, ({ received }) => received === 2);
  expect(commits(state).map(({ tables, changes }) => [tables.length, changes.length])).toEqual([
    [2, 2],
    [1, 1],
  ]);
  expect(commits(state)[0]?.changes[0]).toMatchObject({ before: { v: 10 }, after: { v: 11 } });
  log.stop();
});

test('the log keeps a bounded number of entries, and says how many it dropped', async () => {
  using db = opened();
  const log = logOf(db);
  log.start([]);
  await until(log, ({ status }) => status === 'following');
  for (let id = 1; id <= mostEntries + 50; id++) db.execute('INSERT INTO a VALUES (?, 0)', [id]);
  const state = await until(log, ({ received }) => received === mostEntries + 50);
  expect(state.entries).toHaveLength(mostEntries);
  expect(state.dropped).toBe(50);
  expect(commits(state)[0]?.changes[0]?.primary_key).toEqual({ id: mostEntries + 50 });
  log.clear();
  expect(log.state()).toMatchObject({ entries: [], received: 0, dropped: 0 });
  log.stop();
});

test('the log follows only the tables asked for', async () => {
  using db = opened();
  const log = logOf(db);
  log.start(['b']);
  await until(log, ({ status }) => status === 'following');
  db.execute('INSERT INTO a VALUES (1, 0)');
  db.execute('INSERT INTO b VALUES (1, 0)');
  const state = await until(log, ({ received }) => received === 1);
  expect(commits(state)[0]?.tables.map(({ table }) => table)).toEqual(['b']);
  log.stop();
});

test('a paused log takes in what the queue kept, and says what it did not', async () => {
  using db = opened();
  const log = logOf(db);
  log.start([]);
  await until(log, ({ status }) => status === 'following');
  log.pause();
  // The read that was waiting still gets the first.
  for (let id = 1; id <= 1500; id++) db.execute('INSERT INTO a VALUES (?, 0)', [id]);
  await until(log, ({ received }) => received === 1);
  expect(log.state().status).toBe('paused');
  log.resume();
  const { entries } = await until(log, ({ received }) => received > 1);
  const gap = entries.find((entry) => entry.kind === 'gap');
  expect(gap?.text).toMatch(/^\d+ commits came while nobody read/);
  db.execute('INSERT INTO b VALUES (1, 0)');
  await until(log, (state) => commits(state)[0]?.tables[0]?.table === 'b');
  log.stop();
});

test('what cannot be followed is told, and can be tried again', async () => {
  const db = opened();
  db.close();
  const log = logOf(db);
  log.start([]);
  const state = await until(log, ({ status }) => status === 'failed');
  expect(state.error?.message).toContain('closed');
});

test('the log follows a database in another thread, and lets go of its stream', async () => {
  await using db = await open(':memory:');
  await db.exec(schema);
  const log = logOf(db);
  log.start([]);
  log.pause();
  log.stop();
  log.start([]);
  log.resume();
  await until(log, ({ status }) => status === 'following');
  await db.execute('INSERT INTO a VALUES (1, 0)');
  await until(log, ({ received }) => received === 1);
  log.stop();
  await vi.waitUntil(async () => (await db.reactiveMetrics()).change_stream_count === 0, {
    timeout: patience,
  });
});
