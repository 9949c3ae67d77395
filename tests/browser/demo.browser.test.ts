import type { BrowserContext, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { built, site } from '../../demo/app/site.ts';
import { launch, missing } from './chromium.ts';
import { serveFolder } from './site.ts';
import { executable } from './support.ts';

let context: BrowserContext;
let url: string;
const errors: string[] = [];
const ends: (() => Promise<void>)[] = [];
beforeAll(async () => {
  if (!executable) return;
  await build(site);
  const server = await serveFolder(built, () => {});
  ends.push(server.end);
  const browser = await launch(executable);
  ends.unshift(browser.end);
  ({ context } = browser);
  url = `${server.url}?issues=2000&comments=6000`;
}, 120_000);
afterAll(async () => {
  for (const end of ends) await end();
});
afterEach(async () => {
  for (const page of context?.pages() ?? []) await page.close();
  errors.length = 0;
});

async function tab(path = '#/issues', prepare?: (page: Page) => Promise<unknown>): Promise<Page> {
  const page = await context.newPage();
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  await prepare?.(page);
  await page.goto(`${url}${path}`);
  return page;
}

describe.skipIf(!executable)(`the issue tracker${executable ? '' : ` (skipped: ${missing})`}`, () => {
  test('fills its database once, in one of two tabs', { timeout: 60_000 }, async () => {
    const pages = await Promise.all([tab(), tab()]);
    for (const page of pages) await page.getByRole('navigation').waitFor();
    expect(errors).toEqual([]);
  });

  test('takes an issue in, shows it in another tab and after a reload, finds it, and undoes it', {
    timeout: 60_000,
  }, async () => {
    const [page, other] = [await tab(), await tab()];
    const line = (on: Page) => on.locator('.issue-line', { hasText: 'Heron on the roof' });
    for (const one of [page, other]) await one.locator('.issue-line').nth(5).waitFor();
    await page.keyboard.press('c');
    await page.getByLabel('Title', { exact: true }).fill('Heron on the roof');
    await page.keyboard.press('Control+Enter');
    for (const one of [page, other]) await line(one).waitFor();
    await other.reload();
    await other.getByLabel('Search issues').fill('hero roo');
    await line(other).waitFor();
    await expect.poll(() => other.locator('.issue-line').count()).toBe(1);
    await page.keyboard.press('Control+z');
    for (const one of [page, other]) await line(one).waitFor({ state: 'detached' });
    await other.getByText('No issues match').waitFor();
    expect(errors).toEqual([]);
  });

  test('says why nothing can be kept, and goes on in memory', { timeout: 60_000 }, async () => {
    const page = await tab('', (blank) =>
      blank.addInitScript(() => {
        navigator.storage.getDirectory = () =>
          Promise.reject(new DOMException('Security error when calling GetDirectory', 'SecurityError'));
      }),
    );
    await page.getByRole('heading', { name: 'keeps no files' }).waitFor();
    await page.getByRole('button', { name: 'Go on in memory' }).click();
    await page.getByText('In memory only').waitFor();
    expect(errors).toEqual([]);
  });
});
