import type { Params } from 'freshet';
import { describe, expect, test } from 'vitest';
import type { DriverValue } from '../core/drivers/driver.ts';
import type { Engine } from '../core/engine.ts';
import { follow } from '../tests/support/following.ts';
import { opened } from '../tests/support/opening.ts';
import { Statements } from './plan/statements.ts';

const count = 3000;
const ids = Array.from({ length: count }, (_, at) => at + 1);
const list = (text: (at: number) => string) => ids.map((_, at) => text(at)).join();
const places = list(() => '?');

const queries: readonly [name: string, sql: string, params?: Params][] = [
  ['a filter', `SELECT id, a FROM t WHERE id IN (${places})`, ids],
  ['an expression', `SELECT id, a + b AS s FROM t WHERE id IN (${places}) AND a < ?`, [...ids, 500]],
  ['a join', `SELECT t.id, u.x FROM t LEFT JOIN u ON u.t = t.id WHERE t.id IN (${places})`, ids],
  ['groups', `SELECT b, count(*) AS n, max(a) AS high FROM t WHERE id IN (${places}) GROUP BY b`, ids],
  ['VALUES', `SELECT id, a || b AS s FROM t WHERE id IN (VALUES ${list(() => '(?)')})`, ids],
  [
    'a window of rows',
    `SELECT id, a + b AS s FROM t WHERE id IN (${places}) ORDER BY s, id LIMIT ? OFFSET ?`,
    [...ids, 5, 2],
  ],
  [
    'a subquery',
    `SELECT id FROM u WHERE t IN (SELECT id FROM t WHERE a IN (${places}) GROUP BY id) OR x = ?`,
    [...ids, 7],
  ],
  [
    'numbers, two of them twice',
    `SELECT a + ?2 AS s, count(*) AS n FROM t WHERE id IN (${list((at) => `?${at + 1}`)}) GROUP BY a + ?2 HAVING n > ?1 - 1`,
    ids,
  ],
  [
    'names, each twice',
    `SELECT id, a * b AS s FROM t WHERE id IN (${list((at) => `:p${at}`)}) OR a IN (${list((at) => `:p${at}`)})`,
    Object.fromEntries(ids.map((id, at) => [`p${at}`, id])),
  ],
  ['literals', `SELECT id, a + b AS s FROM t WHERE id IN (${ids.join()})`],
  [
    'OR',
    `SELECT id, a + b AS s FROM t WHERE ${ids
      .slice(0, 900)
      .map(() => 'id = ?')
      .join(' OR ')}`,
    ids.slice(0, 900),
  ],
];

describe('a long list of values', () => {
  test.each(queries)('in %s is followed', (_, sql, params) => {
    const db = opened();
    db.exec(
      `CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER); CREATE TABLE u (id INTEGER PRIMARY KEY, t INTEGER, x);
       INSERT INTO t WITH RECURSIVE i(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM i LIMIT 60) SELECT x * 53, x * 7 % 31, x % 5 FROM i;
       INSERT INTO u SELECT id, id, a FROM t`,
    );
    const answer = follow(db, sql, params, { schedule: 'sync' });
    const { tier, reason } = answer.query.explain();
    expect(tier, reason).toBe('incremental');
    for (const write of [
      'UPDATE t SET a = a + 1 WHERE id = 53',
      'INSERT INTO t VALUES (1, 2, 3), (2999, 4, 5), (3001, 7, 8)',
      'UPDATE u SET x = 100, t = 1 WHERE id = 106',
      'UPDATE t SET b = 9, a = 3001 WHERE id IN (53, 159, 212)',
      'DELETE FROM t WHERE id IN (1, 106)',
    ]) {
      db.execute(write);
      expect(answer.errors).toEqual([]);
      answer.expectFresh();
    }
    expect(answer.snapshots.length).toBeGreaterThan(2);
  });

  test('is bound in the order of the text, for SQLite looks each number up among all others', () => {
    const prepared: { readonly sql: string; readonly bound: (readonly DriverValue[])[] }[] = [];
    const connection = {
      prepare(sql: string) {
        const one = { sql, bound: [] as (readonly DriverValue[])[] };
        prepared.push(one);
        return {
          all(values: readonly DriverValue[]) {
            one.bound.push(values);
            return [];
          },
        };
      },
    };
    const engine = { connection, guard: (call: () => unknown) => call() } as unknown as Engine;
    const statements = new Statements(engine, count, () => {});
    const values = [...ids.map(BigInt), 'owner', 'key'];
    const numbers = list((at) => `?${at + 1}`);
    statements.all(`SELECT '?1' FROM t WHERE id IN (${numbers}) AND k = ?${count + 2}`, values);
    statements.all(`SELECT k FROM t WHERE m = ?${count + 1} OR n = ?${count + 1}`, values);
    statements.all('SELECT k FROM t WHERE m = ?2', values);
    // A term of GROUP BY is found again by its text.
    statements.all(`SELECT a + ?1 FROM t WHERE id IN (${numbers}) GROUP BY a + ?1`, values);
    expect(prepared.map(({ sql }) => sql)).toEqual([
      `SELECT '?1' FROM t WHERE id IN (${places}) AND k = ?`,
      'SELECT k FROM t WHERE m = ? OR n = ?',
      'SELECT k FROM t WHERE m = ?2',
      `SELECT a + ?1 FROM t WHERE id IN (${numbers}) GROUP BY a + ?1`,
    ]);
    expect(prepared.map(({ bound }) => bound[0])).toEqual([
      [...ids.map(BigInt), 'key'],
      ['owner', 'owner'],
      values.slice(0, 2),
      values.slice(0, count),
    ]);
  });
});
