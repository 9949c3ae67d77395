import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCase, newCensus } from '../oracle/case.ts';
import { missing } from './chromium.ts';
import { executable, startBrowser, type TestBrowser } from './support.ts';

let browser: TestBrowser;
beforeAll(async () => {
  if (executable) browser = await startBrowser();
});
afterAll(() => browser?.end());

describe.skipIf(!executable)(`in Chromium${executable ? '' : ` (skipped: ${missing})`}`, () => {
  test.each(['memory', 'opfs'] as const)('SQLite in WebAssembly conforms: %s', async (engine) => {
    const page = await browser.tab();
    const names = await page.evaluate((which) => window.conformance[which].map(({ name }) => name), engine);
    expect(names.length).toBeGreaterThan(30);
    const failures: string[] = [];
    for (const [at, name] of names.entries()) {
      const failure = await page.evaluate(
        ([which, index]) =>
          window.conformance[which][index]?.run().then(
            () => null,
            (error) => String(error),
          ),
        [engine, at] as const,
      );
      if (failure !== null) failures.push(`${name}: ${failure}`);
    }
    console.log(`${engine}: ${names.length} conformance tests in Chromium`);
    expect(failures).toEqual([]);
    expect(browser.errors).toEqual([]);
    await page.close();
  });

  test('the oracle finds no difference over OPFS', async () => {
    const page = await browser.tab();
    let comparisons = 0;
    for (let seed = 7_000_000; comparisons < 1500; seed++) {
      const testCase = makeCase(seed, { steps: 8, lives: 6, without: ['full-text'] }, newCensus());
      const result = await page.evaluate((given) => window.runCase(given), testCase);
      comparisons += result.comparisons;
      expect(result.difference).toBeNull();
    }
    console.log(`OPFS: ${comparisons} comparisons in Chromium`);
    await page.close();
  });
});
