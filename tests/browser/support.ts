import { fileURLToPath } from 'node:url';
import type { BrowserContext, Page } from 'playwright-core';
import { findChromium, launch } from './chromium.ts';
import { serveSite } from './site.ts';

export interface TestBrowser {
  readonly context: BrowserContext;
  readonly url: string;
  /** A tab with the test page; errors of the page are kept. */
  tab(): Promise<Page>;
  readonly errors: string[];
  end(): Promise<void>;
}

export const executable = findChromium();

/** Chromium with a profile of its own, and the test page, built and served. */
export async function startBrowser(): Promise<TestBrowser> {
  const site = await serveSite(fileURLToPath(new URL('./page', import.meta.url)));
  const { context, end } = await launch(executable ?? '');
  const errors: string[] = [];
  return {
    context,
    url: site.url,
    errors,
    async tab() {
      const page = await context.newPage();
      page.on('pageerror', (error) => errors.push(String(error)));
      await page.goto(site.url);
      await page.waitForFunction(() => 'freshet' in window);
      return page;
    },
    async end() {
      await end();
      await site.end();
    },
  };
}
