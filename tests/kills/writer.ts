/**
 * A process that commits without end: `writer.ts <path> <number> <sync | async> <seed>`. It says `ready`, and after each
 * commit, on its standard output, how many it has made in all. On the message `pause` it stops until `go`.
 */
import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, type DatabaseSync, FreshetError, open, openSync } from '../../core/index.ts';
import { live } from '../../reactive/index.ts';
import { Random } from '../oracle/random.ts';
import { busyTimeoutMs, queries } from './schema.ts';

const [path = '', number = '1', kind = 'sync', seed = '1'] = process.argv.slice(2);
const writer = Number(number);
const random = new Random(Number(seed));
const say = (line: string): void => void writeSync(1, `${line}\n`);

let resume: (() => void) | undefined;
let paused: Promise<void> | undefined;
process.on('message', (message) => {
  if (message === 'pause') {
    paused = new Promise((resolve) => {
      resume = resolve;
    });
  } else {
    resume?.();
    paused = undefined;
  }
});
process.on('disconnect', () => process.exit());

/** The rows of one commit; their number is kept beside them, in the same transaction. */
function statements(next: number): [sql: string, params: readonly unknown[]][] {
  const rows = random.between(1, 4);
  const list: [string, readonly unknown[]][] = [];
  for (let row = 0; row < rows; row++)
    list.push([
      'INSERT INTO log VALUES (?, ?, ?, ?)',
      [writer, next, row, 'x'.repeat(random.between(0, 3000))],
    ]);
  if (random.chance(0.2))
    list.push(['DELETE FROM log WHERE w = ? AND seq < ? AND part > 0', [writer, next - 5]]);
  list.push(['UPDATE totals SET n = ? WHERE w = ?', [next, writer]]);
  return list;
}

async function commit(db: Database | DatabaseSync, next: number): Promise<void> {
  const list = statements(next);
  if ('location' in db && kind === 'sync') {
    (db as DatabaseSync).transaction((tx) => {
      for (const [sql, params] of list) tx.execute(sql, params as never);
    }, 'immediate');
  } else {
    await (db as Database).transaction(async (tx) => {
      for (const [sql, params] of list) await tx.execute(sql, params as never);
    }, 'immediate');
  }
}

// A process that dies takes nothing of the operating system with it.
const options = { busyTimeoutMs, sync: 'none' } as const;
const db = kind === 'sync' ? openSync(path, options) : await open(path, options);
const [known] = await db.query<{ n: number }>('SELECT n FROM totals WHERE w = ?', [writer]);
for (const sql of queries)
  live(db, sql).subscribe({ next: () => {}, error: (error) => say(`error ${error}`) });
let done = known?.n ?? 0;
say('ready');
for (;;) {
  if (paused) {
    process.send?.('paused');
    await paused;
  }
  try {
    await commit(db, done + 1);
    done += 1;
    say(`committed ${done}`);
  } catch (error) {
    if (!(error instanceof FreshetError) || !error.retryable) say(`error ${error}`);
  }
  // Messages and timers have their turn.
  await sleep(random.between(0, 3));
}
