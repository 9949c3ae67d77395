import { live, settled } from 'freshet/reactive';
import { describe, expect, test } from 'vitest';
import { eventually } from '../tests/support/eventually.ts';
import { follow } from '../tests/support/following.ts';
import { bare, opened, temporaryFile } from '../tests/support/opening.ts';

const schema =
  "CREATE TABLE o (id INTEGER PRIMARY KEY, d TEXT, n, doc); INSERT INTO o VALUES (1, '1994-03-05', 5, '{\"at\": \"1994-01-02\"}'), (2, '1995-06-07', 9, NULL)";

const incremental: readonly [sql: string, params?: readonly (string | number | null)[]][] = [
  ["SELECT id FROM o WHERE d >= date('1994-01-01') AND d < date('1994-01-01', '+1 year')"],
  ["SELECT id FROM o WHERE d < date(('1998-12-01'), '-' || 90 || ' days', 'start of month')"],
  ["SELECT id, julianday('2000-01-01', 'subsec') AS j, time('12:00') AS t, unixepoch(0) AS u FROM o"],
  ["SELECT strftime('%Y', d) AS year, count(*) AS c FROM o GROUP BY 1"],
  [
    "SELECT id, date(d, '+1 month') AS next, datetime(n, 'unixepoch') AS t, timediff(d, '1990-01-01') AS a FROM o",
  ],
  ["SELECT id, date(json_extract(doc, '$.at')) AS at, date(doc ->> '$.at') AS too FROM o"],
  ["SELECT id, date(coalesce(d, '1990-01-01')) AS d, date(substr(d, 1, 7) || '-01') AS month FROM o"],
  ["SELECT y.m, date(y.m, '+1 day') AS next FROM (SELECT max(d) AS m FROM o GROUP BY n % 2) AS y"],
  ['SELECT id FROM o WHERE d >= date(?) AND d < date(?, ?)', ['1994-01-01', '1994-01-01', '+1 year']],
  ["SELECT id FROM o WHERE d < date(?, '+' || ? || ' days')", ['1995-01-01', 30]],
  ["SELECT id, date(CASE WHEN n > 5 THEN d ELSE '2000-01-01' END) AS x, strftime('%s', date(d)) AS s FROM o"],
];

const clocked: readonly [sql: string, params?: readonly (string | number | Uint8Array)[]][] = [
  ["SELECT id, date('now') AS x FROM o"],
  ["SELECT id, date('NOW', '+1 day') AS x FROM o"],
  ['SELECT id, date() AS x FROM o'],
  ["SELECT id, strftime('%Y') AS x FROM o"],
  ["SELECT id, time('subsec') AS x FROM o"],
  ["SELECT id, datetime(d, 'localtime') AS x FROM o"],
  ["SELECT id, datetime('2000-01-01', 'utc') AS x FROM o"],
  ["SELECT id, timediff('now', d) AS x FROM o"],
  ["SELECT id, date('n' || 'ow') AS x FROM o"],
  ["SELECT id, date(substr('know', 2)) AS x FROM o"],
  ["SELECT id, date(replace(d, '-', '')) AS x FROM o"],
  ["SELECT id, date((SELECT 'now')) AS x FROM o"],
  ["SELECT id, date(x'6e6f77') AS x FROM o"],
  ['SELECT id FROM o WHERE d > date(?)', ['now']],
  ['SELECT id FROM o WHERE d > date(?)', ['Now\u0000x']],
  ['SELECT id FROM o WHERE d > date(?)', [new TextEncoder().encode('now')]],
  ["SELECT id FROM o WHERE d > date('2000-01-01', ?)", ['localtime']],
];

describe('date functions', () => {
  test.each(incremental)('%s does not read the clock', (sql, params) => {
    const db = opened();
    db.exec(schema);
    const answer = follow(db, sql, params && [...params], { schedule: 'sync' });
    const { tier, reason } = answer.query.explain();
    expect(tier, reason).toBe('incremental');
    for (const write of [
      'INSERT INTO o VALUES (3, \'1994-12-31\', 12, \'{"at": "2001-01-01"}\'), (4, NULL, NULL, NULL)',
      "UPDATE o SET d = '1994-08-08', n = 1 WHERE id = 2",
      'DELETE FROM o WHERE id = 1',
    ]) {
      db.execute(write);
      expect(answer.errors).toEqual([]);
      answer.expectFresh();
    }
  });

  test.each(clocked)('%s with %j reads it', (sql, params) => {
    const db = opened();
    db.exec(schema);
    const answer = follow(db, sql, params && [...params], { schedule: 'sync' });
    const { tier, reason } = answer.query.explain();
    expect(tier).toBe('re-evaluated');
    expect(reason).toMatch(/clock/);
    db.execute("INSERT INTO o VALUES (3, '1994-12-31', 12, NULL)");
    // Answers of two moments differ, so what they show isn't compared.
    expect(answer.query.value).toHaveLength(db.query(sql, params && [...params]).length);
    expect(answer.errors).toEqual([]);
  });

  test('one parameter reads the clock, another of the same query does not', () => {
    const db = opened();
    db.exec(schema);
    const sql = 'SELECT id FROM o WHERE d < date(?)';
    const tiers = ['1995-01-01', 'now', null].map((value) => live(db, sql, [value]).explain().tier);
    expect(tiers).toEqual(['incremental', 're-evaluated', 'incremental']);
  });
});

/** The clock stands still inside of a statement only: two answers that name it differ. */
const wait = () => eventually(() => expect(performance.now() - begun).toBeGreaterThan(5));
let begun = 0;

describe('a column that date functions take times from', () => {
  const sql =
    "SELECT id, strftime('%f', d) AS x, julianday(d) > 2450000 AS late FROM o WHERE id < 12 ORDER BY id";

  test('holds the clock when the query is opened: it is run again with each commit', async () => {
    const db = opened();
    db.exec(schema);
    db.execute("UPDATE o SET d = 'nOw' WHERE id = 1");
    const answer = follow(db, sql, undefined, { schedule: 'sync' });
    expect(answer.query.explain()).toMatchObject({ tier: 're-evaluated' });
    const [first] = answer.rows;
    begun = performance.now();
    await wait();
    db.execute('UPDATE o SET n = 7 WHERE id = 2');
    expect(answer.rows[0]).not.toEqual(first);
  });

  test.each([
    ['an insert', "INSERT INTO o VALUES (7, 'now', 1, NULL)"],
    ['an update', "UPDATE o SET d = x'4e4f57' WHERE id = 2"],
    [
      'more rows than are listed',
      "INSERT INTO o WITH RECURSIVE i(x) AS (SELECT 10 UNION ALL SELECT x + 1 FROM i LIMIT 110000) SELECT x, iif(x = 11, 'now', '2000-01-01'), 1, NULL FROM i",
    ],
  ])('comes to hold it by %s: the query is run again from then on', async (_, write) => {
    const db = opened();
    db.exec(schema);
    const answer = follow(db, sql, undefined, { schedule: 'sync' });
    expect(answer.query.explain().tier).toBe('incremental');
    db.execute(write);
    expect(answer.query.explain().tier).toBe('re-evaluated');
    const before = JSON.stringify(answer.rows);
    begun = performance.now();
    await wait();
    db.execute('UPDATE o SET n = 7 WHERE id = 1');
    expect(JSON.stringify(answer.rows)).not.toBe(before);
    expect(answer.errors).toEqual([]);
  });

  test('comes to hold it by another program, or in a transaction', async () => {
    const path = temporaryFile();
    const db = opened(path);
    db.exec(`PRAGMA journal_mode = wal; ${schema}`);
    const answer = follow(db, sql);
    expect(answer.query.explain().tier).toBe('incremental');
    bare(path).exec("INSERT INTO o VALUES (7, 'now', 1, NULL)");
    await answer.until((rows) => rows.length === 3);
    expect(answer.query.explain().tier).toBe('re-evaluated');
  });

  test('does not hold it any more once a transaction is undone, nor is what was seen there kept', async () => {
    const db = opened();
    db.exec(schema);
    db.execute("UPDATE o SET d = 'now' WHERE id = 1");
    const failed = new Error('undone');
    const opening = () =>
      db.transaction(() => {
        db.execute("UPDATE o SET d = '2000-01-01' WHERE id = 1");
        expect(live(db, sql).explain().tier).toBe('incremental');
        throw failed;
      });
    expect(opening).toThrow(failed);
    const answer = follow(db, sql);
    await settled(db);
    expect(answer.query.explain().tier).toBe('re-evaluated');
  });
});
