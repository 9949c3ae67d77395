import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missing } from './chromium.ts';
import { executable, startBrowser, type TestBrowser } from './support.ts';

let browser: TestBrowser;
beforeAll(async () => {
  if (executable) browser = await startBrowser();
});
afterAll(() => browser?.end());

describe.skipIf(!executable)(`storage of a page${executable ? '' : ` (skipped: ${missing})`}`, () => {
  test('that is full is reported, and what was committed stays', async () => {
    const page = await browser.tab();
    await page.evaluate(async () => {
      window.db = await window.freshet.open('quota.db');
      await window.db.exec('CREATE TABLE log(writer TEXT, n BLOB)');
      await window.db.execute("INSERT INTO log VALUES ('before', x'00')");
    });
    const session = await browser.context.newCDPSession(page);
    const origin = new URL(browser.url).origin;
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 8_000_000 });
    const found = await page.evaluate(async () => {
      let written = 1;
      let code = '';
      try {
        for (; written < 100; written++) {
          await window.db.execute("INSERT INTO log VALUES ('filler', zeroblob(1000000))");
        }
      } catch (error) {
        code = (error as { code: string }).code;
      }
      const [{ n } = { n: 0 }] = await window.db.query<{ n: number }>('SELECT count(*) AS n FROM log');
      return { code, written, n };
    });
    expect(found.code).toBe('FULL');
    expect(found.n).toBe(found.written);

    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 500_000_000 });
    const after = await page.evaluate(async () => {
      await window.db.execute("INSERT INTO log VALUES ('after', x'01')");
      await window.db.close();
      window.db = await window.freshet.open('quota.db', { mode: 'open' });
      const [{ n } = { n: 0 }] = await window.db.query<{ n: number }>('SELECT count(*) AS n FROM log');
      const check = await window.db.fetchOne('PRAGMA integrity_check');
      await window.db.close();
      return { n, check };
    });
    expect(after).toEqual({ n: found.n + 1, check: { integrity_check: 'ok' } });
    await page.close();
  });

  test('that is refused is said, and memory is a choice', async () => {
    const page = await browser.context.newPage();
    await page.addInitScript(() => {
      navigator.storage.getDirectory = () => Promise.reject(new DOMException('no', 'SecurityError'));
    });
    await page.goto(browser.url);
    await page.waitForFunction(() => 'freshet' in window);
    const found = await page.evaluate(async () => {
      const { live, open, settled } = window.freshet;
      const refused = await open('refused.db').then(
        () => null,
        ({ name, code, subcode }) => ({ name, code, subcode }),
      );
      const db = await open('refused.db', { withoutStorage: 'memory' });
      await db.exec('CREATE TABLE t(a); INSERT INTO t VALUES (1)');
      const query = live(db, 'SELECT * FROM t');
      query.subscribe();
      await settled(db);
      const { value } = query;
      const { location } = db;
      await db.close();
      return { refused, value, location };
    });
    expect(found).toEqual({
      refused: { name: 'NotSupportedError', code: 'NOT_SUPPORTED', subcode: 'not_supported.storage' },
      value: [{ a: 1 }],
      location: ':memory:',
    });
    await page.close();
  });

  test('takes a file in and gives one out, and deletes what is not open', async () => {
    const page = await browser.tab();
    const found = await page.evaluate(async () => {
      const { deleteDatabase, exportDatabase, importDatabase, open } = window.freshet;
      const refusal = (call: Promise<unknown>): Promise<string> =>
        call.then(
          () => 'none',
          ({ subcode }) => subcode,
        );
      const db = await open('out.db');
      await db.exec(
        'CREATE TABLE t(id INTEGER PRIMARY KEY, b); INSERT INTO t WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 3000) SELECT x, randomblob(900) FROM c',
      );
      const sum =
        'SELECT count(*) AS n, total(length(b)) AS bytes, group_concat(hex(substr(b, 1, 2))) AS text FROM t';
      const before = await db.queryOne(sum);
      const file = new Blob((await Array.fromAsync(exportDatabase(db))) as BlobPart[]);
      const busy = await refusal(importDatabase('out.db', file.stream()));
      const cancelled = exportDatabase(db);
      const reader = cancelled.getReader();
      await reader.read();
      await reader.cancel();
      await db.execute('INSERT INTO t(b) VALUES (NULL)');
      await importDatabase('in.db', file.stream());
      const copy = await open('in.db', { mode: 'open' });
      const after = await copy.queryOne(sum);
      const check = await copy.fetchOne('PRAGMA integrity_check');
      await copy.close();
      const again = await refusal(importDatabase('in.db', file.stream()));
      const junk = await refusal(importDatabase('junk.db', new Blob(['this is no database']).stream()));
      const nothing = await refusal(open('junk.db', { mode: 'open' }));
      // Its header is right; its schema is not.
      const damaged = new Blob([file.slice(0, 100), new Uint8Array(3996).fill(7), file.slice(4096)]);
      const broken = await refusal(importDatabase('broken.db', damaged.stream()));
      const nothingEither = await refusal(open('broken.db', { mode: 'open' }));
      await deleteDatabase('in.db');
      await deleteDatabase('never.db');
      const gone = await refusal(open('in.db', { mode: 'open' }));
      await db.close();
      return {
        isSame: JSON.stringify(before) === JSON.stringify(after),
        size: file.size,
        check,
        busy,
        again,
        junk,
        nothing,
        broken,
        nothingEither,
        gone,
      };
    });
    expect(found).toMatchObject({
      isSame: true,
      check: { integrity_check: 'ok' },
      busy: 'busy.open',
      again: 'io.exists',
      junk: 'corruption.not_a_database',
      nothing: 'io.not_found',
      broken: expect.stringMatching(/^corruption/),
      nothingEither: 'io.not_found',
      gone: 'io.not_found',
    });
    expect(found.size).toBeGreaterThan(2_700_000);
    await page.close();
  });

  test('that is fuller than it may be still opens and reads, and writes are refused as FULL', async () => {
    const page = await browser.tab();
    const session = await browser.context.newCDPSession(page);
    const origin = new URL(browser.url).origin;
    await page.evaluate(async () => {
      const db = await window.freshet.open('over.db');
      await db.exec('CREATE TABLE t(b); INSERT INTO t VALUES (zeroblob(3000000))');
      window.file = new Blob((await Array.fromAsync(window.freshet.exportDatabase(db))) as BlobPart[]);
      await db.close();
    });
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 200_000 });
    const found = await page.evaluate(async () => {
      const refusal = (call: Promise<unknown>): Promise<string> =>
        call.then(
          () => 'none',
          ({ code, subcode }) => `${code} ${subcode}`,
        );
      const db = await window.freshet.open('over.db', { mode: 'open' });
      const read = await db.query('SELECT length(b) AS n FROM t');
      const written = await refusal(db.execute('INSERT INTO t VALUES (zeroblob(2000000))'));
      const imported = await refusal(window.freshet.importDatabase('over-2.db', window.file));
      const again = await db.query('SELECT count(*) AS n FROM t');
      await db.close();
      return { read, written, imported, again };
    });
    await session.send('Storage.overrideQuotaForOrigin', { origin });
    expect(found).toEqual({
      read: [{ n: 3_000_000 }],
      written: 'FULL io.full',
      imported: 'FULL io.full',
      again: [{ n: 1 }],
    });
    await page.close();
  });

  test('takes a Blob in, refuses what is no stream, and keeps nothing of a stream that breaks off', async () => {
    const page = await browser.tab();
    const found = await page.evaluate(async () => {
      const { importDatabase, open, exportDatabase } = window.freshet;
      const refusal = (call: Promise<unknown>): Promise<unknown> =>
        call.then(
          () => 'none',
          ({ name, code, subcode, retryable }) => ({ name, code, subcode, retryable }),
        );
      const db = await open('source.db');
      await db.exec('CREATE TABLE t(b); INSERT INTO t VALUES (randomblob(300000))');
      const file = new Blob((await Array.fromAsync(exportDatabase(db))) as BlobPart[]);
      await db.close();
      let parts = 0;
      const breaking = new ReadableStream<Uint8Array>({
        async pull(controller) {
          if (parts++ === 3) controller.error(new TypeError('network lost'));
          else controller.enqueue(new Uint8Array(await file.slice(0, 65_536).arrayBuffer()));
        },
      });
      const broken = await refusal(importDatabase('target.db', breaking));
      const short = await refusal(importDatabase('target.db', file.slice(0, 65_536)));
      const locked = file.stream();
      locked.getReader();
      const refused = [
        await refusal(importDatabase('target.db', locked)),
        await refusal(importDatabase('target.db', 'text' as unknown as Blob)),
      ];
      await importDatabase('target.db', file);
      const copy = await open('target.db', { mode: 'open' });
      const there = await copy.query('SELECT length(b) AS n FROM t');
      await copy.close();
      return { broken, short, refused, there };
    });
    const refused = { name: 'ProgrammingError', code: 'CONFIG', subcode: 'config.option', retryable: false };
    expect(found).toMatchObject({
      broken: { name: 'OperationalError', code: 'IO', subcode: 'io.import', retryable: true },
      short: { code: 'CORRUPTION', subcode: 'corruption.not_a_database' },
      refused: [refused, refused],
      there: [{ n: 300_000 }],
    });
    await page.close();
  });

  test('keeps names apart that look alike as addresses, for opening, deleting and attaching', async () => {
    const page = await browser.tab();
    const found = await page.evaluate(async () => {
      const { deleteDatabase, open } = window.freshet;
      const names = [
        'user:142.db',
        'user:242.db',
        'notes#1.db',
        'notes#2.db',
        'notes?1.db',
        'notes',
        'a b',
        'a%20b',
      ];
      for (const name of names) {
        const made = await open(name, { mode: 'create' });
        await made.exec('CREATE TABLE own(name TEXT)');
        await made.execute('INSERT INTO own VALUES (?)', [name]);
        await made.close();
      }
      await deleteDatabase('user:242.db');
      const seen: unknown[] = [];
      for (const name of names) {
        try {
          const kept = await open(name, { mode: 'open' });
          seen.push((await kept.fetchOne<{ name: string }>('SELECT name FROM own')).name);
          await kept.close();
        } catch (error) {
          seen.push((error as { subcode: string }).subcode);
        }
      }
      const db = await open('attaching.db');
      for (const [schema, name] of [
        ['one', 'x#1.db'],
        ['two', 'x#2.db'],
      ]) {
        await db.execute(`ATTACH '${name}' AS ${schema}`);
        await db.exec(`CREATE TABLE ${schema}.own(name); INSERT INTO ${schema}.own VALUES ('${name}')`);
      }
      const attached = await db.query('SELECT name FROM one.own UNION ALL SELECT name FROM two.own');
      await db.close();
      const refused = await open('a/../b.db').catch((error) => error.subcode);
      return { names, seen, attached, refused };
    });
    expect(found.seen).toEqual(found.names.map((name) => (name === 'user:242.db' ? 'io.not_found' : name)));
    expect(found.attached).toEqual([{ name: 'x#1.db' }, { name: 'x#2.db' }]);
    expect(found.refused).toBe('config.location');
    await page.close();
  });

  test('is free for others once an export was dropped', async () => {
    const page = await browser.tab();
    await page.evaluate(async () => {
      window.db = await window.freshet.open('dropped.db');
      await window.db.exec('CREATE TABLE t(a)');
      await window.freshet.exportDatabase(window.db).getReader().read();
    });
    const written = page.evaluate(() => window.db.execute('INSERT INTO t VALUES (1)').then(() => 'written'));
    const session = await browser.context.newCDPSession(page);
    let outcome: string | undefined;
    void written.then((result) => {
      outcome = result;
    });
    await expect
      .poll(async () => {
        await session.send('HeapProfiler.collectGarbage');
        return outcome;
      })
      .toBe('written');
    await page.close();
  });

  test('is free for others once an export was not read for 30 seconds, and its reader gets the reason', async () => {
    const page = await browser.tab();
    const found = await page.evaluate(async () => {
      window.db = await window.freshet.open('idle.db');
      await window.db.exec('CREATE TABLE t(a)');
      // The 30 seconds pass when the test says so.
      const original = window.setTimeout;
      const due: (() => void)[] = [];
      const later = (call: () => void, ms?: number) => (ms === 30_000 ? due.push(call) : original(call, ms));
      window.setTimeout = later as typeof setTimeout;
      const reader = window.freshet.exportDatabase(window.db).getReader();
      await reader.read();
      window.setTimeout = original;
      let isWritten = false;
      const writing = window.db.execute('INSERT INTO t VALUES (1)').then(() => {
        isWritten = true;
      });
      await new Promise((resolve) => original(resolve));
      const early = isWritten;
      for (const call of due) call();
      await writing;
      const why = await reader.read().then(
        () => 'read',
        ({ code, subcode, retryable }) => ({ code, subcode, retryable }),
      );
      // The whole of it, from the start.
      const again = window.freshet.exportDatabase(window.db).getReader();
      let size = 0;
      for (let part = await again.read(); !part.done; part = await again.read()) size += part.value.length;
      const rows = await window.db.query('SELECT a FROM t');
      await window.db.close();
      return { early, timers: due.length, why, isWhole: size > 0 && size % 512 === 0, rows };
    });
    expect(found).toEqual({
      early: false,
      timers: 1,
      why: { code: 'CANCELED', subcode: 'sql.idle', retryable: true },
      isWhole: true,
      rows: [{ a: 1 }],
    });
    await page.close();
  });

  test('tells how much there is', async () => {
    const page = await browser.tab();
    const estimate = await page.evaluate(() => window.freshet.storageEstimate());
    expect(estimate.quota).toBeGreaterThan(0);
    expect(estimate.usage).toBeGreaterThanOrEqual(0);
    expect(typeof (await page.evaluate(() => window.freshet.persistStorage()))).toBe('boolean');
    await page.close();
  });

  const rounds = Number(process.env.FRESHET_ROUNDS ?? 40);

  test('opened and closed many times leaves nothing behind', async () => {
    const page = await browser.tab();
    const session = await browser.context.newCDPSession(page);
    await session.send('Performance.enable');
    const heap = async (): Promise<number> => {
      await session.send('HeapProfiler.collectGarbage');
      const { metrics } = await session.send('Performance.getMetrics');
      return metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? 0;
    };
    const round = (count: number) =>
      page.evaluate(async (times) => {
        const { live, open, settled } = window.freshet;
        for (let i = 0; i < times; i++) {
          const db = await open('rounds.db');
          await db.exec('CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY)');
          const subscription = live(db, 'SELECT count(*) AS n FROM t').subscribe();
          await db.execute('INSERT INTO t DEFAULT VALUES');
          await settled(db);
          subscription.unsubscribe();
          await db.close();
        }
      }, count);
    await round(Math.min(10, rounds));
    const before = await heap();
    await round(rounds);
    const grown = (await heap()) - before;
    const { held = [], pending = [] } = await page.evaluate(() => navigator.locks.query());
    expect([held.length, pending.length, page.workers().length]).toEqual([0, 0, 0]);
    console.log(`${rounds} rounds of open and close in Chromium: heap ${(grown / 1024).toFixed(0)} KB more`);
    expect(grown).toBeLessThan(1_000_000);
    expect(browser.errors).toEqual([]);
    await page.close();
  });
});

declare global {
  interface Window {
    file: Blob;
  }
}
