import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Database, type DatabaseSync, open, openSync } from 'freshet';
import { QueryStore, rowsQuery, settled } from 'freshet/reactive';
import { afterEach, describe, expect, it } from 'vitest';
import { patience } from '../../tests/support/events.ts';
import type { Clock } from './clock.ts';

const opened: (Database | DatabaseSync)[] = [];
afterEach(() => Promise.all(opened.splice(0).map((db) => db.close())));

const kinds = [
  { kind: 'DatabaseSync', make: async (): Promise<Database | DatabaseSync> => openSync(':memory:') },
  { kind: 'Database', make: (): Promise<Database | DatabaseSync> => open(':memory:') },
] as const;

/** Calls at once what is due after no time, and else when it is told to. */
class Hourglass implements Clock {
  readonly due = new Set<() => void>();

  after(_ms: number, call: () => void): () => void {
    this.due.add(call);
    return () => this.due.delete(call);
  }

  run(): void {
    for (const call of [...this.due]) if (this.due.delete(call)) call();
  }
}

const numbers = (least: number) =>
  rowsQuery<{ n: number }>('SELECT n FROM t WHERE n >= ? ORDER BY n', [least]);

describe.each(kinds)('a query store over a $kind', ({ make }) => {
  async function filled() {
    const db = await make();
    opened.push(db);
    await db.exec('CREATE TABLE t(n INTEGER PRIMARY KEY); INSERT INTO t VALUES (1), (2), (3)');
    const clock = new Hourglass();
    return { db, clock, store: new QueryStore(db, { clock }) };
  }

  it('has one entry for equal queries, also those of another store', async () => {
    const { db, clock, store } = await filled();
    const other = new QueryStore(db, { clock });
    let told = 0;
    const offs = [
      store.subscribe(numbers(2), () => told++),
      store.subscribe(numbers(2), () => told++),
      other.subscribe(numbers(2), () => told++),
    ];
    await settled(db);
    expect(store.size).toBe(1);
    expect(store.read(numbers(2))).toMatchObject({ status: 'ready', value: [{ n: 2 }, { n: 3 }] });
    expect(other.read(numbers(2))).toBe(store.read(numbers(2)));
    told = 0;
    await db.execute('INSERT INTO t VALUES (4)');
    await settled(db);
    expect(told).toBe(3);
    for (const off of offs) off();
    expect(store.size).toBe(1);
    clock.run();
    expect(store.size).toBe(0);
    expect((await db.reactiveMetrics()).live_incremental_count).toBe(0);
  });

  it('resolves what is loaded when the database is closed before it has answered', async () => {
    const { db, clock, store } = await filled();
    const loaded = store.load(numbers(1));
    await db.close();
    await loaded;
    // A database in this thread had answered.
    expect(['stale', 'error']).toContain(store.read(numbers(1)).status);
    clock.run();
    clock.run();
    expect(store.size).toBe(0);
  });

  it('fails for a closed database', async () => {
    const { db, store } = await filled();
    await db.close();
    await store.load(numbers(1));
    expect(store.read(numbers(1))).toMatchObject({ status: 'error', error: { code: 'CLOSED' } });
  });

  it('goes on with the last answer after an error, when it is told to', async () => {
    const { db, store } = await filled();
    store.subscribe(numbers(1), () => {});
    await settled(db);
    await db.exec('ALTER TABLE t RENAME TO gone');
    await settled(db);
    expect(store.read(numbers(1))).toMatchObject({ status: 'error', value: [{ n: 1 }, { n: 2 }, { n: 3 }] });
    await db.exec('ALTER TABLE gone RENAME TO t; DELETE FROM t WHERE n = 1');
    store.retry(numbers(1));
    await settled(db);
    expect(store.read(numbers(1))).toMatchObject({
      status: 'ready',
      value: [{ n: 2 }, { n: 3 }],
      error: undefined,
    });
  });
});

it('keeps no process alive by a grace time', async () => {
  const program = `
    import { openSync } from '${join(import.meta.dirname, '../../core/index.ts')}';
    import { QueryStore, rowsQuery } from '${join(import.meta.dirname, '../index.ts')}';
    const store = new QueryStore(openSync(':memory:'), { graceMs: 2 ** 30 });
    store.subscribe(rowsQuery('SELECT 1 AS n'), () => {})();
    console.log(store.size);`;
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
    timeout: patience,
  });
  expect((await run).stdout.trim()).toBe('1');
});
