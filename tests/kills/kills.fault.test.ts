import { expect, test } from 'vitest';
import { runKills } from './run-kills.ts';

/** A few of what `npm run kills` does by the hundred. */
test('writers that are killed at random moments lose no acknowledged commit and leave nobody stale', async () => {
  const seed = Number(process.env.FRESHET_SEED || Date.now() % 1_000_000_000);
  console.log(`kills: seed ${seed}`);
  const { faults, kills } = await runKills({ seed, kills: { sync: 6, async: 4 }, seconds: 240 });
  expect(faults).toEqual([]);
  expect(kills).toBeGreaterThan(0);
});
