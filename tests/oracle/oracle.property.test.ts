import { expect, test } from 'vitest';
import { engine } from './freshet.ts';
import { replayCommand, runOracle, withEnvironment } from './oracle.ts';
import { failureText, summaryText } from './report.ts';

/** The ordinary run: another seed each time, printed, and replayed with FRESHET_SEED. `npm run oracle` goes further. */
const options = withEnvironment({
  seed: Date.now() % 1_000_000_000,
  cases: Number.POSITIVE_INFINITY,
  comparisons: 30_000,
  seconds: 120,
  steps: 25,
  lives: 8,
  shrinkMs: 15_000,
});

test('after every commit each live query equals the same SQL run afresh', { timeout: 180_000 }, async () => {
  console.log(`oracle: seed ${options.seed}`);
  const { failure, tally, census, seconds } = await runOracle(engine, options);
  console.log(summaryText(tally, census, seconds));
  const text = failure && `${failureText(failure)}\n\nreplay: ${replayCommand(failure.seed, options)}`;
  expect(text, text ?? undefined).toBeNull();
});
