import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Handle } from './fuzz-case.ts';

export interface FuzzProcessOptions {
  readonly handle: Handle;
  /** Of the first case; each further case adds one. */
  readonly seed: number;
  /** It ends with the case within which one of these is reached. */
  readonly cases: number;
  readonly calls: number;
  readonly seconds: number;
  /** Each call before it is made. */
  readonly log?: ((line: string) => void) | undefined;
}

const child = fileURLToPath(new URL('./child.ts', import.meta.url));

/** The same everywhere, so that a seed says all. */
const callsPerCase = 500;

/** How long a case may go without an end, or with `log` a call. */
const silentMs = 300_000;

/**
 * Runs cases in a process of their own, which is ended when it says nothing for long: a call of a database in its thread
 * may never return. Returns how many calls were made.
 * @throws what went wrong, with the command that replays it.
 */
export function fuzzProcess(options: FuzzProcessOptions): Promise<number> {
  const { handle, seed, cases, calls: enough, seconds, log } = options;
  const args = [child, handle, String(seed), String(callsPerCase), String(cases), log ? 'log' : ''];
  const started = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const end = Date.now() + seconds * 1000;
  let calls = 0;
  let current = String(seed);
  let isEnough = false;
  let isSilent = false;
  const failure: string[] = [];
  const complaints: string[] = [];
  const stop = (): void => {
    isEnough = true;
    started.kill('SIGKILL');
  };
  const watchdog = setInterval(() => {
    isSilent = true;
    started.kill('SIGKILL');
  }, silentMs);
  createInterface({ input: started.stderr }).on('line', (line) => void complaints.push(line));
  createInterface({ input: started.stdout }).on('line', (line) => {
    watchdog.refresh();
    log?.(line);
    if (line.startsWith('case ')) current = line.slice(5);
    else if (line.startsWith('done ')) calls += Number(line.slice(5));
    else if (line.startsWith('failed') || failure.length > 0) failure.push(line);
    if (line.startsWith('done ') && (calls >= enough || Date.now() >= end)) stop();
  });
  return new Promise((resolve, reject) => {
    started.once('close', (code, signal) => {
      clearInterval(watchdog);
      if (isEnough || (code === 0 && failure.length === 0)) {
        resolve(calls);
        return;
      }
      const ended = [...complaints.slice(-20), `ended by ${signal ?? code}`];
      const what = isSilent ? ['hangs'] : failure.length > 0 ? failure : ended;
      const replay = `npm run fuzz -- --handle ${handle} --seed ${current} --cases 1 --log`;
      reject(new Error(`${what.join('\n')}\nReplay: ${replay}`));
    });
  });
}
