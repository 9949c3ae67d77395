import type { ChangeEvent, Changeset, DatabaseSync } from 'freshet';
import { describe, expect, test } from 'vitest';
import { drain, started } from '../../tests/support/events.ts';
import { fileWith, opened } from '../../tests/support/opening.ts';

const schema = `
  CREATE TABLE t (id INTEGER PRIMARY KEY, v UNIQUE CHECK (v <> 'bad'));
  CREATE TABLE c (id INTEGER PRIMARY KEY, t REFERENCES t DEFERRABLE INITIALLY DEFERRED);
  CREATE TABLE strict_c (id INTEGER PRIMARY KEY, t REFERENCES t);
  CREATE TRIGGER abort BEFORE INSERT ON t WHEN NEW.v = 'abort' BEGIN SELECT RAISE(ABORT, 'no'); END;
  CREATE TRIGGER fail AFTER INSERT ON t WHEN NEW.v = 'fail' BEGIN SELECT RAISE(FAIL, 'no'); END;
  CREATE TRIGGER rollback AFTER INSERT ON t WHEN NEW.v = 'rollback' BEGIN SELECT RAISE(ROLLBACK, 'no'); END;
  INSERT INTO t VALUES (1, 'a'), (2, 'b');
`;
const content = (db: DatabaseSync): unknown =>
  ['t', 'c', 'strict_c'].map((table) => db.query(`SELECT * FROM ${table} ORDER BY 1`));
const insert = (db: Pick<DatabaseSync, 'execute'>, id: number, v: string): unknown =>
  db.execute('INSERT INTO t VALUES (?, ?)', [id, v]);
const attempt = (call: () => unknown): void => {
  expect(call).toThrow();
};

describe('emits nothing', () => {
  test.for<[what: string, run: (db: DatabaseSync) => void]>([
    ['a rollback in SQL', (db) => db.exec("BEGIN; INSERT INTO t VALUES (9, 'x'); ROLLBACK")],
    [
      'rollback() of a transaction begun in SQL',
      (db) => {
        db.execute('BEGIN');
        insert(db, 9, 'x');
        db.rollback();
      },
    ],
    [
      'rollback() of begin()',
      (db) => {
        const tx = db.begin();
        insert(tx, 9, 'x');
        tx.rollback();
      },
    ],
    [
      'the end of a using scope without commit',
      (db) => {
        using tx = db.begin();
        insert(tx, 9, 'x');
      },
    ],
    [
      'a function of a transaction that throws',
      (db) => {
        attempt(() =>
          db.transaction((tx) => {
            insert(tx, 9, 'x');
            throw new Error('no');
          }),
        );
      },
    ],
    [
      'a nested transaction that throws, alone in its transaction',
      (db) => {
        db.transaction(() => {
          attempt(() =>
            db.transaction((tx) => {
              insert(tx, 9, 'x');
              throw new Error('no');
            }),
          );
        });
      },
    ],
    [
      'a savepoint rolled back and released',
      (db) => db.exec("SAVEPOINT s; INSERT INTO t VALUES (9, 'x'); ROLLBACK TO s; RELEASE s"),
    ],
    [
      'a savepoint within a savepoint, both rolled back',
      (db) =>
        db.exec(
          "SAVEPOINT s; INSERT INTO t VALUES (9, 'x'); SAVEPOINT S2; DELETE FROM t; RELEASE s2; ROLLBACK TO S; COMMIT",
        ),
    ],
    [
      'a statement that fails on UNIQUE',
      (db) => attempt(() => db.execute("INSERT INTO t VALUES (9, 'x'), (10, 'a')")),
    ],
    [
      'a statement that fails on CHECK',
      (db) => attempt(() => db.execute("INSERT INTO t VALUES (9, 'x'), (10, 'bad')")),
    ],
    [
      'a statement that fails on a foreign key',
      (db) => attempt(() => db.execute('INSERT INTO strict_c VALUES (1, 1), (2, 99)')),
    ],
    [
      'a statement that fails on a deferred foreign key at its own commit',
      (db) => attempt(() => db.execute('INSERT INTO c VALUES (1, 99)')),
    ],
    ['RAISE(ABORT)', (db) => attempt(() => db.execute("INSERT INTO t VALUES (9, 'x'), (10, 'abort')"))],
    [
      'RAISE(ROLLBACK), in a transaction',
      (db) => {
        db.begin();
        insert(db, 9, 'x');
        attempt(() => insert(db, 10, 'rollback'));
        expect(db.inTransaction).toBe(false);
      },
    ],
    [
      'OR ROLLBACK, in a transaction',
      (db) => {
        db.begin();
        insert(db, 9, 'x');
        attempt(() => db.execute("INSERT OR ROLLBACK INTO t VALUES (10, 'a')"));
        expect(db.inTransaction).toBe(false);
      },
    ],
    [
      'a batch that fails',
      (db) =>
        attempt(() =>
          db.executeBatch('INSERT INTO t VALUES (?, ?)', [
            [9, 'x'],
            [10, 'a'],
          ]),
        ),
    ],
    [
      'a COMMIT that fails on a deferred foreign key, and is rolled back',
      (db) => {
        const tx = db.begin();
        tx.execute('INSERT INTO c VALUES (1, 99)');
        attempt(() => tx.commit());
        expect(db.inTransaction).toBe(true);
        tx.rollback();
      },
    ],
    [
      'DDL rolled back',
      (db) =>
        db.exec(
          "BEGIN; ALTER TABLE t ADD COLUMN w; CREATE TABLE n (x); INSERT INTO t VALUES (9, 'x', 1); DROP TABLE c; ROLLBACK",
        ),
    ],
    ['DDL that fails', (db) => attempt(() => db.exec('CREATE TABLE t (x)'))],
    [
      'DDL in a savepoint rolled back',
      (db) => db.exec('BEGIN; SAVEPOINT s; ALTER TABLE t RENAME TO n; ROLLBACK TO s; COMMIT'),
    ],
    ['a transaction that does nothing', (db) => db.exec('BEGIN; SELECT 1; COMMIT; BEGIN IMMEDIATE; COMMIT')],
    [
      'writes that change no row',
      (db) => {
        db.execute('UPDATE t SET v = 1 WHERE id = 99');
        db.execute('DELETE FROM t WHERE 0');
        db.execute("INSERT OR IGNORE INTO t VALUES (1, 'z')");
        db.execute("INSERT INTO t VALUES (9, 'a') ON CONFLICT DO NOTHING");
        db.executeBatch('DELETE FROM t WHERE id = ?', [[98], [99]]);
        db.executeBatch('DELETE FROM t WHERE id = ?', []);
      },
    ],
    [
      'a temporary table and its rows',
      (db) => db.exec('CREATE TEMP TABLE x (v); INSERT INTO x VALUES (1); DROP TABLE x'),
    ],
    ['a number in the file’s header', (db) => db.exec('PRAGMA user_version = 7; PRAGMA application_id = 7')],
    [
      'reading',
      (db) => {
        db.query('SELECT * FROM t');
        db.query('PRAGMA table_list');
        db.query('EXPLAIN DELETE FROM t');
        [...db.iterate('SELECT * FROM t')];
      },
    ],
  ])('%s', async ([, run]) => {
    const db = opened();
    db.exec(schema);
    const changesets: Changeset[] = [];
    const [stream, watch] = [
      await started(db.changeStream()),
      await started(db.watchQuery('SELECT * FROM t')),
    ];
    db.subscribe((changeset) => changesets.push(changeset));
    const before = content(db);
    run(db);
    expect(content(db)).toEqual(before);
    expect([await drain(stream), await drain(watch), changesets]).toEqual([[], [], []]);
    // What comes next is told in full: nothing of the failed work is left over, and the triggers still are.
    insert(db, 50, 'after');
    expect(await drain(stream)).toMatchObject([
      {
        event_id: 1,
        table_changes: [{ table: 't', row_change_count: 1 }],
        row_changes: [{ operation: 'insert', after: { id: 50, v: 'after' } }],
      },
    ]);
    expect(changesets.map(({ wide }) => wide)).toEqual([false]);
  });

  test('a transaction that is open when its database is closed', async () => {
    const path = fileWith(schema);
    const [writer, reader] = [opened(path), opened(path)];
    const stream = await started(reader.changeStream());
    writer.begin();
    insert(writer, 9, 'x');
    writer.close();
    expect(await stream.next()).toBeNull();
    insert(reader, 10, 'y');
    expect(await drain(stream)).toMatchObject([{ event_id: 1 }]);
  });
});

describe('what is kept of work that failed is told', () => {
  async function changesOf(run: (db: DatabaseSync) => void): Promise<ChangeEvent[]> {
    const db = opened();
    db.exec(schema);
    const stream = await started(db.changeStream());
    run(db);
    return (await drain(stream)) as ChangeEvent[];
  }
  const rows = (events: readonly ChangeEvent[]): unknown[] =>
    events.map(({ row_changes }) => row_changes.map(({ before, after }) => (after ?? before)?.id));

  test('the rows outside a savepoint that was rolled back', async () => {
    const events = await changesOf((db) =>
      db.transaction((tx) => {
        insert(tx, 10, 'x');
        attempt(() =>
          tx.savepoint(() => {
            insert(tx, 11, 'y');
            tx.execute('DELETE FROM t WHERE id = 1');
            throw new Error('no');
          }),
        );
        insert(tx, 12, 'z');
      }),
    );
    expect(rows(events)).toEqual([[10, 12]]);
  });

  test('the rows of a savepoint that was released within one that was not rolled back', async () => {
    const events = await changesOf((db) =>
      db.exec(`BEGIN; SAVEPOINT a; INSERT INTO t VALUES (10, 'x'); SAVEPOINT a; INSERT INTO t VALUES (11, 'y'); ROLLBACK TO A;
               INSERT INTO t VALUES (12, 'z'); RELEASE a; RELEASE a; COMMIT`),
    );
    expect(rows(events)).toEqual([[10, 12]]);
  });

  test('the statements of a transaction before one that failed', async () => {
    const events = await changesOf((db) =>
      db.transaction((tx) => {
        insert(tx, 10, 'x');
        attempt(() => tx.execute("INSERT INTO t VALUES (11, 'y'), (12, 'a')"));
        insert(tx, 13, 'z');
      }),
    );
    expect(rows(events)).toEqual([[10, 13]]);
  });

  test('the rows before the one on which OR FAIL or RAISE(FAIL) stopped', async () => {
    for (const sql of [
      "INSERT OR FAIL INTO t VALUES (10, 'x'), (11, 'a'), (12, 'y')",
      "INSERT INTO t VALUES (10, 'x'), (11, 'fail'), (12, 'y')",
    ]) {
      const events = await changesOf((db) => {
        attempt(() => db.execute(sql));
        expect(db.queryOne('SELECT count(*) AS n FROM t WHERE id >= 10')).toEqual({
          n: sql.includes('OR FAIL') ? 1 : 2,
        });
      });
      expect(events, sql).toMatchObject([{ event_id: 1, table_changes: [{ table: 't' }] }]);
    }
  });

  test('the statements of a script before the one that failed, a commit each', async () => {
    const events = await changesOf((db) =>
      attempt(() =>
        db.exec(
          "INSERT INTO t VALUES (10, 'x'); INSERT INTO t VALUES (11, 'y'); INSERT INTO t VALUES (12, 'a'); INSERT INTO t VALUES (13, 'z')",
        ),
      ),
    );
    expect(rows(events)).toEqual([[10], [11]]);
  });

  test('the transaction whose COMMIT failed on a deferred foreign key, once it was mended', async () => {
    const events = await changesOf((db) => {
      const tx = db.begin();
      tx.execute('INSERT INTO c VALUES (1, 99)');
      attempt(() => tx.commit());
      insert(tx, 99, 'x');
      tx.commit();
    });
    expect(rows(events)).toEqual([[1, 99]]);
  });
});

describe('one explicit transaction gives at most one event', () => {
  test.for<[what: string, run: (db: DatabaseSync) => void]>([
    [
      'BEGIN and COMMIT in SQL',
      (db) =>
        db.exec(
          "BEGIN; INSERT INTO t VALUES (10, 'x'); UPDATE t SET v = 'y' WHERE id = 10; DELETE FROM t WHERE id = 10; COMMIT",
        ),
    ],
    [
      'a transaction with nested ones',
      (db) =>
        db.transaction(() => {
          insert(db, 10, 'x');
          db.transaction(() => db.transaction(() => insert(db, 11, 'y')));
          db.executeBatch('DELETE FROM t WHERE id = ?', [[10], [11]]);
        }),
    ],
    [
      'an outermost savepoint',
      (db) => db.exec("SAVEPOINT s; INSERT INTO t VALUES (10, 'x'); DELETE FROM t WHERE id = 10; RELEASE s"),
    ],
    [
      'a batch',
      (db) =>
        db.executeBatch('INSERT INTO t VALUES (?, ?)', [
          [10, 'x'],
          [11, 'y'],
        ]),
    ],
    [
      'begin and commit()',
      (db) => {
        db.begin();
        insert(db, 10, 'x');
        insert(db, 11, 'y');
        db.commit();
        db.commit();
      },
    ],
    [
      'DDL and rows together',
      (db) =>
        db.transaction((tx) => {
          insert(tx, 10, 'x');
          tx.exec('CREATE TABLE n (x); INSERT INTO n VALUES (1); ALTER TABLE t ADD COLUMN w');
        }),
    ],
  ])('%s', async ([, run]) => {
    const db = opened();
    db.exec(schema);
    const stream = await started(db.changeStream());
    run(db);
    expect((await drain(stream)).length).toBe(1);
  });
});
