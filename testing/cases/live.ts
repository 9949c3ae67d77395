import type { Row } from '../../core/index.ts';
import { applyDelta, live, liveOne, liveSnapshot, settled } from '../../reactive/index.ts';
import { expectEqual, expectTrue } from '../expect.ts';
import type { ConformanceCase, Situation } from './case.ts';

const schema = `CREATE TABLE owner(id INTEGER PRIMARY KEY, name TEXT);
  CREATE TABLE issue(id INTEGER PRIMARY KEY, owner_id INTEGER, title TEXT, priority INTEGER);
  INSERT INTO owner VALUES (1, 'Ada'), (2, 'Bob');
  INSERT INTO issue VALUES (1, 1, 'roof', 3), (2, 2, 'cellar', 1), (3, 1, 'door', 2)`;

/** Follows a query by snapshots and by deltas, and checks after each emission that the two agree. */
function follow(db: Situation['db'], sql: string, schedule: 'sync' | 'microtask' = 'microtask') {
  const query = live<Row>(db, sql, [], { schedule });
  let mirror: Row[] = [];
  const seen: (readonly Row[])[] = [];
  const errors: unknown[] = [];
  const subscription = query.subscribe({
    next: (rows) => seen.push(rows),
    error: (error) => errors.push(error),
  });
  subscription.add(
    query.changes.subscribe({
      next({ rows, changes }) {
        mirror = applyDelta(mirror, changes);
        expectTrue(
          mirror.length === rows.length && mirror.every((row, at) => row === rows[at]),
          'the delta gives the next snapshot, row for row',
        );
      },
      error: () => {},
    }),
  );
  return { query, seen, errors, stop: () => subscription.unsubscribe() };
}

export const liveCases: readonly ConformanceCase[] = [
  {
    name: 'a live query follows commits, and rows that stay are the same objects',
    async run(db, { db: given }) {
      await db.exec(schema);
      const followed = follow(given, 'SELECT * FROM issue WHERE priority > 1 ORDER BY priority DESC');
      await settled(given);
      const [first] = followed.seen;
      expectEqual(
        first?.map(({ id }) => id),
        [1, 3],
      );
      await db.execute("UPDATE issue SET title = 'front door' WHERE id = 3");
      await settled(given);
      const second = followed.seen.at(-1);
      expectEqual(second?.[1], { id: 3, owner_id: 1, title: 'front door', priority: 2 });
      expectTrue(second?.[0] === first?.[0], 'the other row is the same object');
      const told = followed.seen.length;
      await db.execute('UPDATE issue SET priority = 0 WHERE id = 2');
      await settled(given);
      expectEqual(followed.seen.length, told, 'emissions, after a change outside');
      followed.stop();
      expectEqual(followed.query.value, undefined, 'its value without subscribers');
    },
  },
  {
    name: 'joins, groups, windows, subqueries and compounds equal a fresh SELECT after every commit',
    async run(db, { db: given }) {
      await db.exec(schema);
      const queries = [
        'SELECT i.title, o.name FROM issue i JOIN owner o ON o.id = i.owner_id ORDER BY i.id',
        'SELECT o.name, count(i.id) AS n, sum(i.priority) AS p FROM owner o LEFT JOIN issue i ON i.owner_id = o.id GROUP BY o.id ORDER BY o.id',
        'SELECT * FROM issue ORDER BY priority DESC, id LIMIT 2 OFFSET 1',
        'SELECT id, (SELECT count(*) FROM issue i WHERE i.owner_id = o.id) AS n FROM owner o WHERE EXISTS (SELECT 1 FROM issue i WHERE i.owner_id = o.id) ORDER BY id',
        'SELECT id FROM owner WHERE id NOT IN (SELECT owner_id FROM issue) ORDER BY id',
        'SELECT title FROM issue UNION SELECT name FROM owner ORDER BY 1',
        'SELECT id, rank() OVER (PARTITION BY owner_id ORDER BY priority DESC, id) AS r FROM issue ORDER BY id',
        'SELECT DISTINCT owner_id FROM issue ORDER BY 1',
        'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < (SELECT count(*) FROM issue)) SELECT x FROM c',
      ];
      const followed = queries.map((sql) => follow(given, sql));
      const commits = [
        "INSERT INTO issue VALUES (4, 2, 'window', 5), (5, NULL, 'garden', NULL)",
        'UPDATE issue SET owner_id = 3 - owner_id WHERE id < 3',
        "INSERT INTO owner VALUES (3, 'Cleo')",
        'UPDATE issue SET id = id + 100 WHERE priority < 3',
        "UPDATE owner SET name = 'Eve' WHERE id = 1",
        "INSERT OR REPLACE INTO issue VALUES (1, 3, 'chimney', 9)",
        'DELETE FROM owner WHERE id = 2',
        'DELETE FROM issue WHERE owner_id = 1 OR owner_id IS NULL',
        'DELETE FROM issue',
      ];
      for (const commit of commits) {
        await db.execute(commit);
        await settled(given);
        for (const [at, sql] of queries.entries()) {
          expectEqual(followed[at]?.query.value, await db.query(sql), `after ${commit}: ${sql}`);
        }
      }
      for (const { stop, errors } of followed) {
        expectEqual(errors, []);
        stop();
      }
    },
  },
  {
    name: 'a transaction is one emission, and shows nothing before its end',
    async run(db, { db: given }) {
      await db.exec(schema);
      const followed = follow(given, 'SELECT count(*) AS n FROM issue', 'sync');
      await settled(given);
      const tx = await db.begin();
      await tx.execute('DELETE FROM issue WHERE id = 1');
      await tx.execute('DELETE FROM issue WHERE id = 2');
      expectEqual(followed.query.value, [{ n: 3 }], 'its value meanwhile');
      await tx.commit();
      await settled(given);
      expectEqual(
        followed.seen.map(([row]) => row?.n),
        [3, 1],
      );
      followed.stop();
    },
  },
  {
    name: 'a large answer is a view that changes at little cost',
    async run(db, { db: given }) {
      await db.exec(
        'CREATE TABLE n(id INTEGER PRIMARY KEY, v); INSERT INTO n WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 20000) SELECT x, x FROM c',
      );
      const followed = follow(given, 'SELECT * FROM n ORDER BY v');
      await settled(given);
      const before = followed.query.value ?? [];
      expectEqual([before.length, Array.isArray(before)], [20_000, true]);
      await db.execute('UPDATE n SET v = 0.5 WHERE id = 19999');
      await settled(given);
      const after = followed.query.value ?? [];
      expectEqual([after[0], after.length], [{ id: 19_999, v: 0.5 }, 20_000]);
      expectTrue(
        after[1] === before[0] && after.at(-1) === before.at(-1),
        'rows that moved along are the same',
      );
      for (let i = 0; i < 60; i++)
        await db.execute('UPDATE n SET v = ? WHERE id = ?', [1 + 1 / (i + 2), 10_000 + i]);
      await settled(given);
      expectEqual(followed.query.value?.slice(0, 80), await db.query('SELECT * FROM n ORDER BY v LIMIT 80'));
      followed.stop();
    },
  },
  {
    name: 'equal queries share, several give one view, and the first row alone can be followed',
    async run(db, { db: given }) {
      await db.exec(schema);
      const all = live<Row>(given, 'SELECT id FROM issue ORDER BY id');
      const count = live<Row>(given, 'SELECT count(*) AS n FROM issue');
      const views: number[][] = [];
      const one: (Row | null)[] = [];
      const subscription = liveSnapshot(given, [all, count]).subscribe(([rows, [first]]) =>
        views.push([rows.length, Number(first?.n)]),
      );
      subscription.add(
        liveOne<Row>(given, 'SELECT title FROM issue WHERE id = ?', [1]).subscribe((row) => one.push(row)),
      );
      await settled(given);
      await db.execute('DELETE FROM issue WHERE id = 1');
      await settled(given);
      expectTrue(
        views.every(([a, b]) => a === b),
        `both are of one commit: ${views.join(' ')}`,
      );
      expectEqual(views.at(-1), [2, 2]);
      expectEqual(one, [{ title: 'roof' }, null]);
      subscription.unsubscribe();
    },
  },
  {
    name: 'errors of the query reach its subscribers, who may subscribe again',
    async run(db, { db: given }) {
      const broken = follow(given, 'SELECT * FROM later');
      await settled(given);
      expectEqual(
        broken.errors.map((error) => (error as { code: string }).code),
        ['SQL'],
      );
      await db.exec('CREATE TABLE later(a); INSERT INTO later VALUES (1)');
      const followed = follow(given, 'SELECT * FROM later');
      await settled(given);
      expectEqual(followed.query.value, [{ a: 1 }]);
      await db.exec('ALTER TABLE later ADD COLUMN b DEFAULT 2');
      await settled(given);
      expectEqual(followed.query.value, [{ a: 1, b: 2 }], 'with the new column');
      expectEqual(followed.query.explain().tier, 'incremental');
      followed.stop();
    },
  },
  {
    name: 'closing the database completes its live queries',
    async run(_db, { engine }) {
      const db = await engine.open();
      await db.exec(schema);
      let completed = 0;
      live(db, 'SELECT * FROM issue').subscribe({ complete: () => completed++ });
      await settled(db);
      await db.close();
      expectEqual(completed, 1);
    },
  },
];
