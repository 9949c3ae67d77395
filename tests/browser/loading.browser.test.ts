import type { Page, Route } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { missing } from './chromium.ts';
import { executable, startBrowser, type TestBrowser } from './support.ts';

let browser: TestBrowser;
beforeAll(async () => {
  if (executable) browser = await startBrowser();
});
afterAll(() => browser?.end());
afterEach(async () => {
  await browser?.context.unrouteAll({ behavior: 'ignoreErrors' });
  for (const page of browser?.context.pages() ?? []) await page.close().catch(() => {});
});

const worker = /browser-engine/;
const wasm = /\.wasm$/;

/** Opens, and says what came of it. */
const opening = (page: Page, location: string) =>
  page.evaluate(async (name) => {
    try {
      window.db = await window.freshet.open(name);
      return 'opened';
    } catch (error) {
      const { name: kind, code, subcode, retryable, message } = error as Record<string, unknown>;
      return { kind, code, subcode, retryable, message: String(message) };
    }
  }, location);

describe.skipIf(!executable)(`an engine${executable ? '' : ` (skipped: ${missing})`}`, () => {
  const answers: readonly (readonly [what: string, RegExp, Parameters<Route['fulfill']>[0], RegExp])[] = [
    ['whose worker is missing', worker, { status: 404 }, /worker, http\S+browser-engine\S+, .*status 404/],
    [
      'whose worker is a page',
      worker,
      { body: '<!doctype html>', contentType: 'text/html' },
      /worker, http\S+browser-engine\S+, .*text\/html/,
    ],
    ['whose WebAssembly is missing', wasm, { status: 404 }, /http\S+\.wasm, .*status 404/],
    ['whose WebAssembly fails', wasm, { status: 500 }, /http\S+\.wasm, .*status 500/],
    [
      'whose WebAssembly is a page',
      wasm,
      { body: '<!doctype html>', contentType: 'text/html' },
      /http\S+\.wasm, .*text\/html/,
    ],
    [
      'whose WebAssembly is cut short',
      wasm,
      { body: Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]), contentType: 'application/wasm' },
      /http\S+\.wasm, .*cut short/,
    ],
  ];
  for (const [what, address, answer, says] of answers) {
    test(`${what} is an error with address and reason, and opens once that is right`, async () => {
      const page = await browser.tab();
      await page.route(address, (route) => route.fulfill(answer));
      const refused = await opening(page, 'loading.db');
      expect(refused).toMatchObject({
        kind: 'OperationalError',
        code: 'CONNECTION',
        subcode: 'connection.no_engine',
        retryable: true,
        message: expect.stringMatching(says),
      });
      await page.unrouteAll();
      expect(await opening(page, 'loading.db')).toBe('opened');
    });
  }

  test('whose WebAssembly never comes keeps no other tab from the file, and opening can be aborted', async () => {
    const stalled = await browser.tab();
    await stalled.route(wasm, () => new Promise(() => {}));
    const aborted = stalled.evaluate(() => {
      const abort = new AbortController();
      const outcome = window.freshet.open('stalled.db', { signal: abort.signal }).then(
        () => 'opened',
        (error) => String(error),
      );
      abort.abort('enough');
      return outcome;
    });
    expect(await aborted).toBe('enough');
    const waiting = opening(stalled, 'stalled.db');
    const other = await browser.tab();
    expect(await opening(other, 'stalled.db')).toBe('opened');
    expect(await waiting).toBe('opened');
    await other.evaluate(() => window.db.exec('CREATE TABLE t(a); INSERT INTO t VALUES (1)'));
    expect(await stalled.evaluate(() => window.db.query('SELECT a FROM t'))).toEqual([{ a: 1 }]);
    const { held = [] } = await other.evaluate(() => navigator.locks.query());
    expect(held.filter(({ name }) => name === 'freshet:stalled.db')).toHaveLength(1);
  });

  test('that a tab cannot start is started by another, and the live queries of both go on', async () => {
    const setup = (page: Page) =>
      page.evaluate(async () => {
        window.db = await window.freshet.open('deployed.db');
        await window.db.exec('CREATE TABLE IF NOT EXISTS log(writer TEXT, n INTEGER)');
        const query = window.freshet.live<{ n: number }>(window.db, 'SELECT count(*) AS n FROM log');
        query.subscribe({
          error: (error) => {
            window.liveError = String(error);
          },
        });
        window.count = () => query.value?.[0]?.n;
        await window.freshet.settled(window.db);
      });
    const owner = await browser.tab();
    await setup(owner);
    const old = await browser.tab();
    // A deployment has taken its program away before it was loaded.
    await old.route(worker, (route) => route.fulfill({ status: 404 }));
    await setup(old);
    const recent = await browser.tab();
    await setup(recent);
    await owner.close();
    await old.evaluate(() => window.db.execute("INSERT INTO log VALUES ('old', 1)"));
    await recent.evaluate(() => window.db.execute("INSERT INTO log VALUES ('recent', 2)"));
    for (const page of [old, recent]) {
      await expect.poll(() => page.evaluate(() => window.count())).toBe(2);
      expect(await page.evaluate(() => window.liveError)).toBeUndefined();
    }
    // Alone it can't go on; it does as soon as it can.
    await recent.close();
    await old.evaluate(() => window.db.query('SELECT 1').catch(() => {}));
    await old.unrouteAll();
    const again = await browser.tab();
    await setup(again);
    await again.evaluate(() => window.db.execute("INSERT INTO log VALUES ('again', 3)"));
    await expect.poll(() => old.evaluate(() => window.count())).toBe(3);
    expect(await old.evaluate(() => window.liveError)).toBeUndefined();
  });

  test('of a page in a sandbox without an origin is refused with a hint, and so is what its policy forbids, in a worker and in the page', async () => {
    const withPolicy = async (policy: string): Promise<Page> => {
      const page = await browser.context.newPage();
      await page.route(
        (url) => url.href === browser.url || url.pathname.endsWith('.js'),
        async (route) => {
          const response = await route.fetch();
          const headers = {
            ...response.headers(),
            'content-security-policy': policy,
            'access-control-allow-origin': '*',
          };
          await route.fulfill({ response, headers });
        },
      );
      await page.goto(browser.url);
      await page.waitForFunction(() => 'freshet' in window);
      return page;
    };
    const loading = (page: Page) =>
      page.evaluate(() =>
        window.freshet.loadWasm().then(
          () => 'loaded',
          ({ name, subcode, message }) => ({ name, subcode, message }),
        ),
      );
    expect(await loading(await withPolicy("default-src 'self'"))).toMatchObject({
      name: 'OperationalError',
      subcode: 'connection.no_engine',
      message: expect.stringMatching(/Content-Security-Policy forbids WebAssembly.*'wasm-unsafe-eval'/),
    });
    const page = await browser.tab();
    await page.route(wasm, (route) => route.fulfill({ status: 404 }));
    expect(await loading(page)).toMatchObject({ subcode: 'connection.no_engine' });
    await page.unrouteAll();
    expect(await loading(page)).toBe('loaded');
    expect(await opening(await withPolicy('sandbox allow-scripts'), 'policy.db')).toMatchObject({
      subcode: 'not_supported.storage',
      message: expect.stringContaining('sandboxed'),
    });
    for (const [policy, hint] of [
      ["default-src 'self'; worker-src 'none'", /Content-Security-Policy blocks its worker \(worker-src/],
      ["default-src 'self'", /wasm-unsafe-eval/],
      ["require-trusted-types-for 'script'", /trusted types/],
    ] as const) {
      expect(await opening(await withPolicy(policy), 'policy.db')).toMatchObject({
        subcode: 'connection.no_engine',
        message: expect.stringMatching(hint),
      });
    }
  });
});

declare global {
  interface Window {
    count: () => number | undefined;
    liveError: string | undefined;
  }
}
