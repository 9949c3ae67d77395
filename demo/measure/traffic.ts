import type { CDPSession, Page } from 'playwright-core';
import { measureName } from '../app/views/traffic/paint-latency.ts';
import { type Figure, quantile } from './figure.ts';
import { clockOf, heapOf, longTasksSince, show } from './tracker.ts';

const writesASecond = 200;
const warmUpMs = 5000;
const megabyte = 2 ** 20;
/** A heap that grows by more than this in the time is not flat. */
const flatMegabytes = 3;

/** Views that are open while others write, the one that shows what is written first. */
const views = [
  { name: 'traffic', path: '#/traffic', share: 1 },
  { name: 'issues', path: '#/issues', share: 1 },
  { name: 'board', path: '#/board', share: 1 / 3 },
  { name: 'console', path: '#/console', share: 1 / 3 },
  { name: 'stream', path: '#/stream', share: 1 / 3 },
] as const;

/** What the page's main thread, its heap and its screen make of 200 writes a second. */
export async function measureTraffic(page: Page, session: CDPSession, seconds: number): Promise<Figure[]> {
  await show(page, '#/traffic');
  const rate = page.getByRole('slider', { name: 'Rate' });
  await rate.fill(String(writesASecond));
  const control = page.getByRole('switch', { name: 'Write changes' });
  await control.click();
  const figures: Figure[] = [];
  for (const { name, path, share } of views) {
    await show(page, path);
    figures.push(...(await measureView(page, session, name, seconds * share)));
  }
  await show(page, '#/traffic');
  await control.click();
  return figures;
}

async function measureView(
  page: Page,
  session: CDPSession,
  name: string,
  seconds: number,
): Promise<Figure[]> {
  await page.waitForTimeout(warmUpMs);
  await listenForPaints(page);
  const before = await heapOf(session);
  // The collection above is a long task itself.
  await page.waitForTimeout(500);
  const from = await clockOf(page);
  await page.waitForTimeout(seconds * 1000);
  const tasks = await longTasksSince(page, from);
  const latencies = await paints(page, from);
  const after = await heapOf(session);
  const under = `${name}, ${writesASecond} writes a second for ${Math.round(seconds)} s`;
  const figures: Figure[] = [
    {
      name: `${under}: tasks over 50 ms`,
      value: tasks.length,
      unit: '',
      aim: 0,
      ...(tasks.length > 0 && { note: `longest ${Math.max(...tasks)} ms` }),
    },
    {
      name: `${under}: heap grew by`,
      value: (after - before) / megabyte,
      unit: 'MB',
      aim: flatMegabytes,
      note: `${(before / megabyte).toFixed(1)} → ${(after / megabyte).toFixed(1)} MB`,
    },
  ];
  if (latencies.length > 0) {
    figures.push(
      { name: `${under}: commit → paint, p50`, value: quantile(latencies, 0.5), unit: 'ms', aim: 33 },
      { name: `${under}: commit → paint, p99`, value: quantile(latencies, 0.99), unit: 'ms' },
      { name: `${under}: painted writes a second`, value: latencies.length / seconds, unit: '' },
    );
  }
  return figures;
}

interface Paints {
  paints: { at: number; ms: number }[];
}

/** The application measures each write until it is painted, in the browser's own timeline. */
async function listenForPaints(page: Page): Promise<void> {
  await page.evaluate((measure) => {
    const kept: Paints = { paints: [] };
    if (!('paints' in window)) {
      new PerformanceObserver((list) => {
        for (const { startTime, duration } of list.getEntriesByName(measure)) {
          (window as unknown as Paints).paints.push({ at: startTime, ms: duration });
        }
      }).observe({ type: 'measure' });
    }
    Object.assign(window, kept);
  }, measureName);
}

async function paints(page: Page, from: number): Promise<number[]> {
  return page.evaluate((since) => {
    const { paints } = window as unknown as Paints;
    const found = paints.filter(({ at }) => at >= since).map(({ ms }) => ms);
    Object.assign(window, { paints: [] });
    return found;
  }, from);
}
