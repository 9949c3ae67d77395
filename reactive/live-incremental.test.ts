import type { Params, Row } from 'freshet';
import { live, settled } from 'freshet/reactive';
import { describe, expect, test } from 'vitest';
import { Random } from '../tests/oracle/random.ts';
import { follow } from '../tests/support/following.ts';
import { opened } from '../tests/support/opening.ts';
import { fillSmallTables, randomCommit, smallSchema } from '../tests/support/random-commits.ts';

/** Replays a failure, which prints it. */
const isReplay = process.env.FRESHET_SEED !== undefined;
const seed = isReplay ? Number(process.env.FRESHET_SEED) : 20_261_120;
const commits = 40;

interface Variant {
  readonly sql: string;
  readonly params?: Params;
  /** Which of several texts that its collation holds equal stands for them is SQLite's choice. */
  readonly folded?: boolean;
  /** Texts are lists, whose order is SQLite's choice. */
  readonly lists?: boolean;
}

type Construct = readonly [name: string, ...variants: readonly (string | Variant)[]];

const folded = (sql: string): Variant => ({ sql, folded: true });
const lists = (sql: string): Variant => ({ sql, lists: true });
const given = (sql: string, ...params: (string | number | null)[]): Variant => ({ sql, params });

/** What follows its tables without being run again, with ORDER BY only where it is total. */
const incremental: readonly Construct[] = [
  [
    'filters',
    'SELECT * FROM a WHERE n > 1 AND k IS NOT NULL',
    given('SELECT id, g FROM a WHERE g = ? OR n BETWEEN ? AND ?', 'RED', 1, 3),
    given("SELECT id, k FROM a WHERE k IN (?, ?, NULL) AND g LIKE 'r%'", 1, 2),
    "SELECT code, w FROM c WHERE code > 'C2 ' COLLATE NOCASE OR w IS NULL",
    "SELECT * FROM p WHERE NOT (x = 'p' AND y < 3) OR z IS NULL",
    'SELECT rowid, k, v FROM bag WHERE v IS DISTINCT FROM 3',
  ],
  [
    'projections of expressions and functions',
    "SELECT id, n + 1 AS plus, n || '-' || g AS t, CASE WHEN n > 2 THEN 'high' WHEN n IS NULL THEN '?' ELSE k END AS c FROM a",
    "SELECT upper(g) AS g, length(g) AS l, substr(g, 2) AS s, coalesce(n, k, 'none') AS x, abs(r) AS r, typeof(n) AS t FROM a WHERE instr(lower(g), 'e') > 0",
    given('SELECT id, iif(n > ?, round(r, 1), CAST(n AS TEXT)) AS x, n IN (1, 2, ?) AS among FROM a', 1, 5),
    "SELECT id, json_extract(tags, '$[0]') AS first, tags ->> 1 AS second, json_array_length(tags) AS size FROM a WHERE json_valid(tags)",
    "SELECT id, hex(s) AS h, printf('%s:%s', k, v) AS p, nullif(v, 2) AS z, max(k, id) AS m, date(id * 86400, 'unixepoch') AS d FROM b",
    "SELECT code COLLATE BINARY = 'c1' AS is_first, code = 'c1  ' AS is_folded, +w AS w, ~b_id AS inverse FROM c",
  ],
  [
    'inner joins',
    'SELECT a.id, b.id AS b, a.g, b.v FROM a JOIN b ON b.a_id = a.id',
    'SELECT a.id, b.id AS b, c.code, c.w FROM a JOIN b ON b.a_id = a.id JOIN c ON c.b_id = b.id WHERE a.n IS NOT NULL',
    'SELECT a.id, b.id AS b, c.code, p.x, p.y FROM a JOIN b ON b.a_id = a.id JOIN c ON c.b_id = b.id JOIN p ON p.k = a.k',
    given('SELECT a.id, b.id AS b FROM a, b WHERE a.id = b.a_id AND b.k > ?', 1),
    folded('SELECT a.id, b.id AS b, a.g FROM a JOIN b ON a.g = b.s'),
    'SELECT a.id, b.id AS b FROM a JOIN b ON b.k IS a.k AND b.v = a.n',
  ],
  [
    'cross and theta joins',
    'SELECT a.id, p.x, p.y FROM a CROSS JOIN p',
    'SELECT a.id, b.id AS b FROM a JOIN b ON a.n < b.v',
    'SELECT a.id, b.id AS b, c.code FROM a JOIN b ON b.k <> a.k JOIN c ON c.w BETWEEN a.n AND b.v',
    'SELECT a.id, bag.v FROM a, bag WHERE a.k = bag.k OR a.n = bag.v',
  ],
  [
    'self joins',
    'SELECT x.id, y.id AS other FROM a AS x JOIN a AS y ON x.k = y.k AND x.id < y.id',
    'SELECT x.id, y.id AS other FROM a AS x JOIN a AS y ON x.n > y.n ORDER BY x.id, y.id',
    'SELECT x.id, y.id AS y, z.id AS z FROM b AS x JOIN b AS y ON y.a_id = x.id JOIN b AS z ON z.a_id = y.id',
    'SELECT x.id, y.id AS parent FROM b AS x LEFT JOIN b AS y ON y.id = x.a_id WHERE y.k IS NOT 2',
  ],
  [
    'left joins',
    'SELECT a.id, b.id AS b, b.v FROM a LEFT JOIN b ON b.a_id = a.id AND b.v > 1',
    'SELECT a.id FROM a LEFT JOIN b ON b.a_id = a.id WHERE b.id IS NULL',
    'SELECT a.id, b.v FROM a LEFT JOIN b ON b.a_id = a.id WHERE coalesce(b.v, 1) = 1',
    'SELECT a.id, b.id AS b, c.code FROM a LEFT JOIN b ON b.a_id = a.id LEFT JOIN c ON c.b_id = b.id',
    'SELECT a.id, b.id AS b, c.code, p.y FROM a JOIN b ON b.a_id = a.id LEFT JOIN c ON c.b_id = b.id LEFT JOIN p ON p.k = b.k AND p.x = a.g',
    'SELECT a.id, b.id AS b FROM a LEFT JOIN b ON b.v < a.n ORDER BY a.id, b.id',
  ],
  [
    'USING and NATURAL',
    'SELECT * FROM a JOIN b USING (k)',
    'SELECT k, a.id, b.id AS b FROM a LEFT JOIN b USING (k)',
    'SELECT * FROM b NATURAL JOIN p',
    'SELECT k, x, v FROM p NATURAL LEFT JOIN bag',
  ],
  [
    'GROUP BY with COUNT, SUM, TOTAL and AVG',
    'SELECT k, count(*) AS c, count(n) AS cn, sum(n) AS s, total(n) AS t, avg(n) AS v FROM a GROUP BY k',
    'SELECT k, sum(r) AS s, avg(r) AS v FROM a GROUP BY k ORDER BY k',
    given('SELECT lower(g) AS g, count(*) AS c, sum(id) AS s FROM a WHERE n IS NOT ? GROUP BY g', 3),
    'SELECT a.k, b.k AS bk, count(*) AS c, sum(b.id) AS s FROM a JOIN b ON b.a_id = a.id GROUP BY a.k, b.k',
    'SELECT a.id, count(b.id) AS c, sum(b.v) AS s FROM a LEFT JOIN b ON b.a_id = a.id GROUP BY a.id',
    'SELECT b.k, count(*) AS c, count(b.id) AS d FROM a LEFT JOIN b ON b.a_id = a.id GROUP BY b.k',
    'SELECT x, count(*) AS c, sum(y) * 2 + 1 AS s FROM p GROUP BY x',
    'SELECT n % 2 AS parity, count(*) AS c FROM a GROUP BY n % 2',
    folded('SELECT g AS colour, count(*) AS c, sum(id) AS s FROM a GROUP BY colour'),
    "SELECT (b.k = '2') AS is_two, a.k, count(*) AS c FROM a JOIN b ON b.a_id = a.id GROUP BY is_two, a.k",
  ],
  [
    'GROUP BY with MIN, MAX and GROUP_CONCAT',
    'SELECT k, min(n) AS low, max(n) AS high FROM a GROUP BY k',
    'SELECT k, max(r) AS high, count(*) AS c FROM a GROUP BY k',
    'SELECT a_id, min(s) AS low, max(s) AS high FROM b GROUP BY a_id',
    lists('SELECT k, group_concat(id) AS ids, group_concat(s) AS texts FROM b GROUP BY k'),
    "SELECT k, string_agg(id, ';' ORDER BY id DESC) AS ids FROM b GROUP BY k",
    'SELECT k, min(b.v) AS low, max(p.z) AS high FROM b JOIN p USING (k) GROUP BY k',
  ],
  [
    'DISTINCT and FILTER in aggregates',
    'SELECT k, count(DISTINCT v) AS d, sum(DISTINCT v) AS s FROM b GROUP BY k',
    'SELECT k, count(DISTINCT g) AS d FROM a GROUP BY k',
    'SELECT k, count(*) FILTER (WHERE v > 1) AS high, sum(id) FILTER (WHERE s IS NULL) AS s, max(v) FILTER (WHERE id > 3) AS m FROM b GROUP BY k',
    lists('SELECT k, group_concat(DISTINCT a_id) AS ids, avg(DISTINCT v) AS v FROM b GROUP BY k'),
  ],
  [
    'HAVING',
    'SELECT k, count(*) AS c FROM a GROUP BY k HAVING count(*) > 1',
    given('SELECT k, sum(id) AS s FROM b GROUP BY k HAVING sum(id) > ? AND max(v) IS NOT NULL', 6),
    'SELECT k FROM b GROUP BY k HAVING min(id) < 3 OR count(DISTINCT a_id) = 1 ORDER BY k',
    'SELECT k, avg(r) AS v FROM a GROUP BY k HAVING EXISTS (SELECT 1 FROM p WHERE p.k = a.k)',
  ],
  [
    'grand totals',
    'SELECT count(*) AS c FROM a',
    'SELECT count(*) AS c, sum(n) AS s, avg(r) AS v, min(id) AS low, max(n) AS high FROM a WHERE k = 2',
    'SELECT sum(a.id * b.id) AS s, total(b.v) AS t FROM a JOIN b ON b.a_id = a.id',
    'SELECT count(DISTINCT k) AS d, count(*) FILTER (WHERE v > 1) AS c FROM b HAVING count(*) > 8',
    given('SELECT max(b_id) AS m, total(w) AS t FROM c WHERE b_id > ?', 1),
  ],
  [
    'DISTINCT',
    'SELECT DISTINCT k FROM a',
    folded('SELECT DISTINCT g FROM a ORDER BY g'),
    'SELECT DISTINCT a.k, b.v FROM a JOIN b ON b.a_id = a.id',
    'SELECT DISTINCT b.k FROM a LEFT JOIN b ON b.a_id = a.id',
    'SELECT DISTINCT v FROM bag WHERE k > 0 ORDER BY v DESC LIMIT 2',
  ],
  [
    'ORDER BY',
    'SELECT id, n FROM a ORDER BY n, id DESC',
    'SELECT id, n FROM a ORDER BY n DESC NULLS FIRST, id',
    'SELECT id, k FROM b ORDER BY k NULLS LAST, v DESC NULLS LAST, id',
    'SELECT id, s FROM b ORDER BY s COLLATE NOCASE DESC, id',
    'SELECT id, g FROM a ORDER BY g, id DESC',
    'SELECT id, g AS colour FROM a ORDER BY +colour, id DESC',
    'SELECT id, k * 2 AS double FROM a ORDER BY -double, abs(n - 2), 1',
    'SELECT a.id, b.id AS b FROM a JOIN b ON b.a_id = a.id ORDER BY b.v, a.g COLLATE BINARY, b.id',
    'SELECT code, w FROM c ORDER BY w DESC, code COLLATE BINARY',
  ],
  [
    'LIMIT and OFFSET that refill',
    'SELECT id, n FROM a ORDER BY n, id LIMIT 3',
    'SELECT id, v FROM b ORDER BY v DESC NULLS LAST, id DESC LIMIT 3 OFFSET 2',
    given('SELECT id, s FROM b WHERE k > 1 ORDER BY s COLLATE NOCASE, id LIMIT ? OFFSET ?', 2, 1),
    'SELECT a.id, b.id AS b FROM a LEFT JOIN b ON b.a_id = a.id ORDER BY a.n DESC, a.id, b.id LIMIT 4',
    'SELECT k, count(*) AS c FROM b GROUP BY k ORDER BY c DESC, k LIMIT 2',
    'SELECT n FROM a UNION SELECT v FROM b ORDER BY n DESC LIMIT 2 OFFSET 1',
    'SELECT id FROM a ORDER BY id LIMIT 0',
    'SELECT id FROM a ORDER BY id LIMIT -1 OFFSET 3',
  ],
  [
    'UNION ALL',
    'SELECT k, n FROM a UNION ALL SELECT k, v FROM b',
    "SELECT id, 'a' AS source FROM a WHERE n > 1 UNION ALL SELECT id, 'b' FROM b UNION ALL SELECT y, x FROM p",
    'SELECT id FROM a WHERE n > 1 UNION ALL SELECT id FROM a WHERE k = 1',
    'SELECT id, k FROM a UNION ALL SELECT id, k FROM b ORDER BY 2, 1 LIMIT 5',
  ],
  [
    'UNION, INTERSECT and EXCEPT',
    'SELECT n FROM a UNION SELECT v FROM b',
    'SELECT k FROM a INTERSECT SELECT k FROM b',
    'SELECT k FROM b EXCEPT SELECT k FROM a WHERE n > 1',
    folded('SELECT g FROM a UNION SELECT s FROM b'),
    'SELECT n FROM a INTERSECT SELECT v FROM bag',
    'SELECT a.k FROM a JOIN b ON b.a_id = a.id EXCEPT SELECT k FROM p ORDER BY 1',
  ],
  [
    'compounds of several kinds, and of aggregates',
    'SELECT k FROM a UNION ALL SELECT k FROM b EXCEPT SELECT k FROM p',
    'SELECT k FROM a UNION SELECT k FROM b INTERSECT SELECT k FROM bag UNION ALL SELECT y FROM p',
    'SELECT k, count(*) AS c FROM a GROUP BY k UNION SELECT k, count(*) FROM b GROUP BY k',
    'SELECT k, sum(v) AS s FROM b GROUP BY k EXCEPT SELECT k, n FROM a',
    "SELECT 'a' AS t, count(*) AS c FROM a UNION ALL SELECT 'b', count(*) FROM b ORDER BY t",
    'SELECT DISTINCT k FROM a UNION ALL SELECT DISTINCT k FROM b',
  ],
  [
    'EXISTS and NOT EXISTS',
    'SELECT id FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.a_id = a.id)',
    'SELECT id FROM a WHERE NOT EXISTS (SELECT 1 FROM b WHERE b.a_id = a.id AND b.v > 1) ORDER BY id',
    'SELECT id, EXISTS (SELECT 1 FROM b WHERE b.a_id = a.id) AS has FROM a',
    'SELECT id FROM a WHERE NOT EXISTS (SELECT 1 FROM b WHERE b.a_id = a.id AND EXISTS (SELECT 1 FROM c WHERE c.b_id = b.id))',
    'SELECT id FROM a WHERE EXISTS (SELECT 1 FROM a AS o WHERE o.k = a.k AND o.id <> a.id)',
    'SELECT id FROM a WHERE n > 1 OR EXISTS (SELECT 1 FROM p WHERE p.k = a.k AND p.z < a.n)',
    'SELECT id FROM a WHERE EXISTS (SELECT 1 FROM p WHERE z = 2 OR z = 4)',
    'SELECT d.id, p.x FROM (SELECT a.id, a.k, b.id AS b FROM a LEFT JOIN b ON b.a_id = a.id WHERE b.v IS NULL) AS d FULL JOIN p ON p.k = d.k WHERE d.id > 1',
    'SELECT a.id, b.id AS b FROM a LEFT JOIN b ON b.k = a.k WHERE NOT EXISTS (SELECT 1 FROM c WHERE c.b_id = a.id AND a.n = b.v)',
  ],
  [
    'IN and NOT IN, NULLs too',
    'SELECT id FROM a WHERE id IN (SELECT a_id FROM b)',
    'SELECT id FROM a WHERE k NOT IN (SELECT k FROM bag)',
    'SELECT id FROM a WHERE k NOT IN (SELECT k FROM bag WHERE k IS NOT NULL)',
    'SELECT id, k IN (SELECT k FROM bag) AS among, n NOT IN (SELECT v FROM bag WHERE k = 1) AS outside FROM a',
    'SELECT id FROM a WHERE k IN (SELECT k FROM b WHERE b.a_id = a.id)',
    folded('SELECT id FROM a WHERE g IN (SELECT s FROM b)'),
    'SELECT id FROM b WHERE s NOT IN (SELECT g FROM a WHERE k > 1) OR k = 2',
    'SELECT id FROM a WHERE k IN (SELECT k FROM b GROUP BY k HAVING count(*) > 1)',
    'SELECT id FROM a WHERE k IN (SELECT k FROM b ORDER BY id LIMIT 3)',
    'SELECT id FROM a WHERE id NOT IN (SELECT a_id FROM b WHERE v > 2 AND a_id > 0 UNION SELECT y FROM p WHERE k = 2)',
  ],
  [
    'row values',
    'SELECT id FROM a WHERE (k, n) IN (SELECT k, v FROM b)',
    'SELECT id FROM a WHERE (k, n) NOT IN (SELECT k, v FROM bag WHERE v IS NOT NULL)',
    given('SELECT id FROM a WHERE (k, n) >= (?, ?)', 2, 1),
    'SELECT a.id, b.id AS b FROM a JOIN b ON (b.a_id, b.k) = (a.id, a.k)',
    'SELECT id FROM a WHERE (k, n) > (SELECT k, v FROM b WHERE b.id = a.id)',
  ],
  [
    'correlated scalar subqueries',
    'SELECT id, (SELECT count(*) FROM b WHERE b.a_id = a.id) AS c FROM a',
    'SELECT id, (SELECT sum(v) FROM b WHERE b.a_id = a.id AND b.k > 1) AS s FROM a WHERE (SELECT max(v) FROM b WHERE b.a_id = a.id) > 1',
    'SELECT id FROM a ORDER BY (SELECT count(*) FROM b WHERE b.a_id = a.id) DESC, id',
    'SELECT id, (SELECT b.id FROM b WHERE b.a_id = a.id ORDER BY b.v DESC, b.id LIMIT 1) AS best FROM a',
    'SELECT k, count(*) AS c, (SELECT sum(b.id) FROM b WHERE b.k = a.k) AS s FROM a GROUP BY k',
    'SELECT k FROM a GROUP BY k HAVING count(*) < (SELECT count(*) FROM b WHERE b.k = a.k)',
    'SELECT a.id, b.id AS b FROM a LEFT JOIN b ON b.a_id = a.id AND b.v = (SELECT max(o.v) FROM b AS o WHERE o.a_id = a.id)',
    'SELECT id FROM a WHERE n = (SELECT max(n) FROM a AS i WHERE i.k = a.k)',
    'SELECT id, (SELECT (SELECT count(*) FROM c WHERE c.b_id = b.id) FROM b WHERE b.a_id = a.id ORDER BY b.id LIMIT 1) AS c FROM a',
  ],
  [
    'scalar subqueries that stand by themselves',
    'SELECT id, (SELECT count(*) FROM b) AS c FROM a',
    'SELECT id FROM a WHERE id > (SELECT avg(k) FROM b)',
    'SELECT k, count(*) AS c FROM a GROUP BY k HAVING count(*) >= (SELECT min(k) FROM bag)',
    'SELECT id FROM a ORDER BY abs(id - (SELECT max(k) FROM p)), id',
    'SELECT a.id, b.id AS b FROM a JOIN b ON b.a_id = a.id AND b.id > (SELECT min(b_id) FROM c)',
    'SELECT id FROM a WHERE n > (SELECT v FROM bag ORDER BY rowid LIMIT 1)',
  ],
  [
    'derived tables',
    'SELECT t.id, t.d FROM (SELECT id, n + 1 AS d FROM a WHERE k > 1) AS t WHERE t.d > 1',
    'SELECT a.id, t.c FROM a JOIN (SELECT a_id, count(*) AS c FROM b GROUP BY a_id) AS t ON t.a_id = a.id',
    'SELECT a.id, t.c FROM a LEFT JOIN (SELECT a_id, count(*) AS c, sum(v) AS s FROM b GROUP BY a_id) AS t ON t.a_id = a.id WHERE coalesce(t.s, 0) < 4',
    'SELECT a.id, t.id AS b FROM a JOIN (SELECT id, k FROM b ORDER BY v, id LIMIT 4) AS t ON t.k = a.k',
    'SELECT c, count(*) AS n FROM (SELECT k, count(*) AS c FROM a GROUP BY k) GROUP BY c',
    'SELECT t.k, a.id FROM (SELECT DISTINCT k FROM b) AS t LEFT JOIN a ON a.k = t.k',
    'SELECT a.id, t.k FROM a LEFT JOIN (SELECT b.a_id, c.w AS k FROM b JOIN c ON c.b_id = b.id) AS t ON t.a_id = a.id',
    'SELECT k, sum(n) AS s FROM (SELECT k, n FROM a UNION ALL SELECT k, v FROM b) GROUP BY k',
  ],
  [
    'CTEs',
    'WITH t AS (SELECT k, count(*) AS c FROM b GROUP BY k) SELECT a.id, t.c FROM a JOIN t ON t.k = a.k',
    'WITH t AS (SELECT k, count(*) AS c FROM b GROUP BY k) SELECT x.k, y.k AS other FROM t AS x JOIN t AS y ON x.c = y.c AND x.k < y.k',
    'WITH t AS (SELECT id, k FROM a WHERE n > 1), u AS (SELECT t.id, b.id AS b FROM t JOIN b ON b.a_id = t.id) SELECT u.id, u.b, c.code FROM u LEFT JOIN c ON c.b_id = u.b',
    'WITH t AS (SELECT k, sum(id) AS s FROM a GROUP BY k), u AS (SELECT max(s) AS m FROM t) SELECT t.k FROM t, u WHERE t.s = u.m',
    'WITH t (key, total) AS MATERIALIZED (SELECT k, sum(id) FROM b GROUP BY k) SELECT id FROM a WHERE k IN (SELECT key FROM t WHERE total > 5)',
  ],
  [
    'views',
    'SELECT * FROM joined WHERE v > 0',
    'SELECT f.id, b.id AS b FROM filtered AS f LEFT JOIN b ON b.a_id = f.id',
    'SELECT * FROM grouped WHERE m > 1 ORDER BY k',
    'SELECT a.id, grouped.m FROM a LEFT JOIN grouped ON grouped.k = a.k',
    'SELECT * FROM united WHERE value > 1',
    'SELECT source, count(*) AS c FROM listed GROUP BY source',
    'SELECT * FROM listed',
    'SELECT * FROM stacked',
    'SELECT id FROM a WHERE NOT EXISTS (SELECT 1 FROM joined WHERE joined.id = a.id)',
  ],
  [
    'window functions by partition',
    'SELECT id, row_number() OVER (PARTITION BY k ORDER BY id) AS r FROM a',
    'SELECT id, rank() OVER w AS r, sum(id) OVER w AS s, lag(id) OVER w AS l FROM b WINDOW w AS (PARTITION BY k ORDER BY v, id)',
    'SELECT id, sum(id) OVER (PARTITION BY k ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW) AS s FROM b',
    'SELECT id, count(*) OVER (PARTITION BY g) AS c, first_value(id) OVER (PARTITION BY g, k ORDER BY id) AS f FROM a',
    'SELECT id, v, sum(v) OVER (PARTITION BY k ORDER BY id RANGE BETWEEN 2 PRECEDING AND CURRENT ROW) AS s, ntile(2) OVER (PARTITION BY k ORDER BY id) AS t FROM b WHERE v > 0',
    'SELECT id, r FROM (SELECT id, row_number() OVER (PARTITION BY k ORDER BY v DESC, id) AS r FROM b) WHERE r <= 2',
    'SELECT id, max(n) FILTER (WHERE r > 0) OVER (PARTITION BY k) AS m FROM a ORDER BY id DESC LIMIT 3',
  ],
  [
    'windows over joins and over aggregates',
    'SELECT a.id, b.id AS b, row_number() OVER (PARTITION BY a.id ORDER BY b.id) AS r FROM a JOIN b ON b.a_id = a.id',
    'SELECT a.id, b.id AS b, count(*) OVER (PARTITION BY b.k) AS c FROM a LEFT JOIN b ON b.a_id = a.id',
    'SELECT a_id, k, count(*) AS c, rank() OVER (PARTITION BY k ORDER BY count(*) DESC, a_id) AS r FROM b GROUP BY a_id, k',
    'SELECT k, c, sum(c) OVER (PARTITION BY c) AS s FROM (SELECT k, count(*) AS c FROM b GROUP BY k)',
  ],
  [
    'FULL and RIGHT joins of two tables',
    'SELECT a.id, b.id AS b FROM a FULL JOIN b ON b.a_id = a.id',
    'SELECT a.id, b.id AS b, b.v FROM a RIGHT JOIN b ON b.a_id = a.id',
    'SELECT k, a.id, b.id AS b FROM a FULL JOIN b USING (k)',
    'SELECT a.id, b.id AS b FROM a FULL JOIN b ON b.a_id = a.id AND b.v > 1 WHERE a.id IS NULL OR b.id IS NULL',
    'SELECT * FROM bag NATURAL FULL JOIN p',
    'SELECT coalesce(a.id, -b.id) AS key FROM a RIGHT JOIN b ON a.k = b.k AND a.n < b.v ORDER BY a.id, b.id',
    'SELECT x.id, y.id AS other FROM b AS x FULL JOIN b AS y ON x.a_id = y.id',
  ],
  [
    'lateral json_each',
    'SELECT a.id, t.value FROM a, json_each(a.tags) AS t',
    'SELECT a.id, t.key, t.type FROM a JOIN json_each(a.tags) AS t ON t.value > 1 WHERE a.k > 0',
    'SELECT a.id, t.value FROM a LEFT JOIN json_each(a.tags) AS t',
    'SELECT t.value, count(*) AS c FROM a, json_each(a.tags) AS t GROUP BY t.value',
    'SELECT id FROM a WHERE EXISTS (SELECT 1 FROM json_each(a.tags) WHERE value = 1)',
    'SELECT a.id, b.id AS b FROM a, json_each(a.tags) AS t JOIN b ON b.id = t.value',
    'SELECT a.id, t.fullkey FROM a, json_tree(a.tags) AS t WHERE t.atom IS NOT NULL',
  ],
];

/** What is run again, and why. */
const reevaluated: readonly (readonly [what: string, sql: string, reason: RegExp])[] = [
  [
    'a recursive CTE',
    'WITH RECURSIVE t (id) AS (SELECT 1 UNION SELECT b.id FROM b JOIN t ON b.a_id = t.id) SELECT id FROM t',
    /^t is recursive/,
  ],
  ['random()', 'SELECT id, random() AS r FROM a', /^random\(\) may give another value each time/],
  ['the clock by name', 'SELECT id, CURRENT_TIMESTAMP AS now FROM a', /^it reads the clock/],
  ["'now'", "SELECT id, date('now') AS today FROM a", /^date\(\) may read the clock/],
  ['changes()', 'SELECT id, changes() AS c FROM a', /^changes\(\) may give another value each time/],
  [
    'a window over everything',
    'SELECT id, row_number() OVER (ORDER BY id) AS r FROM a',
    /^its window functions have no common PARTITION BY/,
  ],
  [
    'windows whose partitions have nothing in common',
    'SELECT id, count(*) OVER (PARTITION BY k) AS c, count(*) OVER (PARTITION BY g) AS d FROM a',
    /^its window functions have no common PARTITION BY/,
  ],
  [
    'a window over a FULL JOIN',
    'SELECT a.id, count(*) OVER (PARTITION BY a.k) AS c FROM a FULL JOIN b ON b.a_id = a.id',
    /^window functions over a RIGHT or FULL JOIN/,
  ],
  [
    'a window over groups by something else',
    'SELECT k, sum(count(*)) OVER (PARTITION BY max(n)) AS s FROM a GROUP BY k',
    /^a window over groups is not partitioned by what they are grouped by/,
  ],
  [
    'a FULL JOIN of three tables',
    'SELECT a.id, b.id AS b, c.code FROM a FULL JOIN b ON b.a_id = a.id FULL JOIN c ON c.b_id = b.id',
    /^a RIGHT or FULL JOIN of more than two tables/,
  ],
  [
    'a subquery over groups that compares columns of different affinity',
    'SELECT k FROM a GROUP BY k HAVING EXISTS (SELECT 1 FROM bag WHERE bag.k = a.k)',
    /^a subquery over groups compares columns of different affinity/,
  ],
  [
    'DISTINCT over groups',
    'SELECT DISTINCT count(*) AS c FROM a GROUP BY k',
    /^DISTINCT over groups or windows/,
  ],
  [
    'DISTINCT in an order of something else',
    'SELECT DISTINCT k FROM a ORDER BY n',
    /^DISTINCT is ordered by something that it does not show/,
  ],
  [
    'an order by a window function',
    'SELECT id FROM a ORDER BY row_number() OVER (PARTITION BY k ORDER BY id), id',
    /^ORDER BY has a window function/,
  ],
  [
    'tables joined in parentheses',
    'SELECT a.id FROM a LEFT JOIN (b JOIN c ON c.b_id = b.id) ON b.a_id = a.id',
    /^it joins tables in parentheses/,
  ],
  [
    'a compound in FROM of columns that compare differently',
    'SELECT t FROM (SELECT g AS t FROM a UNION ALL SELECT s FROM b)',
    /^the arms of a compound in FROM differ in affinity or collation/,
  ],
  [
    'a subquery that uses an alias of the query around it',
    'SELECT id, n AS m FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.v = m)',
    /^a subquery uses an alias of the query around it/,
  ],
  ['VALUES', 'SELECT id FROM a UNION ALL VALUES (1), (2)', /^it reads no table/],
  [
    'an aggregate that belongs to the query around it',
    'SELECT k, (SELECT max(a.n) FROM b) AS m FROM a GROUP BY k',
    /^an aggregate in a subquery belongs to the query around it/,
  ],
  ['a table of this connection alone', 'SELECT x FROM temp.mine', /^mine belongs to temp/],
  ['the schema', 'SELECT name FROM sqlite_schema', /^it reads a table whose changes nobody tells/],
  ['no table', 'SELECT 1 AS one', /^it reads no table/],
];

/** A text of a row that tells any two rows apart, as far as SQLite decides them; floats roughly. */
function textOf(row: Row, { folded: isFolded = false, lists: hasLists = false }: Variant): string {
  return Object.entries(row)
    .map(([name, value]) => {
      if (typeof value === 'number') return `${name}=${Number(value.toPrecision(9))}`;
      if (typeof value !== 'string') return `${name}=${value}`;
      const text = isFolded ? value.toLowerCase() : value;
      return `${name}='${hasLists ? text.split(',').sort().join() : text}'`;
    })
    .join(' ');
}

const sqlOf = (one: string | Variant): string => (typeof one === 'string' ? one : one.sql);

describe.each(incremental)('%s', (_, ...variants) => {
  test.each(variants.map((one) => [sqlOf(one), one] as const))('%s', (sql, one) => {
    const variant: Variant = typeof one === 'string' ? { sql } : one;
    const { params } = variant;
    const random = new Random(seed);
    const db = opened();
    fillSmallTables(db, random);
    const answer = follow(db, sql, params, { schedule: 'sync' });
    const { tier, reason, order } = answer.query.explain();
    expect(tier, reason).toBe('incremental');
    const isOrdered = order === 'as the query says';
    const arranged = (rows: readonly Row[]): string[] => {
      const texts = rows.map((row) => textOf(row, variant));
      return isOrdered ? texts : texts.sort();
    };
    for (let commit = 1; commit <= commits; commit++) {
      const statements = randomCommit(db, random);
      const message = `FRESHET_SEED=${seed}, commit ${commit}:\n${statements}`;
      expect(answer.errors, message).toEqual([]);
      expect(arranged(answer.query.value ?? []), message).toEqual(arranged(db.query(sql, params)));
      answer.expectTold();
    }
    // An answer that hardly changes proves little.
    if (!isReplay && !sql.endsWith('LIMIT 0')) expect(answer.snapshots.length).toBeGreaterThan(3);
  });
});

describe('is run again:', () => {
  test.each(reevaluated)('%s', (_, sql, reason) => {
    const db = opened();
    db.exec(smallSchema);
    db.exec('CREATE TEMP TABLE mine (x)');
    const explained = live(db, sql).explain();
    expect(explained.tier).toBe('re-evaluated');
    expect(explained.reason).toMatch(reason);
  });
});

test('a window is sorted by what a column is, not by a value that it equals', async () => {
  const db = opened();
  db.exec("CREATE TABLE item (id INTEGER PRIMARY KEY, g INTEGER, x); INSERT INTO item VALUES (1, 1, '1')");
  const items = follow(
    db,
    'SELECT id, row_number() OVER (PARTITION BY g ORDER BY x, id) AS n FROM item WHERE x = g ORDER BY id',
  );
  expect(items.query.explain().tier).toBe('incremental');
  db.execute('INSERT INTO item VALUES (2, 1, 1.0)');
  await settled(db);
  expect(items.query.value).toEqual([
    { id: 1, n: 2 },
    { id: 2, n: 1 },
  ]);
  items.expectFresh();
});
