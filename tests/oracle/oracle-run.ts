import { expect } from 'vitest';
import { engine } from './freshet.ts';
import { type OracleOptions, replayCommand, runOracle, withEnvironment } from './oracle.ts';
import type { OrdinaryPart } from './ordinary.ts';
import { failureText, summaryText } from './report.ts';

/**
 * A part of the ordinary run, in several files so that vitest can use all cores. `npm run oracle` goes where no run has
 * been; FRESHET_SEED chooses other cases here.
 */
export async function ordinaryRun(part: OrdinaryPart): Promise<void> {
  const options: OracleOptions = withEnvironment({
    ...part,
    cases: Number.POSITIVE_INFINITY,
    seconds: 240,
    steps: 25,
    lives: 8,
    shrinkMs: 15_000,
  });
  console.log(`oracle: seed ${options.seed}${part.only ? `, ${part.only.join()}` : ''}`);
  const { failure, tally, census, seconds } = await runOracle(engine, options);
  console.log(summaryText(tally, census, seconds));
  const text = failure && `${failureText(failure)}\n\nreplay: ${replayCommand(failure.seed, options)}`;
  expect(text, text ?? undefined).toBeNull();
}
