import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync as BareDatabase } from 'node:sqlite';
import { type FreshetError, openSync } from 'freshet';
import { settled } from 'freshet/reactive';
import { describe, expect, test } from 'vitest';
import { drain, patience, started, take } from '../support/events.ts';
import { follow } from '../support/following.ts';
import { bare, fileWith, opened } from '../support/opening.ts';

const schema = "CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 'old');";
const sql = 'SELECT id, v FROM t ORDER BY id';

const faults: Readonly<Record<string, (path: string) => void>> = {
  'is deleted': (path) => rmSync(path),
  'is deleted with everything that belongs to it': (path) => {
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(path + suffix, { force: true });
  },
  'is moved away': (path) => renameSync(path, `${path}.away`),
  'is replaced by another one': (path) => {
    const other = new BareDatabase(`${path}.new`);
    other.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 'new'), (2, 'new')");
    other.close();
    renameSync(`${path}.new`, path);
  },
  'is replaced by a copy of itself': (path) => {
    copyFileSync(path, `${path}.copy`);
    renameSync(`${path}.copy`, path);
  },
  'goes with its folder': (path) => renameSync(dirname(path), `${dirname(path)}.away`),
};

describe.each(['wal', 'delete'] as const)('in journal mode %s, when the file', (journal) => {
  test.for(
    Object.entries(faults),
  )('%s, watches get an event, live queries an error, and later calls FILE_REPLACED', async ([, happen]) => {
    const folder = dirname(fileWith('SELECT 1', journal));
    mkdirSync(join(folder, 'data'));
    const path = join(folder, 'data', 'app.db');
    const made = new BareDatabase(path);
    made.exec(`PRAGMA journal_mode = ${journal}; ${schema}`);
    made.close();
    const reported: FreshetError[] = [];
    const db = opened(path, { onError: (error) => reported.push(error as FreshetError) });
    const items = follow(db, sql);
    const watch = await started(db.watchTable('t'));
    happen(path);
    expect(await take(watch, 'invalidate')).toMatchObject({ source: 'external' });
    await settled(db);
    expect(items.ends).toEqual(['rows error', 'changes error']);
    for (const error of items.errors)
      expect(error).toMatchObject({ name: 'OperationalError', code: 'FILE_REPLACED', retryable: false });
    expect(reported.map(({ code }) => code)).toEqual(['FILE_REPLACED']);
    const calls: readonly (() => unknown)[] = [
      () => db.query(sql),
      () => db.queryOne('SELECT 1'),
      () => db.execute("UPDATE t SET v = 'x'"),
      () => db.executeBatch('INSERT INTO t (v) VALUES (?)', [['x']]),
      () => db.exec('CREATE TABLE u (v)'),
      () => db.prepare(sql),
      () => db.begin(),
      () => db.transaction(() => {}),
      () => [...db.iterate(sql)],
      () => db.watchTable('t'),
      () => db.watchQuery(sql),
      () => db.changeStream(),
      () => db.subscribe(() => {}),
    ];
    for (const call of calls)
      expect(call, String(call)).toThrow(expect.objectContaining({ code: 'FILE_REPLACED' }));
    const again: unknown[] = [];
    items.query.subscribe({ error: (error) => again.push(error) });
    expect(again).toMatchObject([{ code: 'FILE_REPLACED' }]);
    const waiting = watch.next({ timeoutMs: patience });
    expect(() => db.close()).not.toThrow();
    expect(await waiting).toMatchObject({ type: 'closed' });
  });
});

describe('when the file is replaced', () => {
  test('all handles on its path are told, whichever looks', async () => {
    const path = fileWith(schema);
    const handles = [1, 2, 3].map(() => opened(path, { onError: () => {} }));
    const followed = handles.map((db) => follow(db, sql));
    const watches = await Promise.all(handles.map((db) => started(db.watchTable('t'))));
    faults['is replaced by another one']?.(path);
    for (const watch of watches) await take(watch, 'invalidate');
    for (const [at, db] of handles.entries()) {
      await settled(db);
      expect(followed[at]?.errors).toMatchObject([{ code: 'FILE_REPLACED' }, { code: 'FILE_REPLACED' }]);
      expect(() => db.query(sql)).toThrow(expect.objectContaining({ code: 'FILE_REPLACED' }));
    }
  });

  test('opening it again shows the new one, which is followed as any other, and commits to it are its own', async () => {
    for (const isOldClosed of [true, false]) {
      const path = fileWith(schema);
      const old = opened(path, { onError: () => {} });
      const watch = await started(old.watchTable('t'));
      faults['is replaced by another one']?.(path);
      await take(watch, 'invalidate');
      if (isOldClosed) old.close();
      const db = opened(path);
      const items = follow(db, sql);
      expect(items.rows).toEqual([
        { id: 1, v: 'new' },
        { id: 2, v: 'new' },
      ]);
      const stream = await started(db.changeStream());
      bare(path).exec("INSERT INTO t VALUES (3, 'theirs')");
      await items.until(({ length }) => length === 3);
      expect(await take(stream, 'change')).toMatchObject({ source: 'external' });
      db.execute("INSERT INTO t VALUES (4, 'ours')");
      expect(await take(stream, 'change')).toMatchObject({ source: 'direct' });
      expect(bare(path).prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 4 });
      if (!isOldClosed) expect(await drain(watch)).toEqual([]);
    }
  });

  test('and nobody watches, SQLite itself notices at the next write where it can, and that is FILE_REPLACED', () => {
    const path = fileWith(schema, 'delete');
    const db = opened(path);
    expect(db.query(sql).length).toBe(1);
    faults['is replaced by another one']?.(path);
    expect(() => db.execute("INSERT INTO t VALUES (2, 'x')")).toThrow(
      expect.objectContaining({ name: 'OperationalError', code: 'FILE_REPLACED' }),
    );
    expect(() => db.close()).not.toThrow();
    expect(bare(path).prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 2 });
  });
});

describe('when only the -wal file is removed', () => {
  test('after a crash, what it held is gone, and the rest is as SQLite has it', async () => {
    const path = fileWith(schema);
    const writer = openSync(path);
    writer.execute("INSERT INTO t VALUES (2, 'in the WAL')");
    const crashed = `${path}.crashed`;
    copyFileSync(path, crashed);
    expect(existsSync(`${path}-wal`)).toBe(true);
    writer.close();
    const db = opened(crashed);
    const items = follow(db, sql);
    expect(items.rows).toEqual([{ id: 1, v: 'old' }]);
    db.execute("INSERT INTO t VALUES (3, 'later')");
    await settled(db);
    items.expectFresh();
    items.expectTold();
    expect(db.queryRaw('PRAGMA integrity_check').rows).toEqual([['ok']]);
  });

  test('under an open handle, that handle’s live queries stay what its own queries say, and nothing hangs', async () => {
    const path = fileWith(schema);
    const db = opened(path, { onError: () => {} });
    const items = follow(db, sql);
    const watch = await started(db.watchTable('t'));
    db.execute("INSERT INTO t VALUES (2, 'in the WAL')");
    rmSync(`${path}-wal`);
    try {
      db.execute("INSERT INTO t VALUES (3, 'later')");
    } catch (error) {
      expect(error).toMatchObject({ name: 'OperationalError' });
    }
    await settled(db);
    if (items.errors.length === 0) items.expectFresh();
    await drain(watch);
    watch.close();
    expect(() => db.close()).not.toThrow();
    expect(bare(path).prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
  });
});
