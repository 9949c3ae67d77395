import type { DatabaseSync, TransactionSync } from 'freshet';
import { describe, expect, it } from 'vitest';
import { insert, mine, numbers, schema, throwMine, withTable } from '../tests/support/numbers-table.ts';
import { bare, fileWith, opened, temporaryFile } from '../tests/support/opening.ts';
import { thrownBy } from '../tests/support/thrown.ts';

describe('transaction(fn)', () => {
  it('commits on return, and returns what fn returns', () => {
    const path = temporaryFile();
    const db = withTable(path);
    const result = { any: 'thing' };
    const returned = db.transaction((tx) => {
      insert(tx, 1);
      insert(db, 2);
      expect(db.inTransaction).toBe(true);
      return result;
    });
    expect(returned).toBe(result);
    expect(db.inTransaction).toBe(false);
    expect(bare(path).prepare('SELECT n FROM t').all()).toHaveLength(2);
  });

  it.each([mine, 'a text', undefined, null, 0])('rolls back on throw, and rethrows: %s', (thrown) => {
    const db = withTable();
    const seen: unknown[] = [];
    try {
      db.transaction((tx) => {
        insert(tx, 1);
        db.exec('CREATE TABLE more (x)');
        throw thrown;
      });
    } catch (error) {
      seen.push(error);
    }
    expect(seen).toEqual([thrown]);
    expect(seen[0]).toBe(thrown);
    expect(db.inTransaction).toBe(false);
    expect(numbers(db)).toEqual([]);
    expect(db.query("SELECT * FROM sqlite_schema WHERE name = 'more'")).toEqual([]);
  });

  it('rolls back on an error of SQLite, and rethrows that', () => {
    const db = withTable();
    const error = thrownBy(() =>
      db.transaction((tx) => {
        insert(tx, 1);
        insert(tx, 1);
      }),
    );
    expect(error.subcode).toBe('constraint.unique');
    expect(numbers(db)).toEqual([]);
  });

  it('commits when fn has dealt with an error: a failed statement undoes itself alone', () => {
    const db = withTable();
    db.transaction((tx) => {
      insert(tx, 1);
      thrownBy(() => tx.execute('INSERT INTO t VALUES (2), (1)'));
      insert(tx, 3);
    });
    expect(numbers(db)).toEqual([1, 3]);
  });

  it('rolls back when the commit itself fails, and rethrows that', () => {
    const db = opened();
    db.exec(`CREATE TABLE p (id INTEGER PRIMARY KEY);
      CREATE TABLE c (p REFERENCES p DEFERRABLE INITIALLY DEFERRED)`);
    const error = thrownBy(() => db.transaction((tx) => tx.execute('INSERT INTO c VALUES (1)')));
    expect(error).toMatchObject({ name: 'IntegrityError', subcode: 'constraint.foreign_key' });
    expect(db.inTransaction).toBe(false);
    expect(db.query('SELECT * FROM c')).toEqual([]);
  });

  it.each(['deferred', 'immediate', 'exclusive'] as const)('takes its locks as mode %s says', (mode) => {
    const path = fileWith(`${schema}; INSERT INTO t VALUES (1)`, 'delete');
    const other = bare(path);
    const can = (sql: string): boolean => {
      try {
        other.exec(sql);
        return true;
      } catch (error) {
        expect(error).toMatchObject({ errcode: 5 });
        return false;
      }
    };
    opened(path).transaction(() => {
      expect(can('UPDATE t SET n = n')).toBe(mode === 'deferred');
      expect(can('SELECT n FROM t')).toBe(mode !== 'exclusive');
    }, mode);
  });

  const wrongModes = ['wrong', '', 'IMMEDIATE; DROP TABLE t', null, 5];

  it.each(wrongModes)('refuses the mode %j', (mode) => {
    const db = withTable();
    for (const call of [
      () => db.transaction(() => insert(db, 1), mode as never),
      () => db.begin(mode as never),
    ]) {
      expect(thrownBy(call)).toMatchObject({ name: 'ProgrammingError', subcode: 'transaction.mode' });
    }
    expect([db.inTransaction, numbers(db)]).toEqual([false, []]);
  });

  it('refuses a wrong mode nested, too, where no mode takes effect', () => {
    const db = withTable();
    for (const mode of wrongModes) {
      const nested = (): void => db.transaction(() => insert(db, 1), mode as never);
      expect(thrownBy(() => db.transaction(nested))).toMatchObject({ subcode: 'transaction.mode' });
    }
    expect(numbers(db)).toEqual([]);
  });

  it('refuses an asynchronous function, whose work would fall outside, and undoes what it did', () => {
    const db = withTable();
    for (const fn of [
      async (tx: TransactionSync) => insert(tx, 1),
      () => new Promise(() => {}),
      (tx: TransactionSync) => tx.savepoint(async () => insert(tx, 2)),
    ]) {
      expect(thrownBy(() => db.transaction<unknown>(fn))).toMatchObject({ subcode: 'transaction.async' });
    }
    expect(db.inTransaction).toBe(false);
    expect(numbers(db)).toEqual([]);
  });

  it('may return a row whose column is called then', () => {
    const row = opened().transaction((tx) => tx.queryOne('SELECT 1 AS "then"'));
    expect(Object.entries(row ?? {})).toEqual([['then', 1]]);
  });

  it('nests as a savepoint: an inner throw undoes the inner work alone', () => {
    const db = withTable();
    db.transaction((outer) => {
      insert(outer, 1);
      expect(() =>
        db.transaction((inner) => {
          insert(inner, 2);
          throwMine();
        }),
      ).toThrow(mine);
      db.transaction((inner) => insert(inner, 3));
      expect(outer.isOpen).toBe(true);
    });
    expect(numbers(db)).toEqual([1, 3]);
  });

  it('nests as a savepoint: an outer throw undoes everything', () => {
    const db = withTable();
    expect(() =>
      db.transaction(() => {
        db.transaction((inner) => insert(inner, 1));
        throwMine();
      }),
    ).toThrow(mine);
    expect(numbers(db)).toEqual([]);
  });

  it('nests inside begin() and inside BEGIN in SQL, committing nothing by itself', () => {
    const path = temporaryFile();
    const db = withTable(path);
    const tx = db.begin();
    db.transaction((inner) => insert(inner, 1));
    expect(numbers(opened(path))).toEqual([]);
    tx.commit();
    db.exec('BEGIN');
    db.transaction((inner) => insert(inner, 2));
    db.exec('ROLLBACK');
    expect(numbers(db)).toEqual([1]);
  });

  it('nests 300 levels deep, each undone by itself', () => {
    const db = withTable();
    const descend = (level: number): void => {
      insert(db, level);
      if (level === 300) return;
      try {
        db.transaction(() => {
          descend(level + 1);
          if (level % 100 === 99) throwMine();
        });
      } catch (error) {
        expect(error).toBe(mine);
      }
    };
    db.transaction(() => descend(1));
    // Level 99 undid all that is deeper; the others have nothing left to undo.
    expect(numbers(db)).toEqual(Array.from({ length: 99 }, (_, at) => at + 1));
  });

  it('lets fn commit or roll back by itself, in words of its handle or of SQL', () => {
    const ends: readonly [end: (db: DatabaseSync, tx: TransactionSync) => void, kept: unknown[]][] = [
      [(_db, tx) => tx.commit(), [1]],
      [(db) => db.commit(), [1]],
      [(db) => db.exec('COMMIT'), [1]],
      [(_db, tx) => tx.rollback(), []],
      [(db) => db.rollback(), []],
      [(_db, tx) => tx.execute('ROLLBACK'), []],
    ];
    for (const [end, kept] of ends) {
      const db = withTable();
      const result = db.transaction((tx) => {
        insert(tx, 1);
        end(db, tx);
        return 'returned';
      });
      expect([result, numbers(db), db.inTransaction]).toEqual(['returned', kept, false]);
    }
  });

  it('leaves alone another transaction that fn has begun after ending its own', () => {
    const db = withTable();
    expect(() =>
      db.transaction((tx) => {
        insert(tx, 1);
        tx.commit();
        db.begin();
        insert(db, 2);
        throwMine();
      }),
    ).toThrow(mine);
    expect(db.inTransaction).toBe(true);
    db.commit();
    expect(numbers(db)).toEqual([1, 2]);
  });

  describe('that SQLite rolled back by itself does not return as if it had committed', () => {
    const wrong = 'INSERT OR ROLLBACK INTO t VALUES (1)';
    const ways: readonly [by: string, call: (tx: TransactionSync, db: DatabaseSync) => unknown][] = [
      ['execute', (tx) => tx.execute(wrong)],
      ['exec', (tx) => tx.exec(`SELECT 1; ${wrong}; SELECT 2`)],
      ['a query', (tx) => tx.query(`${wrong} RETURNING n`)],
      ['an iteration', (tx) => [...tx.iterate(`${wrong} RETURNING n`)]],
      ['a batch', (tx) => tx.executeBatch('INSERT OR ROLLBACK INTO t VALUES (?)', [[7], [1]])],
      ['a prepared statement', (_tx, db) => db.prepare(wrong).execute()],
      ['a savepoint', (tx) => tx.savepoint(() => tx.execute(wrong))],
      ['a nested transaction', (_tx, db) => db.transaction((tx) => tx.execute(wrong))],
      ['RAISE(ROLLBACK) of a trigger', (tx) => tx.execute('DELETE FROM t')],
      ['UPDATE OR ROLLBACK', (tx) => tx.execute('UPDATE OR ROLLBACK t SET n = 1')],
    ];

    it.each(ways)('by %s, whether anybody watches or not', (_by, call) => {
      for (const isWatched of [false, true]) {
        const db = withTable();
        db.exec(`INSERT INTO t VALUES (1);
          CREATE TRIGGER kept BEFORE DELETE ON t BEGIN SELECT RAISE(ROLLBACK, 'kept'); END`);
        const commits: unknown[] = [];
        if (isWatched) db.subscribe((changeset) => commits.push(changeset));
        const run = (): void =>
          db.transaction((tx) => {
            insert(tx, 2);
            // The function looks no further, but all of its work is gone.
            thrownBy(() => call(tx, db));
          });
        expect(thrownBy(run)).toMatchObject({ name: 'OperationalError', code: 'TRANSACTION' });
        expect([numbers(db), db.inTransaction, commits]).toEqual([[1], false, []]);
        db.transaction((tx) => insert(tx, 3));
        expect(numbers(db)).toEqual([1, 3]);
      }
    });
  });

  it('whose function closes the database does not return as if it had committed', () => {
    const path = temporaryFile();
    const db = withTable(path);
    expect(
      thrownBy(() =>
        db.transaction((tx) => {
          insert(tx, 1);
          db.close();
        }),
      ),
    ).toMatchObject({ name: 'InterfaceError', code: 'CLOSED' });
    expect(numbers(opened(path))).toEqual([]);
  });

  it('whose function closes the database and throws rethrows that', () => {
    const db = withTable();
    expect(() =>
      db.transaction(() => {
        db.close();
        throwMine();
      }),
    ).toThrow(mine);
  });

  it('reports its commit to listeners once, outermost, and runs one begun by a listener after it', () => {
    const db = withTable();
    const heard: unknown[] = [];
    db.subscribe(({ row_changes }) => {
      heard.push(row_changes.map(({ after }) => after?.n));
      expect(db.inTransaction).toBe(false);
      if (heard.length === 1) db.transaction((tx) => insert(tx, 9));
    });
    db.transaction(() => {
      insert(db, 1);
      db.transaction(() => insert(db, 2));
      expect(heard).toEqual([]);
    });
    expect(heard).toEqual([[1, 2], [9]]);
  });
});
