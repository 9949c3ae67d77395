import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { afterAll, describe, expect, test } from 'vitest';
import { hasOuterOrder, type KeyCatalog, planRowKeys, type TableShape } from './row-keys.ts';

type Values = readonly (null | number | bigint | string | Uint8Array)[];
type Bindings = readonly SQLInputValue[] | Record<string, SQLInputValue>;

const db = new DatabaseSync(':memory:');
afterAll(() => db.close());
db.exec(`
  CREATE TABLE t (id INTEGER PRIMARY KEY, g TEXT, x INTEGER, n TEXT, created TEXT);
  INSERT INTO t VALUES (1, 'a', 5, 'Ada', '2026-01-03'), (2, 'a', 6, 'bob', '2026-01-09'), (3, 'b', 7, 'ada', '2026-02-01'),
    (4, 'b', 5, 'Bob', '2026-02-01'), (5, NULL, NULL, NULL, NULL), (6, NULL, 6, 'eve, x', '2025-12-31');
  CREATE TABLE i (id INTEGER PRIMARY KEY, tid INTEGER, y REAL);
  INSERT INTO i VALUES (10, 1, 1.5), (11, 1, 2.5), (12, 2, 1.5), (13, 9, 0), (14, NULL, 0);
  CREATE TABLE c (id INTEGER PRIMARY KEY, iid INTEGER, z);
  INSERT INTO c VALUES (20, 10, 1), (21, 10, 2), (22, 12, 1);
  CREATE TABLE w (k TEXT, l INTEGER, v, PRIMARY KEY (l, k)) WITHOUT ROWID;
  INSERT INTO w VALUES ('p', 1, 1), ('p', 2, 1), ('q', 1, 1), ('Q', 1, 2);
  CREATE TABLE w2 (k TEXT PRIMARY KEY, u) WITHOUT ROWID;
  INSERT INTO w2 VALUES ('p', 1), ('s', 2);
  CREATE TABLE r (rowid TEXT, a);
  INSERT INTO r VALUES ('same', 1), ('same', 1), (NULL, 2);
  CREATE TABLE taken (rowid TEXT, oid TEXT, _rowid_ TEXT);
  INSERT INTO taken VALUES ('x', 'x', 'x'), ('x', 'x', 'x');
  CREATE TABLE bag (v);
  INSERT INTO bag VALUES (1), (1), (2), (NULL), (NULL);
  CREATE TABLE "a""b" ("select" INTEGER, "__proto__" TEXT, "x y" TEXT);
  INSERT INTO "a""b" VALUES (1, 'p', 'q'), (1, 'p', 'q'), (2, 'p', '😀');
  CREATE TABLE "select" ("from" TEXT, "order" INTEGER);
  INSERT INTO "select" VALUES ('a', 1), ('b', 1), ('a', 2);
  CREATE TABLE "😀" ("é" TEXT);
  INSERT INTO "😀" VALUES ('1'), ('1');
  CREATE TABLE "__proto__" (v);
  INSERT INTO "__proto__" VALUES (1), (1);
  CREATE TABLE __freshet_k (__freshet_k0 INTEGER);
  INSERT INTO __freshet_k VALUES (2), (1), (3);
  CREATE VIEW tv AS SELECT id, g AS gg, x FROM t;
  CREATE TEMP TABLE tt (v);
  INSERT INTO tt VALUES (1), (1);
  ATTACH ':memory:' AS aux;
  CREATE TABLE aux.t (v);
  INSERT INTO aux.t VALUES ('aux'), ('aux');
  CREATE TABLE aux.twin (id);
  CREATE TABLE aux.far (v);
  INSERT INTO aux.far VALUES (1), (1);
  CREATE VIRTUAL TABLE ft USING fts5(body);
  INSERT INTO ft VALUES ('word'), ('word');
`);
db.aggregate('listed', { start: '', step: (list: string, value: SQLInputValue) => `${list}${value};` });
db.function('impure', () => Math.random());
db.function('regexp', (pattern, text) => Number(String(text).includes(String(pattern))));

/** The catalog as SQLite itself knows it. */
const catalog: KeyCatalog = {
  table(schema, name): TableShape | undefined {
    const found = db
      .prepare(
        `SELECT * FROM pragma_table_list WHERE name = ?1 COLLATE NOCASE AND (?2 IS NULL OR schema = ?2 COLLATE NOCASE)
         ORDER BY schema <> 'temp', schema <> 'main' LIMIT 1`,
      )
      .get(name, schema ?? null) as { schema: string; name: string; type: string; wr: number } | undefined;
    if (found?.type !== 'table') return undefined;
    const columns = db
      .prepare('SELECT name, pk FROM pragma_table_xinfo(?, ?)')
      .all(found.name, found.schema) as unknown as { name: string; pk: number }[];
    const taken = new Set(columns.map((column) => column.name.toLowerCase()));
    const free = (['rowid', '_rowid_', 'oid'] as const).find((candidate) => !taken.has(candidate));
    const key = columns.filter((column) => column.pk > 0).sort((a, b) => a.pk - b.pk);
    return {
      name: found.name,
      rowid: found.wr ? null : (free ?? null),
      primaryKey: found.wr ? key.map((column) => column.name) : [],
      columns: columns.map((column) => column.name),
    };
  },
  isAggregate(name, argumentCount): boolean {
    const found = db
      .prepare(
        `SELECT 1 FROM pragma_function_list WHERE name = ?1 COLLATE NOCASE AND type IN ('a', 'w') AND narg IN (?2, -1)
         AND NOT EXISTS (SELECT 1 FROM pragma_function_list WHERE name = ?1 COLLATE NOCASE AND type = 's' AND narg = ?2)`,
      )
      .get(name, argumentCount);
    return found !== undefined;
  },
};

function read(sql: string, params: Bindings = []): { columns: string[]; rows: Values[] } {
  const statement = db.prepare(sql);
  const columns = statement.columns().map((column) => column.name);
  statement.setReadBigInts(true);
  statement.setReturnArrays(true);
  const rows = Array.isArray(params)
    ? statement.all(...params)
    : statement.all(params as Record<string, SQLInputValue>);
  return { columns, rows: rows as unknown as Values[] };
}

/** A row as text in which 1, 1.0 and '1' differ. */
const show = (row: Values) =>
  row.map((value) => `${typeof value}:${value instanceof Uint8Array ? Array.from(value) : value}`).join('|');

/** A query, its parameters, and, if it has an ORDER BY, the same query with the tie-breaks written out by hand. */
type Case = readonly [sql: string, params?: Bindings | undefined, total?: string];

/** Runs a query as the user wrote it and as it was spliced, and compares. */
function compare([sql, params, total]: Case, kind: 'row' | 'group'): void {
  const plan = planRowKeys(sql, catalog);
  if (plan.kind !== kind) throw new Error(`${JSON.stringify(plan)} for ${sql}`);
  const original = read(sql, params);
  const spliced = read(plan.sql, params);
  const visible = spliced.rows.map((row) => show(row.slice(0, row.length - plan.hidden)));
  const keys = spliced.rows.map((row) => show(row.slice(row.length - plan.hidden)));

  expect(spliced.columns.slice(0, -plan.hidden)).toEqual(original.columns);
  expect(spliced.columns.length).toBe(original.columns.length + plan.hidden);
  expect(original.rows.length, 'a query that returns nothing proves nothing').toBeGreaterThan(0);
  expect(visible.toSorted()).toEqual(original.rows.map(show).sort());
  expect(new Set(keys).size).toBe(keys.length);
  expect(hasOuterOrder(sql)).toBe(total !== undefined);
  if (total !== undefined) expect(visible).toEqual(read(total, params).rows.map(show));
}

const rowQueries: readonly Case[] = [
  ['SELECT * FROM t'],
  ['select*from t'],
  ['SELECT t.* FROM t'],
  ['SELECT g FROM t -- the end'],
  ['SELECT g -- not the end\nFROM t'],
  ['SELECT g/* , */FROM t/**/'],
  ['SELECT g AS "the ""g""" , n FROM t;'],
  ['SELECT x, n the_name FROM t  ;  -- done'],
  ["SELECT 'FROM t, u ORDER BY 1' AS s, n FROM t WHERE n <> ', -- '"],
  ['SELECT n FROM t WHERE x > ? AND g = ?', [4, 'a']],
  [
    'SELECT n, ? AS p FROM t WHERE x > ? ORDER BY x LIMIT ?',
    ['p', 4, 9],
    'SELECT n, ? AS p FROM t WHERE x > ? ORDER BY x, id LIMIT ?',
  ],
  ['SELECT n, :p FROM t WHERE x > :low', { p: 'x', low: 4 }],
  ['SELECT n, ?2 FROM t WHERE x > ?1', [4, 'two']],
  ['SELECT ALL g FROM t'],
  ['SELECT v FROM bag'],
  ['SELECT * FROM bag AS "select"'],
  ["SELECT * FROM bag AS 'it''s'"],
  ['SELECT * FROM [bag] AS `back``tick`'],
  ['SELECT * FROM bag AS "😀" ORDER BY "😀".v', undefined, 'SELECT * FROM bag ORDER BY v, rowid'],
  ['SELECT * FROM main.t'],
  ['SELECT MAIN.T.n FROM Main.T'],
  ['SELECT * FROM temp.tt'],
  ['SELECT * FROM aux.t'],
  ['SELECT * FROM aux.t AS a, main.t AS b'],
  ['SELECT * FROM far, tt'],
  ['SELECT * FROM w'],
  ['SELECT v FROM w ORDER BY v DESC', undefined, 'SELECT v FROM w ORDER BY v DESC, l DESC, k DESC'],
  ['SELECT * FROM r'],
  [
    'SELECT rowid FROM r ORDER BY rowid NULLS LAST',
    undefined,
    'SELECT rowid FROM r ORDER BY rowid NULLS LAST, oid',
  ],
  ['SELECT * FROM "a""b"'],
  [
    'SELECT "select", "__proto__", "x y" FROM "a""b" AS "c""d" ORDER BY "select"',
    undefined,
    'SELECT * FROM "a""b" ORDER BY "select", rowid',
  ],
  [
    'SELECT * FROM "select" ORDER BY "order", "from"',
    undefined,
    'SELECT * FROM "select" ORDER BY 2, 1, rowid',
  ],
  [
    'SELECT * FROM "select" WHERE "from" = \'a\' ORDER BY "order"LIMIT 5',
    undefined,
    'SELECT * FROM "select" WHERE "from" = \'a\' ORDER BY 2, rowid LIMIT 5',
  ],
  ['SELECT "é" FROM "😀"'],
  [
    'SELECT \'😀😀😀\' AS "😀", "é" FROM "😀" ORDER BY "é" DESC',
    undefined,
    'SELECT \'😀😀😀\', "é" FROM "😀" ORDER BY 2 DESC, rowid DESC',
  ],
  ['SELECT * FROM "__proto__"'],
  [
    'SELECT *, __freshet_k0 FROM __freshet_k ORDER BY __freshet_k0',
    undefined,
    'SELECT *, __freshet_k0 FROM __freshet_k ORDER BY 1',
  ],
  ['SELECT * FROM t, i'],
  ['SELECT * FROM t CROSS JOIN i'],
  ['SELECT t.g, i.y FROM t JOIN i ON i.tid = t.id'],
  ['SELECT a.g, b.g FROM t a JOIN t b ON a.x = b.x'],
  ['SELECT t.g, i.y FROM t LEFT JOIN i ON i.tid = t.id'],
  ['SELECT t.g, i.y FROM t LEFT JOIN i ON i.tid = t.id AND i.y > 2 WHERE i.id IS NULL'],
  ['SELECT t.g, i.y FROM t RIGHT JOIN i ON i.tid = t.id'],
  ['SELECT t.g, i.y FROM t FULL JOIN i ON i.tid = t.id'],
  [
    'SELECT t.g, i.y FROM t FULL OUTER JOIN i ON i.tid = t.id ORDER BY t.g DESC NULLS LAST',
    undefined,
    'SELECT t.g, i.y FROM t FULL OUTER JOIN i ON i.tid = t.id ORDER BY t.g DESC NULLS LAST, t.id DESC, i.id DESC',
  ],
  ['SELECT g, y, z FROM t LEFT JOIN i ON i.tid = t.id LEFT JOIN c ON c.iid = i.id'],
  ['SELECT * FROM w JOIN w2 USING (k)'],
  ['SELECT * FROM w NATURAL JOIN w2'],
  ['SELECT k, v, u FROM w FULL JOIN w2 USING (k)'],
  ['SELECT * FROM (t)'],
  ['SELECT * FROM ((t a))'],
  ['SELECT * FROM (t LEFT JOIN i ON i.tid = t.id) LEFT JOIN c ON c.iid = i.id'],
  ['SELECT * FROM t LEFT JOIN (i JOIN c ON c.iid = i.id) ON i.tid = t.id'],
  ['SELECT t.g, z FROM t FULL JOIN (i FULL JOIN c ON c.iid = i.id) ON i.tid = t.id'],
  ['SELECT t.g, u FROM t LEFT JOIN ((w JOIN w2 USING (k)) JOIN bag ON bag.v = w.v) ON w.l = t.id'],
  ['SELECT t.g, u FROM t LEFT JOIN (bag JOIN (w JOIN w2 USING (k)) ON bag.v = w.v) ON w.l = t.id'],
  ['SELECT a FROM t JOIN (r JOIN i ON r.a = i.y OR 1) ON t.id = r.a'],
  ['SELECT g, row_number() OVER (PARTITION BY g ORDER BY id) AS rank FROM t'],
  [
    'SELECT g, sum(x) OVER w AS total FROM t WINDOW w AS (PARTITION BY g) ORDER BY total',
    undefined,
    'SELECT g, sum(x) OVER w FROM t WINDOW w AS (PARTITION BY g) ORDER BY 2, id',
  ],
  ['SELECT count(*) OVER (), max(x) FILTER (WHERE x > 5) OVER (ORDER BY id) FROM t'],
  [
    'SELECT g, (SELECT count(*) FROM i WHERE i.tid = t.id) AS n FROM t ORDER BY n DESC',
    undefined,
    'SELECT g, (SELECT count(*) FROM i WHERE i.tid = t.id) FROM t ORDER BY 2 DESC, id DESC',
  ],
  ['SELECT g, (SELECT max(y) FROM i WHERE tid = t.id) FROM t'],
  ['SELECT g, (SELECT sum(i.y * t.x) FROM i WHERE tid = t.id) FROM t'],
  ['SELECT g, (SELECT max(1) FROM i) FROM t'],
  ['SELECT g, (SELECT max(total) FROM (SELECT sum(y) AS total FROM i WHERE tid = t.id GROUP BY y)) FROM t'],
  ['SELECT g, (SELECT max(s.y) FROM (SELECT y FROM i WHERE tid = t.id) AS s) FROM t'],
  ['SELECT g, (WITH s AS (SELECT max(y) AS m FROM i) SELECT m FROM s) FROM t'],
  ['SELECT g FROM t WHERE x = (SELECT max(o.x) FROM t AS o WHERE o.g = t.g)'],
  ['SELECT g FROM t WHERE EXISTS (SELECT 1 FROM i WHERE tid = t.id GROUP BY tid HAVING count(*) > 1)'],
  ['SELECT g FROM t WHERE id IN (SELECT tid FROM i LIMIT 2)'],
  ['SELECT g, (SELECT max(s.y * t.x) FROM (SELECT y FROM i WHERE tid = t.id) AS s) FROM t'],
  ['SELECT g, (SELECT max(s.x) FROM (SELECT x FROM c, t) AS s) FROM t'],
  // An aggregate of the outer query in a place where it doesn't make that an aggregate query.
  ['SELECT g FROM t WHERE EXISTS (SELECT max(t.x) FROM i)'],
  [
    'SELECT g FROM t JOIN i ON EXISTS (SELECT max(t.x) FROM c) ORDER BY EXISTS (SELECT max(t.x) FROM c)',
    undefined,
    'SELECT g FROM t JOIN i ORDER BY t.id, i.id',
  ],
  ['WITH s AS (SELECT tid FROM i) SELECT g FROM t WHERE id IN s'],
  ['WITH s AS (SELECT tid FROM i) SELECT g FROM t WHERE id IN (SELECT tid FROM s)'],
  ['WITH t AS (SELECT 1) SELECT n FROM main.t'],
  ['SELECT max(x, 5), min(x, 5) FROM t'],
  ['SELECT x FROM t ORDER BY x', undefined, 'SELECT x FROM t ORDER BY x, id'],
  ['SELECT g, x FROM t ORDER BY 1, 2 DESC', undefined, 'SELECT g, x FROM t ORDER BY g, x DESC, id DESC'],
  ['SELECT x AS s FROM t ORDER BY s DESC', undefined, 'SELECT x FROM t ORDER BY x DESC, id DESC'],
  ['SELECT -x AS x FROM t ORDER BY x', undefined, 'SELECT -x FROM t ORDER BY 1, id'],
  [
    'SELECT n FROM t ORDER BY n COLLATE NOCASE NULLS LAST',
    undefined,
    'SELECT n FROM t ORDER BY n IS NULL, lower(n), id',
  ],
  [
    'SELECT n FROM t ORDER BY lower(n) COLLATE NOCASE DESC NULLS FIRST -- why\n LIMIT 10 OFFSET 0',
    undefined,
    'SELECT n FROM t ORDER BY n IS NOT NULL, lower(n) DESC, id DESC',
  ],
  [
    'SELECT n FROM t ORDER BY x DESC, g ASC /* , id */ LIMIT 6 -- end',
    undefined,
    'SELECT n FROM t ORDER BY x DESC, g, id',
  ],
  ['SELECT x FROM t ORDER BY x DESC/**/LIMIT 9', undefined, 'SELECT x FROM t ORDER BY x DESC, id DESC'],
  [
    'SELECT x FROM t ORDER BY CASE WHEN x > 5 THEN 1 ELSE 2 END;',
    undefined,
    'SELECT x FROM t ORDER BY CASE WHEN x > 5 THEN 1 ELSE 2 END, id',
  ],
  ['SELECT x FROM t NOT INDEXED ORDER BY x', undefined, 'SELECT x FROM t ORDER BY x, id'],
];

const groupQueries: readonly Case[] = [
  ['SELECT g, count(*) FROM t GROUP BY g'],
  ['SELECT count(*) FROM t GROUP BY g'],
  ['SELECT g FROM t GROUP BY g'],
  ['SELECT count(*) FROM t GROUP BY g, x -- tail'],
  ['SELECT max(x), n FROM t GROUP BY g'],
  ['SELECT count(*) FROM t GROUP BY t.g'],
  ['SELECT count(*) FROM t GROUP BY main.t.g'],
  ['SELECT count(*) FROM t GROUP BY ( g )'],
  ['SELECT count(*) FROM t GROUP BY lower(n) , x + 1'],
  ['SELECT count(*) FROM t GROUP BY n COLLATE NOCASE'],
  ["SELECT strftime('%Y-%m', created) AS month, count(*) FROM t GROUP BY month"],
  ['SELECT date(created) AS d, count(*) FROM t GROUP BY 1'],
  ['SELECT g, count(*), x FROM t GROUP BY 1, (3)'],
  ['SELECT g AS k, count(*) FROM t GROUP BY k'],
  ['SELECT g AS x, count(*) FROM t GROUP BY x'],
  [
    'SELECT lower(n) AS n, count(*) FROM t GROUP BY n ORDER BY 2',
    undefined,
    'SELECT lower(n), count(*) FROM t GROUP BY t.n ORDER BY 2, t.n',
  ],
  [
    'SELECT g AS g, count(*) FROM t GROUP BY g ORDER BY count(*) DESC',
    undefined,
    'SELECT g, count(*) FROM t GROUP BY g ORDER BY count(*) DESC, g DESC',
  ],
  [
    'SELECT g, count(*) AS c FROM t GROUP BY g HAVING c > 1 ORDER BY c DESC, g LIMIT 3',
    undefined,
    'SELECT g, count(*) FROM t GROUP BY g ORDER BY 2 DESC, 1',
  ],
  [
    'SELECT g, count(*) FROM t GROUP BY g ORDER BY g DESC NULLS LAST',
    undefined,
    'SELECT g, count(*) FROM t GROUP BY g ORDER BY g DESC',
  ],
  [
    'SELECT t.g, count(i.id) FROM t LEFT JOIN i ON i.tid = t.id GROUP BY t.g, i.y ORDER BY 2 DESC',
    undefined,
    'SELECT t.g, count(i.id) FROM t LEFT JOIN i ON i.tid = t.id GROUP BY t.g, i.y ORDER BY 2 DESC, t.g DESC, i.y DESC',
  ],
  ['SELECT count(*) FROM w LEFT JOIN w2 USING (k) GROUP BY k'],
  ['SELECT k, count(*) FROM w FULL JOIN w2 USING (k) GROUP BY k'],
  ['SELECT gg, sum(x) FROM tv GROUP BY gg'],
  ['SELECT gg AS gg, sum(x) FROM tv GROUP BY gg'],
  ['SELECT v.gg AS gg, sum(x) FROM tv AS v GROUP BY gg'],
  ['SELECT lower(n) AS lower, count(*) FROM t GROUP BY lower(n)'],
  ['SELECT kind, count(*) FROM (SELECT x > 5 AS kind FROM t) GROUP BY kind'],
  ['WITH s AS (SELECT g, x FROM t) SELECT g, sum(x) FROM s GROUP BY g'],
  ['SELECT value, count(*) FROM t, json_each(json_array(t.g, t.x)) AS j GROUP BY j.value'],
  ['SELECT *, count(*) FROM t GROUP BY g'],
  ['SELECT *, g AS k, count(*) FROM t GROUP BY k'],
  ['SELECT g, rank() OVER (ORDER BY count(*)) FROM t GROUP BY g'],
  ['SELECT g, (SELECT count(*) FROM i WHERE i.y > max(t.x)) FROM t GROUP BY g'],
  ['SELECT "__proto__", count(*) FROM "a""b" GROUP BY "__proto__", "x y"'],
  [
    'SELECT "from", count(*) FROM "select" GROUP BY "from" ORDER BY count(*)',
    undefined,
    'SELECT "from", count(*) FROM "select" GROUP BY 1 ORDER BY 2, 1',
  ],
  [
    'SELECT g || \', \' || x AS "a, b", count(*) FROM t GROUP BY "a, b" ORDER BY 2 DESC',
    undefined,
    "SELECT g || ', ' || x, count(*) FROM t GROUP BY 1 ORDER BY 2 DESC, 1 DESC",
  ],
  [
    'SELECT g, count(*) FROM t WHERE x > ? GROUP BY g HAVING count(*) >= ? ORDER BY count(*), ? LIMIT ?',
    [4, 1, 'x', 9],
    'SELECT g, count(*) FROM t WHERE x > ? GROUP BY g HAVING count(*) >= ? ORDER BY count(*), ?, g LIMIT ?',
  ],
  ['SELECT listed(x) FROM t GROUP BY g'],
  ["SELECT count(*) FROM t GROUP BY CASE WHEN x > 5 THEN 'high' ELSE 'low' END"],
  ["SELECT count(*) FROM t GROUP BY CAST(x AS TEXT), x BETWEEN 1 AND 5, x IN (5, 6), n LIKE 'a%'"],
];

describe('a spliced query returns what the user asked for, with unique keys behind it', () => {
  test.each(rowQueries.map((query) => [query[0], query] as const))('by row key: %s', (_sql, query) => {
    compare(query, 'row');
  });
  test.each(groupQueries.map((query) => [query[0], query] as const))('by group: %s', (_sql, query) => {
    compare(query, 'group');
  });
});

describe('the spliced text', () => {
  const textOf = (sql: string): string => {
    const plan = planRowKeys(sql, catalog);
    return 'sql' in plan ? plan.sql : plan.kind;
  };

  test.each([
    [
      'SELECT a.n FROM t AS a JOIN w ON w.l = a.id ORDER BY a.x DESC, a.g /* g */ LIMIT 3',
      'SELECT a.n, "a"."rowid" AS "__freshet_k0", "w"."l" AS "__freshet_k1", "w"."k" AS "__freshet_k2" FROM t AS a JOIN w ON w.l = a.id ORDER BY a.x DESC, a.g, "a"."rowid", "w"."l", "w"."k" /* g */ LIMIT 3',
    ],
    [
      'SELECT * FROM r ORDER BY a DESC',
      'SELECT *, "r"."_rowid_" AS "__freshet_k0" FROM r ORDER BY a DESC, "r"."_rowid_" DESC',
    ],
    [
      'SELECT v AS __FRESHET_K0 FROM bag',
      'SELECT v AS __FRESHET_K0, "bag"."rowid" AS "__freshet_k_0" FROM bag',
    ],
    [
      'SELECT g, count(*) FROM t GROUP BY 1 ORDER BY 2 DESC NULLS LAST LIMIT 1',
      'SELECT g, count(*), (g) AS "__freshet_k0" FROM t GROUP BY 1 ORDER BY 2 DESC NULLS LAST, "__freshet_k0" DESC LIMIT 1',
    ],
    // Here n is the table's, which `*` puts before the alias.
    [
      'SELECT *, g AS n FROM t GROUP BY g ORDER BY n',
      'SELECT *, g AS n, (g) AS "__freshet_k0" FROM t GROUP BY g ORDER BY n, "__freshet_k0"',
    ],
    // The alias hides the column in ORDER BY alone, so this order leaves groups tied.
    [
      'SELECT lower(n) AS n FROM t GROUP BY n ORDER BY n',
      'SELECT lower(n) AS n, (n) AS "__freshet_k0" FROM t GROUP BY n ORDER BY n, "__freshet_k0"',
    ],
  ])('%s', (sql, expected) => {
    expect(textOf(sql)).toBe(expected);
  });

  test.each([
    'SELECT g, count(*) FROM t GROUP BY g ORDER BY g DESC',
    'SELECT g AS k, count(*) FROM t GROUP BY g ORDER BY k',
    'SELECT count(*) FROM t GROUP BY ( g ) ORDER BY g',
    'SELECT g, x, count(*) FROM t GROUP BY x, g ORDER BY (1), x',
  ])('leaves an ORDER BY that is total by itself: %s', (sql) => {
    expect(textOf(sql).endsWith(sql.slice(sql.indexOf(' FROM ')))).toBe(true);
  });

  test.each([
    ['SELECT * FROM t ORDER BY x DESC LIMIT 3', 'CREATE INDEX t_x ON t (x)'],
    ['SELECT g, count(*) FROM t GROUP BY g ORDER BY g', 'CREATE INDEX t_g ON t (g)'],
  ])('sorts no more than the original does: %s', (sql, index) => {
    const steps = (text: string) =>
      db
        .prepare(`EXPLAIN QUERY PLAN ${text}`)
        .all()
        .map((row) => row.detail);
    db.exec(`SAVEPOINT s; ${index}`);
    try {
      expect(steps(textOf(sql))).toEqual(steps(sql));
    } finally {
      db.exec('ROLLBACK TO s; RELEASE s');
    }
  });
});

describe('a query of at most one row has one constant key', () => {
  test.each([
    ['SELECT count(*) FROM t'],
    ['SELECT DISTINCT count(*) FROM t'],
    ['SELECT 1 + max(x) AS m, min(x) FROM tv'],
    ['SELECT sum(count(*)) OVER () FROM t'],
    ['SELECT rank() OVER (ORDER BY count(*)) FROM t'],
    ['SELECT group_concat(n) FILTER (WHERE x > 5) FROM t'],
    ['SELECT listed(x) FROM t'],
    ['SELECT count(*) FROM t HAVING count(*) > 1'],
    ['SELECT max(x), (SELECT max(t.x) FROM i) FROM t'],
    ['SELECT (SELECT max(t.x) FROM i) FROM t HAVING 1'],
    ['SELECT 1, ?', [1]],
    ['SELECT (SELECT count(*) FROM t) AS n'],
  ] as [string, SQLInputValue[]?][])('%s', (sql, params) => {
    expect(planRowKeys(sql, catalog)).toEqual({ kind: 'single' });
    expect(read(sql, params ?? []).rows.length).toBe(1);
  });
});

describe('a query that has no sure key is told apart by content', () => {
  test.each([
    ['SELECT g FROM t UNION ALL SELECT g FROM t', /compound/],
    ['VALUES (1), (2)', /VALUES/],
    ['SELECT DISTINCT g FROM t', /DISTINCT/],
    ['SELECT DISTINCT count(*) FROM t GROUP BY g', /DISTINCT/],
    ['SELECT * FROM tv', /tv is not a base table/],
    ['SELECT * FROM t JOIN tv USING (id)', /tv is not a base table/],
    ['SELECT * FROM (SELECT g FROM t)', /a derived table/],
    ['SELECT * FROM (SELECT g FROM t) AS t', /t is not a base table/],
    ["SELECT * FROM json_each('[1]')", /json_each is not a base table/],
    ['SELECT * FROM ft', /ft is not a base table/],
    ['WITH t AS (SELECT 1 AS id) SELECT * FROM t', /t is not a base table/],
    ['WITH t AS (SELECT 1 AS id) SELECT * FROM "T"', /T is not a base table/],
    ['SELECT * FROM taken', /no usable key/],
    ['SELECT 1 FROM main.t, aux.t', /t is ambiguous/],
    ['SELECT 1 FROM t AS a, i AS "A"', /A is ambiguous/],
    ['SELECT 1 FROM t JOIN (i AS x) ON 1', /x is not a base table/],
    ['SELECT 1 FROM t JOIN (i JOIN c) AS j ON 1', /j is not a base table/],
    ['SELECT 1 FROM t JOIN (i JOIN (c JOIN bag) ON 1) ON 1', /rowid of c/],
    ['SELECT (SELECT max(t.x) FROM i) FROM t', /aggregate/],
    ['SELECT (SELECT max(x) FROM i) FROM t', /aggregate/],
    ['SELECT (SELECT max(x) FROM tv) FROM t', /aggregate/],
    ['SELECT (SELECT count(*) FILTER (WHERE t.x) FROM i) FROM t', /aggregate/],
    ['SELECT (SELECT s FROM (SELECT max(t.x) AS s FROM i)) FROM t', /aggregate/],
    ['SELECT (WITH s AS (SELECT max(t.x) AS m FROM i) SELECT m FROM s) FROM t', /aggregate/],
    ['SELECT (SELECT max((SELECT i.y FROM i WHERE i.id = t.x)) FROM c) FROM t', /aggregate/],
    ['SELECT (SELECT 1 FROM i UNION SELECT max(t.x) FROM i) FROM t', /aggregate/],
    ['SELECT (VALUES (max(t.x))) FROM t', /aggregate/],
    ['SELECT (SELECT s FROM (SELECT max(t.x) AS s FROM i), t) FROM t', /aggregate/],
    ['SELECT (SELECT y FROM i ORDER BY max(t.x)) FROM t', /aggregate/],
    ['SELECT (WITH i AS (SELECT 1 AS z) SELECT max(id) FROM i) FROM t', /aggregate/],
    ['SELECT (SELECT max(main.t.id) FROM aux.twin AS t) FROM main.t', /aggregate/],
    ['SELECT (SELECT max(t.x AND true) FROM i) FROM t', /aggregate/],
    ['SELECT x FROM t WINDOW w AS (ORDER BY count(*))', /aggregate/],
    ['SELECT count(*) FROM t GROUP BY x + ?', /twice/],
    ['SELECT count(*) FROM t GROUP BY impure()', /twice/],
    ['SELECT count(*) FROM t GROUP BY random()', /twice/],
    ["SELECT count(*) FROM t GROUP BY strftime('%s', 'now')", /twice/],
    ['SELECT count(*) FROM t GROUP BY date()', /twice/],
    ['SELECT count(*) FROM t GROUP BY (SELECT max(y) FROM i WHERE tid = t.id)', /twice/],
    ['SELECT count(*) FROM t GROUP BY x IN (SELECT tid FROM i)', /twice/],
    ['SELECT count(*) FROM t GROUP BY x IN bag', /twice/],
    ["SELECT count(*) FROM t GROUP BY n REGEXP 'a'", /twice/],
    ['SELECT count(*) FROM t GROUP BY created < CURRENT_DATE', /twice/],
    ['SELECT count(*) FROM t GROUP BY created < CURRENT_TIME', /twice/],
    ['SELECT count(*) FROM t GROUP BY created < CURRENT_TIMESTAMP', /twice/],
    ['SELECT *, count(*) FROM t GROUP BY 1', /result column/],
    ['SELECT t.*, x FROM t GROUP BY 6', /result column/],
    ['SELECT *, x FROM t GROUP BY 2', /result column/],
    ['SELECT x, count(*) FROM t GROUP BY +1', /result column/],
    ['SELECT x, count(*) FROM t GROUP BY 1 COLLATE NOCASE', /result column/],
    ['SELECT x, count(*) FROM t GROUP BY 0x1', /result column/],
    ['SELECT x + 1 AS z, count(*) FROM t GROUP BY z * 2', /result column/],
    ['SELECT lower(g) AS a, upper(g) AS a FROM t GROUP BY a', /result column/],
    ['SELECT lower(gg) AS k, count(*) FROM tv GROUP BY k', /result column/],
    ['SELECT -id AS rowid, count(*) FROM t GROUP BY rowid', /result column/],
    ['EXPLAIN SELECT * FROM t', /SELECT/],
    ['PRAGMA user_version', /SELECT/],
  ])('%s', (sql, reason) => {
    const plan = planRowKeys(sql, catalog);
    expect(plan.kind).toBe('content');
    expect(plan.kind === 'content' && plan.reason).toMatch(reason);
    // Each is a query that SQLite takes: a fallback for nonsense would prove nothing.
    expect(() => db.prepare(sql)).not.toThrow();
  });

  test('an unparsable text is left to SQLite', () => {
    for (const sql of ['', 'SELECT FROM', 'SELECT 1; SELECT 2']) {
      expect(planRowKeys(sql, catalog).kind).toBe('content');
      expect(hasOuterOrder(sql)).toBe(false);
    }
  });
});

test.each([
  ['SELECT * FROM t ORDER BY x', true],
  ['SELECT x FROM t UNION SELECT 1 ORDER BY 1 LIMIT 2', true],
  ['VALUES (2), (1) ORDER BY 1', true],
  ['WITH s AS (SELECT 1) SELECT * FROM s ORDER BY 1', true],
  ['SELECT * FROM t', false],
  ['SELECT * FROM (SELECT x FROM t ORDER BY x)', false],
  ["SELECT 'ORDER BY x', rank() OVER (ORDER BY x), group_concat(x ORDER BY x) FROM t -- ORDER BY x", false],
])('hasOuterOrder: %s is %s', (sql, expected) => {
  expect(hasOuterOrder(sql)).toBe(expected);
});
