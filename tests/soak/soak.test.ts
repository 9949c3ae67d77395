import { expect, test } from 'vitest';
import { runSoak } from './run-soak.ts';

/** A few seconds of what `node --expose-gc tests/soak/soak.ts` does for minutes: too short to judge the heap. */
test('hundreds of live queries on a long-lived database do not drift, and leave nothing behind', async () => {
  const seed = Number(process.env.FRESHET_SEED || Date.now() % 1_000_000_000);
  console.log(`soak: seed ${seed}`);
  const { drift, comparisons, left } = await runSoak({ seed, seconds: 4, everySeconds: 1, lives: 120 });
  expect(drift).toEqual([]);
  expect(comparisons).toBeGreaterThan(100);
  expect(left).toBe(0);
});
