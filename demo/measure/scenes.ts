import type { Page } from 'playwright-core';
import { show } from './tracker.ts';

/** A view with something in it. */
export interface Scene {
  readonly name: string;
  prepare(page: Page): Promise<void>;
}

const settleMs = 600;

function scene(name: string, path: string, act: (page: Page) => Promise<unknown> = async () => {}): Scene {
  return {
    name,
    async prepare(page) {
      await show(page, path);
      await act(page);
      await page.waitForTimeout(settleMs);
    },
  };
}

async function setTraffic(page: Page, isOn: boolean): Promise<void> {
  const control = page.getByRole('switch', { name: 'Write changes' });
  if ((await control.getAttribute('aria-checked')) !== String(isOn)) await control.click();
}

/** Every view, and what opens in them. */
export const scenes: readonly Scene[] = [
  scene('traffic', '#/traffic', async (page) => {
    await setTraffic(page, true);
    await page.waitForTimeout(4000);
    await setTraffic(page, false);
  }),
  scene('stream-empty', '#/stream'),
  scene('stream', '#/traffic', async (page) => {
    await setTraffic(page, true);
    await show(page, '#/stream');
    await page.locator('.entry').nth(12).waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.locator('.entry-line').nth(2).click();
    await show(page, '#/traffic');
    await setTraffic(page, false);
    await show(page, '#/stream');
  }),
  scene('console', '#/console'),
  scene('issues', '#/issues'),
  scene('issue', '#/issues/17'),
  scene('board', '#/board'),
];
