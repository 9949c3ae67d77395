import type { DatabaseSync, Params, StatementSync } from 'freshet';
import { describe, expect, it } from 'vitest';
import { bare, opened, temporaryFile } from '../tests/support/opening.ts';
import { thrownBy } from '../tests/support/thrown.ts';

const schema = 'CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE)';
const insert = 'INSERT INTO t (a) VALUES (?)';

function withTable(): DatabaseSync {
  const db = opened();
  db.exec(schema);
  return db;
}

function values(db: DatabaseSync): unknown[] {
  return db.query('SELECT a FROM t ORDER BY id', [], { rowMode: (_columns, [a]) => a });
}

/** The three ways to a batch. */
const batches: readonly [
  way: string,
  run: (db: DatabaseSync, sql: string, list: Iterable<Params>) => unknown,
][] = [
  ['of the database', (db, sql, list) => db.executeBatch(sql, list)],
  ['of a prepared statement', (db, sql, list) => db.prepare(sql).executeBatch(list)],
  ['of a transaction', (db, sql, list) => db.transaction((tx) => tx.executeBatch(sql, list))],
];

describe.each(batches)('executeBatch %s', (_way, batch) => {
  it('is atomic, returns the total of changes, and 0 for an empty list', () => {
    const db = withTable();
    expect(batch(db, insert, [['x'], ['y'], ['z']])).toEqual({ changes: 3 });
    expect(
      batch(db, 'UPDATE t SET a = a || ? WHERE a >= ?', [
        ['!', 'y'],
        ['?', 'x'],
        ['.', 'zz'],
      ]),
    ).toEqual({
      changes: 5,
    });
    expect(batch(db, insert, [])).toEqual({ changes: 0 });
    expect(thrownBy(() => batch(db, insert, [['new'], ['other'], ['x?']]))).toMatchObject({
      subcode: 'constraint.unique',
    });
    expect(values(db)).toEqual(['x?', 'y!?', 'z!?']);
  });

  it('counts as SQLite does, ignored rows and rows changed twice included', () => {
    const db = withTable();
    const oracle = bare(':memory:');
    oracle.exec(schema);
    for (const [sql, list] of [
      ['INSERT OR IGNORE INTO t (a) VALUES (?)', [['x'], ['x'], ['y']]],
      ['INSERT INTO t (a) VALUES (?) ON CONFLICT (a) DO UPDATE SET a = a', [['x'], ['z']]],
      [
        'REPLACE INTO t VALUES (?, ?)',
        [
          [1, 'y'],
          [9, 'q'],
        ],
      ],
      ['DELETE FROM t WHERE id > ?', [[5], [0], [0]]],
    ] as const) {
      const statement = oracle.prepare(sql);
      const changes = list.reduce((sum, params) => sum + Number(statement.run(...params).changes), 0);
      expect(batch(db, sql, list), sql).toEqual({ changes });
    }
  });

  it('takes any iterable, named parameters and RETURNING', () => {
    const db = withTable();
    function* generated(): Generator<Params> {
      yield { a: 1 };
      yield { ':a': 2 };
    }
    expect(batch(db, 'INSERT INTO t (a) VALUES (:a) RETURNING id', generated())).toEqual({ changes: 2 });
    expect(batch(db, insert, new Set([[3], [4]]))).toEqual({ changes: 2 });
    expect(values(db)).toEqual([1, 2, 3, 4]);
  });

  it('does nothing at all when the list throws, a parameter is wrong, or a value is refused', () => {
    const db = withTable();
    function* failing(): Generator<Params> {
      yield ['x'];
      throw new Error('mine');
    }
    expect(() => batch(db, insert, failing())).toThrow('mine');
    for (const wrong of [[], [1, 2], [Number.NaN], [undefined], { a: 1 }, null, 'x']) {
      thrownBy(() => batch(db, insert, [['x'], ['y'], wrong] as never));
    }
    expect(values(db)).toEqual([]);
    expect(db.inTransaction).toBe(false);
  });

  it('refuses what writes nothing, without running it', () => {
    const db = withTable();
    for (const sql of [
      'SELECT ?',
      'CREATE TABLE u (x)',
      'BEGIN',
      'PRAGMA user_version = 5',
      'EXPLAIN SELECT ?',
    ]) {
      expect(
        thrownBy(() => batch(db, sql, [[]])),
        sql,
      ).toMatchObject({ code: 'SQL', subcode: 'sql.batch' });
    }
    expect(db.query('PRAGMA user_version')).toEqual([{ user_version: 0 }]);
  });
});

describe('executeBatch', () => {
  it('inside a transaction undoes itself alone, and the transaction goes on', () => {
    const db = withTable();
    const tx = db.begin();
    tx.execute(insert, ['before']);
    thrownBy(() => tx.executeBatch(insert, [['x'], ['y'], ['before']]));
    thrownBy(() => db.executeBatch(insert, [['x'], ['before']]));
    expect(tx.isOpen).toBe(true);
    tx.executeBatch(insert, [['after']]);
    tx.commit();
    expect(values(db)).toEqual(['before', 'after']);
  });

  it('inside a transaction that is rolled back leaves nothing', () => {
    const db = withTable();
    const tx = db.begin();
    tx.executeBatch(insert, [['x'], ['y']]);
    tx.rollback();
    expect(values(db)).toEqual([]);
  });

  it('beside a savepoint of the same name as its own keeps the two apart', () => {
    const db = withTable();
    db.exec(
      `BEGIN; ${insert.replace('?', "'a'")}; SAVEPOINT freshet_savepoint; ${insert.replace('?', "'b'")}`,
    );
    db.executeBatch(insert, [['c']]);
    thrownBy(() => db.executeBatch(insert, [['d'], ['a']]));
    db.exec('ROLLBACK TO freshet_savepoint; COMMIT');
    expect(values(db)).toEqual(['a']);
  });

  it('is one commit for listeners, and none for an empty list', () => {
    const db = withTable();
    const commits: number[] = [];
    db.subscribe(({ row_changes }) => commits.push(row_changes.length));
    db.executeBatch(insert, [['x'], ['y'], ['z']]);
    db.executeBatch(insert, []);
    thrownBy(() => db.executeBatch(insert, [['new'], ['x']]));
    expect(commits).toEqual([3]);
  });

  it('with an empty list needs no lock, opens no transaction and doesn’t run the statement', () => {
    const path = temporaryFile();
    const db = opened(path, { busyTimeoutMs: 0 });
    db.exec(schema);
    const other = bare(path);
    other.exec('BEGIN IMMEDIATE');
    expect(db.executeBatch(insert, [])).toEqual({ changes: 0 });
    expect(thrownBy(() => db.executeBatch(insert, [['x']])).code).toBe('BUSY');
  });

  it('is undone whole when a deferred foreign key fails at its end', () => {
    const db = opened();
    db.exec(`CREATE TABLE p (id INTEGER PRIMARY KEY);
      CREATE TABLE c (p REFERENCES p DEFERRABLE INITIALLY DEFERRED); INSERT INTO p VALUES (1)`);
    const error = thrownBy(() => db.executeBatch('INSERT INTO c VALUES (?)', [[1], [2]]));
    expect(error.subcode).toBe('constraint.foreign_key');
    expect(db.inTransaction).toBe(false);
    expect(db.query('SELECT * FROM c')).toEqual([]);
  });

  it('of OR ROLLBACK that fails takes the whole transaction with it, which the handle knows', () => {
    const db = withTable();
    const tx = db.begin();
    tx.execute(insert, ['x']);
    const error = thrownBy(() => tx.executeBatch('INSERT OR ROLLBACK INTO t (a) VALUES (?)', [['y'], ['x']]));
    expect(error.subcode).toBe('constraint.unique');
    expect([tx.isOpen, db.inTransaction]).toEqual([false, false]);
    expect(values(db)).toEqual([]);
  });

  it('sees its earlier elements: the list may depend on nothing but itself', () => {
    const db = withTable();
    db.executeBatch('INSERT INTO t (a) SELECT coalesce(max(a), 0) + ? FROM t', [[1], [10], [100]]);
    expect(values(db)).toEqual([1, 11, 111]);
  });

  it('takes a list that reads and writes the same database while it is made', () => {
    const db = withTable();
    function* reading(): Generator<Params> {
      for (let n = 0; n < 3; n++) {
        const [{ count } = { count: 0 }] = db.query<{ count: number }>('SELECT count(*) AS count FROM t');
        yield [`row ${count}.${n}`];
        if (n === 0) db.execute(insert, ['written by the list']);
      }
    }
    expect(db.executeBatch(insert, reading())).toEqual({ changes: 3 });
    expect(values(db)).toContain('written by the list');
    expect(values(db)).toHaveLength(4);
  });

  it('takes 20,000 elements', () => {
    const db = withTable();
    const list = Array.from({ length: 20_000 }, (_, n) => [n]);
    expect(db.executeBatch(insert, list)).toEqual({ changes: 20_000 });
    const sum = (20_000 * 19_999) / 2;
    expect(db.queryOne('SELECT count(*) AS n, sum(a) AS s FROM t')).toEqual({ n: 20_000, s: sum });
  });

  it('leaves its statement usable after a failure', () => {
    const db = withTable();
    const statement: StatementSync = db.prepare(insert);
    thrownBy(() => statement.executeBatch([['x'], ['x']]));
    expect(statement.executeBatch([['x'], ['y']])).toEqual({ changes: 2 });
  });
});
