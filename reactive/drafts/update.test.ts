import { type Database, type DatabaseSync, open } from 'freshet';
import { update } from 'freshet/reactive';
import { describe, expect, it, onTestFinished } from 'vitest';
import { opened } from '../../tests/support/opening.ts';
import { rejectionOf, thrownBy } from '../../tests/support/thrown.ts';

interface Issue {
  id: number;
  title: string;
  meta: { tags: string[]; [key: string]: unknown };
  note: string | null;
}

const schema = `CREATE TABLE issues(id INTEGER PRIMARY KEY, title TEXT NOT NULL, meta JSON NOT NULL DEFAULT '{"tags":[]}', note TEXT);
  INSERT INTO issues VALUES (1, 'One', '{"tags":["a","b"],"n":1}', NULL), (2, 'Two', '{"tags":[]}', 'x');`;

function withIssues(more = ''): DatabaseSync {
  const db = opened();
  db.exec(schema + more);
  return db;
}

const metaOf = (db: DatabaseSync, id = 1): unknown =>
  JSON.parse(String(db.queryOne('SELECT meta FROM issues WHERE id = ?', [id])?.meta));

describe('update', () => {
  it('writes the columns that the draft has changed, and no other', () => {
    const db = withIssues();
    const result = update<Issue>(db, 'issues', 1, (issue) => {
      issue.title = 'Uno';
      issue.note = null;
    });
    expect(result).toEqual({
      changes: 1,
      patches: [{ op: 'replace', path: ['title'], value: 'Uno' }],
      inverse: [{ op: 'replace', path: ['title'], value: 'One' }],
      sql: ['UPDATE "issues" SET "title" = ? WHERE "id" = ?'],
    });
    expect(db.queryOne('SELECT title FROM issues WHERE id = 1')).toEqual({ title: 'Uno' });
  });

  it('edits JSON inside of its column', () => {
    const db = withIssues();
    const result = update<Issue>(db, 'issues', 1, ({ meta }) => {
      meta.tags.push('c');
      meta.n = 2;
      meta.due = { day: 3 };
    });
    expect(result.sql).toEqual([
      'UPDATE "issues" SET "meta" = json_insert(json_set("meta", ?, json(?)), ?, json(?), ?, json(?)) WHERE "id" = ?',
    ]);
    expect(metaOf(db)).toEqual({ tags: ['a', 'b', 'c'], n: 2, due: { day: 3 } });
    update<Issue>(db, 'issues', 1, ({ meta }) => {
      meta.tags.shift();
      delete meta.due;
    });
    expect(metaOf(db)).toEqual({ tags: ['b', 'c'], n: 2 });
  });

  it('works through the asynchronous database and its transactions', async () => {
    const db = await asynchronous();
    const result = await update<Issue>(db, 'issues', 1, (issue) => issue.meta.tags.push('c'));
    expect(result.changes).toBe(1);
    await db.transaction(async (tx) => {
      await update<Issue>(tx, 'issues', [1, 2], (issue) => {
        issue.title += '!';
      });
    });
    expect(await db.query('SELECT title, meta FROM issues')).toEqual([
      { title: 'One!', meta: '{"tags":["a","b","c"],"n":1}' },
      { title: 'Two!', meta: '{"tags":[]}' },
    ]);
    expect(await rejectionOf(update(db, 'issues', 3, () => {}))).toMatchObject({ code: 'NO_ROW' });
    expect(await rejectionOf(update<Issue>(db, 'issues', 1, async () => {}))).toMatchObject({
      subcode: 'draft.async',
    });
    expect(db.inTransaction).toBe(false);
  });

  it('has no row', () => {
    expect(thrownBy(() => update(withIssues(), 'issues', 9, () => {}))).toMatchObject({ code: 'NO_ROW' });
  });
});

async function asynchronous(): Promise<Database> {
  const db = await open(':memory:');
  onTestFinished(() => db.close());
  await db.exec(schema);
  return db;
}
