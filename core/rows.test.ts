import { type DatabaseSync, IndexedRow, type Row, type RowMode, type SqlValue } from 'freshet';
import { describe, expect, it } from 'vitest';
import { bare, opened } from '../tests/support/opening.ts';
import { thrownBy } from '../tests/support/thrown.ts';

type Read = <T>(db: DatabaseSync, sql: string, rowMode: RowMode<T>) => T[];

/** Every read call, each as one that gives all rows. */
const reads = [
  ['query', (db, sql, rowMode) => db.query(sql, [], { rowMode })],
  ['iterate', (db, sql, rowMode) => [...db.iterate(sql, [], { rowMode })]],
  ['queryOne', (db, sql, rowMode) => one(db.queryOne(sql, [], { rowMode }))],
  ['fetchOne', (db, sql, rowMode) => [db.fetchOne(sql, [], { rowMode })]],
  ['query of a prepared statement', (db, sql, rowMode) => db.prepare(sql).query([], { rowMode })],
  ['queryOne of a prepared statement', (db, sql, rowMode) => one(db.prepare(sql).queryOne([], { rowMode }))],
  ['iterate of a prepared statement', (db, sql, rowMode) => [...db.prepare(sql).iterate([], { rowMode })]],
  ['fetchOne of a prepared statement', (db, sql, rowMode) => [db.prepare(sql).fetchOne([], { rowMode })]],
  [
    'fetchOne of a transaction',
    (db, sql, rowMode) => db.transaction((tx) => [tx.fetchOne(sql, [], { rowMode })]),
  ],
  ['query of a transaction', (db, sql, rowMode) => db.transaction((tx) => tx.query(sql, [], { rowMode }))],
  [
    'queryOne of a transaction',
    (db, sql, rowMode) => db.transaction((tx) => one(tx.queryOne(sql, [], { rowMode }))),
  ],
  [
    'iterate of a transaction',
    (db, sql, rowMode) => db.transaction((tx) => [...tx.iterate(sql, [], { rowMode })]),
  ],
] as readonly [
  name: string,
  read: (db: DatabaseSync, sql: string, rowMode: RowMode) => unknown[],
][] as readonly [name: string, read: Read][];

const sql = "SELECT 1 AS id, 'Ada' AS name, NULL AS gone, 2 AS id, x'01' AS bytes";
const columns = ['id', 'name', 'gone', 'id', 'bytes'];
const values: readonly SqlValue[] = [1, 'Ada', null, 2, new Uint8Array([1])];

function one<T>(row: T | null): T[] {
  return row === null ? [] : [row];
}

describe.each(reads)('row modes object, array, Row and mapper function work in %s', (name, read) => {
  it('object, the default: the last of two columns with one name wins', () => {
    const expected = [{ id: 2, name: 'Ada', gone: null, bytes: new Uint8Array([1]) }];
    expect(read(opened(), sql, 'object')).toEqual(expected);
    expect(Object.keys(read<Row>(opened(), sql, 'object')[0] ?? {})).toEqual(['id', 'name', 'gone', 'bytes']);
  });

  it('array: every column in its place', () => {
    expect(read(opened(), sql, 'array')).toEqual([values]);
  });

  it('row: by index and by name, both of two columns with one name within reach', () => {
    const [row] = read<IndexedRow>(opened(), sql, 'row');
    expect(row).toBeInstanceOf(IndexedRow);
    expect(columns.map((_column, at) => row?.get(at))).toEqual(values);
    expect([row?.get('name'), row?.get('id'), row?.get(3)]).toEqual(['Ada', 1, 2]);
  });

  it('mapper function: whatever it returns, made of columns and values', () => {
    const seen: unknown[] = [];
    const result = read(opened(), sql, (names, row) => {
      seen.push([...names], [...row]);
      return `${names.join()}: ${row[1]}`;
    });
    expect(result).toEqual([`${columns.join()}: Ada`]);
    expect(seen).toEqual([columns, values]);
  });

  it('no row is no row in every mode', () => {
    for (const rowMode of ['object', 'array', 'row', () => 'mapped'] as RowMode[]) {
      const call = (): unknown => read(opened(), 'SELECT 1 AS x WHERE 0', rowMode);
      if (name.startsWith('fetchOne')) expect(thrownBy(call).code).toBe('NO_ROW');
      else expect(call()).toEqual([]);
    }
  });

  it('an error of the mapper reaches the caller as it is, and the database goes on', () => {
    const db = opened();
    const mine = new Error('mine');
    const throwing = (): never => {
      throw mine;
    };
    expect(() => read(db, sql, throwing)).toThrow(mine);
    expect(read(db, sql, 'array')).toEqual([values]);
    expect(db.inTransaction).toBe(false);
  });

  it('a mapper may use the database, also with the same text', () => {
    const db = opened();
    db.exec('CREATE TABLE seen (name)');
    const result = read(db, sql, (_names, [id, name]) => {
      db.execute('INSERT INTO seen VALUES (?)', [name ?? null]);
      return [id, db.queryOne(sql, [], { rowMode: 'array' })];
    });
    expect(result).toEqual([[1, values]]);
    expect(db.query('SELECT name FROM seen')).toEqual([{ name: 'Ada' }]);
  });
});

it('an unknown row mode is a ProgrammingError in every read call, with rows or without', () => {
  for (const [name, read] of reads) {
    for (const text of [sql, 'SELECT 1 AS x WHERE 0']) {
      for (const rowMode of ['objects', 5, {}, 'constructor']) {
        const error = thrownBy(() => read(opened(), text, rowMode as never));
        expect(error, `${name} as ${rowMode}`).toMatchObject({ name: 'ProgrammingError' });
      }
    }
  }
});

describe('an IndexedRow', () => {
  const row = new IndexedRow(['id', 'name', 'id'], [1, 'Ada', 2]);

  it('is read by position, from the end too, and by the first column of a name', () => {
    expect([0, 1, 2, -1, -3].map((at) => row.get(at))).toEqual([1, 'Ada', 2, 2, 1]);
    expect([row.get('id'), row.get('name')]).toEqual([1, 'Ada']);
    expect(
      [3, -4, 0.5, 'missing', 'ID', 'constructor', '__proto__', 'length', '0'].map((c) => row.get(c)),
    ).toEqual([undefined, undefined, 1, ...Array(6).fill(undefined)]);
  });

  it('has length, has, keys, values, entries and iteration, duplicates kept', () => {
    expect(row.length).toBe(3);
    expect(['id', 'name', 'missing', 'length'].map((name) => row.has(name))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(row.keys()).toEqual(['id', 'name', 'id']);
    expect(row.values()).toEqual([1, 'Ada', 2]);
    expect(row.entries()).toEqual([
      ['id', 1],
      ['name', 'Ada'],
      ['id', 2],
    ]);
    expect([...row]).toEqual([1, 'Ada', 2]);
    expect(row.toObject()).toEqual({ id: 2, name: 'Ada' });
  });
});

describe('hostile names', () => {
  const names = [
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'toJSON',
    'then',
    'a"b',
    "it's",
    'select',
    'with blank',
    ' ',
    'größe 🌊',
    'dotted.name',
    'a, b',
    '[x]',
    '`y`',
    '?',
    ':x',
    '--',
    '/*',
    '%s',
    '7',
    'new\nline',
    '',
  ];
  const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
  const ownKeys = (row: object): string[] => Object.keys(row).sort();

  it('of columns are own properties of ordinary objects, in every object-like row mode', () => {
    const db = opened();
    db.exec(`CREATE TABLE t (${names.map(quote).join()})`);
    const given = names.map((name, at) => `${name} ${at}`);
    db.execute(`INSERT INTO t VALUES (${names.map(() => '?').join()})`, given);
    const row = db.fetchOne('SELECT * FROM t');
    const rows: Row[] = [
      row,
      ...db.query('SELECT * FROM t'),
      ...db.iterate('SELECT * FROM t'),
      ...db.prepare('SELECT * FROM t').query(),
      ...db
        .query('SELECT * FROM t', [], { rowMode: 'row' })
        .map((one) => (one as unknown as IndexedRow).toObject()),
      ...db.query(`UPDATE t SET ${quote('7')} = ${quote('7')} RETURNING *`),
    ];
    expect(rows).toHaveLength(6);
    for (const each of rows) {
      expect(Object.getPrototypeOf(each)).toBe(Object.prototype);
      expect(ownKeys(each)).toEqual([...names].sort());
      expect(names.map((name) => Object.getOwnPropertyDescriptor(each, name))).toEqual(
        given.map((value) => ({ value, writable: true, enumerable: true, configurable: true })),
      );
    }
    expect(db.queryRaw('SELECT * FROM t')).toEqual({ columns: names, rows: [given] });
  });

  it('of columns are the same that SQLite alone returns', () => {
    const db = opened();
    const oracle = bare(':memory:');
    const text = `SELECT ${names.map((name, at) => `${at} AS ${quote(name)}`).join()}`;
    const expected = { ...oracle.prepare(text).get() };
    // node:sqlite's own rows have no prototype, so that __proto__ is a key like any other there, too.
    expect(Object.entries(db.fetchOne(text))).toEqual(Object.entries(expected));
  });

  it.each(names)('%j names a table and a column in every call', (name) => {
    const db = opened();
    const [table, column] = [quote(name), quote(name)];
    const committed: Row[] = [];
    db.exec(`CREATE TABLE ${table} (${column} INTEGER PRIMARY KEY, value)`);
    db.subscribe(({ tables, row_changes }) => {
      expect(tables).toEqual([name]);
      for (const { table: changed, primary_key, after } of row_changes) {
        expect(changed).toBe(name);
        expect(ownKeys(primary_key)).toEqual([name]);
        committed.push(after as Row);
      }
    });
    expect(db.execute(`INSERT INTO ${table} VALUES (?, 'a')`, [1])).toMatchObject({ changes: 1 });
    expect(db.executeBatch(`INSERT INTO ${table} VALUES (?, 'b')`, [[2], [3]])).toEqual({ changes: 2 });
    db.transaction((tx) => tx.execute(`UPDATE ${table} SET value = 'c' WHERE ${column} = 3`));
    const rows = db.query(`SELECT * FROM ${table} ORDER BY ${column}`);
    expect(rows.map(ownKeys)).toEqual(Array(3).fill([name, 'value'].sort()));
    expect(rows.map((row) => [Object.getOwnPropertyDescriptor(row, name)?.value, row.value])).toEqual([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ]);
    expect(committed.map(ownKeys)).toEqual(Array(4).fill([name, 'value'].sort()));
    expect(committed.map((row) => Object.getPrototypeOf(row))).toEqual(Array(4).fill(Object.prototype));
  });

  it('of parameters, too, are taken from own properties only', () => {
    expect(
      opened().query(
        'SELECT :__proto__ AS x, :constructor AS y',
        JSON.parse('{"__proto__":1,"constructor":2}'),
      ),
    ).toEqual([{ x: 1, y: 2 }]);
    expect(thrownBy(() => opened().query('SELECT :constructor AS x', {})).code).toBe('PARAMETER');
  });
});

describe('rows', () => {
  it('of 2,000 columns, as many as SQLite has, arrive whole', () => {
    const wide = `SELECT ${Array.from({ length: 2000 }, (_, at) => `${at} AS c${at}`).join()}`;
    const row = opened().fetchOne(wide);
    expect(Object.keys(row)).toHaveLength(2000);
    expect(row.c1999).toBe(1999);
  });

  it('of one result are objects of their own', () => {
    const [first, second] = opened().query('VALUES (1), (1)');
    expect(first).toEqual(second);
    expect(first).not.toBe(second);
  });
});
