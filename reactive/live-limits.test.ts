import { expect, test } from 'vitest';
import { follow } from '../tests/support/following.ts';
import { opened } from '../tests/support/opening.ts';

const list = (count: number, text: (at: number) => string, separator = ', ') =>
  Array.from({ length: count }, (_, at) => text(at)).join(separator);
const columns = (count: number) => list(count, (at) => `t.a + ${at} AS c${at}`);

/** As large as SQLite takes them (https://sqlite.org/limits.html), and a little smaller. */
const queries: readonly [name: string, sql: string, params?: number][] = [
  ...[1998, 2000].flatMap((count): [string, string][] => [
    [`${count} columns`, `SELECT ${columns(count)} FROM t`],
    [
      `${count} columns of a join, sorted`,
      `SELECT ${columns(count)} FROM t LEFT JOIN u ON u.t = t.id ORDER BY t.b`,
    ],
    [`${count} distinct columns`, `SELECT DISTINCT ${columns(count)} FROM t`],
    [`${count} sums of groups`, `SELECT ${list(count, (at) => `sum(t.a + ${at})`)} FROM t GROUP BY t.b`],
    [`${count} averages`, `SELECT ${list(count, (at) => `avg(t.a + ${at}) AS c${at}`)} FROM t`],
    [
      `${count} columns of a subquery`,
      `SELECT q.* FROM (SELECT ${columns(count)} FROM t) AS q JOIN u ON u.t = q.c1`,
    ],
    [
      `${count} columns of a child`,
      `SELECT * FROM (SELECT DISTINCT ${columns(count)} FROM t) AS q ORDER BY c1, c2`,
    ],
    [
      `${count} columns of two arms`,
      `SELECT ${columns(count)} FROM t UNION SELECT ${columns(count)} FROM t WHERE b > 1`,
    ],
  ]),
  ...[32_765, 32_766].map((count): [string, string, number] => [
    `${count} parameters`,
    `SELECT t.id, a FROM t LEFT JOIN u ON u.t = t.id WHERE t.id IN (${list(count, () => '?')})`,
    count,
  ]),
  ...[960, 990].map((count): [string, string] => [
    `an expression ${count} deep`,
    `SELECT id FROM t WHERE ${list(count, () => '~', '')}a <> 5 AND b IS NOT NULL`,
  ]),
  ['a chain of OR', `SELECT id FROM t WHERE ${list(900, (at) => `a = ${at}`, ' OR ')}`],
  ['500 arms', list(500, (at) => `SELECT id + ${at} AS x FROM t`, ' UNION ALL ')],
  [
    '64 tables',
    `SELECT t0.id FROM ${list(64, (at) => `t AS t${at}`)} WHERE ${list(63, (at) => `t${at}.id = t${at + 1}.id`, ' AND ')}`,
  ],
  [
    '30 tables in each of two subqueries',
    `SELECT q.x, r.x AS y FROM ${['q', 'r'].map((name) => `(SELECT t0.id AS x FROM ${list(30, (at) => `t AS t${at}`)} WHERE ${list(29, (at) => `t${at}.id = t${at + 1}.id`, ' AND ')}) AS ${name}`).join(' JOIN ')} ON q.x = r.x`,
  ],
  ['a long text', `SELECT id, '${'x'.repeat(900_000)}' AS text FROM t`],
];

test.each(queries)('a query with %s works live as it does asked once', (_, sql, count = 0) => {
  const db = opened();
  db.exec(
    'CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER); CREATE TABLE u (id INTEGER PRIMARY KEY, t INTEGER); INSERT INTO t VALUES (1, 1, 1), (2, 2, 1); INSERT INTO u VALUES (1, 1)',
  );
  const params = Array.from({ length: count }, (_, at) => at + 1);
  const answer = follow(db, sql, params, { schedule: 'sync' });
  expect(answer.errors).toEqual([]);
  answer.expectFresh();
  for (const write of [
    'INSERT INTO t VALUES (3, 7, 2)',
    'UPDATE t SET a = 4, b = 9 WHERE id = 1',
    'DELETE FROM u',
  ]) {
    db.execute(write);
    expect(answer.errors).toEqual([]);
    answer.expectFresh();
  }
  const { tier, reason } = answer.query.explain();
  if (tier === 're-evaluated')
    expect(reason).toMatch(/limit of SQLite|as a table can have|DISTINCT|too large/);
});
