import { openSync } from 'freshet';
import { describe, expect, test } from 'vitest';
import { nearest, problemOf, type Schema } from './problem.ts';

const schema: Schema = new Map([
  ['issues', ['id', 'title', 'status']],
  ['people', ['id', 'name']],
]);

/** The error of SQLite itself. */
function problem(sql: string) {
  using db = openSync(':memory:');
  db.exec('CREATE TABLE issues(id INTEGER PRIMARY KEY, title UNIQUE, status); CREATE TABLE people(id, name)');
  try {
    db.execute(sql);
  } catch (error) {
    return problemOf(error, sql, schema);
  }
  throw new Error(`SQLite takes ${sql}`);
}

describe('a problem', () => {
  test('names the column that was meant, and where', () => {
    const sql = "SELECT 'titel', i.titel FROM issues i";
    const { message, hint, span } = problem(sql);
    expect(message).toContain('no such column: i.titel');
    expect(hint).toBe('Did you mean title?');
    expect(span).toEqual({ from: 9 + 7 + 2, to: 23 });
    expect(sql.slice(span?.from, span?.to)).toBe('titel');
  });

  test('names the table that was meant, and where', () => {
    const { hint, span } = problem('SELECT * FROM isues');
    expect(hint).toBe('Did you mean issues?');
    expect(span).toEqual({ from: 14, to: 19 });
  });

  test('has no place where none can be told, but the code', () => {
    const { hint, span } = problem("INSERT INTO issues VALUES (1, 'a', 0), (2, 'a', 0)");
    expect(hint).toBe('Code constraint.unique, of issues.title.');
    expect(span).toBeUndefined();
  });

  test('says nothing of names that are far away', () => {
    expect(problem('SELECT qwertyuiop FROM issues').hint).toContain('Ctrl+Space');
  });
});

test('the nearest name has the fewest edits', () => {
  expect(nearest('Staus', ['title', 'status'])).toBe('status');
  expect(nearest('stauts', ['status'])).toBe('status');
  expect(nearest('x', ['id', 'name'])).toBeUndefined();
});
