import { type Census, makeCase, newCensus } from './case.ts';
import { check } from './check.ts';
import { strict } from './difference.ts';
import type { Engine } from './engine.ts';
import { type Failure, shrink } from './shrink.ts';
import { newTally, type Tally } from './tally.ts';

export interface OracleOptions {
  /** Of the first case; each further case adds one. */
  readonly seed: number;
  readonly cases: number;
  readonly comparisons: number;
  readonly seconds: number;
  readonly steps: number;
  readonly lives: number;
  /** See CaseOptions. */
  readonly only?: readonly string[];
  readonly without?: readonly string[];
  /** How long a failing case may be made smaller. */
  readonly shrinkMs: number;
  /** Rules whose breach is known. */
  readonly except?: readonly string[];
  /** See CheckOptions; true unless told. */
  readonly lenient?: boolean;
  readonly progress?: (result: OracleResult) => void;
}

export interface OracleResult {
  readonly tally: Tally;
  readonly census: Census;
  readonly seconds: number;
  /** The seed of the failing case, and the case made smaller. */
  readonly failure: (Failure & { readonly seed: number }) | null;
}

const fromEnvironment = (name: string): number | undefined => {
  const text = process.env[name];
  return text === undefined || text === '' ? undefined : Number(text);
};

/** What the environment says wins: it is how a failing case is replayed. */
export function withEnvironment(options: OracleOptions): OracleOptions {
  return {
    ...options,
    seed: fromEnvironment('FRESHET_SEED') ?? options.seed,
    cases: fromEnvironment('FRESHET_CASES') ?? options.cases,
    steps: fromEnvironment('FRESHET_STEPS') ?? options.steps,
    lives: fromEnvironment('FRESHET_LIVES') ?? options.lives,
  };
}

/** The command that runs one failing case again. */
export const replayCommand = (seed: number, { steps, lives, only = [] }: OracleOptions): string => {
  const asked = only.length > 0 ? ` --${only.map((name) => ` --only ${name}`).join('')}` : '';
  return `FRESHET_SEED=${seed} FRESHET_CASES=1 FRESHET_STEPS=${steps} FRESHET_LIVES=${lives} npm run oracle${asked}`;
};

/** Runs case after case until there are enough comparisons, the time is up, or one fails. */
export async function runOracle(engine: Engine, options: OracleOptions): Promise<OracleResult> {
  const start = Date.now();
  const { except = [], lenient = true } = options;
  const checks = { ...strict, except, lenient };
  const [tally, census] = [newTally(), newCensus()];
  const result = (failure: OracleResult['failure']): OracleResult => ({
    tally,
    census,
    seconds: (Date.now() - start) / 1000,
    failure,
  });
  for (let index = 0; index < options.cases; index++) {
    if (tally.comparisons >= options.comparisons || Date.now() - start >= options.seconds * 1000) break;
    const seed = options.seed + index;
    const testCase = makeCase(seed, options, census);
    if (engine.memoryOnly && testCase.location === 'file') continue;
    const difference = await check(engine, testCase, tally, checks);
    if (difference)
      return result({
        seed,
        ...(await shrink(engine, { case: testCase, difference }, options.shrinkMs, checks)),
      });
    options.progress?.(result(null));
  }
  return result(null);
}
