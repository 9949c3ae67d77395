/**
 * What every engine of Freshet must do, whichever thread, library or file system is behind it.
 * It runs wherever the engine does: in a test runner, in a worker, in a page.
 */
import { requireMethod, requireObject } from '../core/arguments.ts';
import { callCases } from './cases/calls.ts';
import type { ConformanceCase } from './cases/case.ts';
import { liveCases } from './cases/live.ts';
import { persistenceCases } from './cases/persistence.ts';
import { transactionCases } from './cases/transactions.ts';
import { valueCases } from './cases/values.ts';
import { watchCases } from './cases/watches.ts';
import type { TestedDatabase, TestedEngine } from './engine.ts';

/** A test of an engine, for any test runner. */
export interface ConformanceTest {
  readonly name: string;
  /** Rejects where the engine doesn't conform. */
  run(): Promise<void>;
}

const all: readonly ConformanceCase[] = [
  ...valueCases,
  ...callCases,
  ...transactionCases,
  ...watchCases,
  ...liveCases,
  ...persistenceCases,
];

/** The tests that an engine has to pass, by what it can. */
export function conformanceTests(engine: TestedEngine): ConformanceTest[] {
  requireMethod(engine, 'engine', 'open');
  requireObject(engine.can, 'engine.can');
  return all
    .filter(({ needs = {} }) =>
      Object.entries(needs).every(([what, value]) => engine.can[what as keyof typeof needs] === value),
    )
    .map(({ name, run }) => ({
      name,
      async run() {
        const db = await engine.open();
        try {
          await run(db as unknown as TestedDatabase, { db, engine });
        } finally {
          await db.close();
        }
      },
    }));
}
