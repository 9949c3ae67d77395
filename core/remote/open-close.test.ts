import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { open } from 'freshet';
import { live, settled } from 'freshet/reactive';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../../tests/support/opening.ts';

/** FRESHET_ROUNDS=1000 for the long run; a round takes about a fifth of a second. */
const rounds = Number(process.env.FRESHET_ROUNDS ?? 40);
const settledIn = 50;
const mebibyte = 2 ** 20;

/** A database that is opened, followed, written and closed. */
async function round(location: string): Promise<void> {
  const db = await open(location);
  await db.exec('CREATE TABLE IF NOT EXISTS t(n INTEGER PRIMARY KEY)');
  const query = live(db, 'SELECT count(*) AS n FROM t');
  const counts: unknown[] = [];
  query.subscribe((rows) => counts.push(rows[0]?.n));
  await settled(db);
  await db.execute('INSERT INTO t DEFAULT VALUES');
  await settled(db);
  await db.close();
  expect(counts).toEqual([Number(counts[0]), Number(counts[0]) + 1]);
}

/** What lives after a collection; a turn of the loop lets finalisers run. */
async function heapUsed(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().heapUsed;
}

it(`${rounds} rounds of opening and closing leave no thread and no memory`, async () => {
  expect(globalThis.gc, 'the collector is exposed').toBeTypeOf('function');
  let started = 0;
  let ended = 0;
  const note = (thread: Worker): void => {
    started += 1;
    thread.once('exit', () => {
      ended += 1;
    });
  };
  process.on('worker', note);
  onTestFinished(() => void process.off('worker', note));
  const folder = temporaryFolder();
  let before = 0;
  for (let done = 0; done < rounds; done++) {
    if (done === Math.min(settledIn, Math.floor(rounds / 2))) before = await heapUsed();
    // Half of the files are new, half were there.
    await Promise.all([round(':memory:'), round(join(folder, `${Math.floor(done / 2)}.db`))]);
  }
  expect(started).toBe(2 * rounds);
  expect(ended).toBe(started);
  expect(process.getActiveResourcesInfo().filter((name) => /worker/i.test(name))).toEqual([]);
  expect(((await heapUsed()) - before) / mebibyte).toBeLessThan(8);
});
