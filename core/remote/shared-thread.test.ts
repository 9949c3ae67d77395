import { mkdirSync, renameSync, symlinkSync, unlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { type AsyncOpenOptions, type Changeset, type Database, open } from 'freshet';
import { live, settled } from 'freshet/reactive';
import { describe, expect, it, onTestFinished } from 'vitest';
import { patience } from '../../tests/support/events.ts';
import { fileWith, temporaryFile, temporaryFolder } from '../../tests/support/opening.ts';

const table = 'CREATE TABLE t(id INTEGER PRIMARY KEY, v)';
const insert = 'INSERT INTO t VALUES (?, ?)';
const all = 'SELECT id, v FROM t ORDER BY id';

async function openedAsync(location: string, options: AsyncOpenOptions = {}): Promise<Database> {
  const db = await open(location, options);
  onTestFinished(() => db.close());
  return db;
}

function startedThreads(): Worker[] {
  const threads: Worker[] = [];
  const note = (thread: Worker): void => void threads.push(thread);
  process.on('worker', note);
  onTestFinished(() => void process.off('worker', note));
  return threads;
}

const running = (threads: readonly Worker[]): number =>
  threads.filter(({ threadId }) => threadId !== -1).length;

const outcome = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    (value) => value,
    (error: { readonly subcode?: string; readonly message: string }) => error.subcode ?? error.message,
  );

describe('two handles of one file', () => {
  it("see each other's commits with their rows, whichever way they name the file", async () => {
    const path = temporaryFile();
    const link = join(temporaryFolder(), 'link.db');
    const threads = startedThreads();
    const a = await openedAsync(path);
    await a.exec(table);
    symlinkSync(path, link);
    const b = await openedAsync(link, { intMode: 'bigint' });
    expect(threads.length).toBe(1);
    const heard: Record<'a' | 'b', Changeset[]> = { a: [], b: [] };
    await a.subscribe((changeset) => heard.a.push(changeset));
    await b.subscribe((changeset) => heard.b.push(changeset));
    const query = live(b, all);
    const subscription = query.subscribe();
    onTestFinished(() => subscription.unsubscribe());
    await settled(b);
    await a.execute(insert, [1, 'of a']);
    await b.execute(insert, [2, 'of b']);
    await a.execute("UPDATE t SET v = 'of a, again' WHERE id = 2");
    await Promise.all([settled(a), settled(b)]);
    for (const changesets of [heard.a, heard.b]) {
      expect(changesets.map(({ source, wide, row_changes }) => [source, wide, row_changes.length])).toEqual(
        Array(3).fill(['direct', false, 1]),
      );
    }
    expect(heard.a.map(({ commit_lsn }) => commit_lsn)).toEqual(heard.b.map(({ commit_lsn }) => commit_lsn));
    expect(query.value).toEqual([
      { id: 1n, v: 'of a' },
      { id: 2n, v: 'of a, again' },
    ]);
    await a.close();
    await b.execute(insert, [3, 'alone']);
    await settled(b);
    expect(query.value?.length).toBe(3);
    await b.close();
    expect(running(threads)).toBe(0);
  });

  it('have settings, TEMP tables and transactions of their own', async () => {
    const path = fileWith(table);
    const [a, b] = [await openedAsync(path), await openedAsync(path, { readOnly: true })];
    await a.exec('CREATE TEMP TABLE mine(x)');
    expect(await outcome(b.query('SELECT x FROM mine'))).toBe('sql.relation_not_found');
    expect(await outcome(b.execute(insert, [1, 'x']))).toBe('readonly');
    const tx = await a.begin('immediate');
    await tx.execute(insert, [1, 'not yet']);
    expect(await b.transaction((other) => other.query(all))).toEqual([]);
    await tx.commit();
    expect(await b.query(all)).toEqual([{ id: 1, v: 'not yet' }]);
  });

  it("wait for each other's locks, a script where it had to stop, and no longer than they would anyway", async () => {
    const path = fileWith(table);
    const a = await openedAsync(path, { readers: 0 });
    const b = await openedAsync(path, { readers: 0, busyTimeoutMs: patience });
    const hasty = await openedAsync(path, { readers: 0, busyTimeoutMs: 0 });
    const tx = await a.begin('immediate');
    const order: string[] = [];
    const note = (name: string, call: Promise<unknown>) => call.then(() => order.push(name));
    const waiting = [
      note('a write', b.execute(insert, [1, 'b'])),
      note('a script', b.exec("SELECT 1; INSERT INTO t VALUES (2, 'b'); INSERT INTO t VALUES (3, 'b')")),
      note(
        'a batch',
        b.executeBatch(insert, [
          [4, 'b'],
          [5, 'b'],
        ]),
      ),
      note(
        'a transaction',
        b.transaction((other) => other.execute(insert, [6, 'b']), 'immediate'),
      ),
    ];
    expect(await outcome(hasty.execute(insert, [9, 'hasty']))).toBe('busy.writer_lock');
    await tx.execute(insert, [0, 'a']);
    order.push('the end');
    await tx.commit();
    await Promise.all(waiting);
    expect(order).toEqual(['the end', 'a write', 'a script', 'a batch', 'a transaction']);
    expect((await a.query(all)).map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5, 6]);

    const other = await a.begin('immediate');
    const abort = new AbortController();
    const given = outcome(b.exec("BEGIN; SELECT 1; INSERT INTO t VALUES (7, 'b'); COMMIT", abort));
    expect(await outcome(hasty.execute(insert, [9, 'hasty']))).toBe('busy.writer_lock');
    abort.abort(new Error('given up'));
    expect(await given).toBe('given up');
    // Messages of two handles have no common order; this answer comes after the engine took the abort.
    await b.query('SELECT 1');
    await other.commit();
    await b.execute(insert, [8, 'b']);
    expect((await a.query(all)).map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5, 6, 8]);
  });

  it('both go on when their thread has gone', async () => {
    const path = fileWith(table);
    const threads = startedThreads();
    const [a, b] = [await openedAsync(path, { readers: 0 }), await openedAsync(path, { readers: 0 })];
    await threads[0]?.terminate();
    await a.execute(insert, [1, 'a']);
    await b.execute(insert, [2, 'b']);
    expect((await a.query(all)).length).toBe(2);
    expect(threads.length).toBe(2);
  });
});

describe('the file that was opened stays the one', () => {
  const make = async (path: string, v: string): Promise<void> => {
    const db = await open(path);
    await db.exec(`${table}; INSERT INTO t VALUES (1, '${v}')`);
    await db.close();
  };

  it.for([
    'app.db',
    './app.db',
    'file:app.db',
    'file:app.db?busy_timeout_ms=10',
  ])('for readers and for another thread, when the process goes to another folder: %s', async (location) => {
    const [home, elsewhere, before] = [temporaryFolder(), temporaryFolder(), process.cwd()];
    onTestFinished(() => process.chdir(before));
    await make(join(elsewhere, 'app.db'), 'of another program');
    await make(join(home, 'app.db'), 'mine');
    process.chdir(home);
    const threads = startedThreads();
    const opening = openedAsync(location);
    process.chdir(elsewhere);
    const db = await opening;
    expect(db.location).toBe(location);
    expect(await db.query(all)).toEqual([{ id: 1, v: 'mine' }]);
    await threads[0]?.terminate();
    await db.execute("UPDATE t SET v = 'still mine'");
    expect(await db.query(all)).toEqual([{ id: 1, v: 'still mine' }]);
  });

  it('for readers, when the link to it leads elsewhere', async () => {
    const [mine, other] = [temporaryFile(), temporaryFile()];
    await make(mine, 'mine');
    await make(other, 'other');
    const link = join(temporaryFolder(), 'link.db');
    symlinkSync(mine, link);
    const db = await openedAsync(link);
    unlinkSync(link);
    symlinkSync(other, link);
    expect(await db.query(all)).toEqual([{ id: 1, v: 'mine' }]);
  });

  it('and when another has taken its place every call fails, reads too', async () => {
    const path = temporaryFile();
    await make(path, 'mine');
    await make(`${path}.new`, 'other');
    const errors: unknown[] = [];
    const db = await openedAsync(path, { onError: (error) => errors.push(error) });
    const statement = await db.prepare(all);
    renameSync(`${path}.new`, path);
    // Nobody watches: the first reader finds out.
    for (const call of [() => db.query(all), () => statement.query(), () => db.execute(insert, [2, 'x'])])
      expect(await outcome(call())).toBe('io.file_replaced');
    expect(await outcome(db.iterate(all).next())).toBe('io.file_replaced');
    expect(await outcome(db.begin())).toBe('io.file_replaced');
    expect(errors).toMatchObject([{ name: 'OperationalError', code: 'FILE_REPLACED' }]);
  });

  it('and a thread that is started again refuses the other', async () => {
    const folder = join(temporaryFolder(), 'data');
    mkdirSync(folder);
    const path = join(folder, 'app.db');
    await make(path, 'mine');
    const threads = startedThreads();
    const db = await openedAsync(path, { readers: 1 });
    expect(await db.query(all)).toEqual([{ id: 1, v: 'mine' }]);
    await make(join(dirname(folder), basename(path)), 'other');
    await threads[0]?.terminate();
    renameSync(folder, `${folder}.away`);
    mkdirSync(folder);
    renameSync(join(dirname(folder), basename(path)), path);
    for (let round = 0; round < 2; round++)
      expect(await outcome(db.execute(insert, [2, 'x']))).toBe('io.file_replaced');
    expect(await outcome(db.query(all))).toBe('io.file_replaced');
  });
});
