import type { Page } from 'playwright-core';
import { show } from './tracker.ts';

/** A view with something in it. */
export interface Scene {
  readonly name: string;
  prepare(page: Page): Promise<void>;
  /** Ends what it began. */
  leave(page: Page): Promise<void>;
}

const settleMs = 600;

function scene(
  name: string,
  path: string,
  act: (page: Page) => Promise<unknown> = async () => {},
  leave: (page: Page) => Promise<void> = async () => {},
): Scene {
  return {
    name,
    async prepare(page) {
      await show(page, path);
      await act(page);
      await page.waitForTimeout(settleMs);
    },
    leave,
  };
}

async function setTraffic(page: Page, isOn: boolean): Promise<void> {
  await show(page, '#/traffic');
  const control = page.getByRole('switch', { name: 'Write changes' });
  if ((await control.getAttribute('aria-checked')) !== String(isOn)) await control.click();
}

const stop = (page: Page): Promise<void> => setTraffic(page, false);

async function ask(page: Page, example: string): Promise<void> {
  await page.getByRole('button', { name: example }).click();
  await page.locator('.result-table tbody tr').first().waitFor();
}

/** Every view, and what opens in them. */
export const scenes: readonly Scene[] = [
  scene('issues', '#/issues'),
  scene('issue', '#/issues/17'),
  scene('board', '#/board'),
  scene('stream-empty', '#/stream'),
  scene(
    'traffic',
    '#/traffic',
    async (page) => {
      await setTraffic(page, true);
      await page.waitForTimeout(8000);
    },
    stop,
  ),
  scene('console-empty', '#/console'),
  scene(
    'console',
    '#/traffic',
    async (page) => {
      await setTraffic(page, true);
      await show(page, '#/console');
      await ask(page, 'Join and group');
    },
    stop,
  ),
  scene('console-reevaluated', '#/console', (page) => ask(page, 'Recursive CTE')),
  scene('console-error', '#/console', async (page) => {
    const editor = page.getByRole('textbox', { name: 'SQL' });
    await editor.fill('SELECT id, titel\nFROM issues\nWHERE status = 1');
    await editor.press('Control+Enter');
    await page.getByRole('alert').waitFor();
  }),
  scene(
    'stream',
    '#/traffic',
    async (page) => {
      await setTraffic(page, true);
      await show(page, '#/stream');
      await page.locator('.entry').nth(12).waitFor();
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.locator('.entry-line').nth(2).click();
    },
    stop,
  ),
];
