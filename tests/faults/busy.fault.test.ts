import { type DatabaseSync, OperationalError } from 'freshet';
import { settled } from 'freshet/reactive';
import { describe, expect, test, vi } from 'vitest';
import { engineOf } from '../../core/engine-key.ts';
import { SchemaState } from '../../core/schema-state.ts';
import { drain, patience, started, take } from '../support/events.ts';
import { follow } from '../support/following.ts';
import { bare, fileWith, opened } from '../support/opening.ts';
import { OtherProcess } from '../support/other-process.ts';

const schema = 'CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 10);';
const sql = 'SELECT id, v FROM t ORDER BY id';
const quick = { busyTimeoutMs: 20 };

function busy(call: () => unknown): void {
  let error: unknown;
  try {
    call();
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(OperationalError);
  expect(error).toMatchObject({ code: 'BUSY', retryable: true, permanent: false });
}

const triggers = (db: DatabaseSync): unknown => db.query('SELECT name FROM sqlite_temp_schema');

describe.each([
  'wal',
  'delete',
] as const)('another process holds the write lock, in journal mode %s:', (journal) => {
  test('BEGIN IMMEDIATE, a write and a batch fail with BUSY, emit nothing, and succeed when it lets go', async () => {
    const path = fileWith(schema, journal);
    const db = opened(path, quick);
    const [stream, items] = [await started(db.changeStream()), follow(db, sql)];
    const other = await OtherProcess.start(path);
    await other.exec('BEGIN IMMEDIATE');
    const calls: readonly (() => unknown)[] = [
      () => db.begin('immediate').commit(),
      () => db.execute('UPDATE t SET v = v + 1'),
      () => db.executeBatch('INSERT INTO t (v) VALUES (?)', [[1], [2]]),
      () => db.transaction(() => db.execute('UPDATE t SET v = v + 1')),
      () => db.exec('CREATE TABLE u (v)'),
    ];
    for (const call of calls) {
      busy(call);
      expect(db.inTransaction).toBe(false);
    }
    expect(db.query(sql)).toEqual([{ id: 1, v: 10 }]);
    expect(await drain(stream)).toEqual([]);
    await other.exec('ROLLBACK');
    for (const call of calls) call();
    expect((await drain(stream)).length).toBe(4);
    await settled(db);
    items.expectFresh();
    items.expectTold();
  });

  test('live queries and watches can be opened, read and closed meanwhile', async () => {
    const path = fileWith(schema, journal);
    const db = opened(path, quick);
    const other = await OtherProcess.start(path);
    await other.exec('BEGIN IMMEDIATE; UPDATE t SET v = 99');
    const items = follow(db, sql);
    const watch = db.watchQuery(sql);
    expect(items.rows).toEqual([{ id: 1, v: 10 }]);
    expect((await take(watch, 'initial')).rows).toEqual([[1, 10]]);
    await other.exec('COMMIT');
    await items.until(([row]) => row?.v === 99);
    expect(await take(watch, 'invalidate')).toMatchObject({ source: 'external' });
  });
});

describe('COMMIT', () => {
  test('that a reader of another process holds up fails with BUSY, keeps the transaction, and is told once when it succeeds', async () => {
    const path = fileWith(schema, 'delete');
    const db = opened(path, quick);
    const [stream, items] = [await started(db.changeStream()), follow(db, sql)];
    const other = await OtherProcess.start(path);
    await other.exec('BEGIN');
    await other.query('SELECT * FROM t');
    const tx = db.begin();
    tx.execute('INSERT INTO t VALUES (2, 20)');
    busy(() => tx.commit());
    expect([tx.isOpen, db.inTransaction]).toEqual([true, true]);
    tx.execute('INSERT INTO t VALUES (3, 30)');
    busy(() => db.commit());
    expect(await drain(stream)).toEqual([]);
    await other.exec('COMMIT');
    tx.commit();
    expect(await drain(stream)).toMatchObject([
      { row_changes: [{ after: { id: 2 } }, { after: { id: 3 } }] },
    ]);
    await settled(db);
    items.expectFresh();
    items.expectTold();
  });

  test('of a single statement that a reader holds up fails as a whole', async () => {
    const path = fileWith(schema, 'delete');
    const db = opened(path, quick);
    const stream = await started(db.changeStream());
    const other = await OtherProcess.start(path);
    await other.exec('BEGIN');
    await other.query('SELECT * FROM t');
    busy(() => db.execute('INSERT INTO t VALUES (2, 20)'));
    expect(db.inTransaction).toBe(false);
    await other.exec('COMMIT');
    expect(db.query(sql)).toEqual([{ id: 1, v: 10 }]);
    expect(await stream.next()).toBeNull();
    db.execute('INSERT INTO t VALUES (3, 30)');
    expect(await drain(stream)).toMatchObject([{ event_id: 1, row_changes: [{ after: { id: 3 } }] }]);
  });

  test('of a transaction that read before another process wrote: BUSY, rolled back, tried again, told once', async () => {
    const path = fileWith(schema, 'wal');
    const db = opened(path, quick);
    const stream = await started(db.changeStream());
    const other = await OtherProcess.start(path);
    const attempt = (): unknown =>
      db.transaction((tx) =>
        tx.execute('UPDATE t SET v = ?', [Number(tx.queryOne<{ v: number }>(sql)?.v) + 1]),
      );
    const tx = db.begin();
    tx.query(sql);
    await other.exec('UPDATE t SET v = 50');
    busy(() => tx.execute('UPDATE t SET v = 0'));
    tx.rollback();
    attempt();
    expect(db.query(sql)).toEqual([{ id: 1, v: 51 }]);
    const events = [await take(stream, 'change'), await take(stream, 'change')];
    expect(events.map(({ source }) => source).sort()).toEqual(['direct', 'external']);
    expect(await stream.next()).toBeNull();
  });
});

describe('another process holds the whole file (a rollback journal, EXCLUSIVE):', () => {
  test('a live query that is subscribed gets its answer when it lets go', async () => {
    const path = fileWith(schema, 'delete');
    const db = opened(path, quick);
    const other = await OtherProcess.start(path);
    await other.exec('BEGIN EXCLUSIVE; UPDATE t SET v = 11');
    const items = follow(db, sql);
    expect([items.snapshots, items.errors]).toEqual([[], []]);
    await other.exec('COMMIT');
    await items.until(([row]) => row?.v === 11);
    await other.exec('INSERT INTO t VALUES (2, 20)');
    await items.until(({ length }) => length === 2);
    items.expectFresh();
    expect(items.errors).toEqual([]);
  });

  test('a live query that must refresh shows the update when it lets go, and no error is reported', async () => {
    const path = fileWith(schema, 'delete');
    const reported: unknown[] = [];
    const db = opened(path, { ...quick, onError: (error) => reported.push(error) });
    const items = follow(db, sql);
    const watch = await started(db.watchTable('t'));
    const other = await OtherProcess.start(path);
    // A commit, and the lock again before anybody has had a chance to look.
    await other.exec('INSERT INTO t VALUES (2, 20); BEGIN EXCLUSIVE; INSERT INTO t VALUES (3, 30)');
    // Longer than several polls.
    for (let turn = 0; turn < 10; turn++) expect(await watch.next({ timeoutMs: 20 })).toBeNull();
    await other.exec('COMMIT');
    await items.until(({ length }) => length === 3);
    expect(await take(watch, 'invalidate')).toMatchObject({ source: 'external' });
    items.expectFresh();
    expect([reported, items.errors]).toEqual([[], []]);
  });

  test('queries fail with BUSY, and looking for commits of others waits for nobody’s lock', async () => {
    const path = fileWith(schema, 'delete');
    const db = opened(path, { busyTimeoutMs: patience, pollIntervalMs: 5, onError: () => {} });
    const watch = await started(db.watchTable('t'));
    const other = await OtherProcess.start(path);
    await other.exec('BEGIN EXCLUSIVE');
    // A look that waited for the lock would block this thread for as long as the signal allows for all.
    const deadline = AbortSignal.timeout(patience);
    for (let turn = 0; turn < 30; turn++)
      expect(await watch.next({ timeoutMs: 5, signal: deadline })).toBeNull();
    db.execute('PRAGMA busy_timeout = 20');
    busy(() => db.query(sql));
    await other.exec('INSERT INTO t VALUES (2, 20); COMMIT');
    expect(await watch.next({ timeoutMs: patience })).toMatchObject({ source: 'external' });
  });

  test('looking waits for nobody’s lock either when the journal mode was changed after opening', async () => {
    const path = fileWith(schema, 'wal');
    const db = opened(path, { busyTimeoutMs: patience, pollIntervalMs: 5 });
    expect(db.queryRaw('PRAGMA journal_mode = DELETE').rows).toEqual([['delete']]);
    const watch = await started(db.watchTable('t'));
    const other = await OtherProcess.start(path);
    await other.exec('BEGIN EXCLUSIVE');
    const deadline = AbortSignal.timeout(patience);
    for (let turn = 0; turn < 30; turn++)
      expect(await watch.next({ timeoutMs: 5, signal: deadline })).toBeNull();
    await other.exec('INSERT INTO t VALUES (2, 20); COMMIT');
    expect(await watch.next({ timeoutMs: patience })).toMatchObject({ source: 'external' });
  });

  test('looking leaves a busy_timeout of the user’s as it is', async () => {
    const path = fileWith(schema, 'delete');
    const db = opened(path);
    const watch = await started(db.watchTable('t'));
    db.execute('PRAGMA busy_timeout = 77');
    bare(path).exec('INSERT INTO t VALUES (2, 20)');
    await take(watch, 'invalidate');
    expect(db.queryRaw('PRAGMA busy_timeout').rows).toEqual([[77]]);
  });

  test.for<[what: string, open: (db: DatabaseSync) => unknown]>([
    ['watchTable', (db) => db.watchTable('t')],
    ['watchRange', (db) => db.watchRange('t', {})],
    ['watchQuery', (db) => db.watchQuery(sql)],
    ['changeStream', (db) => db.changeStream()],
    ['subscribe', (db) => db.subscribe(() => {})],
  ])('%s works or fails with BUSY; failing it leaves nothing behind, and commits of others are noticed later', async ([
    ,
    open,
  ]) => {
    const path = fileWith(schema, 'delete');
    const db = opened(path, quick);
    const other = bare(path);
    other.exec('BEGIN EXCLUSIVE');
    let isOpen = true;
    try {
      open(db);
    } catch (error) {
      isOpen = false;
      expect(error).toMatchObject({ name: 'OperationalError', code: 'BUSY' });
    }
    if (!isOpen) expect(db.reactiveMetrics().active_watch_count).toBe(0);
    other.exec('COMMIT');
    if (!isOpen) expect(triggers(db)).toEqual([]);
    const stream = await started(db.changeStream());
    other.exec('INSERT INTO t VALUES (2, 20)');
    expect(await take(stream, 'change')).toMatchObject({ source: 'external' });
    db.execute('INSERT INTO t VALUES (3, 30)');
    expect(await take(stream, 'change')).toMatchObject({
      source: 'direct',
      row_changes: [{ after: { id: 3 } }],
    });
  });

  test('every call fails with a Freshet error, and works again afterwards', () => {
    const path = fileWith(schema, 'delete');
    const db = opened(path, { ...quick, onError: () => {} });
    const other = bare(path);
    const calls: readonly (() => unknown)[] = [
      () => db.query('SELECT 1 FROM t'),
      () => db.execute('UPDATE t SET v = v + 0'),
      () => db.executeBatch('UPDATE t SET v = ?', [[1]]),
      () => db.begin('immediate').rollback(),
      () => db.exec('UPDATE t SET v = 3'),
      () => db.exec('CREATE TABLE IF NOT EXISTS w (v)'),
      () => [...db.iterate('SELECT 2 FROM t')],
      () => db.prepare('SELECT 3 FROM t').query(),
      () => db.transaction((tx) => tx.query('SELECT 4 FROM t')),
      () => db.query('UPDATE t SET v = 5 RETURNING v'),
    ];
    for (const isWatched of [false, true]) {
      if (isWatched) db.subscribe(() => {});
      other.exec('BEGIN EXCLUSIVE');
      for (const call of calls) {
        try {
          call();
        } catch (error) {
          expect(error, String(call)).toMatchObject({ name: 'OperationalError', code: 'BUSY' });
        }
        if (db.inTransaction) db.rollback();
      }
      other.exec('COMMIT');
      for (const call of calls) call();
      expect(db.query(sql)).toEqual([{ id: 1, v: 5 }]);
    }
  });
});

describe('a lock that live queries meet when they are brought up to date', () => {
  const timeoutOf = (db: DatabaseSync): unknown => db.queryRaw('PRAGMA busy_timeout').rows[0]?.[0];

  test('ends none of them, and leaves the busy timeout as it was', async () => {
    const path = fileWith(schema, 'delete');
    const db = opened(path);
    const followed = [
      sql,
      'SELECT count(*) AS n FROM t',
      'SELECT a.id FROM t a JOIN t b ON a.v = b.v + 1',
    ].map((text) => follow(db, text));
    const other = bare(path);
    other.exec("BEGIN EXCLUSIVE; INSERT INTO t VALUES (2, 20); UPDATE t SET v = 'x' WHERE id = 1");
    // What a query means may depend on settings, so all are run again.
    db.execute('PRAGMA case_sensitive_like = ON');
    expect(timeoutOf(db)).toBe(5000);
    expect(db.inTransaction).toBe(false);
    other.exec('COMMIT');
    await settled(db);
    for (const one of followed) {
      expect(one.errors).toEqual([]);
      one.expectFresh();
    }
    expect(timeoutOf(db)).toBe(5000);
  });

  test('is met once by one round of reads, as an error of ours', () => {
    const path = fileWith(schema, 'delete');
    const db = opened(path);
    const engine = db[engineOf];
    bare(path).exec('BEGIN EXCLUSIVE');
    const errors: unknown[] = [];
    engine.readOnDemand((begin) => {
      for (let turn = 0; turn < 3; turn++) {
        try {
          begin();
        } catch (error) {
          errors.push(error);
        }
      }
    });
    expect(errors.length).toBe(3);
    for (const error of errors) expect(error).toMatchObject({ name: 'OperationalError', code: 'BUSY' });
    expect([timeoutOf(db), db.inTransaction]).toEqual([5000, false]);
  });

  test('is waited for by no commit, and the commit is told', async () => {
    const path = fileWith(schema, 'delete');
    const db = opened(path, quick);
    const watch = await started(db.watchTable('t'));
    const other = bare(path);
    // Another program takes the lock between a schema change of ours and the look at what it made of the schema.
    const read = SchemaState.prototype.cookieMoved;
    const spy = vi.spyOn(SchemaState.prototype, 'cookieMoved').mockImplementationOnce(function (
      this: SchemaState,
    ) {
      other.exec('BEGIN EXCLUSIVE');
      return read.call(this);
    });
    db.exec('CREATE TABLE made (a)');
    spy.mockRestore();
    expect(await take(watch, 'invalidate')).toMatchObject({ source: 'direct', schema_changed: true });
    other.exec('COMMIT');
    db.execute('INSERT INTO made VALUES (1)');
    expect(db.query('SELECT * FROM made')).toEqual([{ a: 1 }]);
  });
});

describe('our own lock', () => {
  test('is never held while nothing runs: another process can write between any two calls', async () => {
    for (const journal of ['wal', 'delete'] as const) {
      const path = fileWith(schema, journal);
      const db = opened(path);
      const other = bare(path);
      const items = follow(db, sql);
      const stream = await started(db.changeStream());
      db.subscribe(() => other.exec('UPDATE t SET v = v + 1'));
      for (let i = 0; i < 5; i++) {
        other.exec('BEGIN EXCLUSIVE; UPDATE t SET v = v + 1; COMMIT');
        await settled(db);
      }
      db.execute('UPDATE t SET v = v + 1');
      other.exec('BEGIN EXCLUSIVE; COMMIT');
      expect(other.prepare('SELECT v >= 17 AS ok FROM t').get()).toEqual({ ok: 1 });
      stream.close();
      items.stop();
      db.close();
    }
  });

  test('an iteration that was left early holds none', () => {
    const path = fileWith(`${schema} INSERT INTO t VALUES (2, 20), (3, 30)`, 'delete');
    const db = opened(path);
    for (const _row of db.iterate(sql)) break;
    bare(path).exec('BEGIN EXCLUSIVE; COMMIT');
  });
});
