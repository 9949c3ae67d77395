import { DatabaseSync as BareDatabase } from 'node:sqlite';
import type { DatabaseSync, ExecuteResult } from 'freshet';
import { describe, expect, it } from 'vitest';
import { bare, fileWith, opened } from '../tests/support/opening.ts';
import { thrownBy } from '../tests/support/thrown.ts';

const schema = `
  CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE, b);
  INSERT INTO t VALUES (1, 'one', 1), (2, 'two', 2), (3, 'three', 3);
  CREATE TABLE log (note);
  CREATE TRIGGER noted AFTER UPDATE OF b ON t BEGIN
    INSERT INTO log VALUES (OLD.b), (NEW.b);
  END;
`;

/** The same statement in SQLite alone. */
function inBareSqlite<R>(script: string, run: (oracle: BareDatabase) => R): R {
  const oracle = new BareDatabase(':memory:');
  oracle.exec(script);
  try {
    return run(oracle);
  } finally {
    oracle.close();
  }
}

const watched: readonly [state: string, watch: (db: DatabaseSync) => void][] = [
  ['while nobody watches', () => {}],
  ['while a listener gets every row', (db) => db.subscribe(() => {})],
];

describe.each(
  watched,
)('execute returns changes and lastInsertRowid as SQLite counts them, %s', (_state, watch) => {
  const writes = [
    "INSERT INTO t (a) VALUES ('four')",
    "INSERT INTO t (a) VALUES ('four'), ('five'), ('six')",
    "INSERT INTO t VALUES (100, 'hundred', 0)",
    "INSERT INTO t VALUES (-5, 'minus five', 0)",
    "INSERT OR IGNORE INTO t (a) VALUES ('one')",
    "INSERT OR REPLACE INTO t (a) VALUES ('one')",
    "REPLACE INTO t VALUES (1, 'two', 0)",
    "INSERT INTO t (a) VALUES ('one') ON CONFLICT (a) DO UPDATE SET b = 9",
    "INSERT INTO t (a) VALUES ('one') ON CONFLICT DO NOTHING",
    'INSERT INTO t (a) SELECT b * 100 FROM t',
    'INSERT INTO t DEFAULT VALUES',
    'UPDATE t SET b = b',
    'UPDATE t SET b = b + 1 WHERE id < 3',
    'UPDATE t SET b = 0 WHERE id > 99',
    'DELETE FROM t WHERE id = 2',
    'DELETE FROM t',
    'DELETE FROM t WHERE 0',
    'WITH some AS (SELECT 1 AS id) DELETE FROM t WHERE id IN (SELECT id FROM some)',
  ];

  it.each(writes)('%s', (sql) => {
    const db = opened();
    db.exec(schema);
    watch(db);
    const [expected, rows] = inBareSqlite(schema, (oracle) => [
      oracle.prepare(sql).run(),
      oracle.prepare('SELECT * FROM t').all(),
    ]);
    expect(db.execute(sql)).toEqual(expected);
    expect(db.query('SELECT * FROM t')).toEqual(rows.map((row) => ({ ...row })));
  });

  it.each(writes)('%s, also with RETURNING, and inside a transaction', (sql) => {
    const db = opened();
    db.exec(schema);
    watch(db);
    const expected = inBareSqlite(schema, (oracle) => oracle.prepare(sql).run());
    const results: ExecuteResult[] = [];
    for (const each of [sql, `${sql} RETURNING id`]) {
      const tx = db.begin();
      results.push(tx.execute(each));
      tx.rollback();
    }
    expect(results).toEqual([expected, expected]);
  });

  it.each([
    'CREATE TABLE more (x)',
    'SELECT * FROM t',
    'PRAGMA user_version',
    'EXPLAIN DELETE FROM t',
    'BEGIN',
    'SAVEPOINT s',
    'DROP TABLE log',
    'ANALYZE',
  ])('%s changes no row, whatever was changed before', (sql) => {
    const db = opened();
    db.exec(schema);
    watch(db);
    db.execute("INSERT INTO t (a) VALUES ('four'), ('five')");
    expect(db.execute(sql).changes).toBe(0);
  });
});

describe('exec', () => {
  it('runs several statements, of every kind', () => {
    const db = opened();
    const script = `${schema}
      -- a comment; with a semicolon
      UPDATE t SET b = 7 WHERE a = 'one; two';
      UPDATE t SET b = 8 WHERE id = 1 /* ; */;;
      BEGIN; DELETE FROM t WHERE id = 2; COMMIT;
      SELECT * FROM t;
      CREATE VIEW v AS SELECT a FROM t; PRAGMA user_version = 5`;
    expect(db.exec(script)).toBeUndefined();
    inBareSqlite(script, (oracle) => {
      for (const sql of ['SELECT * FROM t', 'SELECT * FROM log', 'SELECT * FROM v', 'PRAGMA user_version']) {
        expect(db.query(sql), sql).toEqual(
          oracle
            .prepare(sql)
            .all()
            .map((row) => ({ ...row })),
        );
      }
    });
  });

  it.each([
    '',
    ' ',
    ';',
    ';;\n;',
    '-- nothing',
    '/* nothing',
    ';-- nothing\n;',
  ])('of %j does nothing', (script) => {
    expect(opened().exec(script)).toBeUndefined();
  });

  it('takes byte order marks for the blanks that SQLite takes them for, as in files that were joined', () => {
    const script = '\uFEFFCREATE TABLE a (x);\n\uFEFFINSERT INTO a VALUES (1);\uFEFFINSERT INTO a VALUES (2)';
    const db = opened();
    db.exec(script);
    inBareSqlite(script, (oracle) => {
      expect(db.query('SELECT x FROM a')).toEqual(
        oracle
          .prepare('SELECT x FROM a')
          .all()
          .map((row) => ({ ...row })),
      );
    });
    expect(db.query('\uFEFFSELECT x FROM a WHERE x = ?', [2])).toEqual([{ x: 2 }]);
  });

  it('keeps what ran before an error, and runs nothing after it', () => {
    const db = opened();
    db.exec(schema);
    for (const wrong of [
      "INSERT INTO t (a) VALUES ('one')",
      'SELEC 1',
      'SELECT * FROM missing',
      'INSERT INTO t',
    ]) {
      thrownBy(() =>
        db.exec(`INSERT INTO log VALUES ('before'); ${wrong}; INSERT INTO log VALUES ('after')`),
      );
    }
    expect(db.query('SELECT DISTINCT note FROM log')).toEqual([{ note: 'before' }]);
    expect(db.queryOne('SELECT count(*) AS n FROM log')).toEqual({ n: 4 });
  });

  it('sees its own schema changes, one statement after the other', () => {
    const db = opened();
    db.exec(
      'CREATE TABLE a (x); INSERT INTO a VALUES (1); ALTER TABLE a RENAME TO b; INSERT INTO b VALUES (2)',
    );
    expect(db.query('SELECT x FROM b')).toEqual([{ x: 1 }, { x: 2 }]);
  });

  it('leaves open a transaction that the script leaves open', () => {
    const db = opened();
    db.exec('BEGIN; CREATE TABLE t (x)');
    expect(db.inTransaction).toBe(true);
    db.rollback();
    expect(db.query('SELECT * FROM sqlite_schema')).toEqual([]);
  });

  it('takes a long script', () => {
    const db = opened();
    db.exec(`CREATE TABLE t (x);${'INSERT INTO t VALUES (1);\n'.repeat(3000)}`);
    expect(db.queryOne('SELECT count(*) AS n FROM t')).toEqual({ n: 3000 });
  });

  it('refuses a script with a NUL character, where SQLite would stop reading', () => {
    const db = opened();
    db.exec('CREATE TABLE t (x)');
    expect(thrownBy(() => db.exec('INSERT INTO t VALUES (1); \u0000 INSERT INTO t VALUES (2)')).code).toBe(
      'SQL',
    );
    expect(db.query('SELECT * FROM t')).toEqual([]);
  });
});

describe('reading', () => {
  const three = 'SELECT id, a, b FROM t ORDER BY id';

  function withRows(): DatabaseSync {
    const db = opened();
    db.exec(schema);
    return db;
  }

  it('query returns objects', () => {
    const rows = inBareSqlite(schema, (oracle) => oracle.prepare(three).all());
    expect(withRows().query(three)).toEqual(rows.map((row) => ({ ...row })));
    expect(withRows().query(`${three} LIMIT 0`)).toEqual([]);
  });

  it('queryOne returns an object or null', () => {
    expect(withRows().queryOne(three)).toEqual({ id: 1, a: 'one', b: 1 });
    expect(withRows().queryOne(`${three} LIMIT 0`)).toBeNull();
    expect(withRows().queryOne('SELECT NULL AS nil')).toEqual({ nil: null });
  });

  it('queryRaw returns { columns, rows }, keeping duplicate column names', () => {
    const db = withRows();
    expect(db.queryRaw('SELECT 1 AS a, 2 AS a, 3 AS b')).toEqual({
      columns: ['a', 'a', 'b'],
      rows: [[1, 2, 3]],
    });
    expect(db.queryRaw('SELECT x.id, y.id FROM t AS x JOIN t AS y ON y.id = x.id + 1 ORDER BY 1')).toEqual({
      columns: ['id', 'id'],
      rows: [
        [1, 2],
        [2, 3],
      ],
    });
    expect(db.query('SELECT 1 AS a, 2 AS a')).toEqual([{ a: 2 }]);
  });

  it('queryRaw tells the columns of an empty result, and none of a statement without a result', () => {
    const db = withRows();
    expect(db.queryRaw('SELECT id, a AS "A B" FROM t WHERE 0')).toEqual({ columns: ['id', 'A B'], rows: [] });
    expect(db.queryRaw('DELETE FROM t WHERE 0')).toEqual({ columns: [], rows: [] });
    expect(db.queryRaw('CREATE TABLE u (x)')).toEqual({ columns: [], rows: [] });
  });

  it('columns are named as SQLite names them', () => {
    const db = withRows();
    for (const sql of ['SELECT 1, 1+1, a, "b", t.a, t.*, count(*), (SELECT 2) FROM t', 'VALUES (1, 2)']) {
      const names = inBareSqlite(schema, (oracle) =>
        oracle
          .prepare(sql)
          .columns()
          .map(({ name }) => name),
      );
      expect(db.queryRaw(sql).columns, sql).toEqual(names);
    }
  });

  it('fetchOne rejects when there is no row', () => {
    const db = withRows();
    expect(db.fetchOne(three)).toEqual({ id: 1, a: 'one', b: 1 });
    expect(thrownBy(() => db.fetchOne('SELECT * FROM t WHERE 0'))).toMatchObject({
      name: 'OperationalError',
      code: 'NO_ROW',
      sqlstate: '02000',
    });
  });

  it('fetchOne takes a row of NULLs for a row, also when a mapper makes null of it', () => {
    const db = withRows();
    expect(db.fetchOne('SELECT NULL AS x')).toEqual({ x: null });
    const first = db.fetchOne('SELECT NULL AS x', [], { rowMode: (_columns, [value]) => value });
    expect(first).toBeNull();
  });

  it('every read call runs a write, whole, returns what it returns, and tells listeners', () => {
    const reads: readonly ((db: DatabaseSync, sql: string) => unknown)[] = [
      (db, sql) => db.query(sql)[0],
      (db, sql) => db.queryOne(sql),
      (db, sql) => db.fetchOne(sql),
      (db, sql) => ({ b: db.queryRaw(sql).rows[0]?.[0] }),
      (db, sql) => [...db.iterate(sql)][0],
      (db, sql) => db.iterate(sql).next().value,
    ];
    for (const read of reads) {
      const db = withRows();
      const commits: number[] = [];
      db.subscribe(({ row_changes }) =>
        commits.push(row_changes.filter(({ table }) => table === 't').length),
      );
      expect(read(db, 'UPDATE t SET b = 50 RETURNING b')).toEqual({ b: 50 });
      expect(db.query('SELECT DISTINCT b FROM t')).toEqual([{ b: 50 }]);
      expect(commits).toEqual([3]);
      expect(db.inTransaction).toBe(false);
    }
  });

  it('rows and columns that a call returned are the caller’s own', () => {
    const db = withRows();
    for (let round = 0; round < 2; round++) {
      const { columns, rows } = db.queryRaw(three);
      expect(columns).toEqual(['id', 'a', 'b']);
      expect(rows[0]).toEqual([1, 'one', 1]);
      columns.reverse();
      rows[0]?.reverse();
      const [row] = db.query(three);
      expect(row).toEqual({ id: 1, a: 'one', b: 1 });
      if (row) row.a = 'changed';
    }
  });
});

describe('iterate', () => {
  const script = 'CREATE TABLE t (n); INSERT INTO t VALUES (1), (2), (3), (4)';
  const inOrder = 'SELECT n FROM t ORDER BY n';

  function withNumbers(location = ':memory:'): DatabaseSync {
    const db = opened(location);
    if (location === ':memory:') db.exec(script);
    return db;
  }

  it('streams rows with for-of and for-await, in the order of query', async () => {
    const db = withNumbers();
    const looped = [];
    for (const row of db.iterate(inOrder)) looped.push(row);
    const awaited = [];
    for await (const row of db.iterate(inOrder)) awaited.push(row);
    expect(looped).toEqual(db.query(inOrder));
    expect(awaited).toEqual(looped);
    expect([...db.iterate('SELECT 1 WHERE 0')]).toEqual([]);
  });

  it('streams: a row is made when it is asked for, not before', () => {
    const db = withNumbers();
    let made = 0;
    const rows = db.iterate(inOrder, [], {
      rowMode: (_columns, values) => {
        made += 1;
        return values[0];
      },
    });
    expect(made).toBe(0);
    rows.next();
    rows.next();
    expect(made).toBe(2);
  });

  it('two open iterations are independent, of the same text and of the same prepared statement', () => {
    const db = withNumbers();
    const statement = db.prepare(inOrder);
    for (const iterate of [
      () => db.iterate<{ n: number }>(inOrder),
      () => statement.iterate<{ n: number }>(),
    ]) {
      const [slow, fast] = [iterate(), iterate()];
      const seen: string[] = [];
      for (const step of 'sffsfsfs') {
        const { value } = (step === 's' ? slow : fast).next();
        seen.push(`${step}${value?.n}`);
      }
      expect(seen).toEqual(['s1', 'f1', 'f2', 's2', 'f3', 's3', 'f4', 's4']);
      expect([slow.next().done, fast.next().done]).toEqual([true, true]);
    }
  });

  it('goes on while the same text is queried, executed and prepared, and while other rows are written', () => {
    const db = withNumbers();
    db.exec('CREATE TABLE other (n)');
    const seen = [];
    for (const { n } of db.iterate<{ n: number }>(inOrder)) {
      seen.push(n);
      expect(db.query(inOrder)).toHaveLength(4);
      expect(db.queryOne(inOrder)).toEqual({ n: 1 });
      db.prepare(inOrder).execute();
      db.execute('INSERT INTO other VALUES (?)', [n]);
    }
    expect(seen).toEqual([1, 2, 3, 4]);
    expect(db.query('SELECT n FROM other')).toEqual([1, 2, 3, 4].map((n) => ({ n })));
  });

  it('goes on while its own table is updated and deleted from, without an endless loop', () => {
    const db = withNumbers();
    const seen: number[] = [];
    for (const { n } of db.iterate<{ n: number }>(inOrder)) {
      seen.push(n);
      db.execute('UPDATE t SET n = n + 100 WHERE n = ?', [n]);
    }
    expect(seen).toEqual([1, 2, 3, 4]);
    for (const { n } of db.iterate<{ n: number }>(inOrder)) db.execute('DELETE FROM t WHERE n = ?', [n]);
    expect(db.query(inOrder)).toEqual([]);
  });

  it('of a finished result stays finished', () => {
    const rows = withNumbers().iterate('SELECT 1 AS one');
    expect([rows.next().done, rows.next().done, rows.next().done]).toEqual([false, true, true]);
  });

  it.each([
    ['at its end', (rows: IterableIterator<unknown>) => [...rows]],
    ['when the loop is left', (rows: IterableIterator<unknown>) => leave(rows)],
    [
      'when the loop throws',
      (rows: IterableIterator<unknown>) => expect(() => throwIn(rows)).toThrow('mine'),
    ],
    ['when it is returned', (rows: IterableIterator<unknown>) => rows.return?.()],
  ])('holds a read lock that it releases %s', (_when, finish) => {
    // With a rollback journal a writer can't commit beside a reader.
    const path = fileWith(script, 'delete');
    const rows = withNumbers(path).iterate(inOrder);
    const other = bare(path);
    rows.next();
    expect(() => other.exec('UPDATE t SET n = 0')).toThrow('locked');
    finish(rows);
    other.exec('UPDATE t SET n = 0');
  });

  it('holds no lock before its first row is asked for', () => {
    const path = fileWith(script, 'delete');
    withNumbers(path).iterate(inOrder);
    bare(path).exec('UPDATE t SET n = 0');
  });

  it('ends with an error of SQLite where that comes, after the rows before it', () => {
    const db = withNumbers();
    const rows = db.iterate('SELECT abs(CASE n WHEN 3 THEN -9223372036854775807 - 1 ELSE n END) AS a FROM t');
    expect([rows.next().value, rows.next().value]).toEqual([{ a: 1 }, { a: 2 }]);
    expect(thrownBy(() => rows.next())).toMatchObject({ name: 'DataError', code: 'VALUE' });
    expect(rows.next().done).toBe(true);
  });

  it('ends with an error of its mapper, which it hands on as it is, and releases its lock', () => {
    const path = fileWith(script, 'delete');
    const mine = new Error('mine');
    const rows = withNumbers(path).iterate(inOrder, [], {
      rowMode: () => {
        throw mine;
      },
    });
    expect(() => rows.next()).toThrow(mine);
    bare(path).exec('UPDATE t SET n = 0');
  });

  function leave(rows: Iterable<unknown>): void {
    for (const _row of rows) break;
  }

  function throwIn(rows: Iterable<unknown>): void {
    for (const _row of rows) throw new Error('mine');
  }
});

describe('a second statement in execute, prepare or a read call is rejected, never silently dropped', () => {
  const calls: readonly [name: string, call: (db: DatabaseSync, sql: string) => unknown][] = [
    ['execute', (db, sql) => db.execute(sql)],
    ['prepare', (db, sql) => db.prepare(sql)],
    ['query', (db, sql) => db.query(sql)],
    ['queryOne', (db, sql) => db.queryOne(sql)],
    ['fetchOne', (db, sql) => db.fetchOne(sql)],
    ['queryRaw', (db, sql) => db.queryRaw(sql)],
    ['iterate', (db, sql) => [...db.iterate(sql)]],
    ['executeBatch', (db, sql) => db.executeBatch(sql, [[]])],
    ['watchQuery', (db, sql) => db.watchQuery(sql)],
    ['a transaction', (db, sql) => db.transaction((tx) => tx.execute(sql))],
  ];
  const first = 'INSERT INTO t VALUES (1)';

  function empty(): DatabaseSync {
    const db = opened();
    db.exec('CREATE TABLE t (x)');
    return db;
  }

  it.each([
    `${first}; ${first}`,
    `${first};${first};`,
    `${first}; -- then\n${first}`,
    `${first};;; ${first}`,
    `; ${first}; ${first}`,
    `${first}; SELEC`,
    `${first}; '`,
    `${first}; )`,
    `-- first\n${first}; /* second */ DROP TABLE t`,
    'SELECT * FROM t; SELECT * FROM t',
    'SELECT * FROM t; DROP TABLE t',
    '\uFEFFSELECT * FROM t; DROP TABLE t',
    `\uFEFF${first}; DROP TABLE t`,
    // SQLite takes a byte order mark for a blank anywhere.
    `; \uFEFF${first}; DROP TABLE t`,
    'SELECT \uFEFF* FROM t; DROP TABLE t',
    // A NUL character is where SQLite stops reading.
    `${first}\u0000; DROP TABLE t`,
    `${first}; \u0000 DROP TABLE t`,
    'SELECT x FROM t\u0000 WHERE 0',
  ])('%j', (sql) => {
    for (const [name, call] of calls) {
      const db = empty();
      const error = thrownBy(() => call(db, sql));
      expect(error, name).toMatchObject({ name: 'ProgrammingError' });
      expect(error.code, name).toMatch(name === 'watchQuery' ? /^(SQL|WATCH)$/ : /^SQL$/);
      expect(db.query('SELECT * FROM t'), name).toEqual([]);
    }
  });

  it.each([
    ';',
    '; ',
    ';;',
    ' ; \n',
    '; -- done',
    '; /* done */',
    '; /* open',
    '-- done',
    ';\n-- a\n-- b\n;',
  ])('a statement may be followed by %j', (tail) => {
    const db = empty();
    expect(db.execute(`${first}${tail}`).changes).toBe(1);
    expect(db.query(`SELECT x FROM t${tail}`)).toEqual([{ x: 1 }]);
    expect(db.prepare(`SELECT x FROM t${tail}`).queryOne()).toEqual({ x: 1 });
    expect([...db.iterate(`SELECT x FROM t${tail}`)]).toEqual([{ x: 1 }]);
  });

  it('a semicolon in a string, an identifier, a comment or a trigger ends nothing', () => {
    const db = empty();
    db.execute(`CREATE TRIGGER copied AFTER INSERT ON t WHEN NEW.x = 1 BEGIN
      INSERT INTO t VALUES (';'); INSERT INTO t VALUES ('"');
    END`);
    db.execute('INSERT /* ; */ INTO "t" VALUES (1) -- ; DROP TABLE t');
    expect(db.query('SELECT x AS "x;y" FROM t')).toEqual([1, ';', '"'].map((x) => ({ 'x;y': x })));
  });

  it.each([
    '',
    ' \n',
    ';',
    '-- nothing',
    '/* nothing */',
  ])('no statement at all, %j, is an error as well', (sql) => {
    for (const [name, call] of calls) {
      expect(
        thrownBy(() => call(empty(), sql)),
        name,
      ).toMatchObject({ name: 'ProgrammingError' });
    }
  });
});
