import { type Database, type DatabaseSync, open } from 'freshet';
import { live } from 'freshet/reactive';
import { describe, expect, it, onTestFinished } from 'vitest';
import { opened } from '../../tests/support/opening.ts';

const schema = `
  CREATE TABLE t(id INTEGER PRIMARY KEY, v, twice AS (v || v));
  CREATE VIRTUAL TABLE found USING fts5(v);
  CREATE TRIGGER found_i AFTER INSERT ON t BEGIN INSERT INTO found(rowid, v) VALUES (NEW.id, NEW.v); END;
  CREATE TABLE hidden(a, b);
  CREATE TRIGGER hidden_b BEFORE INSERT ON hidden BEGIN UPDATE hidden SET b = 0 WHERE a = NEW.a; END;`;

function recorded(): DatabaseSync {
  const db = opened();
  db.exec(schema);
  db.subscribe(() => {});
  return db;
}

describe('what a transaction has written', () => {
  it('is its rows, in order and with types, as long as they are not rolled back', () => {
    const db = recorded();
    db.transaction((tx) => {
      tx.execute('INSERT INTO t(id, v) VALUES (1, CAST(1 AS REAL)), (2, 1)');
      expect(() =>
        tx.savepoint(() => {
          tx.execute('DELETE FROM t');
          throw new Error('undone');
        }),
      ).toThrow('undone');
      tx.execute('UPDATE t SET v = ? WHERE id = 2', [2n ** 60n]);
      const { tables, rows, unrecorded, isComplete } = tx.written;
      expect(tables).toEqual([
        {
          name: 't',
          rowid: 'rowid',
          columns: ['id', 'v', 'twice'],
          generated: ['twice'],
          primaryKey: ['id'],
          keyCollations: ['BINARY'],
          unique: ['id'],
        },
      ]);
      expect(rows).toEqual([
        { table: 0, before: null, after: [1n, 1n, 1, '1.01.0'] },
        { table: 0, before: null, after: [2n, 2n, 1n, '11'] },
        { table: 0, before: [2n, 2n, 1n, '11'], after: [2n, 2n, 2n ** 60n, `${2n ** 60n}`.repeat(2)] },
      ]);
      // The search index was written by a trigger, and follows its table.
      expect([unrecorded, isComplete]).toEqual([[], true]);
    });
  });

  it.each([
    ["INSERT INTO found(v) VALUES ('x')", ['found']],
    ['INSERT INTO hidden VALUES (1, 2)', ['hidden']],
    ['CREATE TEMP TABLE own(a); INSERT INTO own VALUES (1)', ['temp\u0000own']],
  ])('says of %s what it can not tell', (script, unrecorded) => {
    recorded().transaction((tx) => {
      tx.exec(script);
      expect(tx.written.unrecorded).toEqual(expect.arrayContaining(unrecorded));
    });
  });

  it('is not complete where the schema was changed, or where recording began within it', () => {
    recorded().transaction((tx) => {
      tx.exec('CREATE TABLE more(a)');
      expect(tx.written.isComplete).toBe(false);
    });
    const db = opened();
    db.exec(schema);
    db.transaction((tx) => {
      tx.execute('INSERT INTO t(v) VALUES (1)');
      db.subscribe(() => {});
      expect(tx.written.isComplete).toBe(false);
    });
  });

  it('crosses threads as it is', async () => {
    const db: Database = await open(':memory:');
    onTestFinished(() => db.close());
    await db.exec(schema);
    await db.subscribe(() => {});
    await db.transaction(async (tx) => {
      await tx.execute('INSERT INTO t(id, v) VALUES (1, CAST(1 AS REAL))');
      expect((await tx.written()).rows).toEqual([{ table: 0, before: null, after: [1n, 1n, 1, '1.01.0'] }]);
    });
  });

  it('is complete where foreign keys are deferred, for which no live query is read anew', () => {
    const db = recorded();
    db.exec('CREATE TABLE refs(t REFERENCES t)');
    const counts: number[] = [];
    live<{ n: number }>(db, 'SELECT count(*) AS n FROM t', [], { schedule: 'sync' }).subscribe(([row]) =>
      counts.push(row?.n ?? -1),
    );
    const readWhole = () => db.reactiveMetrics().live_full_reevaluations;
    const before = readWhole();
    db.transaction((tx) => {
      tx.execute('PRAGMA defer_foreign_keys = ON');
      tx.execute('INSERT INTO refs VALUES (7)');
      tx.execute("INSERT INTO t(id, v) VALUES (7, 'x')");
      expect(tx.written.isComplete).toBe(true);
    });
    expect(counts).toEqual([0, 1]);
    expect(readWhole()).toBe(before);
  });
});
