import type { SqlValue } from 'freshet';
import { settled } from 'freshet/reactive';
import { describe, expect, test } from 'vitest';
import { started, take } from './support/events.ts';
import { follow } from './support/following.ts';
import { opened } from './support/opening.ts';

describe('values that are hard to carry', () => {
  const hard: readonly (readonly [what: string, value: SqlValue])[] = [
    ['2^63 - 1', 2n ** 63n - 1n],
    ['-2^63', -(2n ** 63n)],
    ['2^53', 2n ** 53n],
    ['-(2^53 + 1)', -(2n ** 53n) - 1n],
    ['2^53 - 1', Number.MAX_SAFE_INTEGER],
    ['-0.0', -0],
    ['infinity', Number.POSITIVE_INFINITY],
    ['-infinity', Number.NEGATIVE_INFINITY],
    ['the smallest number', Number.MIN_VALUE],
    ['a number with 17 digits', 0.1 + 0.2],
    ['1e300', 1e300],
    ['a text with NUL', 'a\0b\0'],
    ['NUL alone', '\0'],
    ['the empty text', ''],
    ['an astral text', 'a😀\u{10ffff}'],
    ['a text that looks like a number', '01.50'],
    ['the empty blob', new Uint8Array(0)],
    ['a blob with zeros', new Uint8Array([0, 255, 0])],
    ['null', null],
  ];
  const json = (value: SqlValue): string => {
    if (typeof value === 'bigint') return String(value);
    if (value instanceof Uint8Array) return `"${Buffer.from(value).toString('hex')}"`;
    return JSON.stringify(Number.isNaN(value) ? null : value);
  };

  test.for(hard)('%s is the same in before, after, nextJson and snapshots as in a SELECT', async ([
    ,
    value,
  ]) => {
    const db = opened();
    db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v, w TEXT DEFAULT 'w', r REAL)");
    const [watch, text] = [await started(db.watchTable('t')), await started(db.watchTable('t'))];
    const initial = (): unknown => db.watchQuery('SELECT v FROM t');
    const items = follow<{ v: SqlValue }>(db, 'SELECT v FROM t');
    db.execute('INSERT INTO t (v, r) VALUES (?1, ?1)', [value]);
    const row = db.queryOne('SELECT * FROM t');
    const inserted = await take(watch, 'invalidate');
    expect(inserted.row_changes[0]?.after).toStrictEqual(row);
    expect(Object.is(row?.v, value) || row?.v instanceof Uint8Array).toBe(true);
    expect(await text.nextJson()).toContain(`"after":{"id":1,"v":${json(value)},"w":"w"`);
    db.execute('UPDATE t SET w = ?', ['x']);
    expect((await take(watch, 'invalidate')).row_changes[0]).toMatchObject({
      before: row,
      after: { ...row, w: 'x' },
    });
    await settled(db);
    expect(items.rows[0]?.v).toStrictEqual(value);
    // A change of another column is no change of this answer.
    expect(items.snapshots.length).toBe(2);
    initial();
    db.execute('DELETE FROM t');
    expect((await take(watch, 'invalidate')).row_changes[0]?.before).toStrictEqual({ ...row, w: 'x' });
    await settled(db);
    items.expectFresh();
  });

  test('values that only their type tells apart are a change: 1 and 1.0, 0.0 and -0.0, a text and its blob', async () => {
    const db = opened(':memory:', { intMode: 'bigint' });
    db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 0)');
    const items = follow(db, 'SELECT v FROM t', [], { schedule: 'sync' });
    for (const literal of [
      '1',
      '1.0',
      '0.0',
      '-0.0',
      "'a'",
      "x'61'",
      "''",
      "x''",
      'NULL',
      "'1'",
      '9e999',
      '-9e999',
    ]) {
      db.execute(`UPDATE t SET v = ${literal}`);
      items.expectFresh();
      items.expectTold();
    }
    expect(items.snapshots.length).toBe(13);
  });

  test('a blob of 10 MB is in before, after, JSON and snapshots', async () => {
    const db = opened();
    db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, v, n DEFAULT 0)');
    const size = 10 * 1024 * 1024;
    const blob = new Uint8Array(size).map((_, at) => at * 31);
    const [watch, text] = [await started(db.watchTable('t')), await started(db.watchTable('t'))];
    const items = follow<{ v: Uint8Array; n: number }>(db, 'SELECT v, n FROM t', [], { schedule: 'sync' });
    db.execute('INSERT INTO t (v) VALUES (?)', [blob]);
    db.execute('UPDATE t SET n = 1');
    const same = (value: unknown): boolean =>
      value instanceof Uint8Array && Buffer.compare(value, blob) === 0;
    const [inserted, updated] = [await take(watch, 'invalidate'), await take(watch, 'invalidate')];
    expect(
      [
        inserted.row_changes[0]?.after?.v,
        updated.row_changes[0]?.before?.v,
        updated.row_changes[0]?.after?.v,
        items.rows[0]?.v,
      ].map(same),
    ).toEqual([true, true, true, true]);
    expect(items.rows[0]?.n).toBe(1);
    const json = (await text.nextJson()) ?? '';
    expect(json.length).toBeGreaterThan(2 * size);
    expect(json.includes(Buffer.from(blob.subarray(-1000)).toString('hex'))).toBe(true);
  });
});
