import fc from 'fast-check';
import { IntegrityError, openSync } from 'freshet';
import { type Schedule, settled } from 'freshet/reactive';
import { expect, test } from 'vitest';
import { Following } from '../tests/support/following.ts';

/** Replays a failure: fast-check prints the seed of one, and FRESHET_SEED sets it. */
const seeded = <T>(numRuns: number): fc.Parameters<T> =>
  process.env.FRESHET_SEED === undefined ? { numRuns } : { numRuns, seed: Number(process.env.FRESHET_SEED) };

const schema = `
  CREATE TABLE a (id INTEGER PRIMARY KEY, g, n);
  CREATE TABLE b (id INTEGER PRIMARY KEY, a REFERENCES a ON DELETE CASCADE, v);
  CREATE TABLE bag (v);
  CREATE TABLE w (k TEXT, l INTEGER, v, PRIMARY KEY (k, l)) WITHOUT ROWID;
  CREATE TRIGGER t AFTER UPDATE OF n ON a WHEN NEW.n > 5 BEGIN INSERT INTO bag VALUES (NEW.g); END;
`;

// With a total order where they have one; the others are compared as multisets.
const queries = [
  'SELECT * FROM a ORDER BY id',
  'SELECT id, n FROM a WHERE n > 2 ORDER BY n, id DESC',
  'SELECT * FROM a ORDER BY n DESC, id LIMIT 3 OFFSET 1',
  'SELECT g, count(*) AS c, sum(n) AS s, min(n) AS lo FROM a GROUP BY g ORDER BY g',
  'SELECT g, max(n) AS hi FROM a GROUP BY g HAVING count(*) > 1',
  'SELECT DISTINCT g FROM a',
  'SELECT a.id, b.id AS b, v FROM a JOIN b ON b.a = a.id ORDER BY a.id, b.id',
  'SELECT a.id, g, b.v FROM a LEFT JOIN b ON b.a = a.id AND b.v > 1',
  'SELECT x.id, y.id AS other FROM a AS x JOIN a AS y ON x.g = y.g AND x.id < y.id ORDER BY 1, 2',
  'SELECT id, (SELECT sum(v) FROM b WHERE b.a = a.id) AS s FROM a ORDER BY id',
  'SELECT id FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.a = a.id) ORDER BY id',
  'SELECT v FROM bag',
  'SELECT v FROM bag UNION ALL SELECT g FROM a',
  'SELECT g FROM a EXCEPT SELECT v FROM bag',
  'SELECT * FROM w ORDER BY l, k',
  'SELECT k, v FROM w WHERE l = 1',
  'SELECT count(*) AS n FROM b',
  'SELECT id, row_number() OVER (PARTITION BY g ORDER BY id) AS r FROM a ORDER BY id',
  'WITH t AS (SELECT g, avg(n) AS m FROM a GROUP BY g) SELECT a.id, m FROM a JOIN t ON t.g IS a.g ORDER BY a.id',
  'SELECT 7 AS seven',
] as const;

const small = fc.integer({ min: 0, max: 7 });
const value = fc.constantFrom(0, 1, 2, 3, 9, null, 'x', 1.5);
const write = fc.oneof(
  fc.tuple(
    fc.constantFrom('INSERT OR IGNORE INTO a VALUES (?, ?, ?)', 'REPLACE INTO a VALUES (?, ?, ?)'),
    fc.tuple(small, value, value),
  ),
  fc.tuple(
    fc.constantFrom(
      'UPDATE a SET n = ?2 WHERE id = ?1',
      'UPDATE a SET g = ?2 WHERE id > ?1',
      'UPDATE a SET id = id + ?1 WHERE n = ?2',
      'UPDATE OR IGNORE a SET id = id + 1, g = ?2 WHERE id = ?1',
    ),
    fc.tuple(small, value),
  ),
  fc.tuple(
    fc.constantFrom(
      'DELETE FROM a WHERE id = ?',
      'DELETE FROM b WHERE id % 3 = ?',
      'DELETE FROM bag WHERE rowid % 3 = ?',
      'DELETE FROM w WHERE l = ?',
    ),
    fc.tuple(small),
  ),
  fc.tuple(
    fc.constant('INSERT OR REPLACE INTO b SELECT ?1, (SELECT id FROM a ORDER BY id LIMIT 1 OFFSET ?2), ?3'),
    fc.tuple(small, small, value),
  ),
  fc.tuple(
    fc.constantFrom('INSERT INTO bag VALUES (?), (?)', 'UPDATE bag SET v = ? WHERE v IS ?'),
    fc.tuple(value, value),
  ),
  fc.tuple(
    fc.constant('INSERT INTO w VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET v = excluded.v'),
    fc.tuple(fc.constantFrom('p', 'P', 'q'), small, value),
  ),
);
type Write = typeof write extends fc.Arbitrary<infer W> ? W : never;
/** Writes of one commit, commits of one turn; a turn ends when everything has been delivered. */
const turns = fc.array(
  fc.array(fc.record({ writes: fc.array(write, { minLength: 1, maxLength: 3 }), keep: fc.boolean() }), {
    maxLength: 3,
  }),
  { maxLength: 8 },
);

/** A statement that a constraint refuses is one of the things that happen. */
function attempt(call: () => unknown): void {
  try {
    call();
  } catch (error) {
    if (!(error instanceof IntegrityError)) throw error;
  }
}

async function run(
  turnsOfCommits: readonly (readonly { writes: readonly Write[]; keep: boolean }[])[],
  schedule: Schedule,
): Promise<void> {
  const db = openSync(':memory:');
  db.exec(schema);
  db.exec(
    "INSERT INTO a VALUES (1, 'x', 1), (2, 'x', 2), (3, 1, 3), (4, NULL, 9); INSERT INTO b VALUES (1, 1, 1), (2, 1, 2), (3, 3, 3); INSERT INTO bag VALUES (1), (1), (NULL)",
  );
  const followed = queries.map((sql) => new Following(db, sql, undefined, { schedule }));
  for (const commits of turnsOfCommits) {
    for (const { writes, keep } of commits) {
      const tx = db.begin();
      for (const [sql, params] of writes) attempt(() => tx.execute(sql, params));
      if (keep) tx.commit();
      else tx.rollback();
      // One view: whatever has been delivered, every value is the last commit's.
      for (const one of followed) one.expectFresh();
    }
    await settled(db);
    for (const one of followed) one.expectTold();
  }
  for (const one of followed) {
    expect(one.errors).toEqual([]);
    one.stop();
  }
  expect(db.query('SELECT * FROM sqlite_temp_schema')).toEqual([]);
  db.close();
}

test.each<Schedule>([
  'sync',
  'microtask',
])('every delta, applied to the snapshot before it, gives the next one, which SQLite could give: schedule %s', async (schedule) => {
  await fc.assert(
    fc.asyncProperty(turns, (commits) => run(commits, schedule)),
    seeded(25),
  );
});
