import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missing } from './chromium.ts';
import { executable, startBrowser, type TestBrowser } from './support.ts';

let browser: TestBrowser;
beforeAll(async () => {
  if (executable) browser = await startBrowser();
});
afterAll(() => browser?.end());

async function tabOn(name: string): Promise<Page> {
  const page = await browser.tab();
  await page.evaluate(async (location) => {
    window.db = await window.freshet.open(location);
    await window.db.exec('CREATE TABLE IF NOT EXISTS log(writer TEXT, n INTEGER)');
    const query = window.freshet.live(window.db, 'SELECT writer, n FROM log ORDER BY rowid');
    query.subscribe({
      error: (error) => {
        window.liveError = (error as { code: string }).code;
      },
    });
    await window.freshet.settled(window.db);
  }, name);
  return page;
}

/** Three writes: which were acknowledged, and the codes of the others. */
const write = (page: Page, writer: string) =>
  page.evaluate(async (by) => {
    const outcomes: string[] = [];
    for (let n = 0; n < 3; n++) {
      outcomes.push(
        await window.db.execute('INSERT INTO log VALUES (?, ?)', [by, n]).then(
          () => 'acknowledged',
          (error) => error.code,
        ),
      );
    }
    return outcomes;
  }, writer);

const writers = (page: Page) =>
  page.evaluate(async () => {
    const rows = await window.db.query<{ writer: string }>('SELECT DISTINCT writer FROM log');
    return rows.map(({ writer }) => writer);
  });

const replaced = ['FILE_REPLACED', 'FILE_REPLACED', 'FILE_REPLACED'];
const acknowledged = ['acknowledged', 'acknowledged', 'acknowledged'];

describe.skipIf(!executable)(
  `site data cleared under open tabs${executable ? '' : ` (skipped: ${missing})`}`,
  () => {
    test('ends their databases with one code, and nothing more is acknowledged; opened again, all share one', async () => {
      const [one, two] = [await tabOn('cleared.db'), await tabOn('cleared.db')];
      expect(await write(one, 'before')).toEqual(acknowledged);
      const session = await browser.context.newCDPSession(one);
      const { origin } = new URL(browser.url);
      await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'all' });
      // Nobody calls: the loss is noticed all the same.
      for (const page of [one, two])
        await expect.poll(() => page.evaluate(() => window.liveError)).toBe('FILE_REPLACED');
      const three = await tabOn('cleared.db');
      expect(await write(three, 'three')).toEqual(acknowledged);
      expect([await write(one, 'one'), await write(two, 'two')]).toEqual([replaced, replaced]);

      for (const page of [one, two]) {
        await page.evaluate(async () => {
          await window.db.close();
          window.db = await window.freshet.open('cleared.db');
        });
      }
      expect([await write(one, 'one'), await write(two, 'two')]).toEqual([acknowledged, acknowledged]);
      for (const page of [one, two, three]) expect(await writers(page)).toEqual(['three', 'one', 'two']);
      // The tab that was opened after goes: those from before, whose locks it did not see, go on.
      await three.close();
      for (const [at, page] of [one, two].entries()) {
        await expect
          .poll(() => write(page, `later ${at}`).catch(String), { interval: 500 })
          .toEqual(acknowledged);
      }
      expect(new Set(await writers(two))).toEqual(new Set(['three', 'one', 'two', 'later 0', 'later 1']));
    });

    test('fails a write at once, before the next look at the file', async () => {
      const page = await tabOn('cleared-2.db');
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 200)));
      const session = await browser.context.newCDPSession(page);
      const { origin } = new URL(browser.url);
      await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'all' });
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 100)));
      expect(await write(page, 'lost')).toEqual(replaced);
      expect(browser.errors).toEqual([]);
    });
  },
);
