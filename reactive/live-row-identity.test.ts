import type { DatabaseSync } from 'freshet';
import { type LiveQuery, live } from 'freshet/reactive';
import { describe, expect, test } from 'vitest';
import { opened } from '../tests/support/opening.ts';
import { rowText } from '../tests/support/replica.ts';

function following(db: DatabaseSync, sql: string): LiveQuery {
  const query = live(db, sql, [], { schedule: 'sync' });
  query.subscribe();
  expect(query.explain().tier, sql).toBe('incremental');
  return query;
}

/** Runs the statements one after the other and compares every query with a fresh one after each. */
function expectFresh(schema: string, queries: readonly string[], statements: readonly string[]): void {
  const db = opened();
  db.exec(schema);
  const followed = queries.map((sql) => ({ sql, query: following(db, sql) }));
  for (const statement of statements) {
    db.exec(statement);
    for (const { sql, query } of followed) {
      const fresh = db.query(sql).map(rowText).sort();
      expect((query.value ?? []).map(rowText).sort(), `${sql} after ${statement}`).toEqual(fresh);
    }
  }
}

const joins = [
  'SELECT t.id, t.k, t.g FROM t WHERE g > 0',
  'SELECT t.id, t.k, u.v FROM t JOIN u ON u.g = t.g',
  'SELECT u.n, t.id, t.k FROM u LEFT JOIN t ON u.g = t.g',
  'SELECT t.id, t.k FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.g = t.g)',
  'SELECT t.id, t.k, (SELECT count(*) FROM u WHERE u.g = t.g) AS n FROM t',
  'SELECT t.id, t.k, s.v FROM (SELECT g, v FROM u) AS s JOIN t ON t.g = s.g',
  'SELECT t.id, t.k, t.g FROM t ORDER BY g LIMIT 100',
];
const changes = [
  "INSERT INTO t VALUES ('A', 1, 1), ('b ', 1, 1), ('c', 1, 1)",
  'UPDATE OR REPLACE t SET k = k + 5',
  "UPDATE OR REPLACE t SET id = 'z' WHERE id = 'A'",
  "INSERT OR REPLACE INTO t VALUES ('Z', 6, 2), ('a', 6, 1), ('B', 6, 1)",
  "UPDATE OR REPLACE t SET id = 'Z' WHERE id = 'z'",
  "INSERT OR REPLACE INTO t VALUES ('z ', 6, 1)",
  'INSERT INTO u (g, v) VALUES (2, 3)',
  'UPDATE u SET v = v + 1',
  'DELETE FROM u WHERE g = 1',
  'DELETE FROM t WHERE k = 6',
];

describe('rows are told apart by the collation of the primary key, which need not be the column’s', () => {
  test.each([
    ['BINARY', 'NOCASE'],
    ['BINARY', 'RTRIM'],
    ['NOCASE', 'BINARY'],
    ['NOCASE', 'RTRIM'],
    ['RTRIM', 'BINARY'],
  ])('a column of %s in a key of %s', (column, key) => {
    for (const primary of [`(id COLLATE ${key}, k)`, `(k, id COLLATE ${key})`]) {
      expectFresh(
        `CREATE TABLE t (id TEXT COLLATE ${column}, k INT, g INT, PRIMARY KEY ${primary}) WITHOUT ROWID;
         CREATE TABLE u (n INTEGER PRIMARY KEY, g INT, v); INSERT INTO u (g, v) VALUES (1, 1)`,
        joins,
        changes,
      );
    }
  });

  test('where the table is joined with itself by a column that holds equal what the key tells apart', () => {
    for (const key of ['NOCASE', 'BINARY', 'NOCASE DESC']) {
      expectFresh(
        `CREATE TABLE t (id TEXT COLLATE RTRIM, g INT, PRIMARY KEY (id COLLATE ${key})) WITHOUT ROWID`,
        [
          'SELECT a.id, b.id AS other, b.g FROM t AS a JOIN t AS b ON a.id = b.id',
          'SELECT a.id, s.id AS other FROM t AS a LEFT JOIN (SELECT id, g FROM t WHERE g > 0) AS s ON s.id = a.id',
        ],
        [
          "INSERT INTO t VALUES ('a ', 1)",
          "INSERT INTO t VALUES ('a', 2)",
          'UPDATE t SET g = g + 1',
          "DELETE FROM t WHERE id = 'a' COLLATE BINARY",
        ],
      );
    }
  });

  test('in the order of a window’s ties, too', () => {
    expectFresh(
      `CREATE TABLE t (id TEXT COLLATE NOCASE, g INT, PRIMARY KEY (id COLLATE BINARY)) WITHOUT ROWID;
       INSERT INTO t VALUES ('a', 1), ('A', 1), ('b', 1), ('B', 1), ('c', 1), ('C', 1), ('d', 1), ('D', 1)`,
      [1, 2, 3].map((limit) => `SELECT g FROM t ORDER BY g LIMIT ${limit}`),
      [...'ABacCDdb'].map((id) => `DELETE FROM t WHERE id = '${id}' COLLATE BINARY`),
    );
  });

  test('also where the key’s column has a default, or a further index by another collation', () => {
    expectFresh(
      `CREATE TABLE t (id TEXT NOT NULL DEFAULT 'd', k INT, g INT, PRIMARY KEY (id COLLATE NOCASE, k)) WITHOUT ROWID;
       CREATE UNIQUE INDEX i ON t (id, k, g);
       CREATE TABLE u (n INTEGER PRIMARY KEY, g INT, v); INSERT INTO u (g, v) VALUES (1, 1)`,
      joins,
      changes,
    );
  });
});

describe('a key that is found by a value of another table', () => {
  const lookups = [
    'SELECT p.id, p.v FROM p WHERE EXISTS (SELECT 1 FROM c WHERE c.x = p.id)',
    'SELECT p.id, p.v FROM p WHERE NOT EXISTS (SELECT 1 FROM c WHERE c.x = p.id)',
    'SELECT p.id, (SELECT count(*) FROM c WHERE c.x = p.id) AS n FROM p',
    'SELECT p.id, c.n FROM p LEFT JOIN c ON c.x = p.id',
  ];
  const steps = (values: readonly string[]): string[] => [
    ...values.map((value) => `INSERT INTO c (x) VALUES (${value})`),
    'UPDATE c SET x = NULL WHERE n = 1',
    'UPDATE c SET x = (SELECT id FROM p ORDER BY v LIMIT 1)',
    'DELETE FROM c',
  ];

  test.each(['INT', 'INTEGER', 'NUMERIC'])('is a text that stands in an %s column', (type) => {
    expectFresh(
      `CREATE TABLE p (id ${type} PRIMARY KEY, v) WITHOUT ROWID; CREATE TABLE c (n INTEGER PRIMARY KEY, x INT);
       INSERT INTO p VALUES ('abc', 1), (5, 2), (1.5, 3), ('ABC', 4), (x'61', 5)`,
      lookups,
      steps(["'abc'", '5', '1.5', "x'61'"]),
    );
  });

  test('is a text that a folding comparison finds', () => {
    expectFresh(
      `CREATE TABLE p (id INTEGER PRIMARY KEY, v) WITHOUT ROWID;
       CREATE TABLE c (n INTEGER PRIMARY KEY, x INT COLLATE NOCASE);
       INSERT INTO p VALUES ('abc', 1), ('ABC', 2)`,
      lookups,
      steps(["'abc'", "'Abc'"]),
    );
  });

  test('is two integers', () => {
    expectFresh(
      `CREATE TABLE p (id INT, b INT, v, PRIMARY KEY (id, b)) WITHOUT ROWID;
       CREATE TABLE c (n INTEGER PRIMARY KEY, x INT, y INT); INSERT INTO p VALUES (1, 1, 1), (1, 2, 2), (2, 1, 3)`,
      [
        'SELECT p.id, p.b, c.n FROM p LEFT JOIN c ON c.x = p.id AND c.y = p.b',
        'SELECT p.id, p.b FROM p WHERE NOT EXISTS (SELECT 1 FROM c WHERE c.x = p.id AND c.y = p.b)',
      ],
      ['INSERT INTO c (x, y) VALUES (1, 2), (2, 1)', 'UPDATE c SET y = 1', 'DELETE FROM c'],
    );
  });

  test('is a rowid beyond 2^53, as a REAL', () => {
    expectFresh(
      `CREATE TABLE p (id INTEGER PRIMARY KEY, v); CREATE TABLE c (n INTEGER PRIMARY KEY, x REAL);
       INSERT INTO p VALUES (9007199254740994, 1), (4611686018427387904, 2)`,
      lookups,
      steps(['9007199254740994', '4611686018427387904']),
    );
  });
});

test('deltas fit where SQLite shows two groups with one key', () => {
  const db = opened();
  db.exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, word TEXT); CREATE TABLE n (n INT);
    INSERT INTO t VALUES (7, '1'), (1, '2'), (4, '01')`);
  const query = live(
    db,
    'SELECT word AS w, count(*) AS c, (word IN (SELECT n FROM n)) AS known FROM t GROUP BY word ORDER BY c, w DESC LIMIT 3',
    [],
    { schedule: 'sync' },
  );
  const copy: object[] = [];
  query.changes.subscribe(({ changes, rows }) => {
    for (const change of changes) {
      if (change.type !== 'insert')
        copy.splice(change.type === 'update' ? change.previousIndex : change.index, 1);
      if (change.type !== 'delete') copy.splice(change.index, 0, change.row);
    }
    expect(copy).toEqual(rows);
  });
  expect(copy).toHaveLength(3);
  db.execute("UPDATE t SET word = '2' WHERE id = 4");
  expect(copy).toEqual([...(query.value ?? [])]);
  expect(copy).toHaveLength(2);
});

test('a group is found through a column of another affinity under COLLATE', () => {
  expectFresh(
    "CREATE TABLE t (id INTEGER PRIMARY KEY, num REAL, txt TEXT); INSERT INTO t VALUES (2, 'A', '2')",
    [
      "SELECT a.num, b.num AS other, count((b.num = '1')) AS c, count(*) AS n FROM t AS a JOIN t AS b ON (a.num COLLATE NOCASE) = b.txt GROUP BY a.num, b.num",
    ],
    [
      "INSERT INTO t VALUES (3, '2', NULL)",
      "UPDATE t SET txt = '2.0' WHERE id = 2",
      'DELETE FROM t WHERE id = 3',
    ],
  );
});

test('a NULL that names no row of a table without rowid takes no other row along', () => {
  expectFresh(
    `CREATE TABLE t (id INT, g INT); CREATE TABLE w (id INTEGER PRIMARY KEY, g INT) WITHOUT ROWID;
     INSERT INTO t VALUES (7, 1), (NULL, NULL)`,
    [
      'SELECT t.g, w.id FROM t FULL JOIN w ON w.id = t.id',
      'SELECT t.g, w.id FROM t LEFT JOIN w ON w.id = t.id',
    ],
    [
      'DELETE FROM t WHERE g IS NULL',
      'INSERT INTO t VALUES (NULL, 2)',
      'INSERT INTO w VALUES (7, 1)',
      'UPDATE t SET id = NULL',
    ],
  );
});
