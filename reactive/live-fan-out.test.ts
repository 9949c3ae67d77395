import { openSync } from 'freshet';
import { live } from 'freshet/reactive';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

let db: ReturnType<typeof openSync>;

beforeEach(() => {
  db = openSync(':memory:');
  db.exec(`
    CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, team INT);
    CREATE TABLE issues (id INTEGER PRIMARY KEY, user_id INT, status TEXT, created INT);
    CREATE INDEX issues_user ON issues (user_id);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
    INSERT INTO users SELECT i, 'user ' || i, i % 5 FROM n;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
    INSERT INTO issues SELECT i, i % 100 + 1, iif(i % 2, 'open', 'closed'), i FROM n;
  `);
});

afterEach(() => db.close());

/** How many live queries looked at their answer over a write. */
function visits(write: () => void): number {
  const before = db.reactiveMetrics().live_visits;
  write();
  return db.reactiveMetrics().live_visits - before;
}

function open(sql: string, ...params: (string | number)[]): void {
  live(db, sql, params, { schedule: 'sync' }).subscribe();
}

describe('a commit visits', () => {
  test('of a thousand queries by parameter the ones whose rows change', () => {
    for (let user = 1; user <= 100; user++) open('SELECT * FROM issues WHERE user_id = ?', user);
    expect(visits(() => db.execute(`UPDATE issues SET status = 'wip' WHERE id = 7`))).toBe(1);
    expect(visits(() => db.execute('UPDATE issues SET user_id = 90 WHERE id = 7'))).toBe(2);
    expect(visits(() => db.execute('UPDATE issues SET user_id = 150 WHERE id = 7'))).toBe(1);
    expect(visits(() => db.execute('UPDATE issues SET status = NULL WHERE id = 7'))).toBe(0);
    expect(visits(() => db.execute('UPDATE users SET name = name || 1'))).toBe(0);
  });

  test('queries by range, by list and by NULL', () => {
    open('SELECT id FROM issues WHERE created BETWEEN 100 AND 200');
    open('SELECT id FROM issues WHERE created > ? AND created <= ?', 500, 600);
    open('SELECT id FROM issues WHERE user_id IN (1, 2, 3)');
    open('SELECT id FROM issues WHERE status IS NULL');
    expect(visits(() => db.execute(`INSERT INTO issues VALUES (2000, 50, 'open', 150)`))).toBe(1);
    expect(visits(() => db.execute('UPDATE issues SET created = 550 WHERE id = 2000'))).toBe(2);
    expect(visits(() => db.execute('UPDATE issues SET created = 700, user_id = 2 WHERE id = 2000'))).toBe(2);
    expect(visits(() => db.execute('UPDATE issues SET user_id = 60 WHERE id = 2000'))).toBe(1);
    expect(visits(() => db.execute('UPDATE issues SET status = NULL WHERE id = 2000'))).toBe(1);
  });

  test('none that only reads other columns', () => {
    open('SELECT id, status FROM issues WHERE user_id = 1');
    expect(visits(() => db.execute('UPDATE issues SET created = -1 WHERE user_id = 1'))).toBe(0);
  });

  test.each(['JOIN', 'LEFT JOIN'])('none over a row that no %s shows', (join) => {
    const sql = `SELECT i.id, u.name FROM issues i ${join} users u ON u.id = i.user_id WHERE i.user_id = ?
                 ORDER BY i.created DESC LIMIT 10`;
    for (let user = 1; user <= 50; user++) open(sql, user);
    expect(visits(() => db.execute(`UPDATE users SET name = 'x' WHERE id = 199`))).toBe(0);
    expect(visits(() => db.execute(`UPDATE users SET name = 'x' WHERE id = 99`))).toBe(0);
    expect(visits(() => db.execute(`UPDATE users SET name = 'x' WHERE id = 17`))).toBe(1);
    expect(visits(() => db.execute('UPDATE users SET team = 7 WHERE id = 17'))).toBe(0);
    // It may be a row that waited for it.
    expect(visits(() => db.execute(`INSERT INTO users VALUES (500, 'new', 1)`))).toBe(50);
  });

  test('none once it is closed', () => {
    const subscription = live(db, 'SELECT * FROM issues').subscribe();
    subscription.unsubscribe();
    expect(visits(() => db.execute('DELETE FROM issues'))).toBe(0);
  });
});

describe('reactiveMetrics', () => {
  test('tells live queries by tier, what they hold, and how often they were read', () => {
    open('SELECT * FROM issues WHERE user_id = 1');
    open('SELECT random()');
    const before = db.reactiveMetrics();
    expect(before).toMatchObject({ live_incremental_count: 1, live_reevaluated_count: 1 });
    expect(before.live_state_rows).toBe(11);
    expect(before.live_full_reevaluations).toBe(2);
    open('SELECT u.name, count(*) AS n FROM issues i JOIN users u ON u.id = i.user_id GROUP BY u.id');
    db.execute(`INSERT INTO issues VALUES (5000, 1, 'open', 1)`);
    expect(db.reactiveMetrics().live_restricted_reevaluations).toBeGreaterThan(0);
    expect(db.reactiveMetrics().live_full_reevaluations).toBe(3);
  });
});

describe("SQLite's own counters", () => {
  test('tell of the application alone', () => {
    open('SELECT id FROM issues WHERE user_id NOT IN (SELECT id FROM users WHERE team = 1)');
    db.execute('UPDATE users SET team = 1 WHERE id <= 7');
    expect(db.query('SELECT changes() AS n')).toEqual([{ n: 7 }]);
    const { lastInsertRowid } = db.execute(`INSERT INTO users VALUES (900, 'x', 1)`);
    expect(db.query('SELECT changes() AS n, last_insert_rowid() AS id')).toEqual([
      { n: 1, id: lastInsertRowid },
    ]);
    db.execute('UPDATE users SET team = 1 WHERE id < 0');
    expect(db.query('SELECT changes() AS n')).toEqual([{ n: 0 }]);
  });
});

describe('explain', () => {
  test('prints operators, index entries and the ways to affected rows', () => {
    const query = live(
      db,
      `SELECT i.id, u.name FROM issues i LEFT JOIN users u ON u.id = i.user_id
       WHERE i.status = ? AND i.id NOT IN (SELECT id FROM issues WHERE created < 5) ORDER BY i.created DESC LIMIT 5`,
      ['open'],
    );
    expect(String(query.explain())).toMatchInlineSnapshot(`
      "tier:    incremental
      tables:  issues, users
      row key: the row keys of its tables
      order:   as the query says
      plan:
        window by LIMIT and OFFSET; keeps the window and a margin of rows behind it
        └─ order by an expression desc, row key desc
           └─ rows; those that a change affects are read anew by their keys; keeps its rows
              ├─ issues as i: hash on status = 'open'; by its own key
              ├─ users as u: changes of rows that it shows, and all that decide which it shows; by a look-up from its images
              └─ the set of an IN, kept in a TEMP table; by values of its images
                 └─ rows; made of the changed rows themselves; keeps its rows
                    └─ issues: range on created < 5; by its images"
    `);
  });
});

describe('a window', () => {
  test('takes back the row at its boundary, when that went and comes again', () => {
    db.exec('CREATE TABLE w (id INTEGER PRIMARY KEY); INSERT INTO w SELECT id FROM issues');
    const query = live<{ id: number }>(db, 'SELECT id FROM w ORDER BY id LIMIT 3', [], { schedule: 'sync' });
    query.subscribe();
    // Three rows and a margin of 50 are known: 53 is the last of them.
    db.execute('DELETE FROM w WHERE id = 53');
    db.execute('INSERT INTO w VALUES (53)');
    db.execute('DELETE FROM w WHERE id < 52');
    expect(query.value).toEqual([{ id: 52 }, { id: 53 }, { id: 54 }]);
  });
});
