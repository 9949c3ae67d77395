import { type DatabaseSync, open } from 'freshet';
import { createUndo, UndoConflictError } from 'freshet/reactive';
import { describe, expect, it, onTestFinished } from 'vitest';
import { opened } from '../../tests/support/opening.ts';

const schema = `
  CREATE TABLE issues(id INTEGER PRIMARY KEY, title TEXT, note TEXT, comment_count INTEGER NOT NULL DEFAULT 0);
  CREATE TABLE comments(id INTEGER PRIMARY KEY, issue_id INTEGER NOT NULL REFERENCES issues, body TEXT);
  CREATE TRIGGER counted_i AFTER INSERT ON comments BEGIN
    UPDATE issues SET comment_count = comment_count + 1 WHERE id = NEW.issue_id; END;
  CREATE TRIGGER counted_d AFTER DELETE ON comments BEGIN
    UPDATE issues SET comment_count = comment_count - 1 WHERE id = OLD.issue_id; END;
  INSERT INTO issues(id, title) VALUES (1, 'One'), (2, 'Two');`;

function withIssues(): DatabaseSync {
  const db = opened();
  db.exec(schema);
  return db;
}

function refusal(call: () => unknown): UndoConflictError {
  try {
    call();
  } catch (error) {
    if (error instanceof UndoConflictError) return error;
    throw error;
  }
  return expect.fail('nothing was refused');
}

/** What was done by us, what others did then, and what merging leaves of it. */
const cases = [
  {
    name: 'a cell that others have changed',
    ours: "UPDATE issues SET title = 'Uno', note = 'n' WHERE id = 1",
    others: "UPDATE issues SET title = 'Un' WHERE id = 1",
    conflict: { table: 'issues', key: { id: 1 }, reason: 'changed', columns: ['title'] },
    merged: { sql: 'SELECT title, note FROM issues WHERE id = 1', rows: [{ title: 'Un', note: null }] },
  },
  {
    name: 'a changed row that others have deleted',
    ours: "UPDATE issues SET title = 'Uno'",
    others: 'DELETE FROM issues WHERE id = 1',
    conflict: { table: 'issues', key: { id: 1 }, reason: 'deleted', columns: [] },
    merged: { sql: 'SELECT id, title FROM issues', rows: [{ id: 2, title: 'Two' }] },
  },
  {
    name: 'an inserted row that others have changed',
    ours: "INSERT INTO issues(id, title) VALUES (3, 'Three'), (4, 'Four')",
    others: "UPDATE issues SET note = 'mine' WHERE id = 3",
    conflict: { table: 'issues', key: { id: 3 }, reason: 'changed', columns: ['note'] },
    merged: { sql: 'SELECT id FROM issues', rows: [{ id: 1 }, { id: 2 }, { id: 3 }] },
  },
  {
    name: 'a deleted row whose key others have used',
    ours: 'DELETE FROM issues',
    others: "INSERT INTO issues(id, title) VALUES (1, 'New')",
    conflict: { table: 'issues', key: { id: 1 }, reason: 'exists', columns: [] },
    merged: {
      sql: 'SELECT id, title FROM issues',
      rows: [
        { id: 1, title: 'New' },
        { id: 2, title: 'Two' },
      ],
    },
  },
  {
    name: 'a row whose old key others have used',
    ours: 'UPDATE issues SET id = 9 WHERE id = 2',
    others: "INSERT INTO issues(id, title) VALUES (2, 'New')",
    conflict: { table: 'issues', key: { id: 9 }, reason: 'exists', columns: [] },
    merged: { sql: 'SELECT id FROM issues', rows: [{ id: 1 }, { id: 2 }, { id: 9 }] },
  },
  {
    name: "an inserted row that others' rows refer to",
    ours: "INSERT INTO issues(id, title) VALUES (3, 'Three'), (4, 'Four')",
    others: 'INSERT INTO comments(issue_id) VALUES (3); UPDATE issues SET comment_count = 0 WHERE id = 3',
    conflict: { table: 'issues', key: { id: 3 }, reason: 'referenced', columns: [] },
    merged: { sql: 'SELECT id FROM issues', rows: [{ id: 1 }, { id: 2 }, { id: 3 }] },
  },
] as const;

describe('undo where others have written meanwhile', () => {
  it.each(cases)('refuses $name, and keeps it when merging', ({ ours, others, conflict, merged }) => {
    const db = withIssues();
    const undo = createUndo(db);
    undo.transaction('Work', (tx) => tx.execute(ours));
    db.exec(others);
    const before = db.query('SELECT * FROM issues');
    const error = refusal(() => undo.undo());
    expect(error.conflicts).toEqual([conflict]);
    expect(error.message).toContain(conflict.table);
    expect(db.query('SELECT * FROM issues')).toEqual(before);
    expect(undo.value).toMatchObject({ canUndo: true, canRedo: false });
    expect(undo.undo({ onConflict: 'merge' })?.conflicts).toEqual([conflict]);
    expect(db.query(merged.sql)).toEqual(merged.rows);
    expect(undo.value.canUndo).toBe(false);
  });

  it('refuses to bring back a row whose parent others have deleted', () => {
    const db = withIssues();
    db.execute("INSERT INTO comments(id, issue_id, body) VALUES (1, 1, 'a'), (2, 2, 'b')");
    const undo = createUndo(db);
    undo.transaction('Delete', (tx) => tx.execute('DELETE FROM comments'));
    db.execute('DELETE FROM issues WHERE id = 1');
    refusal(() => undo.undo());
    expect(undo.undo({ onConflict: 'merge' })?.conflicts).toContainEqual({
      table: 'comments',
      key: { id: 1 },
      reason: 'orphaned',
      columns: ['issue_id'],
    });
    expect(db.query('SELECT id, body FROM comments')).toEqual([{ id: 2, body: 'b' }]);
    expect(db.query('SELECT id, comment_count FROM issues')).toEqual([{ id: 2, comment_count: 1 }]);
  });

  it('lets triggers keep a count that others have changed, too', () => {
    const db = withIssues();
    const undo = createUndo(db, { onConflict: 'merge' });
    const comment = 'INSERT INTO comments(issue_id, body) VALUES (1, ?)';
    undo.transaction('Comment', (tx) => tx.execute(comment, ['ours']));
    db.execute(comment, ['theirs']);
    undo.undo();
    expect(db.query('SELECT body FROM comments')).toEqual([{ body: 'theirs' }]);
    expect(db.query('SELECT comment_count FROM issues WHERE id = 1')).toEqual([{ comment_count: 1 }]);
    undo.redo();
    expect(db.query('SELECT body FROM comments ORDER BY body')).toEqual([
      { body: 'ours' },
      { body: 'theirs' },
    ]);
    expect(db.query('SELECT comment_count FROM issues WHERE id = 1')).toEqual([{ comment_count: 2 }]);
  });

  it('has no quarrel with others who have done the same', () => {
    const db = withIssues();
    const undo = createUndo(db);
    undo.transaction('Work', (tx) => {
      tx.execute("UPDATE issues SET title = 'Uno', note = 'x' WHERE id = 1");
      tx.execute("INSERT INTO issues(id, title) VALUES (3, 'Three')");
    });
    db.execute("UPDATE issues SET title = 'One' WHERE id = 1");
    db.execute('DELETE FROM issues WHERE id = 3');
    expect(undo.undo()).toEqual({ label: 'Work', changes: 1, conflicts: [] });
    expect(db.query('SELECT title, note FROM issues WHERE id = 1')).toEqual([{ title: 'One', note: null }]);
  });

  it('keeps cells of the row that others alone have changed, and redo likewise', () => {
    const db = withIssues();
    const undo = createUndo(db);
    undo.transaction('Rename', (tx) => tx.execute("UPDATE issues SET title = 'Uno' WHERE id = 1"));
    db.execute("UPDATE issues SET note = 'theirs' WHERE id = 1");
    undo.undo();
    expect(db.query('SELECT title, note FROM issues WHERE id = 1')).toEqual([
      { title: 'One', note: 'theirs' },
    ]);
    db.execute("UPDATE issues SET title = 'Eins' WHERE id = 1");
    expect(refusal(() => undo.redo()).conflicts).toHaveLength(1);
    expect(undo.redo({ onConflict: 'merge' })).toMatchObject({ changes: 0 });
    expect(db.query('SELECT title FROM issues WHERE id = 1')).toEqual([{ title: 'Eins' }]);
    expect(undo.value).toMatchObject({ canUndo: false, canRedo: false });
  });

  it('goes on where a trigger stamps every write, its own too', () => {
    const db = opened();
    db.exec(`CREATE TABLE notes(id INTEGER PRIMARY KEY, text TEXT, stamp INTEGER NOT NULL DEFAULT 0);
      CREATE TABLE clock(now INTEGER); INSERT INTO clock VALUES (0);
      INSERT INTO notes(id, text) VALUES (1, 'a');
      CREATE TRIGGER stamped AFTER UPDATE ON notes BEGIN
        UPDATE clock SET now = now + 1; UPDATE notes SET stamp = (SELECT now FROM clock) WHERE id = NEW.id; END;`);
    const undo = createUndo(db);
    for (const text of ['b', 'c', 'd']) {
      undo.transaction(text, (tx) => tx.execute('UPDATE notes SET text = ? WHERE id = 1', [text]));
    }
    const texts: unknown[] = [];
    const look = (): void => void texts.push(db.queryOne('SELECT text FROM notes')?.text);
    for (let i = 0; i < 3; i++) {
      undo.undo();
      look();
    }
    for (let i = 0; i < 3; i++) {
      undo.redo();
      look();
    }
    undo.undo();
    look();
    expect(texts).toEqual(['c', 'b', 'a', 'b', 'c', 'd', 'c']);
  });

  it('is the same through the asynchronous database', async () => {
    const db = await open(':memory:');
    onTestFinished(() => db.close());
    await db.exec(schema);
    const undo = createUndo(db);
    await undo.transaction('Work', (tx) =>
      tx.execute("UPDATE issues SET title = 'Uno', note = 'n' WHERE id = 1"),
    );
    await db.execute("UPDATE issues SET title = 'Un' WHERE id = 1");
    const refused = undo.undo();
    await expect(refused).rejects.toBeInstanceOf(UndoConflictError);
    await expect(refused).rejects.toMatchObject({ conflicts: [{ columns: ['title'], key: { id: 1 } }] });
    expect(undo.value.canUndo).toBe(true);
    expect(db.inTransaction).toBe(false);
    await undo.undo({ onConflict: 'merge' });
    expect(await db.query('SELECT title, note FROM issues WHERE id = 1')).toEqual([
      { title: 'Un', note: null },
    ]);
    await undo.redo();
    expect(await db.query('SELECT title, note FROM issues WHERE id = 1')).toEqual([
      { title: 'Un', note: 'n' },
    ]);
  });
});
