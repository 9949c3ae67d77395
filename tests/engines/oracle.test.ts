import { describe, expect, test } from 'vitest';
import { open } from '../../core/index.ts';
import { live, settled } from '../../reactive/index.ts';
import { makeCase, newCensus } from '../oracle/case.ts';
import { runOracle } from '../oracle/oracle.ts';
import { failureText } from '../oracle/report.ts';
import { runRemoteCase } from './remote-oracle.ts';

describe('the oracle finds no difference', () => {
  test('over SQLite in WebAssembly', async () => {
    const { engine } = await import('../oracle/wasm.ts');
    const options = {
      seed: 5_000_000,
      cases: 60,
      comparisons: 20_000,
      seconds: 600,
      steps: 20,
      lives: 8,
      shrinkMs: 10_000,
      // SQLite in WebAssembly has no FTS4.
      without: ['full-text'],
    };
    const { failure, tally } = await runOracle(engine, options);
    console.log(`WebAssembly: ${tally.comparisons} comparisons`);
    expect(failure && failureText(failure)).toBeNull();
    expect(tally.comparisons).toBeGreaterThan(10_000);
  });

  test('in a worker on Node', async () => {
    let comparisons = 0;
    for (let seed = 6_000_000; comparisons < 4000; seed++) {
      const testCase = makeCase(seed, { steps: 12, lives: 6 }, newCensus());
      const db = await open(':memory:');
      const result = await runRemoteCase(db, { live, settled }, testCase);
      await db.close();
      comparisons += result.comparisons;
      expect(result.difference).toBeNull();
    }
    console.log(`worker: ${comparisons} comparisons`);
  });
});
