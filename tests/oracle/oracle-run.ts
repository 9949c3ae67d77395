import { expect } from 'vitest';
import { engine } from './freshet.ts';
import { type OracleOptions, replayCommand, runOracle, withEnvironment } from './oracle.ts';
import { failureText, summaryText } from './report.ts';

/**
 * The ordinary run, one of several files so that vitest can use all cores. Its cases are always the same ones, so that
 * a failure means the change under test; `npm run oracle` goes where nobody has been. FRESHET_SEED chooses others.
 */
export async function ordinaryRun(part: number): Promise<void> {
  const options: OracleOptions = withEnvironment({
    // Far enough apart that parts don't repeat each other's cases.
    seed: 1 + part * 100_000,
    cases: Number.POSITIVE_INFINITY,
    // Some 50,000 answers; the others are tables that hold what the events told.
    comparisons: 70_000,
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
