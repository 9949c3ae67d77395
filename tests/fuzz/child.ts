/** Runs cases until it is stopped, and says which one it is at: see run.ts. */
import { mkdtempSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FuzzCase, type Handle } from './fuzz-case.ts';

const [handle = 'sync', first = '1', calls = '500', cases = 'Infinity', log = ''] = process.argv.slice(2);

// At once, and in order: the next call may never return.
const say = (text: string): void => void writeSync(1, `${text}\n`);
const folder = mkdtempSync(join(tmpdir(), 'freshet-fuzz-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
// A promise that never settles keeps no process alive by itself.
setInterval(() => {}, 1000);
try {
  for (let at = 0; at < Number(cases); at++) {
    const seed = Number(first) + at;
    say(`case ${seed}`);
    const location = seed % 3 === 0 ? join(folder, `${seed}.db`) : ':memory:';
    const name = (text: string): void => say(`call ${text}`);
    const made = await FuzzCase.run({
      handle: handle as Handle,
      seed,
      calls: Number(calls),
      location,
      log: log ? name : () => {},
    });
    say(`done ${made}`);
  }
  process.exit(0);
} catch (error) {
  say(`failed ${String((error as Error).stack)}\n${String(((error as Error).cause as Error)?.stack ?? '')}`);
  process.exit(1);
}
