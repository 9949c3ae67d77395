import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DatabaseSync, type FreshetError, openSync, type Params } from 'freshet';
import { describe, expect, it } from 'vitest';
import { bare, fileWith, opened, temporaryFile, temporaryFolder } from '../tests/support/opening.ts';
import { OtherProcess } from '../tests/support/other-process.ts';
import { diagnosticKeys, documented, documentedCodes, thrownBy } from '../tests/support/thrown.ts';

/** The error of a statement in a fresh database. */
function failure(schema: string, sql: string, params?: Params): FreshetError {
  const db = opened();
  db.exec(schema);
  return thrownBy(() => db.execute(sql, params));
}

/** What SQLite itself calls the failure: its extended result code. */
function errcodeOf(error: FreshetError): unknown {
  return (error.cause as { readonly errcode?: number } | undefined)?.errcode;
}

interface Place {
  readonly table?: string;
  readonly column?: string;
}

/** SQLite's extended codes for constraints: https://sqlite.org/rescode.html */
const constraints = {
  unique: [2067, '23505'],
  primary_key: [1555, '23505'],
  rowid: [2579, '23505'],
  not_null: [1299, '23502'],
  check: [275, '23514'],
  foreign_key: [787, '23503'],
  trigger: [1811, '23000'],
  datatype: [3091, '22018'],
} as const;

describe('UNIQUE, PK, NOT NULL, CHECK, FK → IntegrityError with subcode, sqlstate, table, column', () => {
  const one = 'INSERT INTO t VALUES (1, 1)';
  const parent = 'CREATE TABLE p (id INTEGER PRIMARY KEY); INSERT INTO p VALUES (1);';
  const cases: readonly [
    what: string,
    subcode: keyof typeof constraints,
    schema: string,
    sql: string,
    place: Place,
  ][] = [
    ['UNIQUE column', 'unique', `CREATE TABLE t (a UNIQUE, b); ${one}`, one, { table: 't', column: 'a' }],
    [
      'UNIQUE of two',
      'unique',
      `CREATE TABLE t (a, b, UNIQUE (b, a)); ${one}`,
      one,
      { table: 't', column: 'b' },
    ],
    [
      'UNIQUE index',
      'unique',
      `CREATE TABLE t (a, b); CREATE UNIQUE INDEX i ON t (b); ${one}`,
      one,
      { table: 't', column: 'b' },
    ],
    [
      'UNIQUE index on an expression',
      'unique',
      `CREATE TABLE t (a, b); CREATE UNIQUE INDEX i ON t (a + b); ${one}`,
      one,
      { table: 't' },
    ],
    [
      'partial UNIQUE index',
      'unique',
      `CREATE TABLE t (a, b); CREATE UNIQUE INDEX i ON t (a) WHERE b > 0; ${one}`,
      one,
      { table: 't', column: 'a' },
    ],
    [
      'UNIQUE on UPDATE',
      'unique',
      `CREATE TABLE t (a UNIQUE, b); ${one}; INSERT INTO t VALUES (2, 2)`,
      'UPDATE t SET a = 1',
      { table: 't', column: 'a' },
    ],
    [
      'a UNIQUE index made too late',
      'unique',
      `CREATE TABLE t (a, b); ${one}; ${one}`,
      'CREATE UNIQUE INDEX i ON t (a)',
      { table: 't', column: 'a' },
    ],
    [
      'INTEGER PRIMARY KEY',
      'primary_key',
      `CREATE TABLE t (a INTEGER PRIMARY KEY, b); ${one}`,
      one,
      { table: 't', column: 'a' },
    ],
    [
      'TEXT PRIMARY KEY',
      'primary_key',
      `CREATE TABLE t (a, b TEXT PRIMARY KEY); ${one}`,
      one,
      { table: 't', column: 'b' },
    ],
    [
      'composite PRIMARY KEY',
      'primary_key',
      `CREATE TABLE t (a, b, PRIMARY KEY (b, a)); ${one}`,
      one,
      { table: 't', column: 'b' },
    ],
    [
      'PRIMARY KEY WITHOUT ROWID',
      'primary_key',
      `CREATE TABLE t (a, b, PRIMARY KEY (a, b)) WITHOUT ROWID; ${one}`,
      one,
      { table: 't', column: 'a' },
    ],
    [
      'rowid',
      'rowid',
      'CREATE TABLE t (a); INSERT INTO t (rowid) VALUES (7)',
      'INSERT INTO t (rowid) VALUES (7)',
      { table: 't', column: 'rowid' },
    ],
    [
      'NOT NULL',
      'not_null',
      'CREATE TABLE t (a, b NOT NULL)',
      'INSERT INTO t VALUES (1, NULL)',
      { table: 't', column: 'b' },
    ],
    [
      'NOT NULL of a PRIMARY KEY WITHOUT ROWID',
      'not_null',
      'CREATE TABLE t (a PRIMARY KEY) WITHOUT ROWID',
      'INSERT INTO t VALUES (NULL)',
      { table: 't', column: 'a' },
    ],
    [
      'NOT NULL on UPDATE',
      'not_null',
      `CREATE TABLE t (a, b NOT NULL); ${one}`,
      'UPDATE t SET b = NULL',
      { table: 't', column: 'b' },
    ],
    ['CHECK of a column', 'check', 'CREATE TABLE t (a, b CHECK (b > 5))', one, { table: 't', column: 'b' }],
    [
      'named CHECK of a column',
      'check',
      'CREATE TABLE t (a CONSTRAINT "big enough" CHECK (a > 5), b)',
      one,
      { table: 't', column: 'a' },
    ],
    [
      'named CHECK of the table about one column',
      'check',
      'CREATE TABLE t (a, b, CONSTRAINT large CHECK (b > 5))',
      one,
      { table: 't', column: 'b' },
    ],
    [
      'named CHECK of the table about two columns',
      'check',
      'CREATE TABLE t (a, b, CONSTRAINT less CHECK (a < b))',
      one,
      { table: 't' },
    ],
    [
      'CHECK on UPDATE',
      'check',
      `CREATE TABLE t (a CHECK (a < 5), b); ${one}`,
      'UPDATE t SET a = 9',
      { table: 't', column: 'a' },
    ],
    [
      'FOREIGN KEY, immediate',
      'foreign_key',
      `${parent} CREATE TABLE t (a, b REFERENCES p)`,
      'INSERT INTO t VALUES (1, 99)',
      { table: 't', column: 'b' },
    ],
    [
      'FOREIGN KEY, one of several',
      'foreign_key',
      `${parent} CREATE TABLE t (a REFERENCES p, b REFERENCES p)`,
      'INSERT INTO t VALUES (1, 99)',
      { table: 't' },
    ],
    [
      'FOREIGN KEY, deferred outside a transaction',
      'foreign_key',
      `${parent} CREATE TABLE t (a, b REFERENCES p DEFERRABLE INITIALLY DEFERRED)`,
      'INSERT INTO t VALUES (1, 99)',
      { table: 't', column: 'b' },
    ],
    [
      'RAISE(ABORT) of a trigger',
      'trigger',
      "CREATE TABLE t (a, b); CREATE TRIGGER r BEFORE INSERT ON t BEGIN SELECT RAISE(ABORT, 'no'); END",
      one,
      { table: 't' },
    ],
    [
      'type of a STRICT table',
      'datatype',
      'CREATE TABLE t (a INT, b TEXT) STRICT',
      "INSERT INTO t VALUES ('x', 'y')",
      { table: 't', column: 'a' },
    ],
  ];

  it.each(cases)('%s', (_what, kind, schema, sql, place) => {
    const error = failure(schema, sql);
    const [errcode, sqlstate] = constraints[kind];
    expect(errcodeOf(error)).toBe(errcode);
    expect(error).toMatchObject({
      name: 'IntegrityError',
      code: 'CONSTRAINT',
      subcode: `constraint.${kind}`,
      sqlstate,
      retryable: false,
    });
    expect({ table: error.table, column: error.column }).toEqual({
      table: undefined,
      column: undefined,
      ...place,
    });
    expect(error.diagnostic).toMatchObject({
      ...(place.table !== undefined && { relation: place.table }),
      ...(place.column !== undefined && { column: place.column }),
    });
  });

  it('a value that is no integer in an INTEGER PRIMARY KEY is a datatype failure', () => {
    const error = failure('CREATE TABLE t (a INTEGER PRIMARY KEY)', "INSERT INTO t VALUES ('x')");
    expect(errcodeOf(error)).toBe(20);
    expect(error).toMatchObject({ name: 'IntegrityError', subcode: 'constraint.datatype', table: 't' });
  });

  it('a FOREIGN KEY that is deferred fails at COMMIT, where no statement tells the table', () => {
    const db = opened();
    db.exec(`${parent} CREATE TABLE t (a REFERENCES p DEFERRABLE INITIALLY DEFERRED)`);
    const tx = db.begin();
    tx.execute('INSERT INTO t VALUES (99)');
    const error = thrownBy(() => tx.commit());
    expect(error).toMatchObject({
      name: 'IntegrityError',
      subcode: 'constraint.foreign_key',
      sqlstate: '23503',
    });
    expect([error.table, error.column]).toEqual([undefined, undefined]);
    tx.rollback();
  });

  it('a FOREIGN KEY of another table that still refers to a deleted row blames no column of this one', () => {
    const schema = `${parent} CREATE TABLE t (id INTEGER PRIMARY KEY, owner REFERENCES p);
      CREATE TABLE child (t REFERENCES t); INSERT INTO t VALUES (1, 1); INSERT INTO child VALUES (1)`;
    for (const sql of ['DELETE FROM t', 'UPDATE t SET id = 2']) {
      const error = failure(schema, sql);
      expect(error.subcode).toBe('constraint.foreign_key');
      expect(error.column, sql).toBeUndefined();
    }
  });

  it('a constraint that a trigger meets in another table is not blamed on the table of the statement', () => {
    const other = 'CREATE TABLE other (x NOT NULL CHECK (x > 0) UNIQUE REFERENCES t DEFERRABLE)';
    const schema = (
      value: string,
    ): string => `CREATE TABLE t (a INTEGER PRIMARY KEY CHECK (a < 9), b); ${other};
      CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO other VALUES (${value}); END`;
    for (const [value, column] of [
      ['NULL', 'x'],
      ['-1', 'x'],
      ['1), (1', 'x'],
    ] as const) {
      const error = failure(schema(value), one);
      expect(error.name).toBe('IntegrityError');
      expect([undefined, 'other'], value).toContain(error.table);
      expect([undefined, column], value).toContain(error.column);
    }
  });

  it('a rule of a virtual table is an IntegrityError, too', () => {
    const error = failure(
      'CREATE VIRTUAL TABLE r USING rtree (id, low, high)',
      'INSERT INTO r VALUES (1, 5, 2)',
    );
    expect(error).toMatchObject({ name: 'IntegrityError', code: 'CONSTRAINT', table: 'r' });
  });

  it('is told by every call that writes, and undone', () => {
    const db = opened();
    db.exec(`CREATE TABLE t (a UNIQUE, b); ${one}`);
    const calls: readonly ((sql: string) => unknown)[] = [
      (sql) => db.execute(sql),
      (sql) => db.exec(`${sql};`),
      (sql) => db.query(`${sql} RETURNING a`),
      (sql) => db.queryOne(`${sql} RETURNING a`),
      (sql) => db.fetchOne(`${sql} RETURNING a`),
      (sql) => db.queryRaw(`${sql} RETURNING a`),
      (sql) => [...db.iterate(`${sql} RETURNING a`)],
      (sql) => db.executeBatch(sql, [[]]),
      (sql) => db.prepare(sql).execute(),
      (sql) => db.transaction((tx) => tx.execute(sql)),
    ];
    for (const call of calls) {
      expect(
        thrownBy(() => call('INSERT INTO t VALUES (2, 2), (1, 3)')),
        call.toString(),
      ).toMatchObject({
        subcode: 'constraint.unique',
        table: 't',
        column: 'a',
      });
    }
    expect(db.query('SELECT a FROM t')).toEqual([{ a: 1 }]);
  });

  describe('with hostile names', () => {
    const names = [
      'a.b',
      '.',
      'a"b',
      "it's",
      'a, b',
      'a, t.b',
      'with blank',
      'select',
      'UNIQUE constraint failed: x.y',
      '🌊',
      '__proto__',
      "index 'i'",
    ];
    const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

    const hostile: readonly [
      what: string,
      subcode: keyof typeof constraints,
      define: (column: string) => string,
      values: string,
    ][] = [
      ['UNIQUE', 'unique', (column) => `${column} UNIQUE`, '(1), (1)'],
      ['PRIMARY KEY', 'primary_key', (column) => `${column} PRIMARY KEY`, '(1), (1)'],
      ['NOT NULL', 'not_null', (column) => `${column} NOT NULL`, '(NULL)'],
      ['FOREIGN KEY', 'foreign_key', (column) => `${column} REFERENCES p (id)`, '(99)'],
      ['CHECK', 'check', (column) => `${column} CONSTRAINT positive CHECK (${column} > 0)`, '(-1)'],
      ['STRICT', 'datatype', (column) => `${column} INT`, "('x')"],
    ];

    it.each(hostile)('%s tells table and column', (what, kind, define, values) => {
      for (const [at, table] of names.entries()) {
        // Each name beside itself and beside two others.
        for (const column of [0, 1, 4].map((step) => names[(at + step) % names.length] ?? '')) {
          const [t, c] = [quote(table), quote(column)];
          const schema = `${parent} CREATE TABLE ${t} (${define(c)}) ${what === 'STRICT' ? 'STRICT' : ''}`;
          const error = failure(schema, `INSERT INTO ${t} VALUES ${values}`);
          expect({ subcode: error.subcode, table: error.table, column: error.column }, error.message).toEqual(
            {
              subcode: `constraint.${kind}`,
              table,
              column,
            },
          );
        }
      }
    });

    it('a UNIQUE index on an expression tells the table, though the message names the index alone', () => {
      for (const [at, table] of names.entries()) {
        for (const index of [1, 4].map((step) => names[(at + step) % names.length] ?? '')) {
          const [t, i] = [quote(table), quote(index)];
          const schema = `CREATE TABLE ${t} (a); CREATE UNIQUE INDEX ${i} ON ${t} (a + 1)`;
          const error = failure(schema, `INSERT INTO ${t} VALUES (1), (1)`);
          expect({ table: error.table, column: error.column }, error.message).toEqual({
            table,
            column: undefined,
          });
        }
      }
    });

    it('a composite key names its first column, whatever the others are called', () => {
      for (const [first, second] of [
        ['a.b', 'c.d'],
        ['a, b', 't.c'],
        ['x', 'y, t.z'],
      ] as const) {
        const error = failure(
          `CREATE TABLE t (${quote(first)}, ${quote(second)}, UNIQUE (${quote(first)}, ${quote(second)}))`,
          'INSERT INTO t VALUES (1, 1), (1, 1)',
        );
        expect({ table: error.table, column: error.column }, error.message).toEqual({
          table: 't',
          column: first,
        });
      }
    });

    it('the table is spelled as the schema spells it', () => {
      const error = failure(
        'CREATE TABLE Mixed (Column_A UNIQUE)',
        'insert into mIXED (column_a) values (1), (1)',
      );
      expect([error.table, error.column]).toEqual(['Mixed', 'Column_A']);
    });
  });
});

describe('missing table or syntax → ProgrammingError', () => {
  const schema = 'CREATE TABLE t (a); CREATE VIEW v AS SELECT a FROM t';

  it.each([
    ['SELECT * FROM missing', 'sql.relation_not_found', '42P01'],
    ['SELECT * FROM main.missing', 'sql.relation_not_found', '42P01'],
    ['INSERT INTO missing VALUES (1)', 'sql.relation_not_found', '42P01'],
    ['DROP TABLE missing', 'sql.relation_not_found', '42P01'],
    ['DROP VIEW missing', 'sql.relation_not_found', '42P01'],
    ['SELECT missing FROM t', 'sql.column_not_found', '42703'],
    ['SELECT t.missing FROM t', 'sql.column_not_found', '42703'],
    ['UPDATE t SET missing = 1', 'sql.column_not_found', '42703'],
    ['INSERT INTO t (missing) VALUES (1)', 'sql.column_not_found', '42703'],
    ['SELECT missing(1)', 'sql.function_not_found', '42883'],
    ['SELEC 1', 'sql.syntax', '42601'],
    ['SELECT', 'sql.syntax', '42601'],
    ['SELECT * FROM t WHERE', 'sql.syntax', '42601'],
    ["SELECT 'unfinished", 'sql.syntax', '42601'],
    ['SELECT 1 1', 'sql.syntax', '42601'],
    ['', 'sql.empty', undefined],
    ['SELECT 1; SELECT 2', 'sql.multiple_statements', '42601'],
    ['INSERT INTO t VALUES (1, 2)', 'sql.error', '42000'],
    ['SELECT abs(1, 2, 3)', 'sql.error', '42000'],
    ['SELECT a FROM t, t AS u', 'sql.error', '42000'],
    ['INSERT INTO v VALUES (1)', 'sql.error', '42000'],
    ['CREATE TABLE t (a)', 'sql.error', '42000'],
    ["SELECT json('{')", 'sql.error', '42000'],
  ])('%s', (sql, subcode, sqlstate) => {
    const error = failure(schema, sql);
    expect({ name: error.name, code: error.code, subcode: error.subcode, sqlstate: error.sqlstate }).toEqual({
      name: 'ProgrammingError',
      code: 'SQL',
      subcode,
      sqlstate,
    });
  });

  it('the message and the cause are SQLite’s own', () => {
    for (const sql of [
      'SELECT * FROM missing',
      'SELEC 1',
      'SELECT missing(1)',
      'INSERT INTO t VALUES (1, 2)',
    ]) {
      const error = failure(schema, sql);
      const oracle = bare(':memory:');
      oracle.exec(schema);
      expect(() => oracle.prepare(sql), sql).toThrow(error.message);
      expect(errcodeOf(error)).toBe(1);
    }
  });
});

describe('busy, full, unreadable → OperationalError', () => {
  const schema = 'CREATE TABLE t (a); INSERT INTO t VALUES (1)';
  const busy = {
    name: 'OperationalError',
    code: 'BUSY',
    retryable: true,
    permanent: false,
    sqlstate: '55P03',
  };
  const writes: readonly [name: string, write: (db: DatabaseSync) => unknown][] = [
    ['execute', (db) => db.execute('UPDATE t SET a = 2')],
    ['exec', (db) => db.exec('UPDATE t SET a = 2')],
    ['a query that writes', (db) => db.query('UPDATE t SET a = 2 RETURNING a')],
    ['executeBatch', (db) => db.executeBatch('UPDATE t SET a = ?', [[2]])],
    ['a prepared statement', (db) => db.prepare('UPDATE t SET a = 2').execute()],
    ['transaction', (db) => db.transaction((tx) => tx.execute('UPDATE t SET a = 2'))],
    [
      'an immediate transaction',
      (db) => db.transaction((tx) => tx.execute('UPDATE t SET a = 2'), 'immediate'),
    ],
    ['CREATE TABLE', (db) => db.exec('CREATE TABLE u (x)')],
  ];

  it.each(
    writes,
  )('a lock of another program makes %s BUSY and retryable; it works when the lock is gone', (_name, write) => {
    for (const busyTimeoutMs of [0, 1]) {
      const path = fileWith(schema);
      const db = opened(path, { busyTimeoutMs });
      const other = bare(path);
      other.exec('BEGIN IMMEDIATE; UPDATE t SET a = 3');
      expect(thrownBy(() => write(db))).toMatchObject({ ...busy, subcode: 'busy.writer_lock' });
      expect(db.inTransaction).toBe(false);
      expect(db.query('SELECT a FROM t')).toEqual([{ a: 1 }]);
      other.exec('ROLLBACK');
      write(db);
      expect(db.inTransaction).toBe(false);
    }
  });

  it('a lock of another process does the same', async () => {
    const path = fileWith(schema);
    const other = await OtherProcess.start(path);
    const db = opened(path, { busyTimeoutMs: 1 });
    await other.exec('BEGIN IMMEDIATE');
    expect(thrownBy(() => db.execute('DELETE FROM t'))).toMatchObject(busy);
    expect(thrownBy(() => db.begin('immediate'))).toMatchObject(busy);
    await other.exec('ROLLBACK');
    expect(db.execute('DELETE FROM t').changes).toBe(1);
  });

  it('a lock that is taken inside a transaction leaves that open, to try again', () => {
    const path = fileWith(schema);
    const db = opened(path, { busyTimeoutMs: 0 });
    const other = bare(path);
    const tx = db.begin();
    other.exec('BEGIN IMMEDIATE');
    expect(thrownBy(() => tx.execute('UPDATE t SET a = 2'))).toMatchObject(busy);
    other.exec('ROLLBACK');
    expect(tx.isOpen).toBe(true);
    tx.execute('UPDATE t SET a = 2');
    tx.commit();
  });

  it('a snapshot that another commit has outrun can’t write: BUSY until the transaction ends', () => {
    const path = fileWith(schema);
    const db = opened(path, { busyTimeoutMs: 0 });
    const tx = db.begin();
    tx.query('SELECT a FROM t');
    bare(path).exec('UPDATE t SET a = 5');
    const error = thrownBy(() => tx.execute('UPDATE t SET a = a + 1'));
    expect(errcodeOf(error)).toBe(517);
    expect(error).toMatchObject({ code: 'BUSY' });
    tx.rollback();
    db.execute('UPDATE t SET a = a + 1');
    expect(db.query('SELECT a FROM t')).toEqual([{ a: 6 }]);
  });

  it('a reader elsewhere makes COMMIT busy with a rollback journal, and the transaction stays open for another try', () => {
    const path = fileWith(schema, 'delete');
    const db = opened(path, { busyTimeoutMs: 0 });
    const other = bare(path);
    other.exec('BEGIN; SELECT * FROM t');
    const reading = other.prepare('SELECT a FROM t').iterate();
    reading.next();
    const tx = db.begin();
    tx.execute('UPDATE t SET a = 2');
    expect(thrownBy(() => tx.commit())).toMatchObject(busy);
    expect(tx.isOpen).toBe(true);
    reading.return?.();
    other.exec('COMMIT');
    tx.commit();
    expect(other.prepare('SELECT a FROM t').get()).toEqual({ a: 2 });
  });

  it('an exclusive lock makes opening and reading busy, and takes no file with it', () => {
    const path = fileWith(schema, 'delete');
    const other = bare(path);
    const early = opened(path, { busyTimeoutMs: 0 });
    other.exec('BEGIN EXCLUSIVE');
    expect(thrownBy(() => openSync(path, { busyTimeoutMs: 0 }))).toMatchObject(busy);
    expect(thrownBy(() => early.query('SELECT a FROM t'))).toMatchObject(busy);
    expect(thrownBy(() => [...early.iterate('SELECT a FROM t')])).toMatchObject(busy);
    other.exec('ROLLBACK');
    expect(early.query('SELECT a FROM t')).toEqual([{ a: 1 }]);
  });

  it('a full database is FULL, and what was there stays', () => {
    const db = opened();
    db.exec(`${schema}; PRAGMA max_page_count = 4`);
    expect(thrownBy(() => db.execute('INSERT INTO t VALUES (zeroblob(100000))'))).toMatchObject({
      name: 'OperationalError',
      code: 'FULL',
      sqlstate: '53100',
    });
    expect(db.query('SELECT a FROM t')).toEqual([{ a: 1 }]);
  });

  it('a read-only database is READONLY', () => {
    const db = opened(fileWith(schema), { readOnly: true });
    expect(thrownBy(() => db.execute('DELETE FROM t'))).toMatchObject({
      name: 'OperationalError',
      code: 'READONLY',
      sqlstate: '25006',
    });
  });

  it('a file that can’t be attached is IO, a damaged one CORRUPTION', () => {
    const db = opened();
    const missing = join(temporaryFolder(), 'missing', 'x.db');
    expect(thrownBy(() => db.execute('ATTACH ? AS x', [missing]))).toMatchObject({
      name: 'OperationalError',
      code: 'IO',
    });
    const letter = temporaryFile();
    writeFileSync(letter, 'Dear Sir or Madam, '.repeat(500));
    expect(thrownBy(() => db.execute('ATTACH ? AS x', [letter]))).toMatchObject({
      name: 'DatabaseError',
      code: 'CORRUPTION',
    });
  });

  it('transaction control in the wrong state is TRANSACTION', () => {
    for (const [script, sql] of [
      ['BEGIN', 'BEGIN'],
      ['', 'COMMIT'],
      ['', 'ROLLBACK'],
      ['BEGIN', 'RELEASE missing'],
      ['BEGIN', 'ROLLBACK TO missing'],
      ['BEGIN', 'VACUUM'],
    ] as const) {
      expect(failure(script, sql), sql).toMatchObject({ name: 'OperationalError', code: 'TRANSACTION' });
    }
  });
});

describe('every error carries code, subcode, retryable, permanent and diagnostic', () => {
  /** A text that stands in every value, every piece of SQL and every folder, but in no name of a table. */
  const marker = 'Zx9marker';

  function markedFolder(): string {
    const folder = join(temporaryFolder(), marker);
    mkdirSync(folder);
    return folder;
  }

  const schema = `
    CREATE TABLE p (id INTEGER PRIMARY KEY);
    CREATE TABLE t (a UNIQUE, b NOT NULL, c CHECK (c <> '${marker} checked'), d REFERENCES p);
    CREATE TABLE strict_t (n INT) STRICT;
    CREATE TABLE keyed (id INTEGER PRIMARY KEY);
    CREATE TRIGGER raising BEFORE DELETE ON t BEGIN SELECT RAISE(ABORT, '${marker} raised'); END;
    INSERT INTO t VALUES ('${marker}', 1, 1, NULL)`;

  /** Fails in each of its ways, with the marker in what the user wrote. */
  function failures(): FreshetError[] {
    const folder = markedFolder();
    const path = join(folder, 'app.db');
    const db = opened(path, { busyTimeoutMs: 0 });
    db.exec(schema);
    const run = (sql: string, params?: Params): FreshetError => thrownBy(() => db.execute(sql, params));
    const errors = [
      run('INSERT INTO t VALUES (?, 1, 1, NULL)', [marker]),
      run(`INSERT INTO t VALUES ('${marker}', 1, 1, NULL)`),
      run('INSERT INTO t VALUES (1, NULL, ?, NULL)', [marker]),
      run('INSERT INTO t VALUES (1, 1, ?, NULL)', [`${marker} checked`]),
      run('INSERT INTO t VALUES (1, 1, 1, ?)', [marker]),
      run('DELETE FROM t WHERE a = ?', [marker]),
      run('INSERT INTO strict_t VALUES (?)', [marker]),
      run('INSERT INTO keyed VALUES (?)', [marker]),
      run(`SELECT * FROM ${marker}`),
      run(`SELECT ${marker} FROM t`),
      run(`SELECT ${marker}()`),
      run(`${marker} 1`),
      run(`SELECT '${marker}`),
      run(`SELECT '${marker}'; SELECT 2`),
      run(`-- ${marker}`),
      run('SELECT json(?)', [`{${marker}`]),
      run(`SELECT :${marker}`, {}),
      run('SELECT 1', { [marker]: 1 }),
      run(`SELECT ?, :${marker}`, [1]),
      run('SELECT ?', [{ [marker]: 1 } as never]),
      run('SELECT ?', [`${marker}\uD800`]),
      run('SELECT abs(-9223372036854775808)'),
      run(`RELEASE ${marker}`),
      run(`ATTACH '${folder}/missing/x.db' AS x`),
      thrownBy(() => db.begin(marker as never)),
      thrownBy(() => db.fetchOne('SELECT a FROM t WHERE b = ?', [marker])),
      thrownBy(() => db.watchTable(marker)),
      thrownBy(() => db.watchQuery(`SELECT '${marker}'`)),
      thrownBy(() => db.executeBatch(`SELECT '${marker}'`, [[]])),
      thrownBy(() => openSync(path, { options: `${marker}=1` })),
      thrownBy(() => openSync(path, { mode: 'create' })),
      thrownBy(() => openSync(join(folder, 'missing.db'), { mode: 'open' })),
      thrownBy(() => openSync(join(folder, 'missing', 'app.db'))),
      thrownBy(() => openSync(folder)),
      thrownBy(() => openSync(`file://${marker}/x.db`)),
      thrownBy(() => opened(path, { readOnly: true }).execute(`DELETE FROM t WHERE a = '${marker}'`)),
    ];
    const other = bare(path);
    other.exec('BEGIN IMMEDIATE');
    errors.push(run('UPDATE t SET b = ?', [marker]));
    other.exec('ROLLBACK');
    other.close();
    writeFileSync(join(folder, 'letter.db'), `${marker} `.repeat(500));
    errors.push(thrownBy(() => openSync(join(folder, 'letter.db'))));
    errors.push(thrownBy(() => opened('', { intMode: 'number' }).query('SELECT 9007199254740993')));
    db.execute('PRAGMA max_page_count = 1');
    errors.push(run('INSERT INTO t VALUES (1, zeroblob(1000000), 1, NULL)'));
    const ended = db.begin();
    ended.commit();
    errors.push(thrownBy(() => ended.query(`SELECT '${marker}'`)));
    db.close();
    errors.push(thrownBy(() => db.query(`SELECT '${marker}'`)));
    return errors;
  }

  it('of their types, as docs/errors.md has them for the code', () => {
    const codes = new Set<string>();
    for (const error of failures()) {
      codes.add(error.code);
      expect(error.code).toBeTypeOf('string');
      expect(error.subcode).toBeTypeOf('string');
      expect(error.retryable).toBeTypeOf('boolean');
      expect(error.permanent).toBe(!error.retryable);
      expect(error.stack).toContain(error.name);
    }
    // What only chance, another thread or another version of SQLite brings about is not met here.
    const rare = ['CANCELED', 'FILE_REPLACED', 'INTERNAL', 'NOT_SUPPORTED'];
    expect([...codes].sort()).toEqual(
      [...documentedCodes.keys()].filter((code) => !rare.includes(code)).sort(),
    );
  });

  it('whose diagnostic holds no SQL, no values and no full paths, nor has the error as JSON', () => {
    for (const error of failures()) {
      // The name of a thing that was asked for by name is no secret: a watch's table.
      const asked = error.code === 'WATCH' ? error.table : undefined;
      for (const text of [JSON.stringify(error.diagnostic), JSON.stringify(error)]) {
        expect(text.replaceAll(asked ?? '\u0000', ''), `${error.subcode}: ${error.message}`).not.toContain(
          marker,
        );
      }
      expect(Object.keys(error.diagnostic).filter((key) => !diagnosticKeys.includes(key))).toEqual([]);
      for (const [key, value] of Object.entries(error.diagnostic)) {
        expect(value, key).toBe(
          key === 'version' ? 1 : Reflect.get(error, key === 'relation' ? 'table' : key),
        );
      }
    }
  });

  it('and messages hold no bound value', () => {
    const secret = 'Zx9secret';
    const db = opened();
    db.exec(schema);
    for (const [sql, params] of [
      ['INSERT INTO t VALUES (?, NULL, 1, 1)', [secret]],
      ['INSERT INTO strict_t VALUES (?)', [secret]],
      ['INSERT INTO t VALUES (1, 1, 1, ?)', [secret]],
      ['SELECT ?, ?', [secret]],
      ['SELECT ?', [`${secret}\uD800`]],
      ['SELECT json(?)', [secret]],
      ['SELECT ?', secret],
    ] as const) {
      const error = thrownBy(() => db.execute(sql, params as Params));
      expect(error.message, sql).not.toContain(secret);
    }
  });

  it('also FILE_REPLACED, when the file goes while it is watched', async () => {
    const path = join(markedFolder(), 'app.db');
    const { promise: reported, resolve } = Promise.withResolvers<unknown>();
    const db = opened(path, { onError: resolve, pollIntervalMs: 1 });
    db.exec('CREATE TABLE t (a)');
    db.watchTable('t');
    rmSync(path);
    const errors = [await reported, thrownBy(() => db.execute('INSERT INTO t VALUES (1)'))];
    for (const error of errors) {
      const { name, code, retryable, message, diagnostic } = documented(error);
      expect([name, code, retryable]).toEqual(['OperationalError', 'FILE_REPLACED', false]);
      expect(JSON.stringify([error, diagnostic, message])).not.toContain(marker);
    }
  });
});
