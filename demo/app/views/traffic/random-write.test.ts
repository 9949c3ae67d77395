import { openSync } from 'freshet';
import { expect, test } from 'vitest';
import { randomWrite } from './random-write.ts';

/** Mulberry32: the same writes in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

test('each random write changes one row, and marks it', () => {
  using db = openSync(':memory:');
  db.exec(`
    CREATE TABLE people(id INTEGER PRIMARY KEY);
    CREATE TABLE issues(id INTEGER PRIMARY KEY, title TEXT NOT NULL, priority INTEGER NOT NULL, updated INTEGER NOT NULL,
      status TEXT NOT NULL CHECK(status IN ('backlog','todo','doing','review','done')));
    CREATE TABLE comments(id INTEGER PRIMARY KEY, issue_id INTEGER NOT NULL REFERENCES issues,
      author_id INTEGER NOT NULL REFERENCES people, body TEXT NOT NULL, created INTEGER NOT NULL);
    INSERT INTO people VALUES (1), (2), (3);
  `);
  const ids = Array.from({ length: 20 }, (_, at) => [at + 1]);
  db.executeBatch("INSERT INTO issues VALUES (?, 'An issue', 1, 0, 'todo')", ids);
  const random = seeded(7);
  const kinds = new Set<string>();
  for (let mark = 1; mark <= 300; mark++) {
    const { sql, params, id, kind } = randomWrite({ issues: 20, people: 3 }, mark, random);
    kinds.add(kind);
    expect(db.execute(sql, params).changes).toBe(1);
    const marked =
      kind === 'comment'
        ? 'SELECT issue_id AS id FROM comments WHERE created = ?'
        : 'SELECT id FROM issues WHERE updated = ?';
    expect(db.query(marked, [mark])).toEqual([{ id }]);
  }
  expect([...kinds].sort()).toEqual(['comment', 'priority', 'status', 'title']);
});

test('a random write about an issue that is gone changes nothing', () => {
  using db = openSync(':memory:');
  db.exec(`
    CREATE TABLE issues(id INTEGER PRIMARY KEY, title, priority, updated, status);
    CREATE TABLE comments(id INTEGER PRIMARY KEY, issue_id, author_id, body, created);
  `);
  const random = seeded(11);
  for (let mark = 1; mark <= 50; mark++) {
    const { sql, params } = randomWrite({ issues: 5, people: 1 }, mark, random);
    expect(db.execute(sql, params).changes).toBe(0);
  }
});
