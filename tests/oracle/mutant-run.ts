import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type { Engine } from './engine.ts';
import { runOracle } from './oracle.ts';

/** What a thread is asked to run. */
export interface MutantRun {
  /** Path of a module that exports `engine: Engine`. */
  readonly engine: string;
  readonly options: {
    readonly comparisons: number;
    readonly seed: number;
    readonly only: readonly string[];
  };
}

export interface Verdict {
  readonly comparisons: number;
  /** What gave the mutant away; null: nothing did. */
  readonly caught: string | null;
}

const run = workerData as MutantRun;
const { engine } = (await import(pathToFileURL(run.engine).href)) as { engine: Engine };
const { failure, tally } = await runOracle(engine, {
  ...run.options,
  cases: Number.POSITIVE_INFINITY,
  seconds: Number.POSITIVE_INFINITY,
  steps: 25,
  lives: 8,
  shrinkMs: 0,
  progress: ({ tally: { comparisons } }) => parentPort?.postMessage(comparisons),
});
const caught = failure && `${failure.difference.rule} (seed ${failure.seed})`;
parentPort?.postMessage({ comparisons: tally.comparisons, caught } satisfies Verdict);
