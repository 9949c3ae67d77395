import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { BrowserContext, Locator, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { built, site } from '../../demo/app/site.ts';
import { launch, missing } from './chromium.ts';
import { serveFolder } from './site.ts';
import { executable } from './support.ts';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

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
});
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
  test('fills its database once, in one of two tabs', async () => {
    const pages = await Promise.all([tab(), tab()]);
    for (const page of pages) await page.getByRole('navigation').waitFor();
    expect(errors).toEqual([]);
  });

  test('takes an issue in, shows it in another tab and after a reload, finds it, and undoes it', async () => {
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

  test('edits, comments, filters and moves on the board, with undo and redo', async () => {
    const page = await tab('#/board');
    const column = (name: string) => page.getByRole('region', { name: new RegExp(`^${name}, `) });
    const titled = (title: string) => page.locator('.board-card', { hasText: title });
    await column('To do').locator('.board-card').nth(2).waitFor();
    await page.keyboard.press('c');
    await page.getByLabel('Title', { exact: true }).fill('Otter in the cellar');
    await page.keyboard.press('Control+Enter');
    await column('To do').locator('.board-card', { hasText: 'Otter in the cellar' }).click();

    await page.getByLabel('Title', { exact: true }).fill('Otter in the attic');
    await page.keyboard.press('Enter');
    await titled('Otter in the attic').waitFor();
    await page.getByRole('button', { name: 'Status: To do' }).click();
    await page.getByRole('option', { name: 'In review' }).click();
    await column('In review').locator('.board-card', { hasText: 'Otter in the attic' }).waitFor();
    await page.getByRole('button', { name: 'Tags: None' }).click();
    await page.getByRole('option').first().click();
    await page.keyboard.press('Escape');
    await expect.poll(() => titled('Otter in the attic').locator('.tag').count()).toBe(1);
    await page.getByLabel('Comment', { exact: true }).fill('It has made itself at home.');
    await page.getByRole('button', { name: 'Comment', exact: true }).click();
    await page.getByRole('listitem').filter({ hasText: 'It has made itself at home.' }).waitFor();
    await expect.poll(() => page.getByRole('heading', { name: 'Comments' }).innerText()).toBe('Comments 1');
    await page.getByRole('button', { name: /^Undo: Comment on/ }).click();
    await expect.poll(() => page.getByRole('heading', { name: 'Comments' }).innerText()).toBe('Comments 0');
    await page.getByRole('button', { name: /^Redo: Comment on/ }).click();
    await expect.poll(() => page.getByRole('heading', { name: 'Comments' }).innerText()).toBe('Comments 1');
    await page.getByRole('button', { name: 'Close' }).click();

    const card = titled('Otter in the attic');
    await drag(page, card, column('In progress').locator('.board-card').nth(1));
    await column('In progress').locator('.board-card', { hasText: 'Otter in the attic' }).waitFor();
    await card.focus();
    await page.keyboard.press('Space');
    // The first keys after Space may come before the card has been measured: they lead nowhere.
    const carried = page.locator('[data-column="doing"][data-over]');
    await expect
      .poll(async () => {
        await page.keyboard.press('ArrowDown');
        return carried.count();
      })
      .toBe(1);
    await page.keyboard.press('ArrowRight');
    await page.locator('[data-column="review"][data-over]').waitFor();
    await page.keyboard.press('Space');
    await column('In review').locator('.board-card', { hasText: 'Otter in the attic' }).waitFor();
    await page.keyboard.press('Control+z');
    await column('In progress').locator('.board-card', { hasText: 'Otter in the attic' }).waitFor();
    await page.keyboard.press('Control+Shift+z');
    await column('In review').locator('.board-card', { hasText: 'Otter in the attic' }).waitFor();

    await page.goto(`${url}#/issues`);
    await page.locator('.issue-line', { hasText: 'Otter in the attic' }).waitFor();
    await page.getByRole('button', { name: /^Done/ }).click();
    await page.locator('.issue-line', { hasText: 'Otter in the attic' }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: /^In review/ }).click();
    await page.locator('.issue-line', { hasText: 'Otter in the attic' }).waitFor();
    expect(errors).toEqual([]);
  });

  test.for(['light', 'dark'] as const)('axe finds nothing serious in any view: %s', async (colorScheme) => {
    const page = await tab();
    // Halfway faded in, nothing has the contrast that it will have.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.locator('.issue-line').nth(5).waitFor();
    await page.addScriptTag({ path: axe });
    for (const [path, sign] of [
      ['issues', '.issue-line'],
      ['issues/3', '.draft-text'],
      ['board', '.board-card'],
      ['traffic', '.uplot'],
      ['console', '.result-table td'],
      ['stream', 'h1:text("Stream")'],
    ] as const) {
      await page.evaluate((hash) => {
        location.hash = hash;
      }, `/${path}`);
      await page.locator(sign).first().waitFor();
      const { violations } = await page.evaluate(() =>
        (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
      );
      const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      expect(serious.map(({ id, nodes }) => `${path}: ${id} ${nodes[0]?.target}`)).toEqual([]);
    }
    expect(errors).toEqual([]);
  });

  test('shows an answer of which all rows change at once without painting rows over each other', async () => {
    const page = await tab('#/console');
    const rows = page.locator('.result-table tbody tr');
    await page.locator('.result-table td').first().waitFor();
    const run = async (sql: string): Promise<void> => {
      await page.locator('.cm-content').fill(sql);
      await page.locator('.cm-content').press('Control+Enter');
    };
    const seen = await page.evaluateHandle(watchRows);
    // All twenty leave, others come in their places.
    await run('UPDATE issues SET updated = updated + 1e12 WHERE id BETWEEN 1000 AND 1100');
    await page.locator('.result-table tbody[data-still]').waitFor();
    await expect.poll(() => rows.locator('td').first().innerText()).toMatch(/^1(0\d\d|100)$/);
    const frames = await seen.evaluate((watched) => watched());
    expect(frames.some(({ isStill }) => isStill)).toBe(true);
    for (const { isStill, overlaps } of frames) if (isStill) expect(overlaps).toBe(0);
    expect(errors).toEqual([]);
  });

  test('has the console’s answer on the first screen of a phone', async () => {
    const page = await tab('#/console', (blank) => blank.setViewportSize({ width: 390, height: 844 }));
    await page.locator('.result-table td').first().waitFor();
    const top = async (of: string): Promise<number> => (await page.locator(of).first().boundingBox())?.y ?? 0;
    expect(await top('.result-table thead')).toBeLessThan(300);
    // The first row is right below the head.
    expect((await top('.result-table tbody tr')) - (await top('.result-table thead'))).toBeLessThan(40);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  });

  test('says why nothing can be kept, and goes on in memory', async () => {
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

/** Looks at the console's rows at each frame: whether they stand still, and how many of them lie over others. */
function watchRows(): () => { isStill: boolean; overlaps: number }[] {
  const frames: { isStill: boolean; overlaps: number }[] = [];
  let isOver = false;
  const look = (): void => {
    const body = document.querySelector<HTMLElement>('.result-table tbody');
    const tops = [...(body?.querySelectorAll('tr') ?? [])].map((row) => row.getBoundingClientRect().top);
    tops.sort((a, b) => a - b);
    const overlaps = tops.filter((top, at) => at > 0 && top - (tops[at - 1] ?? 0) < 31).length;
    frames.push({ isStill: body?.dataset.still !== undefined, overlaps });
    if (!isOver) requestAnimationFrame(look);
  };
  look();
  return () => {
    isOver = true;
    return frames;
  };
}

/** By the mouse: a little at first, as a hand does, since a click is no drag. */
async function drag(page: Page, what: Locator, onto: Locator): Promise<void> {
  const from = await what.boundingBox();
  const to = await onto.boundingBox();
  if (!from || !to) throw new Error('There is nothing to drag.');
  await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
  await page.mouse.down();
  await page.mouse.move(from.x + from.width / 2 + 12, from.y + from.height / 2 + 4, { steps: 3 });
  await page.locator('[data-dragged]').waitFor();
  await page.mouse.move(to.x + to.width / 2, to.y + to.height / 2, { steps: 12 });
  await page.locator('[data-column] [data-mark], [data-over]').first().waitFor();
  await page.mouse.up();
}
