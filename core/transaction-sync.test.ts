import { type DatabaseSync, openSync, type TransactionSync } from 'freshet';
import { describe, expect, it } from 'vitest';
import { insert, mine, numbers, schema, throwMine, withTable } from '../tests/support/numbers-table.ts';
import { bare, opened, temporaryFile } from '../tests/support/opening.ts';
import { thrownBy } from '../tests/support/thrown.ts';

describe('begin()', () => {
  it('reads inside see uncommitted writes; other connections do not', () => {
    const path = temporaryFile();
    const db = withTable(path);
    const [handle, program] = [opened(path), bare(path)];
    const tx = db.begin();
    insert(tx, 1);
    tx.exec('CREATE TABLE more (x)');
    const count = 'SELECT count(*) AS n FROM t';
    for (const inside of [tx, db]) {
      expect(inside.query(count)).toEqual([{ n: 1 }]);
      expect(inside.queryOne(count)).toEqual({ n: 1 });
      expect(inside.queryRaw(count).rows).toEqual([[1]]);
      expect([...inside.iterate(count)]).toEqual([{ n: 1 }]);
      expect(inside.query('SELECT * FROM more')).toEqual([]);
    }
    expect(db.prepare(count).query()).toEqual([{ n: 1 }]);
    expect(handle.query(count)).toEqual([{ n: 0 }]);
    expect(program.prepare(count).get()).toEqual({ n: 0 });
    expect(thrownBy(() => handle.query('SELECT * FROM more')).subcode).toBe('sql.relation_not_found');
    tx.commit();
    expect(handle.query(count)).toEqual([{ n: 1 }]);
    expect(program.prepare(count).get()).toEqual({ n: 1 });
  });

  it('reads inside go on seeing the state that the first of them saw', () => {
    const path = temporaryFile();
    const db = withTable(path);
    const other = bare(path);
    const tx = db.begin();
    expect(numbers(tx)).toEqual([]);
    other.exec('INSERT INTO t VALUES (1)');
    expect(numbers(tx)).toEqual([]);
    tx.commit();
    expect(numbers(db)).toEqual([1]);
  });

  it('a second one is an OperationalError, and harms nothing', () => {
    const db = withTable();
    const tx = db.begin();
    insert(tx, 1);
    for (const mode of ['deferred', 'immediate', 'exclusive'] as const) {
      expect(thrownBy(() => db.begin(mode))).toMatchObject({ name: 'OperationalError', code: 'TRANSACTION' });
    }
    tx.commit();
    db.exec('BEGIN');
    expect(thrownBy(() => db.begin())).toMatchObject({ subcode: 'transaction.nested' });
    expect(thrownBy(() => db.exec('BEGIN'))).toMatchObject({ subcode: 'transaction.state' });
    db.commit();
    expect(numbers(db)).toEqual([1]);
  });

  it('a handle that leaves its scope unfinished is rolled back, a finished one is left alone', () => {
    const db = withTable();
    {
      using tx = db.begin();
      insert(tx, 1);
    }
    expect([db.inTransaction, numbers(db)]).toEqual([false, []]);
    {
      using tx = db.begin();
      insert(tx, 2);
      tx.commit();
    }
    {
      using tx = db.begin();
      tx.commit();
      db.begin();
      insert(db, 3);
    }
    expect(db.inTransaction).toBe(true);
    db.commit();
    expect(numbers(db)).toEqual([2, 3]);
  });

  it('a commit that a deferred constraint refuses leaves it open: mend it or roll it back', () => {
    const db = opened();
    db.exec(`CREATE TABLE p (id INTEGER PRIMARY KEY);
      CREATE TABLE c (p REFERENCES p DEFERRABLE INITIALLY DEFERRED)`);
    const tx = db.begin();
    tx.execute('INSERT INTO c VALUES (1)');
    expect(thrownBy(() => tx.commit())).toMatchObject({ subcode: 'constraint.foreign_key' });
    expect(tx.isOpen).toBe(true);
    tx.execute('INSERT INTO p VALUES (1)');
    tx.commit();
    expect(db.query('SELECT p FROM c')).toEqual([{ p: 1 }]);
  });

  it('has the calls of the database that run SQL, and a statement prepared by it outlives it', () => {
    const db = withTable();
    const tx = db.begin();
    const names = ['execute', 'exec', 'query', 'queryOne', 'fetchOne', 'queryRaw', 'iterate', 'executeBatch'];
    for (const name of names) expect(Reflect.get(tx, name), name).toBeTypeOf('function');
    const statement = tx.prepare('INSERT INTO t VALUES (?)');
    statement.execute([1]);
    expect(tx.fetchOne('SELECT n FROM t')).toEqual({ n: 1 });
    tx.rollback();
    statement.execute([2]);
    expect(numbers(db)).toEqual([2]);
  });
});

describe('a finished transaction', () => {
  const ends: readonly [how: string, end: (db: DatabaseSync, tx: TransactionSync) => void][] = [
    ['committed', (_db, tx) => tx.commit()],
    ['rolled back', (_db, tx) => tx.rollback()],
    ['disposed of', (_db, tx) => tx[Symbol.dispose]()],
    ['committed by the database', (db) => db.commit()],
    ['rolled back by the database', (db) => db.rollback()],
    ['committed in SQL', (db) => db.exec('COMMIT')],
    ['rolled back in SQL through itself', (_db, tx) => tx.execute('ROLLBACK')],
    ['ended by OR ROLLBACK', (_db, tx) => thrownBy(() => tx.execute('INSERT OR ROLLBACK INTO t VALUES (7)'))],
    ['ended by RAISE(ROLLBACK)', (_db, tx) => thrownBy(() => tx.execute('DELETE FROM t'))],
    [
      'followed by another',
      (db, tx) => {
        tx.commit();
        db.begin();
      },
    ],
    [
      'followed by another in SQL',
      (db, tx) => {
        tx.rollback();
        db.exec('BEGIN');
      },
    ],
  ];
  const uses: readonly [name: string, use: (tx: TransactionSync) => unknown][] = [
    ['execute', (tx) => tx.execute('INSERT INTO t VALUES (99)')],
    ['exec', (tx) => tx.exec('INSERT INTO t VALUES (99)')],
    ['query', (tx) => tx.query('SELECT 1')],
    ['queryOne', (tx) => tx.queryOne('SELECT 1')],
    ['fetchOne', (tx) => tx.fetchOne('SELECT 1')],
    ['queryRaw', (tx) => tx.queryRaw('SELECT 1')],
    ['prepare', (tx) => tx.prepare('SELECT 1')],
    ['iterate', (tx) => [...tx.iterate('SELECT 1')]],
    ['executeBatch', (tx) => tx.executeBatch('INSERT INTO t VALUES (?)', [[99]])],
    ['executeBatch of nothing', (tx) => tx.executeBatch('INSERT INTO t VALUES (?)', [])],
    ['savepoint', (tx) => tx.savepoint(() => 1)],
    ['written', (tx) => tx.written],
    ['commit', (tx) => tx.commit()],
    ['rollback', (tx) => tx.rollback()],
  ];

  function finished(end: (db: DatabaseSync, tx: TransactionSync) => void): [DatabaseSync, TransactionSync] {
    const db = withTable();
    db.exec(`INSERT INTO t VALUES (7);
      CREATE TRIGGER kept BEFORE DELETE ON t BEGIN SELECT RAISE(ROLLBACK, 'kept'); END`);
    const tx = db.begin();
    insert(tx, 1);
    expect(tx.isOpen).toBe(true);
    end(db, tx);
    expect(tx.isOpen).toBe(false);
    return [db, tx];
  }

  it.each(ends)('rejects further use and double commit when it was %s', (_how, end) => {
    const [db, tx] = finished(end);
    const [before, wasIn] = [numbers(db), db.inTransaction];
    for (const [name, use] of uses) {
      expect(
        thrownBy(() => use(tx)),
        name,
      ).toMatchObject({
        name: 'OperationalError',
        code: 'TRANSACTION',
        subcode: 'transaction.ended',
        sqlstate: '25000',
      });
    }
    tx[Symbol.dispose]();
    expect([numbers(db), db.inTransaction]).toEqual([before, wasIn]);
    if (wasIn) db.rollback();
    insert(db, 50);
    expect(numbers(db)).toContain(50);
  });

  it('covers every method that a transaction has', () => {
    const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(opened().begin()));
    const covered = new Set([...uses.map(([name]) => name), 'constructor', 'isOpen']);
    expect(methods.filter((name) => !covered.has(name))).toEqual([]);
  });

  it('of a closed database raises InterfaceError instead', () => {
    const db = withTable();
    const tx = db.begin();
    db.close();
    expect(tx.isOpen).toBe(false);
    for (const [name, use] of uses) {
      expect(
        thrownBy(() => use(tx)),
        name,
      ).toMatchObject({ name: 'InterfaceError', code: 'CLOSED' });
    }
    tx[Symbol.dispose]();
  });

  it('given to transaction(fn) is finished when fn has returned or thrown', () => {
    const db = withTable();
    const handles: TransactionSync[] = [];
    db.transaction((tx) => void handles.push(tx));
    expect(() =>
      db.transaction((tx) => {
        handles.push(tx);
        throwMine();
      }),
    ).toThrow(mine);
    for (const tx of handles)
      for (const [, use] of uses) expect(thrownBy(() => use(tx)).code).toBe('TRANSACTION');
  });
});

describe('commit and rollback on the connection', () => {
  it('without a transaction are no-ops', () => {
    const db = withTable();
    insert(db, 1);
    for (let round = 0; round < 2; round++) {
      expect(db.commit()).toBeUndefined();
      expect(db.rollback()).toBeUndefined();
    }
    expect(numbers(db)).toEqual([1]);
  });

  it.each([
    ['begin()', (db: DatabaseSync) => void db.begin()],
    ['BEGIN', (db: DatabaseSync) => db.exec('BEGIN')],
    ['BEGIN IMMEDIATE through execute', (db: DatabaseSync) => void db.execute('BEGIN IMMEDIATE')],
    ['a prepared BEGIN', (db: DatabaseSync) => void db.prepare('BEGIN').execute()],
    ['SAVEPOINT', (db: DatabaseSync) => db.exec('SAVEPOINT s')],
  ])('end a transaction begun by %s', (_by, begin) => {
    const db = withTable();
    begin(db);
    insert(db, 1);
    db.rollback();
    expect([db.inTransaction, numbers(db)]).toEqual([false, []]);
    begin(db);
    insert(db, 2);
    db.commit();
    expect([db.inTransaction, numbers(db)]).toEqual([false, [2]]);
  });

  it('in SQL without a transaction are an error, as SQLite has it', () => {
    for (const sql of ['COMMIT', 'ROLLBACK', 'END', 'RELEASE s', 'ROLLBACK TO s']) {
      expect(
        thrownBy(() => withTable().execute(sql)),
        sql,
      ).toMatchObject({
        name: 'OperationalError',
        subcode: 'transaction.state',
      });
    }
  });
});

describe('inTransaction', () => {
  it('reflects SQL BEGIN too, in every spelling, and its end', () => {
    const oracle = bare(':memory:');
    const db = opened();
    oracle.exec(schema);
    db.exec(schema);
    for (const sql of [
      'BEGIN',
      'COMMIT',
      'begin immediate transaction',
      'END TRANSACTION',
      '-- now\nBEGIN EXCLUSIVE',
      'ROLLBACK',
      'SAVEPOINT a',
      'SAVEPOINT b',
      'RELEASE b',
      'ROLLBACK TO a',
      'RELEASE a',
      'BEGIN',
      'INSERT INTO t VALUES (1)',
      'SAVEPOINT a',
      'COMMIT',
      'BEGIN',
      'ROLLBACK',
    ]) {
      oracle.exec(sql);
      db.execute(sql);
      expect(db.inTransaction, sql).toBe(oracle.isTransaction);
    }
  });

  it('is false after SQLite has rolled back by itself, true after a mere failure', () => {
    const db = withTable();
    insert(db, 1);
    db.exec('BEGIN');
    thrownBy(() => insert(db, 1));
    expect(db.inTransaction).toBe(true);
    thrownBy(() => db.execute('INSERT OR ROLLBACK INTO t VALUES (1)'));
    expect(db.inTransaction).toBe(false);
  });

  it('is false on a closed database, and on other handles', () => {
    const path = temporaryFile();
    const [db, other] = [withTable(path), opened(path)];
    db.begin();
    expect(other.inTransaction).toBe(false);
    db.close();
    expect(db.inTransaction).toBe(false);
  });
});

describe('savepoints', () => {
  it('nest, and rolling back to one keeps earlier work', () => {
    const db = withTable();
    const tx = db.begin();
    insert(tx, 1);
    tx.savepoint(() => {
      insert(tx, 2);
      expect(() =>
        tx.savepoint((inner) => {
          insert(inner, 3);
          inner.savepoint(() => insert(tx, 4));
          expect(numbers(tx)).toEqual([1, 2, 3, 4]);
          throwMine();
        }),
      ).toThrow(mine);
      expect(numbers(tx)).toEqual([1, 2]);
      insert(tx, 5);
    });
    insert(tx, 6);
    tx.commit();
    expect(numbers(db)).toEqual([1, 2, 5, 6]);
  });

  it('return what fn returns, take part in the rollback of the whole, and commit nothing', () => {
    const path = temporaryFile();
    const db = withTable(path);
    const tx = db.begin();
    expect(tx.savepoint(() => insert(tx, 1) ?? 'done')).toBe('done');
    expect(numbers(opened(path))).toEqual([]);
    tx.rollback();
    expect(numbers(db)).toEqual([]);
  });

  it('undo schema changes, too', () => {
    const db = withTable();
    db.transaction((tx) => {
      expect(() =>
        tx.savepoint(() => {
          tx.exec('CREATE TABLE more (x); ALTER TABLE t ADD COLUMN m');
          throwMine();
        }),
      ).toThrow(mine);
      expect(tx.queryRaw('SELECT * FROM t').columns).toEqual(['n']);
    });
    expect(thrownBy(() => db.query('SELECT * FROM more')).subcode).toBe('sql.relation_not_found');
  });

  it('are refused an asynchronous function, and the transaction goes on', () => {
    const db = withTable();
    db.transaction((tx) => {
      insert(tx, 1);
      thrownBy(() => tx.savepoint(async () => insert(tx, 2)));
      insert(tx, 3);
    });
    expect(numbers(db)).toEqual([1, 3]);
  });

  it('in SQL and in code mix as SQLite nests them, whatever they are called', () => {
    const db = withTable();
    const oracle = bare(':memory:');
    const script = (savepoint: string): string => `
      SAVEPOINT "${savepoint}"; INSERT INTO t VALUES (2);
      SAVEPOINT freshet_savepoint; INSERT INTO t VALUES (3); ROLLBACK TO "${savepoint}"; INSERT INTO t VALUES (4)`;
    for (const name of ['freshet_savepoint', 'FRESHET_SAVEPOINT', 'a"b'.replace('"', '""'), 'select', '🌊']) {
      oracle.exec(
        `DROP TABLE IF EXISTS t; ${schema}; BEGIN; INSERT INTO t VALUES (1); ${script(name)}; COMMIT`,
      );
      db.exec('DELETE FROM t');
      const tx = db.begin();
      insert(tx, 1);
      tx.savepoint(() => tx.exec(script(name)));
      tx.commit();
      expect(numbers(db), name).toEqual(
        oracle
          .prepare('SELECT n FROM t ORDER BY n')
          .all()
          .map(({ n }) => n),
      );
    }
  });

  it('end with the transaction when fn ends that', () => {
    const db = withTable();
    const tx = db.begin();
    insert(tx, 1);
    expect(tx.savepoint(() => tx.commit())).toBeUndefined();
    expect([tx.isOpen, numbers(db)]).toEqual([false, [1]]);
  });
});

describe('close', () => {
  it.each([
    ['begin()', (db: DatabaseSync) => void db.begin()],
    ['begin(immediate)', (db: DatabaseSync) => void db.begin('immediate')],
    ['BEGIN', (db: DatabaseSync) => db.exec('BEGIN')],
    ['SAVEPOINT', (db: DatabaseSync) => db.exec('SAVEPOINT s')],
  ])('rolls back an open transaction begun by %s, and gives its lock free', (_by, begin) => {
    const path = temporaryFile();
    const db = withTable(path);
    insert(db, 1);
    begin(db);
    insert(db, 2);
    db.exec('CREATE TABLE more (x)');
    const other = bare(path);
    expect(() => other.exec('INSERT INTO t VALUES (3)')).toThrow('locked');
    db.close();
    other.exec('INSERT INTO t VALUES (4)');
    expect(numbers(opened(path))).toEqual([1, 4]);
  });

  it('rolls back without a word to listeners, also with an iteration open', () => {
    const path = temporaryFile();
    const db = withTable(path);
    insert(db, 1);
    const heard: unknown[] = [];
    db.subscribe((changeset) => heard.push(changeset));
    db.begin();
    insert(db, 2);
    const rows = db.iterate('SELECT n FROM t');
    rows.next();
    db.close();
    expect(heard).toEqual([]);
    expect(thrownBy(() => rows.next()).code).toBe('CLOSED');
    expect(numbers(opened(path))).toEqual([1]);
  });

  it('happens at the end of a using scope as well', () => {
    const path = temporaryFile();
    {
      using db = openSync(path);
      db.exec(`${schema}; BEGIN; INSERT INTO t VALUES (1)`);
    }
    expect(numbers(opened(path))).toEqual([]);
  });
});

describe('an iteration', () => {
  const script = `${schema}; INSERT INTO t VALUES (1), (2), (3)`;

  it.each(['commit', 'rollback'] as const)('goes on past a %s', (end) => {
    const db = opened();
    db.exec(script);
    const tx = db.begin();
    insert(tx, 10);
    const rows = tx.iterate('SELECT n FROM t WHERE n < 10');
    expect(rows.next().value).toEqual({ n: 1 });
    tx[end]();
    expect([...rows]).toEqual([{ n: 2 }, { n: 3 }]);
  });

  it('fails where the table it reads was rolled back under it', () => {
    const db = opened();
    db.exec(script);
    const tx = db.begin();
    tx.exec('CREATE TABLE more (x); INSERT INTO more VALUES (1), (2)');
    const rows = tx.iterate('SELECT x FROM more');
    rows.next();
    tx.rollback();
    expect(thrownBy(() => rows.next())).toMatchObject({ name: 'OperationalError', code: 'CANCELED' });
    expect(numbers(db)).toEqual([1, 2, 3]);
  });

  it('keeps its table from being dropped, which is then BUSY', () => {
    const db = opened();
    db.exec(script);
    const rows = db.iterate('SELECT n FROM t');
    rows.next();
    expect(thrownBy(() => db.exec('DROP TABLE t'))).toMatchObject({
      code: 'BUSY',
      subcode: 'busy.table_lock',
    });
    expect([...rows]).toEqual([{ n: 2 }, { n: 3 }]);
    db.exec('DROP TABLE t');
  });
});
