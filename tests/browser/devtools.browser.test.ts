import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { missing } from './chromium.ts';
import { executable, startBrowser, type TestBrowser } from './support.ts';

/** Where pictures go, for people to look at; none are taken without it. */
const pictures = process.env.SCREENSHOTS;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let browser: TestBrowser;
beforeAll(async () => {
  if (executable) browser = await startBrowser();
});
afterAll(() => browser?.end());
afterEach(async () => {
  for (const page of browser?.context.pages() ?? []) await page.close();
});

/** A page with a database that is written to while live queries follow it, and the panel. */
async function started(name: string, options: { width: number; scheme: 'light' | 'dark' }): Promise<Page> {
  const page = await browser.tab();
  await page.setViewportSize({ width: options.width, height: 800 });
  await page.emulateMedia({ colorScheme: options.scheme });
  await page.evaluate(async (location) => {
    const { open, live, settled } = window.freshet;
    const db = await open(location);
    await db.exec(`
      CREATE TABLE teams(id INTEGER PRIMARY KEY, name TEXT NOT NULL);
      CREATE TABLE issues(id INTEGER PRIMARY KEY, title TEXT NOT NULL, status TEXT NOT NULL, team_id INTEGER NOT NULL, updated REAL);
      CREATE INDEX issues_team ON issues(team_id);
      INSERT INTO teams VALUES (1, 'Harbour'), (2, 'Lighthouse');
      INSERT INTO issues WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 400)
        SELECT i, 'Issue ' || i, CASE i % 3 WHEN 0 THEN 'done' ELSE 'open' END, 1 + i % 2, i FROM n`);
    document.body.append(
      Object.assign(document.createElement('h1'), { textContent: 'A page that is being developed' }),
    );
    live(
      db,
      'SELECT i.id, i.title, t.name AS team\nFROM issues i JOIN teams t ON t.id = i.team_id\nWHERE i.status = ?\nORDER BY i.updated DESC\nLIMIT 50',
      ['open'],
    ).subscribe();
    live(db, 'SELECT team_id, count(*) AS n FROM issues GROUP BY team_id').subscribe();
    live(db, 'SELECT title FROM issues WHERE id = :id', { id: 7 }).subscribe();
    live(db, 'SELECT id FROM issues WHERE updated > unixepoch() - 60 ORDER BY id').subscribe();
    await settled(db);
    const unmount = window.devtools.mountDevtools(db, { slowMs: 0, intervalMs: 100 });
    Object.assign(window, { db, unmount });
  }, `${name}.db`);
  return page;
}

const write = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    const { db } = window as unknown as { db: Awaited<ReturnType<typeof window.freshet.open>> };
    await db.execute("UPDATE issues SET title = 'Paint the door', updated = 1000 WHERE id = 7");
    await db.execute("INSERT INTO issues VALUES (401, 'Mend the roof', 'open', 1, 401)");
    await db.transaction(async (tx) => {
      await tx.execute('DELETE FROM issues WHERE id = 1');
      await tx.execute("UPDATE teams SET name = 'Beacon' WHERE id = 2");
    });
  });

/** What axe finds wrong with what is shown, contrast included. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(context: unknown): Promise<AxeResults> } };
    return axe.run({ include: ['freshet-devtools'] });
  });
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

async function picture(page: Page, name: string): Promise<void> {
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `devtools-${name}.png`) });
}

const settings = [
  { width: 1024, scheme: 'light' },
  { width: 1024, scheme: 'dark' },
  { width: 390, scheme: 'light' },
  { width: 390, scheme: 'dark' },
] as const;

describe.skipIf(!executable)(`the developer tools${executable ? '' : ` (skipped: ${missing})`}`, () => {
  test.each(settings)('show queries, commits and what was slow at $width px, $scheme', async (setting) => {
    const name = `${setting.width}-${setting.scheme}`;
    const page = await started(name, setting);
    const queries = page.getByRole('table', { name: 'Open live queries' });
    await page.getByRole('button', { name: 'Freshet' }).click();
    await queries.getByRole('row').nth(4).waitFor();
    await write(page);
    const visits = () =>
      queries.locator('tbody tr').evaluateAll((rows) => rows.map((row) => row.children[4]?.textContent));
    await expect.poll(visits).toEqual(['3', '2', '1', '3']);
    expect(await violations(page)).toEqual([]);
    await picture(page, `${name}-queries`);

    await queries.getByRole('button', { name: 'SELECT i.id' }).click();
    const details = page.getByRole('region', { name: 'Details of the query' });
    await details.getByText('JOIN teams t ON').waitFor();
    await details.getByText('issues as i').waitFor();
    expect(await violations(page)).toEqual([]);
    await picture(page, `${name}-details`);
    await page.keyboard.press('Enter');
    await details.waitFor({ state: 'hidden' });

    await page.getByRole('tab', { name: 'Stream' }).click();
    const commits = page.getByRole('list', { name: 'Commits' }).getByRole('listitem');
    const streams = () =>
      page.evaluate(async () => {
        const { db } = window as unknown as { db: Awaited<ReturnType<typeof window.freshet.open>> };
        return (await db.reactiveMetrics()).change_stream_count;
      });
    await expect.poll(streams).toBe(1);
    await page.evaluate(async () => {
      const { db } = window as unknown as { db: Awaited<ReturnType<typeof window.freshet.open>> };
      await db.execute("UPDATE issues SET title = 'Mend the fence' WHERE id = 8");
      await db.execute("INSERT INTO teams VALUES (3, 'Quay')");
      await db.execute('DELETE FROM issues WHERE id = 9');
    });
    await commits.nth(2).waitFor();
    await commits.nth(2).locator('summary').click();
    await commits.nth(2).getByText("'Mend the fence'").waitFor();
    await commits.first().locator('summary').click();
    await commits.first().getByText('delete', { exact: true }).waitFor();
    expect(await violations(page)).toEqual([]);
    await picture(page, `${name}-stream`);

    await page.getByRole('tab', { name: 'Slow' }).click();
    const slow = page.getByRole('list', { name: 'Slow queries' });
    await slow.locator('summary').first().click();
    await slow.getByText('Row key').first().waitFor();
    expect(await violations(page)).toEqual([]);
    await picture(page, `${name}-slow`);
    // What the panel shows fits into it.
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBe(0);
    expect(browser.errors).toEqual([]);
  });

  test('open and close by the keyboard alone, are resized, and leave no trace', async () => {
    const page = await started('keyboard', { width: 1024, scheme: 'light' });
    const dock = page.getByRole('region', { name: 'Freshet developer tools' });
    await page.keyboard.press('Control+Alt+f');
    await dock.waitFor();
    const height = async (): Promise<number> => (await dock.boundingBox())?.height ?? 0;
    expect(await height()).toBe(320);
    await page.getByRole('separator').focus();
    await page.keyboard.press('ArrowUp');
    expect(await height()).toBe(344);
    await page.mouse.move(500, 800 - 344);
    await page.mouse.down();
    await page.mouse.move(500, 800 - 500);
    await page.mouse.up();
    expect(await height()).toBe(500);
    await page.keyboard.press('Escape');
    await dock.waitFor({ state: 'hidden' });
    await page.keyboard.press('Enter');
    await dock.waitFor();
    await page.evaluate(() => (window as unknown as { unmount(): void }).unmount());
    expect(await page.locator('freshet-devtools').count()).toBe(0);
    expect(browser.errors).toEqual([]);
  });

  test('leave a page alone that writes a lot: it isn’t held up, and the panel changes a few times a second', async () => {
    const page = await started('busy', { width: 1024, scheme: 'light' });
    await page.keyboard.press('Control+Alt+f');
    await page.getByRole('tab', { name: 'Stream' }).click();
    const { commits, renders, longTasks } = await page.evaluate(async () => {
      const { db } = window as unknown as { db: Awaited<ReturnType<typeof window.freshet.open>> };
      let longTasks = 0;
      new PerformanceObserver((list) => {
        longTasks += list.getEntries().length;
      }).observe({ type: 'longtask' });
      let renders = 0;
      const root = document.querySelector('freshet-devtools')?.shadowRoot as ShadowRoot;
      new MutationObserver(() => {
        renders += 1;
      }).observe(root, { subtree: true, childList: true, characterData: true });
      let commits = 0;
      const end = performance.now() + 2000;
      while (performance.now() < end) {
        await Promise.all(
          Array.from({ length: 10 }, (_, at) =>
            db.execute('UPDATE issues SET title = ? WHERE id = ?', [`Title ${commits}`, 1 + at]),
          ),
        );
        commits += 10;
      }
      return { commits, renders, longTasks };
    });
    console.log(`${commits} commits, ${renders} renders, ${longTasks} tasks above 50 ms`);
    expect(commits).toBeGreaterThan(renders);
    // Every 100 ms a look at the stream and one at the figures.
    expect(renders).toBeLessThanOrEqual(60);
    expect(browser.errors).toEqual([]);
  });
});
