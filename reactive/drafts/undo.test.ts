import { type Database, type DatabaseSync, open } from 'freshet';
import { createUndo, type UndoConflictError, type UndoState } from 'freshet/reactive';
import { describe, expect, it, onTestFinished } from 'vitest';
import { opened } from '../../tests/support/opening.ts';
import { thrownBy } from '../../tests/support/thrown.ts';

const schema = `
  CREATE TABLE teams(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
  CREATE TABLE issues(id INTEGER PRIMARY KEY, title TEXT NOT NULL, any, team_id INTEGER REFERENCES teams);
  CREATE TABLE comments(id INTEGER PRIMARY KEY, issue_id INTEGER NOT NULL REFERENCES issues ON DELETE CASCADE, body TEXT);
  CREATE VIRTUAL TABLE search USING fts5(title, content='issues', content_rowid='id');
  CREATE TRIGGER search_i AFTER INSERT ON issues BEGIN INSERT INTO search(rowid, title) VALUES (NEW.id, NEW.title); END;
  CREATE TRIGGER search_d AFTER DELETE ON issues BEGIN
    INSERT INTO search(search, rowid, title) VALUES ('delete', OLD.id, OLD.title); END;
  CREATE TRIGGER search_u AFTER UPDATE ON issues BEGIN
    INSERT INTO search(search, rowid, title) VALUES ('delete', OLD.id, OLD.title);
    INSERT INTO search(rowid, title) VALUES (NEW.id, NEW.title); END;
  INSERT INTO teams VALUES (1, 'red'), (2, 'blue');
  INSERT INTO issues VALUES (1, 'One', 1.0, 1), (2, 'Two', 1, 1), (3, 'Three', x'00ff', 2);
  INSERT INTO comments VALUES (1, 3, 'Hm'), (2, 3, 'Oh'), (3, 1, 'Ah');`;

function withIssues(more = ''): DatabaseSync {
  const db = opened();
  db.exec(schema + more);
  return db;
}

/** Everything, with types. */
const dump = (db: DatabaseSync): unknown => ({
  teams: db.query('SELECT * FROM teams ORDER BY id'),
  comments: db.query('SELECT * FROM comments ORDER BY id'),
  issues: db.query('SELECT *, typeof(any) AS type FROM issues ORDER BY id'),
  found: db.query(`SELECT rowid FROM search WHERE search MATCH 'one OR two OR three OR uno' ORDER BY rowid`),
});

describe('undo', () => {
  it('takes back what a transaction did, and redo does it again', () => {
    const db = withIssues();
    const undo = createUndo(db);
    const first = dump(db);
    undo.transaction('Tidy up', (tx) => {
      tx.execute("UPDATE issues SET title = 'Uno', any = 1 WHERE id = 1");
      tx.execute('DELETE FROM issues WHERE id = 3');
      tx.execute("INSERT INTO issues VALUES (9, 'Nine', 9007199254740993, NULL)");
    });
    const last = dump(db);
    expect(last).not.toEqual(first);
    expect(undo.value).toEqual({ canUndo: true, canRedo: false, undoLabel: 'Tidy up', depth: 1 });
    expect(undo.undo()).toEqual({ label: 'Tidy up', changes: 5, conflicts: [] });
    expect(dump(db)).toEqual(first);
    expect(undo.value).toEqual({ canUndo: false, canRedo: true, redoLabel: 'Tidy up', depth: 0 });
    undo.redo();
    expect(dump(db)).toEqual(last);
    undo.undo();
    expect(dump(db)).toEqual(first);
    expect(undo.undo()).toBeNull();
  });

  it('refuses where others have changed the same cells, and merges when told to', () => {
    const db = withIssues();
    const undo = createUndo(db);
    undo.transaction('Rename', (tx) => tx.execute("UPDATE issues SET title = 'Uno', any = 5 WHERE id = 1"));
    db.execute("UPDATE issues SET title = 'Un', team_id = 2 WHERE id = 1");
    const error = thrownByUndo(() => undo.undo());
    expect(error).toMatchObject({ code: 'UNDO', subcode: 'undo.conflict', table: 'issues', column: 'title' });
    expect(error.conflicts).toEqual([
      { table: 'issues', key: { id: 1 }, reason: 'changed', columns: ['title'] },
    ]);
    expect(undo.value.canUndo).toBe(true);
    expect(undo.undo({ onConflict: 'merge' })).toMatchObject({ changes: 1, conflicts: error.conflicts });
    expect(db.queryOne('SELECT * FROM issues WHERE id = 1')).toEqual({
      id: 1,
      title: 'Un',
      any: 1,
      team_id: 2,
    });
  });

  it('gives back unique values and keys that rows have exchanged', () => {
    const db = withIssues();
    const undo = createUndo(db);
    const first = dump(db);
    undo.transaction('Exchange', (tx) => {
      tx.execute("UPDATE teams SET name = 'x' WHERE id = 1");
      tx.execute("UPDATE teams SET name = 'red' WHERE id = 2");
      tx.execute("UPDATE teams SET name = 'blue' WHERE id = 1");
      for (const [to, from] of [
        [9, 3],
        [3, 1],
        [1, 9],
      ] as const) {
        tx.execute('PRAGMA defer_foreign_keys = ON');
        tx.execute('UPDATE issues SET id = ? WHERE id = ?', [to, from]);
      }
    });
    const last = dump(db);
    undo.undo();
    expect(dump(db)).toEqual(first);
    undo.redo();
    expect(dump(db)).toEqual(last);
  });

  it('tells buttons', () => {
    const db = withIssues();
    const undo = createUndo(db);
    const states: UndoState[] = [];
    undo.state.subscribe((state) => states.push(state));
    undo.update<{ title: string }>('issues', 1, (issue) => {
      issue.title = 'Uno';
    });
    undo.undo();
    expect(states.map(({ canUndo, canRedo }) => [canUndo, canRedo])).toEqual([
      [false, false],
      [true, false],
      [false, true],
    ]);
  });

  it('is there for the asynchronous database', async () => {
    const db = await asynchronous();
    const undo = createUndo(db);
    onTestFinished(() => undo.dispose());
    const rows = () => db.query('SELECT *, typeof(any) AS type FROM issues ORDER BY id');
    const first = await rows();
    await undo.update<{ title: string }>('issues', 1, (issue) => {
      issue.title = 'Uno';
    });
    await undo.transaction('Delete', (tx) => tx.execute('DELETE FROM issues'));
    expect(undo.value).toMatchObject({ canUndo: true, depth: 2, undoLabel: 'Delete' });
    expect(await db.query('SELECT id FROM issues')).toEqual([]);
    await Promise.all([undo.undo(), undo.undo()]);
    expect(await rows()).toEqual(first);
    await Promise.all([undo.redo(), undo.redo()]);
    expect(await db.query('SELECT id FROM issues')).toEqual([]);
  });

  it('is as it was when the commit of the asynchronous database fails', async () => {
    const db = await asynchronous();
    await db.exec('CREATE TABLE refs(issue REFERENCES issues DEFERRABLE INITIALLY DEFERRED)');
    const undo = createUndo(db);
    await undo.update<{ title: string }>('issues', 1, (issue) => {
      issue.title = 'Uno';
    });
    await undo.undo();
    const state = undo.value;
    const failing = undo.transaction('Bad', (tx) => tx.execute('INSERT INTO refs VALUES (99)'));
    await expect(failing).rejects.toMatchObject({ subcode: 'constraint.foreign_key' });
    expect(undo.value).toBe(state);
    await undo.redo();
    expect(await db.query('SELECT title FROM issues WHERE id = 1')).toEqual([{ title: 'Uno' }]);
  });

  it('refuses work that it could not take back', () => {
    const db = withIssues();
    const undo = createUndo(db);
    expect(thrownBy(() => undo.transaction('x', (tx) => tx.exec('CREATE TABLE t(a)')))).toMatchObject({
      subcode: 'undo.not_recorded',
    });
    expect(db.query("SELECT * FROM sqlite_schema WHERE name = 't'")).toEqual([]);
  });
});

function thrownByUndo(call: () => unknown): UndoConflictError {
  try {
    call();
  } catch (error) {
    return error as UndoConflictError;
  }
  return expect.fail('nothing was thrown');
}

async function asynchronous(): Promise<Database> {
  const db = await open(':memory:');
  onTestFinished(() => db.close());
  await db.exec(schema);
  return db;
}
