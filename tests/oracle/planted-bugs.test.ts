import { describe, expect, test } from 'vitest';
import { makeCase, newCensus } from './case.ts';
import { check } from './check.ts';
import type { Engine } from './engine.ts';
import { engine } from './freshet.ts';
import { engine as naive } from './naive.ts';
import { runOracle, withEnvironment } from './oracle.ts';
import { type PlantedBug, withBug } from './planted-bugs.ts';
import { newTally } from './tally.ts';

const bugs: readonly PlantedBug[] = [
  'a delete is lost from row changes',
  'a delete is lost from live answers',
  'an update keeps the old row in row changes',
  'an update keeps the old row in live answers',
  'a savepoint rolled back still emits',
];

/** The ordinary run of oracle.property.test.ts: a bug that it overlooks is one that would reach users. */
const ordinary = withEnvironment({
  seed: 1,
  cases: Number.POSITIVE_INFINITY,
  comparisons: 20_000,
  seconds: 60,
  steps: 25,
  lives: 8,
  shrinkMs: 0,
});

/** Runs cases until one fails with the bug and passes without it. Gives the broken rule, or null within an ordinary run. */
async function seen(sound: Engine, bug: PlantedBug): Promise<string | null> {
  const spoiled = withBug(sound, bug);
  const tally = newTally();
  for (let seed = ordinary.seed; tally.comparisons < ordinary.comparisons; seed++) {
    const testCase = makeCase(seed, ordinary, newCensus());
    const difference = await check(spoiled, testCase, tally);
    if (difference && (await check(sound, testCase, newTally())) === null) return difference.rule;
  }
  return null;
}

describe('the oracle sees a planted bug within its ordinary run', () => {
  test.each(bugs)('%s', async (bug) => {
    expect(await seen(engine, bug)).not.toBeNull();
  });
});

test('the oracle finds nothing in an engine that reads everything again', async () => {
  const { failure } = await runOracle(naive, { ...ordinary, comparisons: 5000 });
  expect(failure?.difference ?? null).toBeNull();
});
