import type { BrowserContext, Page } from 'playwright-core';

export interface Figure {
  readonly name: string;
  readonly p50?: string;
  readonly p99?: string;
  readonly value?: string;
}

const quantile = (values: readonly number[], share: number): string => {
  const sorted = values.toSorted((a, b) => a - b);
  return `${(sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(2)} ms`;
};

/** Latencies, durable commits, bulk inserts, a cold start and long tasks, over OPFS in a page. */
export async function chromiumFigures(context: BrowserContext, url: string): Promise<Figure[]> {
  const made: Figure[] = [];
  const page = await tab(context, url);
  const own = await page.evaluate(async () => {
    const { live, open, settled } = window.freshet;
    const db = await open('latency.db');
    window.db = db;
    await db.exec('CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER)');
    await db.executeBatch(
      'INSERT INTO t VALUES (?, ?)',
      Array.from({ length: 1000 }, (_, id) => [id, id]),
    );
    let heard = 0;
    live(db, 'SELECT * FROM t ORDER BY id LIMIT 50', [], { schedule: 'sync' }).subscribe(() => {
      heard = performance.now();
    });
    await settled(db);
    const delays: number[] = [];
    for (let i = 0; i < 300; i++) {
      const begun = performance.now();
      await db.execute('UPDATE t SET n = n + 1 WHERE id = ?', [i % 50]);
      delays.push(heard - begun);
    }
    let begun = performance.now();
    for (let i = 0; i < 300; i++) await db.execute('INSERT INTO t(n) VALUES (?)', [i]);
    const single = 300_000 / (performance.now() - begun);
    begun = performance.now();
    const writers = Array.from({ length: 64 }, async () => {
      for (let i = 0; i < 50; i++) await db.execute('INSERT INTO t(n) VALUES (?)', [i]);
    });
    await Promise.all(writers);
    const together = 3_200_000 / (performance.now() - begun);
    return { delays, single, together };
  });
  made.push({
    name: 'Chromium: commit until the delta is in this tab',
    p50: quantile(own.delays, 0.5),
    p99: quantile(own.delays, 0.99),
  });
  made.push({ name: 'Chromium: durable commits, one by one', value: `${own.single.toFixed(0)} a second` });
  made.push({
    name: 'Chromium: durable commits, 64 writers',
    value: `${own.together.toFixed(0)} a second (${(own.together / own.single).toFixed(1)}x)`,
  });

  const other = await tab(context, url);
  await other.evaluate(async () => {
    const { live, open, settled } = window.freshet;
    const db = await open('latency.db');
    window.heardAt = [];
    live(db, 'SELECT * FROM t ORDER BY id LIMIT 50', [], { schedule: 'sync' }).subscribe(() =>
      window.heardAt.push(performance.timeOrigin + performance.now()),
    );
    await settled(db);
    window.heardAt = [];
  });
  const begun = await page.evaluate(async () => {
    const begun: number[] = [];
    for (let i = 0; i < 200; i++) {
      begun.push(performance.timeOrigin + performance.now());
      await window.db.execute('UPDATE t SET n = n + 1 WHERE id = ?', [i % 50]);
      await new Promise((resolve) => setTimeout(resolve, 4));
    }
    return begun;
  });
  const heard = await other.evaluate(() => window.heardAt);
  const across = begun.map((at, i) => (heard[i] ?? Number.NaN) - at).filter((ms) => ms > 0);
  made.push({
    name: 'Chromium: commit until the delta is in another tab',
    p50: quantile(across, 0.5),
    p99: quantile(across, 0.99),
  });
  await other.close();

  made.push(...(await longTasks(page)));

  const bulk = await page.evaluate(async () => {
    const db = await window.freshet.open('bulk.db');
    await db.exec('CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER, title TEXT)');
    const rows = Array.from({ length: 100_000 }, (_, id) => [
      id,
      id % 7,
      `an issue of some length, number ${id}`,
    ]);
    const begun = performance.now();
    await db.executeBatch('INSERT INTO t VALUES (?, ?, ?)', rows);
    const ms = performance.now() - begun;
    await db.close();
    return ms;
  });
  made.push({ name: 'Chromium: bulk insert of 100,000 rows', value: `${bulk.toFixed(0)} ms` });

  await page.evaluate(async () => {
    const db = await window.freshet.open('large.db');
    await db.exec(`CREATE TABLE t(id INTEGER PRIMARY KEY, created INTEGER, body TEXT);
      INSERT INTO t WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 200000)
        SELECT x, abs(random()), hex(randomblob(480)) FROM c;
      CREATE INDEX t_created ON t(created)`);
    await db.close();
  });
  await page.close();
  const starts: number[] = [];
  let size = 0;
  for (let i = 0; i < 5; i++) {
    const fresh = await context.newPage();
    await fresh.goto(url);
    await fresh.waitForFunction(() => 'freshet' in window);
    const cold = await fresh.evaluate(async () => {
      const { live, open } = window.freshet;
      const db = await open('large.db', { mode: 'open' });
      await new Promise<void>((resolve) =>
        live(db, 'SELECT * FROM t ORDER BY created DESC LIMIT 50').subscribe(
          (rows) => rows.length === 50 && resolve(),
        ),
      );
      const ms = performance.now();
      const { bytes } = await db.fetchOne<{ bytes: number }>(
        'SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size',
      );
      return { ms, bytes };
    });
    starts.push(cold.ms);
    size = cold.bytes;
    await fresh.close();
  }
  made.push({
    name: `Chromium: from navigation to 50 rows of a ${(size / 1e6).toFixed(0)} MB file`,
    p50: quantile(starts, 0.5),
    p99: quantile(starts, 0.99),
  });
  return made;
}

/** 200 commits a second for ten seconds, ten live queries, one of 10,000 rows: tasks of the page over 50 ms. */
async function longTasks(page: Page): Promise<Figure[]> {
  const found = await page.evaluate(async () => {
    const { live, open, settled } = window.freshet;
    const db = await open('tasks.db');
    await db.exec('CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER)');
    await db.executeBatch(
      'INSERT INTO t VALUES (?, ?)',
      Array.from({ length: 10_000 }, (_, id) => [id, id]),
    );
    let emissions = 0;
    live(db, 'SELECT * FROM t ORDER BY n').subscribe((rows) => {
      emissions += rows.length > 0 ? 1 : 0;
    });
    for (let i = 0; i < 9; i++) {
      live(db, 'SELECT * FROM t WHERE n % 9 = ? ORDER BY n LIMIT 50', [i]).subscribe(() => emissions++);
    }
    await settled(db);
    const tasks: number[] = [];
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) tasks.push(entry.duration);
    });
    observer.observe({ type: 'longtask' });
    const end = performance.now() + 10_000;
    let commits = 0;
    const pending: Promise<unknown>[] = [];
    while (performance.now() < end) {
      pending.push(db.execute('UPDATE t SET n = n + 1 WHERE id = ?', [(commits * 7919) % 10_000]));
      commits++;
      await new Promise((resolve) => setTimeout(resolve, 5 - (performance.now() % 5)));
    }
    await Promise.all(pending);
    observer.disconnect();
    await db.close();
    return { tasks, commits, emissions };
  });
  const longest = Math.max(0, ...found.tasks);
  return [
    {
      name: `Chromium: tasks over 50 ms in the page, at ${(found.commits / 10).toFixed(0)} commits a second and ${(found.emissions / 10).toFixed(0)} emissions`,
      value: `${found.tasks.length}${found.tasks.length > 0 ? `, the longest ${longest.toFixed(0)} ms` : ''}`,
    },
  ];
}

async function tab(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForFunction(() => 'freshet' in window);
  return page;
}

declare global {
  interface Window {
    heardAt: number[];
  }
}
