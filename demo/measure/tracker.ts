import type { BrowserContext, CDPSession, Page } from 'playwright-core';
import { build, preview } from 'vite';
import { buildPackage } from '../app/build-package.ts';
import { site } from '../app/site.ts';

export interface Size {
  readonly issues: number;
  readonly comments: number;
}

/** Builds the tracker and serves it, as `npm start` does. */
export async function serveTracker(
  say: (text: string) => void,
): Promise<{ url: string; end(): Promise<void> }> {
  buildPackage(say);
  await build(site);
  const server = await preview({ ...site, preview: { host: '127.0.0.1', port: 0 } });
  const url = server.resolvedUrls?.local[0];
  if (url === undefined) throw new Error('The tracker is built, but nothing serves it.');
  return { url, end: () => server.close() };
}

const generateMs = 300_000;

/** A tab with the tracker, its database filled. */
export async function openTracker(context: BrowserContext, url: string, size: Size): Promise<Page> {
  const page = await context.newPage();
  await page.addInitScript(observeLongTasks);
  await page.goto(`${url}?issues=${size.issues}&comments=${size.comments}#/traffic`);
  await page.getByRole('navigation').waitFor({ timeout: generateMs });
  return page;
}

/** Goes to a view as its link does. */
export async function show(page: Page, path: string): Promise<void> {
  await page.evaluate((hash) => {
    location.hash = hash;
  }, path);
}

interface Observed {
  longTasks: { at: number; ms: number }[];
}

function observeLongTasks(): void {
  const observed: Observed = { longTasks: [] };
  Object.assign(window, { observed });
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) {
      observed.longTasks.push({ at: startTime, ms: duration });
    }
  }).observe({ type: 'longtask', buffered: true });
}

/** The tasks of the page's main thread over 50 ms since `at`, of the page's clock. */
export async function longTasksSince(page: Page, at: number): Promise<readonly number[]> {
  return page.evaluate((from) => {
    const { observed } = window as unknown as { observed: Observed };
    return observed.longTasks.filter((task) => task.at >= from).map(({ ms }) => ms);
  }, at);
}

export const clockOf = (page: Page): Promise<number> => page.evaluate(() => performance.now());

/** Bytes that the page's scripts hold, after a collection. */
export async function heapOf(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  return usedSize;
}
