import type { Page } from 'playwright-core';
import { type Figure, quantile } from './figure.ts';
import { show } from './tracker.ts';

const statuses = ['Backlog', 'To do', 'In progress', 'In review', 'Done'] as const;
const rounds = 4;
const longestMs = 10_000;

/** From a click that changes the filter to the frame that shows the rows of the new one. */
export async function measureFiltering(page: Page): Promise<Figure[]> {
  await show(page, '#/issues');
  await page.locator('.issue-line').first().waitFor();
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const status of statuses) {
      // On, and off again.
      times.push(await press(page, status, status), await press(page, status, null));
      await page.waitForTimeout(200);
    }
  }
  return [
    { name: 'filter change → painted list, median', value: quantile(times, 0.5), unit: 'ms', aim: 100 },
    { name: 'filter change → painted list, p95', value: quantile(times, 0.95), unit: 'ms' },
    {
      name: 'filter change → painted list, longest',
      value: Math.max(...times),
      unit: 'ms',
      note: `of ${times.length}`,
    },
  ];
}

/** Presses a status's chip, and waits for a list of that status only, or of several. */
async function press(page: Page, chip: string, expected: string | null): Promise<number> {
  return page.evaluate(
    ([name, only, most]) =>
      new Promise<number>((resolve, reject) => {
        const buttons = [...document.querySelectorAll<HTMLButtonElement>('.filter-bar button[aria-pressed]')];
        const button = buttons.find(({ textContent }) => textContent?.startsWith(name));
        if (!button) throw new Error(`There is no filter ${name}.`);
        const isShown = (): boolean => {
          const lines = [...document.querySelectorAll('.issue-list .issue-line')];
          if (lines.length === 0 || lines.some((line) => line.classList.contains('issue-line-skeleton')))
            return false;
          const shown = new Set(
            lines.map((line) =>
              line.querySelector('.issue-line-status [aria-label]')?.getAttribute('aria-label'),
            ),
          );
          return only === null ? shown.size > 1 : shown.size === 1 && shown.has(only);
        };
        const begun = performance.now();
        const look = (): void => {
          if (performance.now() - begun > most)
            reject(new Error(`No list of ${only ?? 'all'} within ${most} ms.`));
          else if (!isShown()) requestAnimationFrame(look);
          else {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = () => resolve(performance.now() - begun);
            port2.postMessage(null);
          }
        };
        button.click();
        requestAnimationFrame(look);
      }),
    [chip, expected, longestMs] as const,
  );
}
