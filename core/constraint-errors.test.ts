import { describe, expect, it } from 'vitest';
import { opened } from '../tests/support/opening.ts';
import { errcodeOf, failure, thrownBy } from '../tests/support/thrown.ts';

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

  it.each([
    ['an attached database', "ATTACH ':memory:' AS other"],
    ['temp', "ATTACH ':memory:' AS unused"],
  ])('of a table in %s is told of that table, not of its namesake in main', (where, attach) => {
    const name = where === 'temp' ? 'temp' : 'other';
    const schema = `${attach}; CREATE TABLE t (wrong UNIQUE NOT NULL CHECK (wrong > 0) REFERENCES missing);
      CREATE TABLE ${name}.p (id INTEGER PRIMARY KEY); CREATE TABLE ${name}.s (a INT) STRICT;
      CREATE TABLE ${name}.t (a UNIQUE NOT NULL CHECK (a > 0) REFERENCES p)`;
    for (const [values, kind] of [
      ['(1), (1)', 'unique'],
      ['(NULL)', 'not_null'],
      ['(-1)', 'check'],
      ['(5)', 'foreign_key'],
    ] as const) {
      const error = failure(
        `${schema}; INSERT INTO ${name}.p VALUES (1)`,
        `INSERT INTO ${name}.t VALUES ${values}`,
      );
      expect(error.subcode).toBe(`constraint.${kind}`);
      expect(error.table, kind).toBe('t');
      // The message tells the column of these two, the schema that of the others.
      expect(kind === 'unique' || kind === 'not_null' ? ['a'] : ['a', undefined], kind).toContain(
        error.column,
      );
    }
    const strict = failure(schema, `INSERT INTO ${name}.s VALUES ('x')`);
    expect([strict.table, strict.column]).toEqual(['s', 'a']);
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
