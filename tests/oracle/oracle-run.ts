import { expect } from 'vitest';
import { engine } from './freshet.ts';
import { type OracleOptions, replayCommand, runOracle, withEnvironment } from './oracle.ts';
import { failureText, summaryText } from './report.ts';

/**
 * The ordinary run, one of several files so that vitest can use all cores: each starts from another seed, printed, and
 * replayed with FRESHET_SEED. `npm run oracle` goes further.
 */
export async function ordinaryRun(part: number): Promise<void> {
  const options: OracleOptions = withEnvironment({
    // Far enough apart that parts don't repeat each other's cases.
    seed: (Date.now() % 1_000_000_000) + part * 100_000,
    cases: Number.POSITIVE_INFINITY,
    comparisons: 52_000,
    seconds: 240,
    steps: 25,
    lives: 8,
    shrinkMs: 15_000,
  });
  console.log(`oracle: seed ${options.seed}`);
  const { failure, tally, census, seconds } = await runOracle(engine, options);
  console.log(summaryText(tally, census, seconds));
  const text = failure && `${failureText(failure)}\n\nreplay: ${replayCommand(failure.seed, options)}`;
  expect(text, text ?? undefined).toBeNull();
}
