import { describe, expect, test } from 'vitest';
import { Random } from '../tests/oracle/random.ts';
import { follow } from '../tests/support/following.ts';
import { opened } from '../tests/support/opening.ts';
import { fillSmallTables, randomCommit } from '../tests/support/random-commits.ts';

const seed = 20_261_130;

/** Columns of SELECTs on the side of an outer join that may be missing, which are not NULL for NULLs. */
const derived: readonly [sql: string, params?: readonly number[]][] = [
  ["SELECT q.x, count(*) AS n FROM a LEFT JOIN (SELECT k, 'yes' AS x FROM b) AS q ON q.k = a.k GROUP BY q.x"],
  ['SELECT DISTINCT a.n, q.x FROM a LEFT JOIN (SELECT k, ? AS x FROM b) AS q ON q.k = a.k', [7]],
  [
    'SELECT a.k, q.x, count(DISTINCT q.x) AS d FROM a LEFT JOIN (SELECT a_id, coalesce(v, 0) AS x FROM b) AS q ON q.a_id = a.id GROUP BY a.k, q.x HAVING count(*) > 0',
  ],
  [
    'WITH q AS (SELECT a_id, id, typeof(v) AS x FROM b) SELECT a.id, q.id AS b, q.x, count(*) OVER (PARTITION BY q.x) AS c FROM a LEFT JOIN q ON q.a_id = a.id',
  ],
  [
    'SELECT q.x, count(*) AS n FROM (SELECT a_id, v IS NULL AS x FROM b) AS q RIGHT JOIN a ON q.a_id = a.id GROUP BY q.x ORDER BY q.x',
  ],
  [
    'SELECT p.x, q.x AS y, count(*) AS n FROM (SELECT a_id, 1 AS x FROM b) AS q FULL JOIN (SELECT id, 2 AS x FROM a) AS p ON q.a_id = p.id GROUP BY 1, 2',
  ],
  // Missing inside of a SELECT that may be missing: two different keys.
  [
    "SELECT q.x, count(*) AS n FROM a LEFT JOIN (SELECT b.a_id, coalesce(c.code, 'none') AS x FROM b LEFT JOIN c ON c.b_id = b.id) AS q ON q.a_id = a.id GROUP BY q.x",
  ],
  [
    "SELECT r.x, count(*) AS n FROM a LEFT JOIN (SELECT q.a_id, q.y || '!' AS x, 1 AS one FROM (SELECT a_id, typeof(k) AS y FROM b) AS q) AS r ON r.a_id = a.id GROUP BY r.x, r.one",
  ],
  ['SELECT q.x FROM a LEFT JOIN (SELECT a_id, 5 AS x FROM b) AS q ON q.a_id = a.id UNION SELECT k FROM p'],
  [
    'SELECT a.id, q.x, q.b FROM a LEFT JOIN (SELECT a_id, id AS b, coalesce(k, 9) AS x FROM b) AS q ON q.a_id = a.id WHERE q.x IS NULL OR q.x > 1 ORDER BY q.x, a.id, q.b LIMIT 3',
  ],
  [
    'SELECT q.m, count(*) AS n FROM a LEFT JOIN (SELECT a_id, count(*) AS m, 1 AS one FROM b GROUP BY a_id) AS q ON q.a_id = a.id GROUP BY q.m, q.one',
  ],
  [
    'SELECT a.k, q.s, count(*) AS n FROM a LEFT JOIN (SELECT b.k AS bk, b.id + p.y AS s, b.k + p.k AS t FROM b JOIN p ON p.k = b.k) AS q ON a.n = q.t GROUP BY a.k, q.s',
  ],
];

describe('a group over a column of a SELECT that an outer join may leave out', () => {
  test.each(derived)('%s', (sql, params = []) => {
    const random = new Random(seed);
    const db = opened();
    fillSmallTables(db, random);
    const answer = follow(db, sql, params, { schedule: 'sync' });
    const { tier, reason, order } = answer.query.explain();
    expect(tier, reason).toBe('incremental');
    const arranged = (rows: readonly object[]): string[] => {
      const texts = rows.map((row) => JSON.stringify(row));
      return order === 'as the query says' ? texts : texts.sort();
    };
    for (let commit = 0; commit < 60; commit++) {
      const statements = randomCommit(db, random);
      expect(answer.errors).toEqual([]);
      expect(arranged(answer.query.value ?? []), statements).toEqual(arranged(db.query(sql, params)));
    }
    expect(answer.snapshots.length).toBeGreaterThan(3);
  });
});

const types = [
  ['INTEGER', 'INTEGER'],
  ['INTEGER', 'TEXT'],
  ['TEXT', 'INTEGER'],
  ['TEXT', 'TEXT'],
  ['TEXT COLLATE NOCASE', 'TEXT'],
  ['', 'TEXT COLLATE NOCASE'],
] as const;
const chains = [
  'x JOIN y USING (g)',
  'x LEFT JOIN y USING (g)',
  'x RIGHT JOIN y USING (g)',
  'x FULL JOIN y USING (g)',
  'x NATURAL FULL JOIN y',
  'x FULL JOIN y USING (g) FULL JOIN z USING (g)',
  'x RIGHT JOIN y USING (g) FULL JOIN z USING (g)',
  'x JOIN y USING (g) RIGHT JOIN z USING (g)',
  'x FULL JOIN y USING (g) LEFT JOIN z USING (g)',
] as const;
const uses = [
  (from: string) => `SELECT g FROM ${from}`,
  (from: string) => `SELECT * FROM ${from} ORDER BY g`,
  (from: string) => `SELECT g FROM ${from} WHERE g = '1'`,
  (from: string) => `SELECT g FROM ${from} WHERE g = 1 OR 2 < g`,
  (from: string) => `SELECT g FROM ${from} WHERE 'A' = g`,
  (from: string) => `SELECT g IN ('1', 'A') AS i, CASE g WHEN 'a' THEN 1 END AS c FROM ${from}`,
  (from: string) => `SELECT count(*) AS n FROM ${from} GROUP BY g`,
  (from: string) => `SELECT count(*) AS n FROM (SELECT DISTINCT g FROM ${from})`,
  (from: string) => `SELECT count(DISTINCT g) AS n, min(g) AS low FROM ${from}`,
  (from: string) => `SELECT t.g = '1' AS one, t.g = 'A' AS a FROM (SELECT g FROM ${from}) AS t`,
  (from: string) => `SELECT (SELECT g FROM ${from} WHERE g IS NOT NULL ORDER BY g LIMIT 1) = '1' AS one`,
  (from: string) => `SELECT k, k IN (SELECT g FROM ${from}) AS i FROM w`,
  (from: string) => `SELECT k FROM w WHERE EXISTS (SELECT 1 FROM ${from} WHERE g = w.k)`,
];

describe('the column that USING merges compares as SQLite has it', () => {
  test.each(chains)('%s', (chain) => {
    for (const [first, second] of types) {
      const db = opened();
      db.exec(
        `CREATE TABLE x (g ${first}); CREATE TABLE y (g ${second}); CREATE TABLE z (g TEXT); CREATE TABLE w (k TEXT);
         INSERT INTO x VALUES (1), ('a'), ('B'), (NULL); INSERT INTO y VALUES (1), (2), ('A'), ('c'); INSERT INTO z VALUES ('1'), ('C'), ('a');
         INSERT INTO w VALUES ('1'), ('A')`,
      );
      const answers = uses.map((use) => follow(db, use(chain), undefined, { schedule: 'sync' }));
      for (const write of [
        'SELECT 1',
        "INSERT INTO x VALUES ('A'), (3)",
        'DELETE FROM y WHERE g = 2',
        "UPDATE x SET g = 'b' WHERE g = 'a'",
        "INSERT INTO y VALUES ('1'), ('b')",
        'DELETE FROM x',
      ]) {
        db.exec(write);
        for (const [at, answer] of answers.entries()) {
          const sql = uses[at]?.(chain) ?? '';
          const texts = (rows: readonly object[] = []) => rows.map((row) => JSON.stringify(row)).sort();
          expect(answer.errors).toEqual([]);
          expect(texts(answer.query.value), `${first}, ${second}, ${write}: ${sql}`).toEqual(
            texts(db.query(sql)),
          );
        }
      }
      db.close();
    }
  });

  test('a FULL JOIN whose merged column is only shown, or meets a value of its own type, is incremental', () => {
    const db = opened();
    db.exec('CREATE TABLE x (g INTEGER, v); CREATE TABLE y (g INTEGER, w)');
    for (const sql of [
      'SELECT g, v, w FROM x FULL JOIN y USING (g) ORDER BY g',
      'SELECT g, count(*) AS n FROM x FULL JOIN y USING (g) WHERE g > 3 GROUP BY g',
    ])
      expect(follow(db, sql).query.explain().tier, sql).toBe('incremental');
    const text = follow(db, "SELECT g FROM x FULL JOIN y USING (g) WHERE g = '1'");
    expect(text.query.explain().reason).toMatch(
      /^a column merged by FULL JOIN compares as the first table's/,
    );
  });
});
