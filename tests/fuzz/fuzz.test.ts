import { expect, it } from 'vitest';
import { fuzzProcess } from './fuzz-process.ts';

// Others each day; a failure names its seed and the command that replays it.
const seed = Number(process.env.FRESHET_SEED ?? Math.floor(Date.now() / 86_400_000) * 1000);

it.for([
  ['in this thread', 'sync'],
  ['in another thread', 'async'],
] as const)('random calls on a database %s end as documented', async ([, handle]) => {
  const calls = await fuzzProcess({
    handle,
    seed,
    cases: Number.POSITIVE_INFINITY,
    calls: Number.POSITIVE_INFINITY,
    seconds: 30,
  });
  expect(calls).toBeGreaterThan(0);
});
