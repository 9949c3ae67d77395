import type { DatabaseSync, SqlValue } from 'freshet';
import type { Random } from '../oracle/random.ts';

/** Tables that are small enough for every commit to meet rows that others have met. */
export const smallSchema = `
  CREATE TABLE a (id INTEGER PRIMARY KEY, k INTEGER, g TEXT COLLATE NOCASE, n, r REAL, u INTEGER UNIQUE, tags TEXT);
  CREATE TABLE b (id INTEGER PRIMARY KEY, a_id INTEGER, k INTEGER, v, s TEXT);
  CREATE TABLE c (code TEXT PRIMARY KEY COLLATE RTRIM, b_id INTEGER, w NUMERIC);
  CREATE TABLE p (x TEXT, y INTEGER, k INTEGER, z, PRIMARY KEY (x, y)) WITHOUT ROWID;
  CREATE TABLE bag (k, v);
  CREATE INDEX a_k ON a (k);
  CREATE INDEX b_a ON b (a_id);
  CREATE VIEW joined AS SELECT a.id, a.g, b.id AS b, b.v FROM a JOIN b ON b.a_id = a.id;
  CREATE VIEW filtered AS SELECT id, k, n FROM a WHERE n > 1;
  CREATE VIEW grouped AS SELECT k, count(*) AS m, sum(v) AS s FROM b GROUP BY k;
  CREATE VIEW united AS SELECT k, n AS value FROM a UNION SELECT k, v FROM b;
  CREATE VIEW listed AS SELECT k, 'a' AS source FROM a UNION ALL SELECT k, 'b' FROM b;
  CREATE VIEW stacked AS SELECT joined.id, joined.v, grouped.m FROM joined JOIN grouped ON grouped.k = joined.id;
`;

type Write = readonly [sql: string, values: readonly SqlValue[]];

const texts = ['red', 'Red', 'blue', 'BLUE', 'green', null];
const mixed = [0, 1, 2, 3, 4, 5, 2, 1.5, -1, '3', 'x', null];
const codes = ['c1', 'c2', 'c3 ', 'C4', 'c5', 'c6', 'c7'];
const lists = ['[]', '[1]', '[1,2]', '[2,"x",null]', '[1,1,3]', '{"p":1,"q":[2]}', null];

/** One statement, and what it is given. */
function statement(random: Random): Write {
  const id = () => random.between(1, 9);
  const bId = () => random.between(1, 14);
  const key = () => (random.chance(0.15) ? null : random.between(1, 4));
  const owner = () => (random.chance(0.15) ? null : random.between(1, 9));
  const bOwner = () => (random.chance(0.15) ? null : random.between(1, 14));
  const row = (): SqlValue[] => [
    key(),
    random.pick(texts),
    random.pick(mixed),
    random.chance(0.2) ? null : random.between(-20, 20) / 8,
    random.chance(0.5) ? null : random.between(1, 12),
    random.pick(lists),
  ];
  const make = random.weighted<() => Write>([
    [
      6,
      () => [
        `${random.pick(['REPLACE', 'INSERT OR IGNORE'])} INTO a VALUES (?, ?, ?, ?, ?, ?, ?)`,
        [id(), ...row()],
      ],
    ],
    [
      2,
      () => [
        'INSERT INTO a VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET k = excluded.k, n = excluded.n',
        [id(), ...row()],
      ],
    ],
    [4, () => ['UPDATE a SET k = ?2 WHERE id = ?1', [id(), key()]]],
    [3, () => ['UPDATE a SET g = ?2, n = ?3 WHERE id = ?1', [id(), random.pick(texts), random.pick(mixed)]]],
    [
      2,
      () => ['UPDATE a SET n = ?2, tags = ?3 WHERE id = ?1', [id(), random.pick(mixed), random.pick(lists)]],
    ],
    [2, () => ['UPDATE OR REPLACE a SET u = ?2 WHERE id = ?1', [id(), random.between(1, 12)]]],
    [2, () => ['UPDATE OR REPLACE a SET id = ?2 WHERE id = ?1', [id(), id()]]],
    [1, () => ['UPDATE a SET k = ?2 WHERE k IS ?1', [key(), key()]]],
    [3, () => ['DELETE FROM a WHERE id = ?', [id()]]],
    [
      8,
      () => [
        'REPLACE INTO b VALUES (?, ?, ?, ?, ?)',
        [bId(), owner(), key(), random.pick(mixed), random.pick(texts)],
      ],
    ],
    [4, () => ['UPDATE b SET a_id = ?2 WHERE id = ?1', [bId(), owner()]]],
    [3, () => ['UPDATE b SET k = ?2, v = ?3 WHERE id = ?1', [bId(), key(), random.pick(mixed)]]],
    [2, () => ['UPDATE b SET s = ?2 WHERE id = ?1', [bId(), random.pick(texts)]]],
    [1, () => ['UPDATE OR REPLACE b SET id = ?2 WHERE id = ?1', [bId(), bId()]]],
    [4, () => ['DELETE FROM b WHERE id = ?', [bId()]]],
    [1, () => ['DELETE FROM b WHERE a_id = ?', [id()]]],
    [5, () => ['REPLACE INTO c VALUES (?, ?, ?)', [random.pick(codes), bOwner(), random.pick(mixed)]]],
    [2, () => ['UPDATE c SET b_id = ?2 WHERE code = ?1', [random.pick(codes), bOwner()]]],
    [
      1,
      () => ['UPDATE OR REPLACE c SET code = ?2 WHERE code = ?1', [random.pick(codes), random.pick(codes)]],
    ],
    [3, () => ['DELETE FROM c WHERE code = ?', [random.pick(codes)]]],
    [
      5,
      () => [
        'REPLACE INTO p VALUES (?, ?, ?, ?)',
        [random.pick(['p', 'P', 'q']), random.between(1, 4), key(), random.pick(mixed)],
      ],
    ],
    [
      2,
      () => [
        'UPDATE OR REPLACE p SET y = ?2, k = ?3 WHERE y = ?1',
        [random.between(1, 4), random.between(1, 4), key()],
      ],
    ],
    [3, () => ['DELETE FROM p WHERE y = ? AND x = ?', [random.between(1, 4), random.pick(['p', 'P', 'q'])]]],
    [4, () => ['INSERT INTO bag VALUES (?, ?)', [key(), random.pick(mixed)]]],
    [2, () => ['UPDATE bag SET v = ?2 WHERE k IS ?1', [key(), random.pick(mixed)]]],
    [3, () => ['DELETE FROM bag WHERE rowid = (SELECT min(rowid) FROM bag WHERE k IS ?)', [key()]]],
  ]);
  return make();
}

/** Fills the tables with what the first commits would. */
export function fillSmallTables(db: DatabaseSync, random: Random): void {
  db.exec(smallSchema);
  db.exec(`
    INSERT INTO a VALUES (1, 1, 'red', 2, 0.5, 1, '[1,2]'), (2, 1, 'RED', 3, -1.25, 2, '[]'), (3, 2, 'blue', NULL, 2.5, NULL, '[2,"x",null]'),
      (4, 3, NULL, 5, NULL, 4, NULL), (5, NULL, 'green', 'x', 0.125, 5, '[1,1,3]'), (6, 2, 'Blue', 1.5, 1, NULL, '[3]');
    INSERT INTO b VALUES (1, 1, 1, 1, 'red'), (2, 1, 2, 2, 'blue'), (3, 2, 1, NULL, 'x'), (4, 3, 3, 3, NULL), (5, NULL, 2, 4, 'Red'),
      (6, 8, NULL, 0, 'green'), (7, 6, 2, 2, 'red'), (8, 4, 4, 'x', 'blue');
    INSERT INTO c VALUES ('c1', 1, 1), ('c2', 2, 2.5), ('c3', 2, NULL), ('C4', NULL, 3), ('c5', 7, 'x');
    INSERT INTO p VALUES ('p', 1, 1, 1), ('p', 2, 2, NULL), ('P', 1, 1, 3), ('q', 3, NULL, 2);
    INSERT INTO bag VALUES (1, 1), (1, 1), (2, NULL), (NULL, 3);
  `);
  for (let at = 0; at < 5; at++) randomCommit(db, random);
}

/** One to four statements over one or several tables, in one transaction; returns them as text. */
export function randomCommit(db: DatabaseSync, random: Random): string {
  const list = random.times(
    random.weighted([
      [5, 1],
      [3, 2],
      [2, 4],
    ]),
    () => statement(random),
  );
  if (random.chance(0.15)) {
    // A row goes and comes back under its key in one commit.
    const id = random.between(1, 9);
    const values = [id, random.between(1, 4), random.pick(texts), random.pick(mixed), 0.5, null, '[1]'];
    list.push(['DELETE FROM a WHERE id = ?', [id]], ['INSERT INTO a VALUES (?, ?, ?, ?, ?, ?, ?)', values]);
  }
  const tx = db.begin();
  for (const [sql, values] of list) tx.execute(sql, values);
  tx.commit();
  return list.map(([sql, values]) => `${sql} -- ${JSON.stringify(values)}`).join('\n');
}
