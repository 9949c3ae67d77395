import { type Database, type DatabaseSync, open } from 'freshet';
import { createUndo, type Undo } from 'freshet/reactive';
import { describe, expect, it, onTestFinished } from 'vitest';
import { opened } from '../../tests/support/opening.ts';
import { thrownBy } from '../../tests/support/thrown.ts';

const handles: readonly [string, () => DatabaseSync | Promise<Database>][] = [
  ['in this thread', () => opened()],
  [
    'in another thread',
    async () => {
      const db = await open(':memory:');
      onTestFinished(() => db.close());
      return db;
    },
  ],
];

/** Everything in `t`, with types. */
async function contents(db: DatabaseSync | Database): Promise<unknown> {
  const { rows } = await db.queryRaw('SELECT *, typeof(k) FROM t ORDER BY 1, 2');
  return rows;
}

async function undoneAndRedone(db: DatabaseSync | Database, ddl: string, work: string): Promise<void> {
  await db.exec(ddl);
  const before = await contents(db);
  const undo: Undo = createUndo(db);
  await undo.transaction('work', (tx) => tx.execute(work));
  const after = await contents(db);
  expect(after).not.toEqual(before);
  await undo.undo();
  expect(await contents(db)).toEqual(before);
  await undo.redo();
  expect(await contents(db)).toEqual(after);
  await undo.undo();
  expect(await contents(db)).toEqual(before);
  expect(await db.query('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
}

const apple = "INSERT INTO t(k, v) VALUES ('apple', 1), ('pear', 2)";
const spelled = {
  'a new spelling of a key': [
    `CREATE TABLE t(k TEXT COLLATE NOCASE PRIMARY KEY, v) WITHOUT ROWID; ${apple}`,
    "UPDATE t SET k = 'Apple' WHERE k = 'apple'",
  ],
  'a new spelling in a table with a rowid': [
    `CREATE TABLE t(k TEXT COLLATE NOCASE PRIMARY KEY, v); ${apple}`,
    "UPDATE t SET k = 'Apple' WHERE k = 'apple'",
  ],
  'a REPLACE by a row with another spelling': [
    `CREATE TABLE t(k TEXT COLLATE NOCASE PRIMARY KEY, v); ${apple}`,
    "INSERT OR REPLACE INTO t VALUES ('APPLE', 2)",
  ],
  'spaces at the end of a key': [
    `CREATE TABLE t(k TEXT COLLATE RTRIM PRIMARY KEY, v); ${apple}`,
    "UPDATE t SET k = 'apple  ' WHERE k = 'apple'",
  ],
  'a new spelling of a part of a key': [
    `CREATE TABLE t(k TEXT COLLATE NOCASE, v, w, PRIMARY KEY(v, k)) WITHOUT ROWID; ${apple}`,
    "UPDATE t SET k = 'Apple' WHERE v = 1",
  ],
  'a key of another type with the same value': [
    'CREATE TABLE t(k PRIMARY KEY, v) WITHOUT ROWID; INSERT INTO t VALUES (1, 1)',
    'UPDATE t SET k = 1.0',
  ],
  "rows that the key's collation tells apart and the column's does not": [
    `CREATE TABLE t(k TEXT COLLATE NOCASE, v, PRIMARY KEY(k COLLATE BINARY)) WITHOUT ROWID;
     INSERT INTO t VALUES ('a', 1), ('A', 2)`,
    "UPDATE t SET v = 3 WHERE k = 'A' COLLATE BINARY",
  ],
  "rows that the key's collation holds equal and the column's does not": [
    `CREATE TABLE t(k TEXT, v, PRIMARY KEY(k COLLATE NOCASE)); ${apple}`,
    "UPDATE t SET k = 'PEAR', v = 3 WHERE k = 'pear'",
  ],
  'a key that becomes NULL': [`CREATE TABLE t(k TEXT PRIMARY KEY, v); ${apple}`, 'UPDATE t SET k = NULL'],
  'a key that was NULL': [
    'CREATE TABLE t(k TEXT PRIMARY KEY, v); INSERT INTO t VALUES (NULL, 1), (NULL, 2)',
    "UPDATE t SET k = 'a' WHERE v = 1",
  ],
  'a part of a key that was NULL, and its rowid': [
    'CREATE TABLE t(k, v, PRIMARY KEY(k, v)); INSERT INTO t VALUES (NULL, 1), (2, NULL), (3, 3)',
    'UPDATE t SET k = k + 1, rowid = rowid + 10',
  ],
  'the rowid of a row whose key is NULL': [
    'CREATE TABLE t(k TEXT PRIMARY KEY, v); INSERT INTO t VALUES (NULL, 1)',
    "UPDATE t SET rowid = 7, v = 'moved'",
  ],
  'a row without a key, deleted': [
    'CREATE TABLE t(k TEXT PRIMARY KEY, v); INSERT INTO t VALUES (NULL, 1), (NULL, 1)',
    'DELETE FROM t WHERE rowid = 1',
  ],
} as const;

describe.each(handles)('undo %s', (_, database) => {
  it.each(Object.entries(spelled))('takes back %s', async (_, [ddl, work]) => {
    await undoneAndRedone(await database(), ddl, work);
  });

  const audits = {
    'keys that are given out again': 'k INTEGER PRIMARY KEY, note, text',
    'keys that are not': 'k INTEGER PRIMARY KEY AUTOINCREMENT, note, text',
    'another unique column': 'k INTEGER PRIMARY KEY, note, text UNIQUE',
  };
  it.each(Object.entries(audits))('and redo follow a trigger that logs, with %s', async (_, columns) => {
    const db = await database();
    await db.exec(`CREATE TABLE notes(id INTEGER PRIMARY KEY, text TEXT); INSERT INTO notes VALUES (1, 'Milk'), (2, 'Tea');
      CREATE TABLE t(${columns});
      CREATE TRIGGER added AFTER INSERT ON notes BEGIN INSERT INTO t(note, text) VALUES (new.id, new.text); END;
      CREATE TRIGGER removed AFTER DELETE ON notes BEGIN INSERT INTO t(note, text) VALUES (old.id, old.text || '-'); END;
      CREATE TRIGGER changed AFTER UPDATE ON notes BEGIN INSERT INTO t(note, text) VALUES (new.id, new.text); END`);
    const undo: Undo = createUndo(db);
    const states: unknown[] = [];
    const note = async (): Promise<unknown> => [await db.query('SELECT * FROM notes'), await contents(db)];
    states.push(await note());
    const works = [
      "UPDATE notes SET text = 'Oat milk' WHERE id = 1",
      "INSERT INTO notes VALUES (3, 'Rice'), (4, 'Salt')",
      'DELETE FROM notes WHERE id = 2',
    ];
    for (const work of works) {
      await undo.transaction('work', (tx) => tx.execute(work));
      states.push(await note());
    }
    for (let round = 0; round < 2; round++) {
      for (const state of states.slice(0, -1).reverse()) {
        await undo.undo();
        expect(await note()).toEqual(state);
      }
      for (const state of states.slice(1)) {
        await undo.redo();
        expect(await note()).toEqual(state);
      }
    }
  });

  it('refuses to record rows of a table whose columns hide the rowid, since nothing tells them apart', async () => {
    const db = await database();
    await db.exec(
      'CREATE TABLE t(k, rowid, oid, _rowid_, PRIMARY KEY(k)); INSERT INTO t(k) VALUES (NULL), (1)',
    );
    const undo: Undo = createUndo(db);
    const refused = async (): Promise<unknown> =>
      undo.transaction('work', (tx) => tx.execute('UPDATE t SET oid = 2 WHERE k IS NULL'));
    await expect(refused()).rejects.toMatchObject({ code: 'UNDO', subcode: 'undo.not_recorded' });
    expect(await db.query('SELECT oid FROM t ORDER BY k')).toEqual([{ oid: null }, { oid: null }]);
  });

  it.each([Number.NaN, 5, null, {}, Symbol('label')])('refuses the label %s', async (label) => {
    const db = await database();
    await db.exec('CREATE TABLE t(k INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 1)');
    const undo: Undo = createUndo(db);
    const labelled = async (): Promise<unknown> =>
      undo.transaction(label as string, (tx) => tx.execute('UPDATE t SET v = 2'));
    await expect(labelled()).rejects.toMatchObject({ code: 'CONFIG' });
    expect(await db.query('SELECT v FROM t')).toEqual([{ v: 1 }]);
    expect(undo.value.canUndo).toBe(false);
  });
});

describe('the state of undo', () => {
  it('is the same object until it changes, in the middle of a commit too', () => {
    const db = opened();
    db.exec('CREATE TABLE t(k INTEGER PRIMARY KEY)');
    const undo = createUndo(db);
    const seen: unknown[] = [];
    db.subscribe(() => seen.push(undo.value, undo.value));
    undo.state.subscribe((state) => expect(state).toBe(undo.value));
    undo.transaction('Add', (tx) => tx.execute('INSERT INTO t DEFAULT VALUES'));
    expect(seen[0]).toMatchObject({ canUndo: true, undoLabel: 'Add' });
    expect(seen[0]).toBe(seen[1]);
    expect(undo.value).toBe(seen[0]);
  });

  it('is the object that it was where the transaction failed', () => {
    const db = opened();
    db.exec(`CREATE TABLE p(k INTEGER PRIMARY KEY);
      CREATE TABLE t(k INTEGER PRIMARY KEY, p REFERENCES p DEFERRABLE INITIALLY DEFERRED)`);
    const undo = createUndo(db);
    const before = undo.value;
    const failed = thrownBy(() => undo.transaction('Add', (tx) => tx.execute('INSERT INTO t VALUES (1, 1)')));
    expect(failed).toMatchObject({ code: 'CONSTRAINT' });
    expect(undo.value).toBe(before);
  });
});
