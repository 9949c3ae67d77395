import { openSync } from 'freshet';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Traffic, trafficOn } from './traffic.ts';

const ids = (count: number): number[][] => Array.from({ length: count }, (_, at) => [at + 1]);

function database(issues: number) {
  const db = openSync(':memory:');
  db.exec(`
    CREATE TABLE people(id INTEGER PRIMARY KEY);
    CREATE TABLE issues(id INTEGER PRIMARY KEY, title TEXT, priority INTEGER, updated INTEGER, status TEXT);
    CREATE TABLE comments(id INTEGER PRIMARY KEY, issue_id INTEGER, author_id INTEGER, body TEXT, created INTEGER);
    INSERT INTO people VALUES (1);
  `);
  db.executeBatch("INSERT INTO issues VALUES (?, 'An issue', 1, 0, 'todo')", ids(issues));
  return db;
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  vi.stubGlobal('document', { hidden: false });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('traffic commits as often as asked for, counts it by the second, and stops', async () => {
  using db = database(50);
  const commits: number[] = [];
  db.subscribe(({ commit_lsn }) => commits.push(commit_lsn));
  const traffic = new Traffic(db);
  traffic.setRate(100);
  await traffic.start();
  await vi.advanceTimersByTimeAsync(3000);
  const { seconds } = traffic.state();
  expect(seconds).toHaveLength(3);
  expect(commits.length).toBeGreaterThan(285);
  expect(commits.length).toBeLessThanOrEqual(300);
  const counted = seconds.reduce((sum, second) => sum + second.commits, 0);
  expect(Math.abs(counted - commits.length)).toBeLessThanOrEqual(2);
  traffic.stop();
  const until = commits.length;
  await vi.advanceTimersByTimeAsync(2000);
  expect(commits).toHaveLength(until);
  expect(traffic.state()).toMatchObject({ isRunning: false, error: undefined });
});

test('a rate that changes while it writes holds from then on, within its bounds', async () => {
  using db = database(50);
  let commits = 0;
  db.subscribe(() => {
    commits += 1;
  });
  const traffic = new Traffic(db);
  traffic.setRate(10);
  await traffic.start();
  await vi.advanceTimersByTimeAsync(1000);
  expect(commits).toBeLessThanOrEqual(10);
  traffic.setRate(100_000);
  expect(traffic.state().rate).toBe(500);
  commits = 0;
  await vi.advanceTimersByTimeAsync(1000);
  expect(commits).toBeGreaterThan(450);
  traffic.stop();
});

test('an error that stays stops it, and is told', async () => {
  using db = database(50);
  const traffic = new Traffic(db);
  await traffic.start();
  db.exec('DROP TABLE comments; DROP TABLE issues');
  await vi.advanceTimersByTimeAsync(500);
  expect(traffic.state().isRunning).toBe(false);
  expect(String(traffic.state().error)).toContain('no such table');
  await traffic.start();
  expect(String(traffic.state().error)).toContain('no such table');
});

test('only what somebody shows is measured, until its frame has been painted', async () => {
  using db = database(1);
  const messages: (() => void)[] = [];
  vi.stubGlobal(
    'MessageChannel',
    class {
      readonly port1 = { onmessage: () => {}, close() {} };
      readonly port2 = { postMessage: () => messages.push(() => this.port1.onmessage()) };
    },
  );
  // Moves only, so that each is seen in its issue.
  const traffic = new Traffic(db, () => 0.1);
  const rendered = (): void =>
    traffic.rendered(db.query<{ id: number; mark: number }>('SELECT id, updated AS mark FROM issues'));
  traffic.setRate(10);
  await traffic.start();
  await vi.advanceTimersByTimeAsync(1100);
  rendered();
  expect(messages).toHaveLength(0);

  const leave = traffic.view();
  await vi.advanceTimersByTimeAsync(1000);
  rendered();
  expect(messages).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(16);
  for (const arrive of messages) arrive();
  await vi.advanceTimersByTimeAsync(1000);
  const [first, , last] = traffic.state().seconds;
  expect(first).toMatchObject({ p50: null, p99: null });
  expect(last?.p50).toBeGreaterThanOrEqual(16);
  leave();
  traffic.stop();
});

test('a database has one traffic', () => {
  using one = database(1);
  using other = database(1);
  expect(trafficOn(one)).toBe(trafficOn(one));
  expect(trafficOn(one)).not.toBe(trafficOn(other));
});
