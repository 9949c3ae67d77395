/** Runs cases in a process of their own, which is ended when it says nothing for long: see `usage`. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const usage = `npm run fuzz -- [--seconds n | --calls n] [--seed n] [--handle sync | async | both] [--log]

Makes random calls with random arguments on every public object, until one ends in another error than Freshet's or the
caller's own, hangs, crashes, loses what was acknowledged, or leaves a live query wrong (60 seconds unless told).
--seed and --cases 1 replay a case; --log prints each call before it is made.`;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    calls: { type: 'string' },
    seed: { type: 'string' },
    cases: { type: 'string', default: 'Infinity' },
    handle: { type: 'string', default: 'both' },
    log: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}

const callsPerCase = 500;
const silentMs = 120_000;
const seed = Number(values.seed ?? Date.now() % 1_000_000_000);
const wanted = Number(values.calls ?? Number.POSITIVE_INFINITY);
const seconds = Number(values.seconds ?? (Number.isFinite(wanted) ? Number.POSITIVE_INFINITY : 60));
const handles = values.handle === 'both' ? ['sync', 'async'] : [values.handle];
const child = fileURLToPath(new URL('./child.ts', import.meta.url));

/** How many calls were made; rejects with what went wrong. */
function run(handle: string): Promise<number> {
  const args = [child, handle, String(seed), String(callsPerCase), values.cases, values.log ? 'log' : ''];
  const started = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const enough = wanted / handles.length;
  const end = Date.now() + (seconds / handles.length) * 1000;
  let calls = 0;
  let current = '';
  let isEnough = false;
  let isSilent = false;
  const failure: string[] = [];
  const stop = (): void => {
    isEnough = true;
    started.kill('SIGKILL');
  };
  const watchdog = setInterval(() => {
    isSilent = true;
    started.kill('SIGKILL');
  }, silentMs);
  createInterface({ input: started.stdout }).on('line', (line) => {
    watchdog.refresh();
    if (values.log) console.log(line);
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
      const what = isSilent
        ? 'hangs'
        : failure.length > 0
          ? failure.join('\n')
          : `ended by ${signal ?? code}`;
      reject(
        new Error(`${what}\nReplay: npm run fuzz -- --handle ${handle} --seed ${current} --cases 1 --log`),
      );
    });
  });
}

for (const handle of handles) {
  const begun = Date.now();
  try {
    const calls = await run(handle as string);
    const each = Math.round((calls / Math.max(1, Date.now() - begun)) * 1000);
    console.log(`${handle}: ${calls} calls from seed ${seed} on, ${each} a second: all as they should be`);
  } catch (error) {
    console.error(`${handle}: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
