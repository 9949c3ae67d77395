import type { DatabaseSync, Watch, WatchEvent } from 'freshet';
import { describe, expect, test } from 'vitest';
import { drain, patience, started, take } from '../../tests/support/events.ts';
import { follow } from '../../tests/support/following.ts';
import { bare, fileWith, opened } from '../../tests/support/opening.ts';
import { OtherProcess } from '../../tests/support/other-process.ts';

const schema = 'CREATE TABLE t (id INTEGER PRIMARY KEY, v); CREATE TABLE u (v); CREATE TABLE w (v);';
const sourceOf = (event: WatchEvent | null): unknown => event !== null && 'source' in event && event.source;

describe.each(['wal', 'delete'] as const)('in journal mode %s', (journal) => {
  test('a commit of another process produces an external invalidation', async () => {
    const path = fileWith(schema, journal);
    const db = opened(path);
    expect(db.queryRaw('PRAGMA journal_mode').rows).toEqual([[journal]]);
    const [watch, stream] = [await started(db.watchTable('u')), await started(db.changeStream())];
    const changesets: unknown[] = [];
    db.subscribe(({ source, wide, tables, row_changes }) =>
      changesets.push({ source, wide, tables, row_changes }),
    );
    const other = await OtherProcess.start(path);
    await other.exec("INSERT INTO t VALUES (1, 'theirs')");
    expect(await watch.next({ timeoutMs: patience })).toStrictEqual({
      schema_version: 1,
      type: 'invalidate',
      watch_id: watch.id,
      event_id: 1,
      commit_lsn: expect.any(Number),
      schema_cookie: db.queryRaw('PRAGMA schema_version').rows[0]?.[0],
      source: 'external',
      tables: ['t', 'u', 'w'],
      schema_changed: false,
      row_changes_truncated: false,
      wide_tables: ['u'],
      row_changes: [],
    });
    expect(await take(stream, 'change')).toMatchObject({
      source: 'external',
      table_changes: ['t', 'u', 'w'].map((table) => ({
        table,
        schema_changed: false,
        row_change_count: 0,
        wide: true,
      })),
      wide_tables: ['t', 'u', 'w'],
    });
    expect(changesets).toEqual([
      { source: 'external', wide: true, tables: ['t', 'u', 'w'], row_changes: [] },
    ]);
    // It is readable, and our own commits are still told as our own.
    expect(db.query('SELECT * FROM t')).toEqual([{ id: 1, v: 'theirs' }]);
    db.execute("INSERT INTO t VALUES (2, 'ours')");
    expect(await take(stream, 'change')).toMatchObject({
      source: 'direct',
      row_changes: [{ after: { id: 2, v: 'ours' } }],
    });
    await other.exec("INSERT INTO t VALUES (3, 'theirs')");
    expect(await take(stream, 'change')).toMatchObject({ source: 'external' });
  });

  test('a transaction that another process rolled back, or only reads in, is no event', async () => {
    const path = fileWith(schema, journal);
    const db = opened(path);
    const stream = await started(db.changeStream());
    const other = await OtherProcess.start(path);
    await other.exec("BEGIN; INSERT INTO t VALUES (1, 'x'); ROLLBACK");
    await other.query('SELECT * FROM t');
    db.execute("INSERT INTO t VALUES (2, 'ours')");
    expect(await take(stream, 'change')).toMatchObject({ event_id: 1, source: 'direct' });
  });

  test('DDL of another process is told as a schema change, and later rows in their new shape', async () => {
    const path = fileWith(schema, journal);
    const db = opened(path);
    const watch = db.watchTable('t');
    const { schema_cookie } = await take(watch, 'initial');
    const other = await OtherProcess.start(path);
    await other.exec(
      `BEGIN; ALTER TABLE t ADD COLUMN w DEFAULT 5; ALTER TABLE t DROP COLUMN v; CREATE TABLE n (x); COMMIT`,
    );
    const event = await take(watch, 'invalidate');
    expect(event).toMatchObject({ source: 'external', schema_changed: true, tables: ['n', 't', 'u', 'w'] });
    expect(event.schema_cookie).toBeGreaterThan(schema_cookie);
    db.execute('INSERT INTO t (id) VALUES (7)');
    expect(await take(watch, 'invalidate')).toMatchObject({
      schema_changed: false,
      row_changes: [{ after: { id: 7, w: 5 } }],
    });
  });
});

describe.each(['delete', 'truncate', 'persist'] as const)('in journal mode %s', (journal) => {
  test('none of a hundred commits of another process is missed', async () => {
    const path = fileWith('CREATE TABLE t (id INTEGER PRIMARY KEY)', 'delete');
    const db = opened(path);
    const count = follow<{ n: number }>(db, 'SELECT count(*) AS n FROM t');
    const other = await OtherProcess.start(path);
    await other.exec(`PRAGMA journal_mode = ${journal}`);
    for (let n = 1; n <= 100; n++) {
      await other.exec('INSERT INTO t DEFAULT VALUES');
      await count.until(([row]) => row?.n === n);
    }
  });

  test('a commit is told after a lock that followed it at once', async () => {
    const path = fileWith(schema, 'delete');
    const db = opened(path, { pollIntervalMs: 5 });
    const watch = await started(db.watchTable('t'));
    const count = follow<{ n: number }>(db, 'SELECT count(*) AS n FROM t');
    const other = await OtherProcess.start(path);
    await other.exec(`PRAGMA journal_mode = ${journal}`);
    for (let n = 1; n <= 5; n++) {
      await other.exec('INSERT INTO t (v) VALUES (1); BEGIN EXCLUSIVE');
      // It is looked for several times meanwhile, in vain.
      for (let turn = 0; turn < 20; turn++) expect(await watch.next({ timeoutMs: 5 })).toBeNull();
      await other.exec('ROLLBACK');
      expect(sourceOf(await watch.next({ timeoutMs: patience }))).toBe('external');
      await count.until(([row]) => row?.n === n);
      await drain(watch);
    }
  });
});

describe('sources', () => {
  const insert = (db: Pick<DatabaseSync, 'exec'>): void => db.exec('INSERT INTO u VALUES (1)');

  /** Lets each commit in turn, waits until it is told, and says as what; with everything that came beside it. */
  async function sourcesOf(
    stream: Watch,
    committers: readonly Pick<DatabaseSync, 'exec'>[],
  ): Promise<unknown[]> {
    const sources: unknown[] = [];
    for (const committer of committers) {
      insert(committer);
      sources.push(sourceOf(await stream.next({ timeoutMs: patience })));
      sources.push(...(await drain(stream)).map(sourceOf));
    }
    return sources;
  }

  test('direct and external are reported, commit by commit', async () => {
    const path = fileWith(schema);
    const db = opened(path);
    const program = bare(path);
    const sources = await sourcesOf(await started(db.changeStream()), [
      db,
      program,
      db,
      db,
      program,
      program,
      db,
    ]);
    expect(sources).toEqual(['direct', 'external', 'direct', 'direct', 'external', 'external', 'direct']);
  });

  test('each commit is told once, also when several handles take turns with another program', async () => {
    const path = fileWith(schema);
    const [one, other] = [opened(path), opened(path)];
    const program = bare(path);
    const sources = await sourcesOf(await started(one.changeStream()), [
      one,
      program,
      other,
      program,
      program,
      one,
    ]);
    expect(sources).toEqual(['direct', 'external', 'direct', 'external', 'external', 'direct']);
  });

  test('a commit of another program and one of ours, with nothing read between, are both told', async () => {
    const path = fileWith(schema);
    const [one, other] = [opened(path), opened(path)];
    const program = bare(path);
    for (const committer of [one, other]) {
      const stream = await started(one.changeStream());
      program.exec('INSERT INTO t (v) VALUES (1)');
      committer.execute('INSERT INTO u VALUES (1)');
      const events = [await take(stream, 'change'), await take(stream, 'change')];
      expect(events.map(({ source }) => source).sort()).toEqual(['direct', 'external']);
      stream.close();
    }
  });

  test('a commit of another program reaches a handle while another one has a transaction open', async () => {
    const path = fileWith(schema);
    const [idle, busy] = [opened(path), opened(path)];
    const watch = await started(idle.watchTable('t'));
    busy.execute('INSERT INTO t (v) VALUES (1)');
    await take(watch, 'invalidate');
    const tx = busy.begin();
    tx.query('SELECT * FROM t');
    bare(path).exec('INSERT INTO t (v) VALUES (2)');
    expect(sourceOf(await watch.next({ timeoutMs: 3000 }))).toBe('external');
    tx.rollback();
  });

  test('a commit of another program between ours and the close of that handle is not lost to the others', async () => {
    const path = fileWith(schema);
    const [one, other] = [opened(path), opened(path)];
    const stream = await started(one.changeStream());
    other.execute('INSERT INTO u VALUES (1)');
    bare(path).exec('INSERT INTO t (v) VALUES (1)');
    other.close();
    expect([await take(stream, 'change'), await take(stream, 'change')].map(({ source }) => source)).toEqual([
      'direct',
      'external',
    ]);
  });

  test('a commit of another program before anybody watched is nobody’s news', async () => {
    const path = fileWith(schema);
    const db = opened(path);
    const program = bare(path);
    program.exec('INSERT INTO t (v) VALUES (1)');
    const stream = await started(db.changeStream());
    db.execute('INSERT INTO u VALUES (1)');
    expect(await take(stream, 'change')).toMatchObject({ event_id: 1, source: 'direct' });
    stream.close();
    program.exec('INSERT INTO t (v) VALUES (1)');
    const again = await started(db.changeStream());
    program.exec('INSERT INTO t (v) VALUES (1)');
    expect(await take(again, 'change')).toMatchObject({ source: 'external' });
    expect(db.reactiveMetrics().events_published).toBe(2);
  });

  test('a reader in the middle of an iteration hears of it when the iteration has ended', async () => {
    const path = fileWith(`${schema} INSERT INTO t VALUES (1, 1), (2, 2);`);
    const db = opened(path);
    const watch = await started(db.watchTable('t'));
    const rows = db.iterate('SELECT * FROM t');
    rows.next();
    bare(path).exec('INSERT INTO t VALUES (3, 3)');
    expect([...rows].length).toBe(1);
    expect(sourceOf(await watch.next({ timeoutMs: patience }))).toBe('external');
    expect(db.query('SELECT count(*) AS n FROM t')).toEqual([{ n: 3 }]);
  });
});
