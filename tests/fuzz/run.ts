/** Runs cases in a process of their own, which is ended when it says nothing for long: see `usage`. */
import { parseArgs } from 'node:util';
import type { Handle } from './fuzz-case.ts';
import { fuzzProcess } from './fuzz-process.ts';

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

const seed = Number(values.seed ?? Date.now() % 1_000_000_000);
const wanted = Number(values.calls ?? Number.POSITIVE_INFINITY);
const seconds = Number(values.seconds ?? (Number.isFinite(wanted) ? Number.POSITIVE_INFINITY : 60));
const handles = values.handle === 'both' ? (['sync', 'async'] as const) : [values.handle as Handle];

for (const handle of handles) {
  const begun = Date.now();
  try {
    const calls = await fuzzProcess({
      handle,
      seed,
      cases: Number(values.cases),
      calls: wanted / handles.length,
      seconds: seconds / handles.length,
      log: values.log ? (line) => console.log(line) : undefined,
    });
    const each = Math.round((calls / Math.max(1, Date.now() - begun)) * 1000);
    console.log(`${handle}: ${calls} calls from seed ${seed} on, ${each} a second: all as they should be`);
  } catch (error) {
    console.error(`${handle}: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
