import {
  closeSync,
  copyFileSync,
  openSync as openFile,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { DatabaseSync as BareDatabase } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import { DatabaseError, type DatabaseSync, FreshetError, openSync } from 'freshet';
import { settled } from 'freshet/reactive';
import { describe, expect, test } from 'vitest';
import { started, take } from '../support/events.ts';
import { follow } from '../support/following.ts';
import { fileWith, opened, temporaryFile } from '../support/opening.ts';

const schema = `
  CREATE TABLE t (id INTEGER PRIMARY KEY, v);
  CREATE TABLE u (v);
  INSERT INTO t WITH RECURSIVE i(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM i LIMIT 500) SELECT i, printf('%0200d', i) FROM i;
  INSERT INTO u VALUES (1);
`;
const sql = 'SELECT count(*) AS n, sum(length(v)) AS s FROM t';

/** What SQLite by itself says of a query: its rows, or its error's primary code. */
function sqliteSays(path: string, query: string): unknown {
  const copy = temporaryFile('copy.db');
  copyFileSync(path, copy);
  const db = new BareDatabase(copy);
  try {
    return db
      .prepare(query)
      .all()
      .map((row) => ({ ...row }));
  } catch (error) {
    return (error as { errcode: number }).errcode & 0xff;
  } finally {
    db.close();
  }
}

/** What the database answers now, or the code of its refusal. */
function answerOf(db: DatabaseSync, query: string): unknown {
  try {
    return db.query(query);
  } catch (error) {
    return (error as FreshetError).code;
  }
}

/** Overwrites bytes in place, as a failing disk or a stray program does. */
function overwrite(path: string, at: number, bytes: Uint8Array): void {
  const file = openFile(path, 'r+');
  writeSync(file, bytes, 0, bytes.length, at);
  closeSync(file);
}

const spoilers: Readonly<Record<string, (path: string) => void>> = {
  'pages overwritten with garbage': (path) => {
    for (let page = 2; page * 4096 < statSync(path).size; page++)
      overwrite(path, page * 4096, new Uint8Array(4096).fill(0xa5));
    bumpChangeCounter(path);
  },
  'the whole file overwritten with garbage': (path) =>
    overwrite(path, 0, new Uint8Array(statSync(path).size).fill(0x5a)),
  'the schema overwritten': (path) => {
    overwrite(path, 100, new Uint8Array(3000).fill(0xff));
    bumpChangeCounter(path);
  },
  'the file truncated in its middle': (path) => truncateSync(path, 4096 * 3),
  'the file emptied': (path) => truncateSync(path, 0),
};

/** SQLite looks at its pages anew when this counter has moved. */
function bumpChangeCounter(path: string): void {
  const counter = readFileSync(path).readUInt32BE(24);
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, counter + 1);
  overwrite(path, 24, bytes);
}

describe('a file that is no database', () => {
  test.for<[what: string, content: Uint8Array]>([
    ['garbage', new Uint8Array(8192).fill(0x5a)],
    ['a text', new TextEncoder().encode('Dear diary, '.repeat(1000))],
    [
      'the header of a database and garbage',
      new Uint8Array([...new TextEncoder().encode('SQLite format 3\0'), ...new Uint8Array(8192).fill(0xa5)]),
    ],
  ])('is refused, and left as it was: %s', ([, content]) => {
    const path = temporaryFile();
    writeFileSync(path, content);
    let error: unknown;
    try {
      openSync(path);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(DatabaseError);
    expect(error).toMatchObject({ code: 'CORRUPTION', retryable: false });
    expect(String((error as Error).message)).not.toContain(path);
    expect(new Uint8Array(readFileSync(path))).toEqual(content);
  });
});

describe.each(Object.keys(spoilers))('%s while the file is open', (how) => {
  const spoil = (path: string): void => spoilers[how]?.(path);

  test('every call answers as SQLite does, or fails with a Freshet error; live queries are told; close works', async () => {
    const path = fileWith(schema, 'delete');
    const reported: unknown[] = [];
    const db = opened(path, { onError: (error) => reported.push(error) });
    const items = follow(db, sql);
    const watch = await started(db.watchTable('t'));
    spoil(path);
    const says = sqliteSays(path, sql);
    const calls: readonly (() => unknown)[] = [
      () => db.query(sql),
      () => db.query('SELECT v FROM u'),
      () => db.execute("UPDATE t SET v = v || 'x'"),
      () => db.begin('immediate').rollback(),
      () => db.watchTable('u').close(),
      () => db.exec('CREATE TABLE w (v)'),
      () => db.query('PRAGMA integrity_check'),
    ];
    const failures: unknown[] = [];
    for (const call of calls) {
      try {
        call();
      } catch (error) {
        expect(error, String(call)).toBeInstanceOf(FreshetError);
        failures.push((error as FreshetError).code);
      }
      if (db.inTransaction) db.rollback();
    }
    // Something is wrong, and somebody was told so.
    expect(failures.length).toBeGreaterThan(0);
    // The live query doesn't go on showing an answer that is no longer there. A handle whose own pages are whole
    // may still have the right one, where a newcomer sees the damage.
    const isAnswer = (rows: readonly unknown[]): boolean =>
      [says, answerOf(db, sql)].some((answer) => isDeepStrictEqual(answer, rows));
    await settled(db);
    if (items.errors.length === 0 && !isAnswer(items.rows)) await items.until(isAnswer).catch(() => {});
    for (const error of items.errors) expect(error).toBeInstanceOf(FreshetError);
    expect(items.errors.length > 0 || isAnswer(items.rows)).toBe(true);
    for (const error of reported) expect(error).toBeInstanceOf(FreshetError);
    // The same fault is not reported over and over.
    expect(reported.length).toBeLessThan(5);
    expect(() => watch.close()).not.toThrow();
    expect(() => db.close()).not.toThrow();
  });
});

describe('a file that is emptied while it is open', () => {
  const emptied = {
    name: 'DatabaseError',
    code: 'CORRUPTION',
    subcode: 'corruption.emptied',
    retryable: false,
  };

  test('is reported once, ends live queries, and every call is refused until it is opened again', async () => {
    const path = fileWith(schema, 'delete');
    const content = readFileSync(path);
    const reported: unknown[] = [];
    const db = opened(path, { onError: (error) => reported.push(error) });
    const items = follow(db, sql);
    const watch = await started(db.watchTable('t'));
    truncateSync(path, 0);
    expect(await take(watch, 'invalidate')).toMatchObject({ source: 'external', schema_changed: true });
    await settled(db);
    expect(items.errors).toMatchObject([emptied, emptied]);
    const calls: readonly (() => unknown)[] = [
      () => db.query(sql),
      () => db.execute('DELETE FROM t'),
      () => db.exec('CREATE TABLE other (v)'),
      () => db.watchTable('u'),
      () => db.begin(),
    ];
    for (const call of calls) expect(call, String(call)).toThrow(expect.objectContaining(emptied));
    expect(reported).toMatchObject([emptied]);
    expect(statSync(path).size).toBe(0);
    // However often it is looked at, it is one event; the watch ends, since an empty file has no such table.
    expect(await take(watch, 'closed')).toMatchObject({ reason: expect.stringContaining('was emptied') });
    // SQLite may not see that the content is back, so a handle from before stays refused.
    writeFileSync(path, content);
    expect(calls[0]).toThrow(expect.objectContaining(emptied));
    db.close();
    follow(opened(path), sql).expectFresh();
  });

  test('is told from one that never had any content', async () => {
    const path = temporaryFile();
    writeFileSync(path, '');
    const db = opened(path);
    const stream = await started(db.changeStream());
    expect(() => db.query('SELECT * FROM missing')).toThrow(
      expect.objectContaining({ code: 'SQL', subcode: 'sql.relation_not_found' }),
    );
    expect(await stream.next({ timeoutMs: 200 })).toBeNull();
    const other = new BareDatabase(path);
    other.exec('CREATE TABLE t (v)');
    other.close();
    expect(await take(stream, 'change')).toMatchObject({ source: 'external' });
    db.execute('INSERT INTO t VALUES (1)');
    expect(db.query('SELECT * FROM t')).toEqual([{ v: 1 }]);
  });
});

describe('a WAL', () => {
  test('that is spoilt is read as far as SQLite reads it', async () => {
    const path = fileWith(schema);
    const writer = openSync(path);
    writer.execute('PRAGMA wal_autocheckpoint = 0');
    for (let i = 0; i < 20; i++) writer.execute('INSERT INTO u VALUES (?)', [i]);
    // As after a crash: the WAL is there, and its second half is garbage.
    const crashed = temporaryFile();
    copyFileSync(path, crashed);
    copyFileSync(`${path}-wal`, `${crashed}-wal`);
    writer.close();
    const half = Math.floor(statSync(`${crashed}-wal`).size / 2);
    overwrite(`${crashed}-wal`, half, new Uint8Array(half).fill(0xa5));
    const other = temporaryFile();
    copyFileSync(crashed, other);
    copyFileSync(`${crashed}-wal`, `${other}-wal`);
    const expected = new BareDatabase(other);
    const rows = expected.prepare('SELECT count(*) AS n FROM u').all();
    expected.close();
    const db = opened(crashed);
    const count = follow(db, 'SELECT count(*) AS n FROM u');
    expect(count.rows).toEqual(rows.map((row) => ({ ...row })));
    expect(Number(count.rows[0]?.n)).toBeGreaterThan(1);
    expect(Number(count.rows[0]?.n)).toBeLessThan(21);
    db.execute('INSERT INTO u VALUES (99)');
    await settled(db);
    count.expectFresh();
    expect(db.queryRaw('PRAGMA integrity_check').rows).toEqual([['ok']]);
  });
});
