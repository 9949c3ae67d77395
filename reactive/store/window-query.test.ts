import { openSync } from 'freshet';
import { live } from 'freshet/reactive';
import { describe, expect, it } from 'vitest';
import { windowOf } from './window-query.ts';

const cases = [
  ['no parameters', 'SELECT n FROM t ORDER BY n', undefined],
  ['a semicolon', 'SELECT n FROM t ORDER BY n;\n', undefined],
  ['a comment at the end', 'SELECT n FROM t ORDER BY n -- by number', []],
  ['a comment behind a semicolon', 'SELECT n FROM t ORDER BY n; -- by number', []],
  ['comments and semicolons', 'SELECT n FROM t ORDER BY n /* by; number */ ; ;\n-- ? $1\n/* open', []],
  ['a comment within', 'SELECT n -- the number; ?\nFROM t /* ; */ ORDER BY n', []],
  ['a text at the end that looks like a comment', "SELECT n FROM t ORDER BY n, '-- ;'", []],
  ['question marks', 'SELECT n FROM t WHERE n > ? AND n < ? ORDER BY n', [2, 18]],
  ['numbered parameters', 'SELECT n FROM t WHERE n > ?2 AND n < ?1 ORDER BY n', [18, 2]],
  ['dollars', 'SELECT n FROM t WHERE n > $1 AND n < $2 ORDER BY n', [2, 18]],
  ['a text that holds what looks like one', "SELECT n FROM t WHERE n > ? AND '$1' <> '' ORDER BY n", [2]],
  ['names', 'SELECT n FROM t WHERE n > :low AND n < @high ORDER BY n', { low: 2, high: 18 }],
  ['a compound', 'SELECT n FROM t WHERE n < ? UNION SELECT n FROM t WHERE n > ? ORDER BY n', [9, 12]],
  ['a CTE', 'WITH u AS (SELECT n FROM t) SELECT n FROM u ORDER BY n', []],
] as const;

describe('a window of a query', () => {
  it.each(cases)('is that part of its rows: %s', (_, sql, params) => {
    using db = openSync(':memory:');
    db.exec(
      "CREATE TABLE t(n INTEGER PRIMARY KEY); INSERT INTO t SELECT value FROM json_each('[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]')",
    );
    const all = db.query(sql, params);
    for (const [limit, offset] of [
      [4, 0],
      [4, 4],
      [100, 2],
      [3, 50],
    ] as const) {
      const window = windowOf(sql, params, { limit, offset });
      expect(db.query(window.sql, window.params)).toEqual(all.slice(offset, offset + limit));
      expect(live(db, window.sql, window.params).explain().tier).toBe('incremental');
    }
  });

  it('has one text for all of its places', () => {
    const texts = [0, 10, 20].map((offset) => windowOf('SELECT 1', [], { limit: 10, offset }).sql);
    expect(new Set(texts).size).toBe(1);
  });
});
