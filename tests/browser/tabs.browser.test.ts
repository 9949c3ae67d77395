import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { missing } from './chromium.ts';
import { executable, startBrowser, type TestBrowser } from './support.ts';

let browser: TestBrowser;
beforeAll(async () => {
  if (executable) browser = await startBrowser();
});
afterAll(() => browser?.end());
afterEach(async () => {
  for (const page of browser?.context.pages() ?? []) await page.close().catch(() => {});
});

declare global {
  interface Window {
    db: Awaited<ReturnType<Window['freshet']['open']>>;
    rows: () => readonly { readonly writer: string; readonly n: number }[] | undefined;
    acknowledge: (writer: string, n: number) => Promise<void>;
    isWriting: boolean;
    writing: Promise<string[]>;
    lsns: number[];
  }
}

const all = 'SELECT writer, n FROM log ORDER BY writer, n, rowid';

/** A tab with the database open, and a live query over all that was written. */
async function tabOn(name: string): Promise<Page> {
  const page = await browser.tab();
  await page.evaluate(
    async ([location, sql]) => {
      window.db = await window.freshet.open(location);
      await window.db.exec('CREATE TABLE IF NOT EXISTS log(writer TEXT, n INTEGER)');
      const query = window.freshet.live<{ writer: string; n: number }>(window.db, sql);
      query.subscribe({ error: (error) => console.error('live', error) });
      window.rows = () => query.value;
      await window.freshet.settled(window.db);
    },
    [name, all] as const,
  );
  return page;
}

/** Which of these tabs owns the file: the one that holds its lock. */
async function ownerOf(pages: readonly Page[], name: string): Promise<Page> {
  for (const page of pages) {
    const isOwner = await page.evaluate(async (location) => {
      const mine = crypto.randomUUID();
      return navigator.locks.request(mine, async () => {
        const { held = [] } = await navigator.locks.query();
        const own = held.find((lock) => lock.name === mine)?.clientId;
        return held.some((lock) => lock.name === `freshet:${location}` && lock.clientId === own);
      });
    }, name);
    if (isOwner) return page;
  }
  throw new Error('no tab owns the file');
}

/** Writes a row, again if the call was on its way to an owner that had gone. */
async function writeOnce(page: Page | undefined, writer: string, n: number): Promise<void> {
  await page?.evaluate(
    async (row) => {
      const write = () =>
        window.db.execute(
          'INSERT INTO log SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM log WHERE writer = ?1 AND n = ?2)',
          row,
        );
      try {
        await write();
      } catch (error) {
        if (!(error as { retryable?: boolean }).retryable) throw error;
        await write();
      }
    },
    [writer, n],
  );
}

/** Writes until it is stopped; what was acknowledged is told outside of the tab. Gives the codes of errors. */
async function startWriting(page: Page, writer: string, acknowledged: Set<string>): Promise<void> {
  await page.exposeFunction('acknowledge', (by: string, n: number) => void acknowledged.add(`${by} ${n}`));
  await page.evaluate((name) => {
    window.isWriting = true;
    const write = async (): Promise<string[]> => {
      const errors: string[] = [];
      for (let n = 0; window.isWriting; n++) {
        try {
          await window.db.execute('INSERT INTO log VALUES (?, ?)', [name, n]);
          await window.acknowledge(name, n);
        } catch (error) {
          const { code, retryable } = error as { code: string; retryable: boolean };
          errors.push(`${code} ${retryable}`);
        }
      }
      return errors;
    };
    window.writing = write();
  }, writer);
}

const stopWriting = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    window.isWriting = false;
    return window.writing;
  });

/** Every tab's live rows, and what a fresh SELECT gives there. */
const looks = (pages: readonly Page[]) =>
  Promise.all(
    pages.map((page) =>
      page.evaluate(async (sql) => {
        await window.freshet.settled(window.db);
        const fresh = await window.db.query(sql);
        await window.freshet.settled(window.db);
        return { live: JSON.stringify(window.rows()), fresh: JSON.stringify(fresh) };
      }, all),
    ),
  );

/** What was written once is there once. */
function check(rows: readonly { writer: string; n: number }[], acknowledged: ReadonlySet<string>): void {
  const written = rows.map(({ writer, n }) => `${writer} ${n}`);
  expect(new Set(written).size).toBe(written.length);
  const there = new Set(written);
  expect([...acknowledged].filter((one) => !there.has(one))).toEqual([]);
}

describe.skipIf(!executable)(`tabs of one origin${executable ? '' : ` (skipped: ${missing})`}`, () => {
  test('find what was written after a reload', async () => {
    const page = await tabOn('reload.db');
    await page.evaluate(() => window.db.execute("INSERT INTO log VALUES ('a', 1)"));
    await page.reload();
    await page.waitForFunction(() => 'freshet' in window);
    const rows = await page.evaluate(async () => {
      const db = await window.freshet.open('reload.db', { mode: 'open' });
      return db.query('SELECT * FROM log');
    });
    expect(rows).toEqual([{ writer: 'a', n: 1 }]);
  });

  test('four of them write at once: nothing is lost, and all see all', async () => {
    const pages = await Promise.all(Array.from({ length: 4 }, () => tabOn('four.db')));
    await Promise.all(
      pages.map((page, at) =>
        page.evaluate(async (writer) => {
          for (let n = 0; n < 50; n++) await window.db.execute('INSERT INTO log VALUES (?, ?)', [writer, n]);
        }, `tab ${at}`),
      ),
    );
    for (const { live, fresh } of await looks(pages)) {
      expect(live).toBe(fresh);
      expect(JSON.parse(fresh)).toHaveLength(200);
    }
    expect(browser.errors).toEqual([]);
  });

  test('go on when the owner closes its database, or its tab', async () => {
    const pages = await Promise.all([tabOn('close.db'), tabOn('close.db'), tabOn('close.db')]);
    const first = await ownerOf(pages, 'close.db');
    await first.evaluate(() => window.db.close());
    const rest = pages.filter((page) => page !== first);
    await writeOnce(rest[0], 'after close', 1);
    const second = await ownerOf(rest, 'close.db');
    await second.close();
    const last = rest.filter((page) => page !== second);
    await writeOnce(last[0], 'after the tab', 2);
    const [{ live, fresh } = { live: '', fresh: 'x' }] = await looks(last);
    expect(live).toBe(fresh);
    expect(JSON.parse(fresh)).toHaveLength(2);
  });

  test('calls that an owner had not begun when it went are made by the next one, once', async () => {
    for (const how of ['close', 'crash'] as const) {
      const name = `unbegun-${how}.db`;
      const owner = await tabOn(name);
      const [one, two] = [await tabOn(name), await tabOn(name)];
      expect(await ownerOf([owner, one, two], name)).toBe(owner);
      // While this is open, others' calls stay in line.
      await owner.evaluate(async () => {
        const tx = await window.db.begin();
        await tx.execute("INSERT INTO log VALUES ('undone', 0)");
      });
      const calls = [one, two].map((page, at) =>
        page.evaluate(async (writer) => {
          const outcomes = await Promise.allSettled(
            Array.from({ length: 20 }, (_, n) =>
              window.db.execute('INSERT INTO log VALUES (?, ?)', [writer, n]),
            ),
          );
          return outcomes.filter(({ status }) => status === 'rejected').length;
        }, `tab ${at}`),
      );
      // Both have posted them.
      await Promise.all([one, two].map((page) => page.evaluate(() => {})));
      if (how === 'crash') {
        const crashed = new Promise((resolve) => owner.once('crash', resolve));
        const session = await browser.context.newCDPSession(owner);
        session.send('Page.crash').catch(() => {});
        await crashed;
      }
      await owner.close();
      expect(await Promise.all(calls)).toEqual([0, 0]);
      const [{ live, fresh } = { live: '', fresh: 'x' }] = await looks([one]);
      expect(live).toBe(fresh);
      const expected = ['tab 0', 'tab 1'].flatMap((writer) =>
        Array.from({ length: 20 }, (_, n) => ({ writer, n })),
      );
      expect(JSON.parse(fresh)).toEqual(expected);
      await Promise.all([one.close(), two.close()]);
    }
  });

  test('see commit numbers rise, also when the clock of the next owner is behind', async () => {
    const owner = await tabOn('clock.db');
    // Its engine's clock is an hour ahead of all that follow.
    const [engine] = owner.workers();
    await engine?.evaluate(() => {
      const now = Date.now;
      Date.now = () => now() + 3_600_000;
    });
    const other = await tabOn('clock.db');
    await other.evaluate(() => {
      window.lsns = [];
      window.db.subscribe(({ commit_lsn }) => void window.lsns.push(Number(commit_lsn)));
    });
    const lsns = () => other.evaluate(() => window.lsns);
    await writeOnce(owner, 'ahead', 1);
    await expect.poll(async () => (await lsns()).length).toBeGreaterThan(0);
    const before = (await lsns()).at(-1) ?? 0;
    expect(before).toBeGreaterThan((Date.now() + 1_800_000) * 1000);
    await owner.close();
    for (const n of [2, 3]) await writeOnce(other, 'behind', n);
    await expect.poll(async () => (await lsns()).filter((lsn) => lsn > before).length).toBeGreaterThan(1);
    const all = await lsns();
    expect(all).toEqual(all.toSorted((a, b) => a - b));
    expect(new Set(all).size).toBe(all.length);
    // After a reload too, which has nothing but the file.
    await other.close();
    const last = await tabOn('clock.db');
    await last.evaluate(() => {
      window.lsns = [];
      window.db.subscribe(({ commit_lsn }) => void window.lsns.push(Number(commit_lsn)));
    });
    await writeOnce(last, 'later', 4);
    await expect.poll(() => last.evaluate(() => window.lsns.length)).toBeGreaterThan(0);
    expect(await last.evaluate(() => window.lsns[0])).toBeGreaterThan(all.at(-1) ?? 0);
  });

  test('the owner crashes in the midst of writing, many times: what was acknowledged is there once', async () => {
    const rounds = Number(process.env.FRESHET_CRASHES ?? 50);
    const acknowledged = new Set<string>();
    let pages: Page[] = await Promise.all([tabOn('crash.db'), tabOn('crash.db'), tabOn('crash.db')]);
    for (const [at, page] of pages.entries()) await startWriting(page, `first ${at}`, acknowledged);
    for (let round = 0; round < rounds; round++) {
      const before = acknowledged.size;
      await expect.poll(() => acknowledged.size).toBeGreaterThan(before + 5);
      const owner = await ownerOf(pages, 'crash.db');
      const gone = new Promise((resolve) => owner.once('crash', resolve));
      const session = await browser.context.newCDPSession(owner);
      session.send('Page.crash').catch(() => {});
      await gone;
      pages = pages.filter((page) => page !== owner);
      await owner.close();
      const next = await tabOn('crash.db');
      await startWriting(next, `round ${round}`, acknowledged);
      pages.push(next);
    }
    for (const page of pages) {
      const errors = await stopWriting(page);
      expect(errors.filter((error) => error !== 'CONNECTION true')).toEqual([]);
    }
    const seen = await looks(pages);
    for (const { live, fresh } of seen) expect(live).toBe(fresh);
    check(JSON.parse(seen[0]?.fresh ?? '[]'), acknowledged);
    console.log(
      `${rounds} crashes of the owner, ${acknowledged.size} acknowledged writes, none lost, none twice`,
    );
  });

  test('a worker that is ended or throws is replaced', async () => {
    const page = await tabOn('worker.db');
    const [worker] = page.workers();
    await page.evaluate(() => window.db.execute("INSERT INTO log VALUES ('before', 1)"));
    await worker?.evaluate(() => {
      setTimeout(() => {
        throw new Error('planted');
      });
    });
    await expect
      .poll(() =>
        page.evaluate(() =>
          window.db.execute("INSERT INTO log VALUES ('after', 2)").then(
            () => true,
            () => false,
          ),
        ),
      )
      .toBe(true);
    const [{ live, fresh } = { live: '', fresh: 'x' }] = await looks([page]);
    expect(live).toBe(fresh);
    expect(JSON.parse(fresh).length).toBeGreaterThan(1);
  });
});
