/**
 * What the asynchronous database costs: on Node beside the same calls in the thread, and in Chromium over OPFS.
 *
 *   npm run bench:async [-- --without-chromium]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { open, openSync } from '../../core/index.ts';
import { live, settled } from '../../reactive/index.ts';
import { findChromium, launch, missing } from '../../tests/browser/chromium.ts';
import { serveSite } from '../../tests/browser/site.ts';
import { chromiumFigures, type Figure } from './chromium.ts';

const rows: Figure[] = [...(await nodeFigures())];
if (!process.argv.includes('--without-chromium')) {
  const executable = findChromium();
  if (executable) {
    const site = await serveSite(fileURLToPath(new URL('../../tests/browser/page', import.meta.url)));
    const browser = await launch(executable);
    rows.push(...(await chromiumFigures(browser.context, site.url)));
    await browser.end();
    await site.end();
  } else console.log(missing);
}
console.table(Object.fromEntries(rows.map(({ name, ...figures }) => [name, figures])));

async function nodeFigures(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'freshet-bench-'));
  const sync = openSync(join(folder, 'sync.db'));
  const db = await open(join(folder, 'async.db'));
  for (const one of [sync, db]) {
    await one.exec('CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER)');
    await one.executeBatch(
      'INSERT INTO t VALUES (?, ?)',
      Array.from({ length: 10_000 }, (_, id) => [id, id]),
    );
  }
  const made: Figure[] = [];
  const read = 'SELECT * FROM t WHERE id = ?';
  const write = 'UPDATE t SET n = n + 1 WHERE id = ?';
  made.push(await timed('Node: query in the thread', 3000, (i) => sync.query(read, [i])));
  made.push(await timed('Node: query through a worker', 3000, (i) => db.query(read, [i])));
  made.push(await timed('Node: update in the thread', 3000, (i) => sync.execute(write, [i])));
  made.push(await timed('Node: update through a worker', 3000, (i) => db.execute(write, [i])));
  let heard = 0;
  const top = live(db, 'SELECT * FROM t ORDER BY id LIMIT 50', [], { schedule: 'sync' });
  const subscription = top.subscribe(() => {
    heard = performance.now();
  });
  await settled(db);
  const delays: number[] = [];
  for (let i = 0; i < 2000; i++) {
    const begun = performance.now();
    await db.execute(write, [i % 50]);
    delays.push(heard - begun);
  }
  made.push(distribution('Node: commit until the delta is on the near side', delays));
  subscription.unsubscribe();
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  await db.query(
    'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 8000000) SELECT max(x) FROM c',
  );
  loop.disable();
  made.push({
    name: 'Node: event loop while a one-second query runs',
    p50: `${(loop.percentile(50) / 1e6).toFixed(2)} ms`,
    p99: `${(loop.percentile(99) / 1e6).toFixed(2)} ms`,
  });
  sync.close();
  await db.close();
  rmSync(folder, { recursive: true, force: true });
  return made;
}

async function timed(name: string, count: number, call: (i: number) => unknown): Promise<Figure> {
  const delays: number[] = [];
  for (let i = -200; i < count; i++) {
    const begun = performance.now();
    const pending = call(Math.abs(i));
    if (pending instanceof Promise) await pending;
    if (i >= 0) delays.push(performance.now() - begun);
  }
  return distribution(name, delays);
}

/** Milliseconds as what they are best read in. */
function distribution(name: string, delays: readonly number[]): Figure {
  const sorted = delays.toSorted((a, b) => a - b);
  const at = (share: number): string => {
    const ms = sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
    return ms < 1 ? `${(ms * 1000).toFixed(1)} us` : `${ms.toFixed(2)} ms`;
  };
  return { name, p50: at(0.5), p99: at(0.99) };
}
