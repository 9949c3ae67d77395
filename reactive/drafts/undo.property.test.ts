import fc from 'fast-check';
import { type Database, type DatabaseSync, FreshetError, open, type SqlValue } from 'freshet';
import { createUndo, type Undo } from 'freshet/reactive';
import { describe, expect, it } from 'vitest';
import { TransactionSync } from '../../core/transaction-sync.ts';
import { opened } from '../../tests/support/opening.ts';

/** Replays a failure: fast-check prints the seed of one, and FRESHET_SEED sets it. */
const seeded = <T>(numRuns: number): fc.Parameters<T> =>
  process.env.FRESHET_SEED === undefined ? { numRuns } : { numRuns, seed: Number(process.env.FRESHET_SEED) };

/**
 * Every kind of key, those that can be spelled in several ways or be NULL among them; foreign keys that act, unique
 * values that can be exchanged, triggers that count and log, into keys that are given out again too.
 */
const schema = `
  CREATE TABLE parents(id INTEGER PRIMARY KEY, u UNIQUE, v, twice AS (v || v));
  CREATE TABLE children(name TEXT PRIMARY KEY, parent REFERENCES parents(u) ON DELETE CASCADE ON UPDATE CASCADE, v);
  CREATE TABLE owned(id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents ON DELETE SET NULL, v);
  CREATE TABLE pairs(a, b, v, PRIMARY KEY (a, b)) WITHOUT ROWID;
  CREATE TABLE plain(v, w REAL, x INTEGER);
  CREATE TABLE counts(name TEXT PRIMARY KEY, n INTEGER NOT NULL DEFAULT 0);
  CREATE TABLE log(id INTEGER PRIMARY KEY AUTOINCREMENT, what);
  CREATE TABLE tags(k TEXT COLLATE NOCASE PRIMARY KEY, v);
  CREATE TABLE words(k COLLATE RTRIM PRIMARY KEY, v, token UNIQUE COLLATE NOCASE);
  CREATE TABLE apart(a TEXT COLLATE NOCASE, b, v, PRIMARY KEY (a COLLATE RTRIM, b)) WITHOUT ROWID;
  CREATE TABLE loose(a, b, v, rowid, PRIMARY KEY (a, b));
  CREATE TABLE audit(id INTEGER PRIMARY KEY, what, token UNIQUE);
  INSERT INTO counts VALUES ('plain', 0), ('pairs', 0);
  CREATE TRIGGER tags_i AFTER INSERT ON tags BEGIN INSERT INTO audit(what) VALUES ('+' || NEW.k); END;
  CREATE TRIGGER tags_u AFTER UPDATE ON tags BEGIN
    INSERT OR IGNORE INTO audit(what, token) VALUES (OLD.k || NEW.k, NEW.v); END;
  CREATE TRIGGER tags_d AFTER DELETE ON tags BEGIN INSERT INTO audit(what) VALUES ('-' || OLD.k); END;
  CREATE TRIGGER plain_i AFTER INSERT ON plain BEGIN UPDATE counts SET n = n + 1 WHERE name = 'plain'; END;
  CREATE TRIGGER plain_d AFTER DELETE ON plain BEGIN UPDATE counts SET n = n - 1 WHERE name = 'plain'; END;
  CREATE TRIGGER pairs_u AFTER UPDATE OF v ON pairs BEGIN
    INSERT INTO log(what) VALUES (NEW.v); UPDATE counts SET n = n + 1 WHERE name = 'pairs'; END;`;

const tables = [
  'parents',
  'children',
  'owned',
  'pairs',
  'plain',
  'counts',
  'log',
  'tags',
  'words',
  'apart',
  'loose',
  'audit',
] as const;

const value: fc.Arbitrary<SqlValue> = fc.constantFrom<SqlValue>(
  null,
  0,
  1,
  2,
  3,
  1.5,
  -0,
  1e300,
  2n ** 62n,
  '',
  '1',
  'a',
  'é\u0000b',
  new Uint8Array([0, 255]),
  new Uint8Array(),
);
/** As a value of SQL: 1.0 can't be bound. */
const term = fc.constantFrom('?', '?', 'CAST(? AS REAL)');
const small = fc.integer({ min: 1, max: 4 });
const spelled = fc.constantFrom<SqlValue>(
  'a',
  'A',
  'a ',
  'A  ',
  'b',
  'B',
  'a\u0000b',
  'A\u0000c',
  '1',
  1,
  null,
);

interface Change {
  readonly sql: string;
  readonly params: SqlValue[];
}

const change: fc.Arbitrary<Change> = fc
  .tuple(fc.nat(39), value, value, term, small, small, spelled, spelled)
  .map(([kind, v, w, t, i, j, k, l]): Change => {
    const changes: Change[] = [
      { sql: `INSERT INTO parents(id, u, v) VALUES (?, ?, ${t})`, params: [i, j, v] },
      { sql: `UPDATE parents SET v = ${t} WHERE id = ?`, params: [v, i] },
      { sql: 'UPDATE parents SET u = ? WHERE id = ?', params: [j, i] },
      { sql: 'UPDATE parents SET u = -u', params: [] },
      { sql: 'UPDATE parents SET id = id + 10 WHERE id = ?', params: [i] },
      { sql: 'DELETE FROM parents WHERE id = ?', params: [i] },
      { sql: 'REPLACE INTO parents(id, u, v) VALUES (?, ?, ?)', params: [i, j, v] },
      { sql: `INSERT INTO children VALUES (?, ?, ${t})`, params: [String(i), j, v] },
      { sql: 'UPDATE children SET parent = ?, v = ? WHERE name = ?', params: [j, v, String(i)] },
      { sql: 'UPDATE children SET name = ? WHERE name = ?', params: [String(j), String(i)] },
      { sql: 'DELETE FROM children WHERE name = ?', params: [String(i)] },
      { sql: 'INSERT INTO owned(parent, v) VALUES (?, ?)', params: [i, v] },
      { sql: 'DELETE FROM owned WHERE id = ?', params: [i] },
      { sql: `INSERT INTO pairs VALUES (?, ?, ${t})`, params: [i, j, v] },
      { sql: `UPDATE pairs SET v = ${t} WHERE a = ?`, params: [v, i] },
      { sql: 'UPDATE pairs SET a = b, b = a WHERE a <> b', params: [] },
      { sql: 'DELETE FROM pairs WHERE b = ?', params: [j] },
      { sql: `INSERT INTO plain VALUES (${t}, ?, ?)`, params: [v, w, i] },
      { sql: `UPDATE plain SET v = ${t}, w = ? WHERE x = ?`, params: [v, w, i] },
      { sql: 'DELETE FROM plain WHERE x = ?', params: [i] },
      { sql: 'UPDATE plain SET rowid = rowid + 100 WHERE x = ?', params: [i] },
      { sql: 'INSERT OR IGNORE INTO pairs SELECT a, b + 1, v FROM pairs', params: [] },
      { sql: 'INSERT INTO parents(id, u) VALUES (?1, ?1), (?1 + 1, ?1 + 1)', params: [i] },
      // After the one that makes them negative it exchanges them.
      { sql: 'UPDATE parents SET u = 5 + u WHERE u < 0', params: [] },
      { sql: 'INSERT INTO tags VALUES (?, ?)', params: [k, v] },
      { sql: 'UPDATE tags SET k = ? WHERE k = ?', params: [k, l] },
      { sql: 'UPDATE tags SET v = ?', params: [j] },
      { sql: 'REPLACE INTO tags VALUES (?, ?)', params: [k, v] },
      { sql: 'DELETE FROM tags WHERE k = ?', params: [k] },
      { sql: 'DELETE FROM audit WHERE id = ?', params: [i] },
      { sql: `REPLACE INTO words VALUES (${t}, ?, ?)`, params: [k, v, l] },
      { sql: 'UPDATE words SET k = ? WHERE k = ?', params: [k, l] },
      { sql: `UPDATE words SET k = ${t}`, params: [i] },
      { sql: 'UPDATE words SET token = ? WHERE k = ?', params: [l, k] },
      { sql: `INSERT INTO apart VALUES (?, ${t}, ?)`, params: [k, i, v] },
      { sql: `UPDATE apart SET a = ?, b = ${t} WHERE a = ?`, params: [k, i, l] },
      { sql: `INSERT INTO loose(a, b, v) VALUES (?, ${t}, ?)`, params: [k, i, v] },
      { sql: 'UPDATE loose SET a = ?, v = ? WHERE a IS ?', params: [k, v, l] },
      { sql: 'UPDATE loose SET a = NULL, oid = oid + 10 WHERE a IS ?', params: [k] },
      { sql: 'DELETE FROM loose WHERE a IS ?', params: [k] },
    ];
    return changes[kind] as Change;
  });

type AnyDatabase = DatabaseSync | Database;

/** Everything there is, with types; the rowid too, where it says which row it is. */
async function dump(db: AnyDatabase): Promise<unknown> {
  const all: unknown[] = [];
  for (const table of tables) {
    const columns = await db.query<{ name: string }>('SELECT name FROM pragma_table_xinfo(?)', [table]);
    const names = [...(table === 'plain' ? ['rowid'] : []), ...columns.map(({ name }) => name)];
    const terms = names.map((name) => `typeof(${name}), quote(${name})`);
    const { rows } = await db.queryRaw(`SELECT ${terms} FROM ${table} ORDER BY ${terms}`);
    all.push(rows.map((row) => row.join(' ')));
  }
  return all;
}

/** Some changes aren't possible at the time. */
function isImpossible(error: unknown): boolean {
  return error instanceof FreshetError && error.code === 'CONSTRAINT';
}

function tried(call: () => unknown): void {
  try {
    call();
  } catch (error) {
    if (!isImpossible(error)) throw error;
  }
}

async function triedLater(call: () => unknown): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (!isImpossible(error)) throw error;
  }
}

/** One transaction, in which each change is made if it can be. */
async function record(undo: Undo, changes: readonly Change[]): Promise<void> {
  await triedLater(() =>
    undo.transaction('some', (tx) => {
      if (tx instanceof TransactionSync) {
        for (const { sql, params } of changes) tried(() => tx.savepoint(() => tx.execute(sql, params)));
        return undefined;
      }
      return (async () => {
        for (const { sql, params } of changes)
          await triedLater(() => tx.savepoint(() => tx.execute(sql, params)));
      })();
    }),
  );
}

/** Undoes and redoes as `walk` says, and then all the way, comparing every state that comes with the one that was. */
async function check(
  db: AnyDatabase,
  before: readonly Change[],
  transactions: readonly (readonly Change[])[],
  walk: readonly boolean[],
): Promise<void> {
  await db.exec(schema);
  for (const { sql, params } of before) await triedLater(() => db.execute(sql, params));
  const undo: Undo = createUndo(db);
  const states = [await dump(db)];
  for (const changes of transactions) {
    const { depth } = undo.value;
    await record(undo, changes);
    if (undo.value.depth > depth) states.push(await dump(db));
    else expect(await dump(db)).toEqual(states.at(-1));
  }
  let at = states.length - 1;
  const go = async (isBack: boolean): Promise<void> => {
    const isPossible = isBack ? at > 0 : at < states.length - 1;
    expect(isBack ? undo.value.canUndo : undo.value.canRedo).toBe(isPossible);
    const done = await (isBack ? undo.undo() : undo.redo());
    expect(done === null).toBe(!isPossible);
    if (isPossible) at += isBack ? -1 : 1;
    expect(await dump(db)).toEqual(states[at]);
    expect(await db.query('PRAGMA foreign_key_check')).toEqual([]);
  };
  for (const isBack of walk) await go(isBack);
  while (at > 0) await go(true);
  while (at < states.length - 1) await go(false);
  while (at > 0) await go(true);
  undo.dispose();
  await db.close();
}

const program = [
  fc.array(change, { maxLength: 8 }),
  fc.array(fc.array(change, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 6 }),
  fc.array(fc.boolean(), { maxLength: 12 }),
] as const;

describe('undo of anything', () => {
  it('gives back each state that was, and redo each that came', async () => {
    const property = fc.asyncProperty(...program, (before, transactions, walk) =>
      check(opened(), before, transactions, walk),
    );
    await fc.assert(property, seeded(200));
  });

  it('does so in another thread', async () => {
    const property = fc.asyncProperty(...program, async (before, transactions, walk) =>
      check(await open(':memory:'), before, transactions, walk),
    );
    await fc.assert(property, seeded(8));
  });
});
