import { fileURLToPath } from 'node:url';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { launch, missing } from './chromium.ts';
import { serveSite } from './site.ts';
import { executable } from './support.ts';

let context: BrowserContext;
let url: string;
const errors: string[] = [];
const ends: (() => Promise<void>)[] = [];
beforeAll(async () => {
  if (!executable) return;
  const site = await serveSite(fileURLToPath(new URL('../../demo/browser', import.meta.url)));
  ends.push(site.end);
  const browser = await launch(executable);
  ends.unshift(browser.end);
  ({ context } = browser);
  ({ url } = site);
}, 120_000);
afterAll(async () => {
  for (const end of ends) await end();
});
afterEach(async () => {
  for (const page of context?.pages() ?? []) await page.close();
  errors.length = 0;
});

async function tab(prepare?: (page: Page) => Promise<unknown>): Promise<Page> {
  const page = await context.newPage();
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  await prepare?.(page);
  await page.goto(url);
  return page;
}

async function add(page: Page, title: string): Promise<void> {
  await page.getByLabel('New note').fill(title);
  await page.getByLabel('New note').press('Enter');
}

const titles = (page: Page): Promise<string[]> => page.locator('#notes .title').allTextContents();

describe.skipIf(!executable)(`the demo${executable ? '' : ` (skipped: ${missing})`}`, () => {
  test('shows a note in all tabs and after a reload, and takes it away from all', async () => {
    const [one, two] = [await tab(), await tab()];
    await one.getByText('No notes yet').waitFor();
    await two.getByText('No notes yet').waitFor();
    await two.getByText('This is tab 2').waitFor();

    await add(two, 'Mend the boat');
    await one.getByText('Mend the boat').waitFor();
    await add(one, 'Water the ferns');
    for (const page of [one, two]) {
      await expect.poll(() => titles(page)).toEqual(['Water the ferns', 'Mend the boat']);
      await expect.poll(() => page.locator('#total').textContent()).toBe('2');
      await expect.poll(() => page.locator('#by-tab li').allTextContents()).toEqual(['tab 11', 'tab 21']);
    }
    expect(await one.locator('#storage').getAttribute('data-state')).toBe('kept');
    await one.getByText('List kept fresh: incremental').waitFor();

    await two.reload();
    await expect.poll(() => titles(two)).toEqual(['Water the ferns', 'Mend the boat']);

    await two.getByRole('button', { name: 'Delete “Water the ferns”' }).click();
    for (const page of [one, two]) await expect.poll(() => titles(page)).toEqual(['Mend the boat']);
    const focused = await two.evaluate(() => document.activeElement?.getAttribute('aria-label'));
    expect(focused).toBe('Delete “Mend the boat”');
    expect(errors).toEqual([]);
  });

  test('leaves the elements of rows alone that did not change', async () => {
    const page = await tab();
    await page.getByLabel('Write', { exact: true }).waitFor();
    await add(page, 'An old one');
    await page.getByText('An old one').waitFor();
    await page.evaluate(() => {
      const touched: string[] = [];
      new MutationObserver((records) => {
        for (const { type, target, addedNodes, removedNodes } of records) {
          const nodes = [...addedNodes, ...removedNodes];
          touched.push(
            ...(type === 'childList' && nodes.length > 0 ? nodes : [target]).map(
              (node) => node.textContent ?? '',
            ),
          );
        }
      }).observe(document.querySelector('#notes') as Element, {
        subtree: true,
        childList: true,
        characterData: true,
        attributes: true,
      });
      Object.assign(window, { touched });
    });
    await add(page, 'A new one');
    await page.getByText('A new one').waitFor();
    const touched = await page.evaluate(() => (window as unknown as { touched: string[] }).touched);
    expect(touched).toEqual([expect.stringContaining('A new one')]);
    expect(errors).toEqual([]);
  });

  test('writes by itself while it is switched on, and shows the newest 50', async () => {
    const page = await tab();
    const writing = page.getByLabel('Write', { exact: true });
    await page.getByLabel('a second').fill('200');
    await writing.check();
    const total = async (): Promise<number> => Number(await page.locator('#total').textContent());
    await expect.poll(total).toBeGreaterThan(100);
    await writing.uncheck();
    expect(await titles(page)).toHaveLength(50);
    expect(errors).toEqual([]);
  });

  test('says why nothing can be kept, and goes on in memory', async () => {
    const page = await tab((blank) =>
      blank.addInitScript(() => {
        navigator.storage.getDirectory = () =>
          Promise.reject(new DOMException('Security error when calling GetDirectory', 'SecurityError'));
      }),
    );
    await page.getByText('Cannot open notes.db').waitFor();
    await page.getByRole('button', { name: 'Go on in memory' }).click();
    await page.getByText('In memory').waitFor();
    await add(page, 'Not for long');
    await expect.poll(() => titles(page)).toEqual(['Not for long']);
    expect(errors).toEqual([]);
  });
});
