import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type { Engine } from './engine.ts';
import { runOracle } from './oracle.ts';
import type { OrdinaryPart } from './ordinary.ts';

/** What a thread is asked to run. */
export interface MutantRun {
  /** Path of a module that exports `engine: Engine`. */
  readonly engine: string;
  /** One after the other, until one of them finds a difference. */
  readonly parts: readonly OrdinaryPart[];
}

export interface Verdict {
  readonly comparisons: number;
  /** What gave the mutant away; null: nothing did. */
  readonly caught: string | null;
}

const run = workerData as MutantRun;
const { engine } = (await import(pathToFileURL(run.engine).href)) as { engine: Engine };

async function judge(): Promise<Verdict> {
  let comparisons = 0;
  for (const part of run.parts) {
    const { failure, tally } = await runOracle(engine, {
      ...part,
      cases: Number.POSITIVE_INFINITY,
      seconds: Number.POSITIVE_INFINITY,
      steps: 25,
      lives: 8,
      shrinkMs: 0,
      progress: (now) => parentPort?.postMessage(comparisons + now.tally.comparisons),
    });
    comparisons += tally.comparisons;
    const about = part.only ? ` about ${part.only.join()}` : '';
    if (failure) return { comparisons, caught: `${failure.difference.rule} (seed ${failure.seed}${about})` };
  }
  return { comparisons, caught: null };
}

parentPort?.postMessage(await judge());
