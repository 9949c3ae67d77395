import { expect, test } from 'vitest';
import { missing } from './chromium.ts';
import { executable, startBrowser } from './support.ts';
import { campaign } from './takeovers/campaign.ts';

const seed = Number(process.env.FRESHET_SEED ?? Date.now() % 1_000_000);

test.skipIf(!executable)(
  `ten takeovers while four tabs write lose nothing, double nothing, and end no live query${executable ? '' : ` (skipped: ${missing})`}`,
  async () => {
    console.log(`npm run takeovers -- --rounds 10 --seed ${seed}`);
    const browser = await startBrowser();
    try {
      const { acknowledged, compared, ways } = await campaign(browser, 10, seed);
      expect(Object.keys(ways)).toHaveLength(7);
      expect(compared).toBe(40);
      expect(acknowledged).toBeGreaterThan(80);
    } finally {
      await browser.end();
    }
  },
);
