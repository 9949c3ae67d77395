import type { RangeBounds, SqlValue } from 'freshet';
import { describe, expect, test } from 'vitest';
import { drain, started, take } from '../../tests/support/events.ts';
import { bare, fileWith, opened } from '../../tests/support/opening.ts';

/** The condition that the bounds stand for. */
function condition({
  column = 'id',
  lower = null,
  upper = null,
  lowerInclusive,
  upperInclusive,
}: RangeBounds) {
  const terms = ['1'];
  if (lower !== null) terms.push(`${column} ${lowerInclusive === false ? '>' : '>='} :lower`);
  if (upper !== null) terms.push(`${column} ${upperInclusive === false ? '<' : '<='} :upper`);
  return terms.join(' AND ');
}

/** Inserts each value as a commit of its own, and compares what the watch says with what SQLite says. */
async function expectAsSqlite(
  type: string,
  values: readonly SqlValue[],
  ranges: readonly RangeBounds[],
): Promise<void> {
  const db = opened();
  db.exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, v ${type})`);
  const watches = await Promise.all(
    ranges.map((range) => started(db.watchRange('t', { column: 'v', ...range }))),
  );
  for (const value of values) db.execute('INSERT INTO t (v) VALUES (?)', [value]);
  for (const [at, range] of ranges.entries()) {
    const { lower = null, upper = null } = range;
    const params = { ...(lower !== null && { lower }), ...(upper !== null && { upper }) };
    const expected = db.query<{ id: number }>(
      `SELECT id FROM t WHERE ${condition({ column: 'v', ...range })} ORDER BY id`,
      params,
    );
    const told = (await drain(watches[at] as (typeof watches)[0])).flatMap((event) =>
      event.type === 'invalidate' ? event.row_changes.map(({ after }) => ({ id: after?.id })) : [],
    );
    expect(told, JSON.stringify(range)).toEqual(expected);
  }
}

/** Both bounds, open or closed, in every combination. */
function everyRange(lower: SqlValue, upper: SqlValue): RangeBounds[] {
  const flags = [undefined, true, false];
  return [
    {},
    ...flags.flatMap((inclusive) => [
      { lower, ...(inclusive !== undefined && { lowerInclusive: inclusive }) },
      { upper, ...(inclusive !== undefined && { upperInclusive: inclusive }) },
      ...flags.map((other) => ({
        lower,
        upper,
        ...(inclusive !== undefined && { lowerInclusive: inclusive }),
        ...(other !== undefined && { upperInclusive: other }),
      })),
    ]),
  ];
}

describe('a range watch', () => {
  test('ignores rows outside, honours the inclusive flags and open ends', async () => {
    await expectAsSqlite('INTEGER', [-5, 9, 10, 11, 19, 20, 21, 2n ** 62n, -(2n ** 62n)], everyRange(10, 20));
    await expectAsSqlite(
      'REAL',
      [-0.5, 0, 1.4999, 1.5, 2, 2.5, 2.5001, Number.POSITIVE_INFINITY],
      everyRange(1.5, 2.5),
    );
  });

  test('orders texts and blobs as SQLite does', async () => {
    await expectAsSqlite(
      'TEXT',
      ['', 'a', 'B', 'b', 'bb', 'c', 'é', '\uffff', '😀', '😀a'],
      [...everyRange('b', 'c'), ...everyRange('\uffff', '😀')],
    );
    await expectAsSqlite(
      'TEXT COLLATE NOCASE',
      ['A', 'a', 'B', 'b', 'C', 'c', 'É', 'é'],
      everyRange('b', 'C'),
    );
    await expectAsSqlite('TEXT COLLATE RTRIM', ['a', 'a  ', 'b', 'b ', 'c   '], everyRange('a ', 'b'));
    await expectAsSqlite(
      'BLOB',
      [[], [0], [1], [1, 0], [1, 1], [2], [255]].map((bytes) => new Uint8Array(bytes)),
      everyRange(new Uint8Array([1]), new Uint8Array([1, 1])),
    );
  });

  test('takes the last COLLATE of a column, as SQLite does', async () => {
    const values = ['A', 'a', 'B', 'b ', 'b'];
    await expectAsSqlite('TEXT COLLATE BINARY COLLATE NOCASE', values, everyRange('a', 'B'));
    await expectAsSqlite('TEXT COLLATE NOCASE NOT NULL COLLATE "rtrim"', values, everyRange('a', 'b'));
  });

  test('stops at a NUL under NOCASE, as SQLite does', async () => {
    const values = ['a', 'A\0x', 'a\0y', 'a\0xx', 'é\0', 'b'];
    await expectAsSqlite('TEXT COLLATE NOCASE', values, everyRange('a\0z', 'A\0zz'));
  });

  test('takes every text of a database in UTF-16, whose bytes have another order', async () => {
    const db = opened();
    db.exec("PRAGMA encoding = 'UTF-16le'; CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
    const watch = await started(db.watchRange('t', { column: 'v', upper: '\u00ff' }));
    db.execute('INSERT INTO t (v) VALUES (?)', ['\u0100']);
    expect(db.query("SELECT v FROM t WHERE v <= '\u00ff'")).toHaveLength(1);
    expect(await take(watch, 'invalidate')).toMatchObject({ row_changes: [{ after: { v: '\u0100' } }] });
  });

  test('takes texts in a column of numbers, where a text as bound is a number', async () => {
    const db = opened();
    db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, v INT)');
    const watch = await started(db.watchRange('t', { column: 'v', lower: '2' }));
    db.execute("INSERT INTO t (v) VALUES ('1x')");
    expect(db.query('SELECT v FROM t WHERE v >= ?', ['2'])).toEqual([{ v: '1x' }]);
    expect(await take(watch, 'invalidate')).toMatchObject({ row_changes: [{ after: { v: '1x' } }] });
  });

  test('is over the primary key unless a column is named', async () => {
    const db = opened();
    db.exec('CREATE TABLE t (v, id INTEGER PRIMARY KEY)');
    const watch = await started(db.watchRange('t', { lower: 5 }));
    db.execute('INSERT INTO t (id, v) VALUES (1, 9)');
    db.execute('INSERT INTO t (id, v) VALUES (9, 1)');
    expect(
      (await drain(watch)).map((event) => event.type === 'invalidate' && event.row_changes[0]?.primary_key),
    ).toEqual([{ id: 9 }]);
    expect(db.reactiveSubscriptions()[0]?.dependencies_json).toBe(
      '{"table":"t","column":"id","lower":5,"upper":null,"lower_inclusive":true,"upper_inclusive":true}',
    );
  });

  test('matches a row that lies inside before or after the change', async () => {
    const db = opened();
    db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 1), (2, 5), (3, 9)');
    const watch = await started(db.watchRange('t', { column: 'v', lower: 4, upper: 6 }));
    db.execute('UPDATE t SET v = 100 WHERE id = 2');
    db.execute('UPDATE t SET v = 5 WHERE id = 3');
    db.execute('UPDATE t SET v = 2 WHERE id = 1');
    db.execute('UPDATE t SET v = NULL WHERE id = 3');
    db.execute('DELETE FROM t WHERE id = 3');
    expect(
      (await drain(watch)).map((event) => event.type === 'invalidate' && event.row_changes),
    ).toMatchObject([
      [{ before: { id: 2, v: 5 }, after: { id: 2, v: 100 } }],
      [{ before: { id: 3, v: 9 }, after: { id: 3, v: 5 } }],
      [{ before: { id: 3, v: 5 }, after: { id: 3, v: null } }],
    ]);
  });

  test('tells only the rows inside of a commit that changed others too', async () => {
    const db = opened();
    db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, v)');
    const watch = await started(db.watchRange('t', { lower: 10, upper: 12 }));
    db.execute(`INSERT INTO t VALUES ${Array.from({ length: 20 }, (_, id) => `(${id}, 0)`)}`);
    const event = await take(watch, 'invalidate');
    expect(event.row_changes.map(({ primary_key }) => primary_key.id)).toEqual([10, 11, 12]);
  });

  test('over a composite primary key takes every change', async () => {
    const db = opened();
    db.exec('CREATE TABLE t (a, b, PRIMARY KEY (a, b))');
    const watch = await started(db.watchRange('t', { lower: 10, upper: 12 }));
    db.execute('INSERT INTO t VALUES (1, 1)');
    expect(await take(watch, 'invalidate')).toMatchObject({ row_changes: [{ after: { a: 1, b: 1 } }] });
  });
});

describe('a range watch wakes', () => {
  test('on a truncated commit, whose rows it can’t tell', async () => {
    const db = opened();
    db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY)');
    const watch = await started(db.watchRange('t', { lower: -2, upper: -1 }));
    const insert =
      'INSERT INTO t WITH RECURSIVE n(i) AS (SELECT ? UNION ALL SELECT i + 1 FROM n LIMIT ?) SELECT i FROM n';
    db.execute(insert, [0, 4096]);
    expect(await watch.next()).toBeNull();
    db.execute(insert, [10_000, 4097]);
    expect(await take(watch, 'invalidate')).toMatchObject({ row_changes_truncated: true, row_changes: [] });
  });

  test('on a commit without row detail', async () => {
    const db = opened();
    // No name reaches the rowid, so no trigger can tell one row from another.
    db.exec('CREATE TABLE t (id PRIMARY KEY, rowid, oid, _rowid_)');
    const watch = await started(db.watchRange('t', { lower: 10, upper: 12 }));
    db.execute('INSERT INTO t (id) VALUES (1)');
    expect(await take(watch, 'invalidate')).toMatchObject({
      tables: ['t'],
      row_changes_truncated: false,
      row_changes: [],
    });
  });

  test('on a commit of another program', async () => {
    const path = fileWith('CREATE TABLE t (id INTEGER PRIMARY KEY)');
    const watch = await started(opened(path).watchRange('t', { lower: 10, upper: 12 }));
    bare(path).exec('INSERT INTO t VALUES (1)');
    expect(await take(watch, 'invalidate')).toMatchObject({ source: 'external', row_changes: [] });
  });

  test('on a schema change', async () => {
    const db = opened();
    db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY)');
    const watch = await started(db.watchRange('t', { lower: 10, upper: 12 }));
    db.exec('ALTER TABLE t ADD COLUMN v');
    expect(await take(watch, 'invalidate')).toMatchObject({ schema_changed: true, tables: ['t'] });
    db.execute('INSERT INTO t VALUES (1, 1)');
    db.execute('INSERT INTO t VALUES (11, 1)');
    expect(await drain(watch)).toMatchObject([{ row_changes: [{ after: { id: 11, v: 1 } }] }]);
  });
});
