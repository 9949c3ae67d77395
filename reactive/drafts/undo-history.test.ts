import { type DatabaseSync, InterfaceError } from 'freshet';
import { createUndo, type UndoOptions, type UndoState } from 'freshet/reactive';
import { describe, expect, it } from 'vitest';
import { opened } from '../../tests/support/opening.ts';
import { thrownBy } from '../../tests/support/thrown.ts';

function withNote(options: UndoOptions = {}) {
  const db = opened();
  db.exec("CREATE TABLE notes(id INTEGER PRIMARY KEY, text TEXT); INSERT INTO notes VALUES (1, '')");
  const undo = createUndo(db, options);
  const write = (text: string, label?: string): void => {
    undo.update<{ text: string }>(
      'notes',
      1,
      (note) => {
        note.text = text;
      },
      label === undefined ? {} : { label },
    );
  };
  return { db, undo, write, text: () => textOf(db) };
}

const textOf = (db: DatabaseSync): unknown => db.queryOne('SELECT text FROM notes WHERE id = 1')?.text;

describe('the history of undo', () => {
  it('puts work together that comes within the time, under one label', () => {
    let now = 0;
    const { undo, write, text } = withNote({ groupMs: 100, now: () => now });
    write('a', 'Type');
    now = 100;
    write('ab', 'Type');
    now = 150;
    write('ab!', 'Shout');
    now = 400;
    write('ab!c', 'Shout');
    expect(undo.value).toMatchObject({ depth: 3, undoLabel: 'Shout' });
    const seen = [];
    while (undo.undo()) seen.push(text());
    expect(seen).toEqual(['ab!', 'ab', '']);
  });

  it('puts work together by time alone when told to', () => {
    const { undo, write, text } = withNote({ groupMs: 100, groupBy: 'time', now: () => 0 });
    write('a', 'Type');
    write('ab', 'Shout');
    expect(undo.value.depth).toBe(1);
    undo.undo();
    expect(text()).toBe('');
    undo.redo();
    expect(text()).toBe('ab');
  });

  it('begins anew after an undo, and where others have written in between', () => {
    const { db, undo, write, text } = withNote({ groupMs: 100, now: () => 0 });
    write('a');
    undo.undo();
    undo.redo();
    write('b');
    expect(undo.value.depth).toBe(2);
    db.execute("UPDATE notes SET text = 'theirs'");
    write('c');
    expect(undo.value.depth).toBe(3);
    undo.undo();
    expect(text()).toBe('theirs');
  });

  it('keeps as many entries as it may', () => {
    const { undo, write, text } = withNote({ depth: 2 });
    for (const one of ['a', 'b', 'c']) write(one);
    expect(undo.value.depth).toBe(2);
    while (undo.undo());
    expect(text()).toBe('a');
  });

  it('forgets what could be redone when there is new work, and only then', () => {
    const { undo, write } = withNote();
    write('a');
    undo.undo();
    write('');
    expect(undo.value.canRedo).toBe(true);
    expect(() =>
      undo.transaction('Fails', (tx) => {
        tx.execute("UPDATE notes SET text = 'x'");
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(undo.value.canRedo).toBe(true);
    write('b');
    expect(undo.value).toEqual({ canUndo: true, canRedo: false, depth: 1 });
  });

  it('has nothing to undo of work that came to nothing', () => {
    const { undo } = withNote();
    undo.transaction('Nothing', (tx) => {
      tx.execute("INSERT INTO notes VALUES (2, 'x')");
      tx.execute('DELETE FROM notes WHERE id = 2');
      tx.execute("UPDATE notes SET text = 'x'");
      tx.execute("UPDATE notes SET text = ''");
    });
    expect(undo.value.canUndo).toBe(false);
  });

  it('is as it was when the commit fails', () => {
    const { db, undo, write } = withNote();
    db.exec('CREATE TABLE refs(note REFERENCES notes DEFERRABLE INITIALLY DEFERRED)');
    write('a', 'First');
    undo.undo();
    const state = undo.value;
    const error = thrownBy(() => undo.transaction('Bad', (tx) => tx.execute('INSERT INTO refs VALUES (9)')));
    expect(error).toMatchObject({ subcode: 'constraint.foreign_key' });
    expect(undo.value).toBe(state);
    expect(db.inTransaction).toBe(false);
  });

  it('tells its states once each, the present one first, until it is disposed of', () => {
    const { undo, write } = withNote();
    const states: (UndoState | 'complete')[] = [];
    undo.state.subscribe({ next: (state) => states.push(state), complete: () => states.push('complete') });
    write('a', 'A');
    write('a', 'Nothing new');
    undo.undo();
    undo.clear();
    undo.dispose();
    undo.dispose();
    expect(states).toEqual([
      { canUndo: false, canRedo: false, depth: 0 },
      { canUndo: true, canRedo: false, depth: 1, undoLabel: 'A' },
      { canUndo: false, canRedo: true, depth: 0, redoLabel: 'A' },
      { canUndo: false, canRedo: false, depth: 0 },
      'complete',
    ]);
    expect(thrownBy(() => write('b'))).toBeInstanceOf(InterfaceError);
    expect(thrownBy(() => undo.undo())).toMatchObject({ code: 'CLOSED' });
  });

  it('captures rows while it exists, and no longer', () => {
    const { db, undo } = withNote();
    const triggers = () => db.query("SELECT name FROM temp.sqlite_schema WHERE type = 'trigger'").length;
    expect(triggers()).toBeGreaterThan(0);
    undo.dispose();
    expect(triggers()).toBe(0);
  });

  it.each([
    { depth: 0 },
    { depth: 1.5 },
    { groupMs: -1 },
    { groupMs: Number.NaN },
    { onConflict: 'ask' },
    { groupBy: 'x' },
  ])('refuses the options %o', (options) => {
    expect(thrownBy(() => createUndo(opened(), options as UndoOptions))).toMatchObject({ code: 'CONFIG' });
  });
});

describe('undo within undo', () => {
  it('takes an update within a transaction for a part of it', () => {
    const { undo, write, text } = withNote();
    undo.transaction('Both', (tx) => {
      tx.execute("INSERT INTO notes VALUES (2, 'x')");
      write('a', 'Inner');
    });
    expect(undo.value).toMatchObject({ depth: 1, undoLabel: 'Both' });
    undo.undo();
    expect(text()).toBe('');
  });

  it('refuses while a transaction is open that may still be rolled back', () => {
    const { db, undo, write } = withNote();
    write('a');
    const tx = db.begin();
    expect(thrownBy(() => write('b'))).toMatchObject({ subcode: 'undo.in_transaction' });
    expect(thrownBy(() => undo.undo())).toMatchObject({ subcode: 'undo.in_transaction' });
    tx.rollback();
    undo.transaction('Inside', () => {
      expect(thrownBy(() => undo.undo())).toMatchObject({ subcode: 'undo.in_transaction' });
    });
    expect(undo.undo()).not.toBeNull();
  });

  it('refuses a transaction that its function ends, or that is asynchronous', () => {
    const { db, undo } = withNote();
    expect(thrownBy(() => undo.transaction('x', (tx) => tx.commit()))).toMatchObject({
      subcode: 'undo.ended',
    });
    const promised = thrownBy(() =>
      undo.transaction('x', async (tx) => {
        tx.execute("UPDATE notes SET text = 'x'");
      }),
    );
    expect(promised).toMatchObject({ subcode: 'transaction.async' });
    expect(undo.value.canUndo).toBe(false);
    expect(textOf(db)).toBe('');
  });

  it('lets a listener of commits undo the commit that it is told of', () => {
    const { db, undo, write, text } = withNote();
    const seen: UndoState[] = [];
    const off = db.subscribe(() => {
      seen.push(undo.value);
      if (text() === 'bad') undo.undo();
    });
    write('good', 'Good');
    write('bad', 'Bad');
    off();
    expect(text()).toBe('good');
    expect(seen.map(({ undoLabel, redoLabel }) => [undoLabel, redoLabel])).toEqual([
      ['Good', undefined],
      ['Bad', undefined],
      ['Good', 'Bad'],
    ]);
    expect(undo.value).toMatchObject({ undoLabel: 'Good', redoLabel: 'Bad' });
  });

  it('tells every observer the states in order when one of them undoes', () => {
    const { undo, write } = withNote();
    const first: number[] = [];
    const second: number[] = [];
    undo.state.subscribe(({ depth }) => {
      first.push(depth);
      if (depth === 1) undo.undo();
    });
    undo.state.subscribe(({ depth }) => second.push(depth));
    write('a');
    expect(first).toEqual([0, 1, 0]);
    expect(second).toEqual(first);
  });
});
