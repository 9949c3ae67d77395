import type { SQLInputValue } from 'node:sqlite';
import type { BindValue, Params } from 'freshet';
import { describe, expect, it } from 'vitest';
import { bare, opened } from '../tests/support/opening.ts';
import { thrownBy } from '../tests/support/thrown.ts';

/** All that a statement can be given its parameters by. */
const ways: readonly [way: string, run: (sql: string, params: Params) => unknown][] = [
  ['query', (sql, params) => opened().query(sql, params)],
  ['queryOne', (sql, params) => [opened().queryOne(sql, params)]],
  ['fetchOne', (sql, params) => [opened().fetchOne(sql, params)]],
  ['queryRaw', (sql, params) => asObjects(opened().queryRaw(sql, params))],
  ['iterate', (sql, params) => [...opened().iterate(sql, params)]],
  ['prepare', (sql, params) => opened().prepare(sql).query(params)],
  ['transaction', (sql, params) => opened().transaction((tx) => tx.query(sql, params))],
  [
    'execute',
    (sql, params) => {
      const db = opened();
      // In a table, so that what was written tells what was bound.
      const [first] = opened().query(sql, params);
      db.exec(`CREATE TABLE t (${Object.keys(first ?? {}).map((name) => `"${name}"`)})`);
      db.execute(`INSERT INTO t ${sql}`, params);
      db.executeBatch(`INSERT INTO t ${sql}`, [params]);
      const rows = db.query('SELECT * FROM t');
      expect(rows).toEqual([first, first]);
      return rows.slice(1);
    },
  ],
];

function asObjects({ columns, rows }: { columns: string[]; rows: unknown[][] }): unknown[] {
  return rows.map((row) => Object.fromEntries(columns.map((column, at) => [column, row[at]])));
}

describe('positional and named parameters, with or without prefix, bind identically in every call', () => {
  const accepted: readonly [sql: string, params: Params, expected: Record<string, unknown>][] = [
    ['SELECT ? AS a, ? AS b', ['x', 'y'], { a: 'x', b: 'y' }],
    ['SELECT ?1 AS a, ?2 AS b', ['x', 'y'], { a: 'x', b: 'y' }],
    ['SELECT ?2 AS a, ?1 AS b', ['x', 'y'], { a: 'y', b: 'x' }],
    ['SELECT $1 AS a, $2 AS b', ['x', 'y'], { a: 'x', b: 'y' }],
    ['SELECT $2 AS a, $1 AS b', ['x', 'y'], { a: 'y', b: 'x' }],
    ['SELECT $1 AS a, $1 AS b', ['x'], { a: 'x', b: 'x' }],
    ['SELECT ?1 AS a, ?1 AS b', ['x'], { a: 'x', b: 'x' }],
    ['SELECT ?2 AS a', ['unused', 'y'], { a: 'y' }],
    ['SELECT $2 AS a', ['unused', 'y'], { a: 'y' }],
    ['SELECT ?3 AS a, ? AS b', ['p', 'q', 'r', 's'], { a: 'r', b: 's' }],
    ['SELECT ? AS a, ?1 AS b, ? AS c', ['x', 'y'], { a: 'x', b: 'x', c: 'y' }],
    ['SELECT $10 AS a, $9 AS b', [...'abcdefghij'], { a: 'j', b: 'i' }],
    ['SELECT $01 AS a, $1 AS b', ['x'], { a: 'x', b: 'x' }],
    ['SELECT $2 AS a, $1 AS b', { 1: 'x', 2: 'y' }, { a: 'y', b: 'x' }],
    ['SELECT $2 AS a, $1 AS b', { $1: 'x', $2: 'y' }, { a: 'y', b: 'x' }],
    ['SELECT :a AS a, @b AS b, $c AS c', { a: 1, b: 2, c: 3 }, { a: 1, b: 2, c: 3 }],
    ['SELECT :a AS a, @b AS b, $c AS c', { ':a': 1, '@b': 2, $c: 3 }, { a: 1, b: 2, c: 3 }],
    ['SELECT :a AS a, @b AS b, $c AS c', { ':a': 1, b: 2, $c: 3 }, { a: 1, b: 2, c: 3 }],
    ['SELECT $c AS c, :a AS a', { a: 1, c: 3 }, { c: 3, a: 1 }],
    ['SELECT :a AS a, :a AS b, :a AS c', { a: 1 }, { a: 1, b: 1, c: 1 }],
    ['SELECT :a AS a, @a AS b, $a AS c', { a: 1 }, { a: 1, b: 1, c: 1 }],
    ['SELECT :a AS a, @a AS b', { ':a': 1, '@a': 2 }, { a: 1, b: 2 }],
    ['SELECT :a AS a, @a AS b', { ':a': 1, a: 2 }, { a: 1, b: 2 }],
    ['SELECT :a AS a, :A AS b', { a: 1, A: 2 }, { a: 1, b: 2 }],
    ['SELECT :1 AS a', { 1: 'x' }, { a: 'x' }],
    ['SELECT :größe AS a, @名 AS b', { größe: 1, 名: 2 }, { a: 1, b: 2 }],
    ['SELECT $a::b AS a', { 'a::b': 1 }, { a: 1 }],
    ['SELECT :constructor AS a', { constructor: 1 } as never, { a: 1 }],
    ['SELECT :__proto__ AS a', JSON.parse('{"__proto__": 1}'), { a: 1 }],
    ['SELECT :a AS a', Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
    ['SELECT 1 AS a', [], { a: 1 }],
    ['SELECT 1 AS a', {}, { a: 1 }],
    ['SELECT ? AS a', Object.freeze(['x']), { a: 'x' }],
  ];

  it.each(accepted)('%s, given %j', (sql, params, expected) => {
    for (const [way, run] of ways) expect(run(sql, params), way).toEqual([expected]);
  });

  it('as node:sqlite binds them where it takes such parameters at all', () => {
    const oracle = bare(':memory:');
    const positional = (sql: string, params: readonly SQLInputValue[]) => [
      oracle.prepare(sql).get(...params),
    ];
    for (const [sql, params] of accepted) {
      if (!Array.isArray(params) || sql.includes('$')) continue;
      const [row] = positional(sql, params);
      expect(opened().query(sql, params), sql).toEqual([{ ...row }]);
    }
  });

  it('and statements without parameters need none', () => {
    for (const params of [undefined, [], {}])
      expect(opened().query('SELECT 1 AS a', params)).toEqual([{ a: 1 }]);
  });

  it('also of a statement run many times with other values, in other key orders', () => {
    const statement = opened().prepare('SELECT :a - :b AS difference');
    expect(statement.query({ a: 5, b: 3 })).toEqual([{ difference: 2 }]);
    expect(statement.query({ b: 5, ':a': 3 })).toEqual([{ difference: -2 }]);
  });

  it('up to as many as SQLite takes, and one more is its error', () => {
    const most = 32_766;
    const list = (length: number): string =>
      `SELECT 1 AS found WHERE 7 IN (${Array(length).fill('?').join()})`;
    const values = Array.from({ length: most }, (_, at) => at + 7 - most + 1);
    expect(opened().query(list(most), values)).toEqual([{ found: 1 }]);
    expect(thrownBy(() => opened().query(list(most + 1), [...values, 0]))).toMatchObject({ code: 'SQL' });
  });

  it('without being changed or kept: the caller may go on using its array', () => {
    const db = opened();
    db.exec('CREATE TABLE t (a, b)');
    const values: BindValue[] = [1, true];
    db.execute('INSERT INTO t VALUES (?, ?)', values);
    expect(values).toEqual([1, true]);
    values[0] = 2;
    db.execute('INSERT INTO t VALUES (?, ?)', values);
    expect(db.query('SELECT a FROM t ORDER BY a')).toEqual([{ a: 1 }, { a: 2 }]);
  });
});

describe('placeholders inside strings, identifiers and comments are not parameters', () => {
  const texts = ['?', '?1', ':x', '@x', '$x', '$1', "it''s ?", '-- ?', '/* :x */', '', '?;?'];

  it.each(texts)("'%s' as a string", (text) => {
    const row = opened().queryOne(`SELECT '${text}' AS text, ? AS bound`, ['v']);
    expect(row).toEqual({ text: text.replaceAll("''", "'"), bound: 'v' });
  });

  it.each(texts)('%s as an identifier in each of the three quotes', (text) => {
    for (const quoted of [`"${text}"`, `[${text}]`, `\`${text}\``]) {
      const name = text === '' ? 'named' : text;
      const alias = text === '' ? '"named"' : quoted;
      expect(opened().queryOne(`SELECT :bound AS ${alias}`, { bound: 'v' }), quoted).toEqual({ [name]: 'v' });
    }
  });

  it.each([
    '-- ? :x $1\n',
    '/* ? :x $1 */',
    '/* -- */',
    '/* '.concat("' */"),
    "-- it's\n",
    '/* a\n? */',
    '/**/',
  ])('%j as a comment', (comment) => {
    const sql = `${comment}SELECT ${comment} ? ${comment} AS bound ${comment}`;
    expect(opened().query(sql, ['v'])).toEqual([{ bound: 'v' }]);
  });

  it('and neither are blobs, operators and a comment without an end', () => {
    const sql = `SELECT x'3f' AS blob, '{"a":[4]}' -> 'a' ->> 0 AS json, 7 % 4 AS rest, ?1 AS bound /* ? :x`;
    const row = opened().queryOne(sql, ['v']);
    expect(row).toEqual({ blob: new Uint8Array([0x3f]), json: 4, rest: 3, bound: 'v' });
  });

  it('so a text is free to look like SQL', () => {
    const db = opened();
    db.exec('CREATE TABLE t (a)');
    const nasty = "'); DROP TABLE t; -- ? :x";
    db.execute('INSERT INTO t VALUES (?)', [nasty]);
    expect(db.query('SELECT a FROM t')).toEqual([{ a: nasty }]);
  });
});

describe('missing, surplus or mixed-style parameters raise ProgrammingError naming the parameter', () => {
  const refused: readonly [what: string, sql: string, params: unknown, subcode: string, named: string][] = [
    ['no parameters at all', 'VALUES (?)', undefined, 'sql.parameter_missing', '?1'],
    ['no parameters for $1', 'VALUES ($1)', undefined, 'sql.parameter_missing', '$1'],
    ['no parameters for a name', 'VALUES (:a)', undefined, 'sql.parameter_missing', ':a'],
    ['an empty array', 'VALUES (?)', [], 'sql.parameter_missing', '?1'],
    ['too short an array', 'VALUES (?, ?, ?)', [1, 2], 'sql.parameter_missing', '?3'],
    ['too short an array for ?2', 'VALUES (?2)', [1], 'sql.parameter_missing', '?2'],
    ['too short an array for $2', 'VALUES ($2)', [1], 'sql.parameter_missing', '$2'],
    ['an empty object', 'VALUES (:a)', {}, 'sql.parameter_missing', ':a'],
    ['an object without one name', 'VALUES (:a, @b)', { a: 1 }, 'sql.parameter_missing', '@b'],
    ['a name in another case', 'VALUES (:a)', { A: 1 }, 'sql.parameter_missing', ':a'],
    ['a name with another prefix', 'VALUES (:a)', { $a: 1 }, 'sql.parameter_missing', ':a'],
    ['an inherited name', 'VALUES (:toString)', {}, 'sql.parameter_missing', ':toString'],
    ['an inherited prototype', 'VALUES (:__proto__)', {}, 'sql.parameter_missing', ':__proto__'],
    ['too long an array', 'VALUES (?)', [1, 2], 'sql.parameter_surplus', '?2'],
    ['too long an array for $1', 'VALUES ($1)', [1, 2], 'sql.parameter_surplus', '$2'],
    ['an array for nothing', 'VALUES (1)', [5], 'sql.parameter_surplus', '?1'],
    ['an object for nothing', 'VALUES (1)', { a: 5 }, 'sql.parameter_surplus', 'a'],
    ['one name too many', 'VALUES (:a)', { a: 1, b: 2 }, 'sql.parameter_surplus', 'b'],
    [
      'a name twice, with its prefix and without',
      'VALUES (:a)',
      { ':a': 1, a: 2 },
      'sql.parameter_surplus',
      'a',
    ],
    ['an array for names', 'VALUES (:a)', [1], 'sql.parameter_style', ':a'],
    ['an object for positions', 'VALUES (?)', { 1: 1 }, 'sql.parameter_style', '1'],
    ['? beside :a', 'VALUES (?, :a)', [1, 2], 'sql.parameter_mixed', ':a'],
    ['?1 beside @a', 'VALUES (@a, ?1)', { a: 1 }, 'sql.parameter_mixed', '?1'],
    ['$1 beside :a', 'VALUES ($1, :a)', [1, 2], 'sql.parameter_mixed', '$1'],
    ['$1 beside ?', 'VALUES ($1, ?)', [1, 2], 'sql.parameter_mixed', '$1'],
    ['$1 beside ?1', 'VALUES (?1, $1)', [1], 'sql.parameter_mixed', '$1'],
    ['the position $0', 'VALUES ($0)', [], 'sql.parameter_missing', '$0'],
    ['undefined in an array', 'VALUES (?, ?)', [1, undefined], 'sql.parameter_type', '2'],
    ['a hole in an array', 'VALUES (?, ?)', new Array(2), 'sql.parameter_type', '1'],
    ['undefined under a name', 'VALUES (:a)', { a: undefined }, 'sql.parameter_type', ':a'],
    ['an object for a value', 'VALUES (:a)', { a: { b: 1 } }, 'sql.parameter_type', ':a'],
    ['an array for a value', 'VALUES (?)', [[1]], 'sql.parameter_type', '1'],
    ['a function for a value', 'VALUES (?)', [() => 1], 'sql.parameter_type', '1'],
    ['a symbol for a value', 'VALUES (?)', [Symbol('s')], 'sql.parameter_type', '1'],
    ['a float array for a value', 'VALUES (?)', [new Float64Array(1)], 'sql.parameter_type', '1'],
    ['a buffer without a view for a value', 'VALUES (?)', [new ArrayBuffer(1)], 'sql.parameter_type', '1'],
  ];

  it.each(refused)('%s', (_what, sql, params, subcode, named) => {
    for (const [way, run] of ways) {
      const error = thrownBy(() => run(sql, params as Params));
      expect(error, way).toMatchObject({ name: 'ProgrammingError', code: 'PARAMETER', subcode });
      expect(error.message.split(/[ ,()]+|\.(?: |$)/), way).toContain(named);
    }
  });

  it.each(refused)('%s: and nothing has been executed', (_what, sql, params) => {
    const db = opened();
    db.exec('CREATE TABLE t (a, b, c)');
    const columns = ['a', 'b', 'c'].slice(0, sql.split(',').length).join();
    const write = `INSERT INTO t (${columns}) ${sql}`;
    thrownBy(() => db.execute(write, params as Params));
    thrownBy(() => db.query(`${write} RETURNING a`, params as Params));
    thrownBy(() => db.executeBatch(write, [params as Params]));
    expect(db.query('SELECT * FROM t')).toEqual([]);
    expect(db.inTransaction).toBe(false);
  });

  it.each([
    ['a text', 'a'],
    ['a number', 5],
    ['null', null],
    ['a Map', new Map([['a', 1]])],
    ['a Date', new Date(0)],
    ['bytes', new Uint8Array([1])],
    [
      'an instance of a class',
      new (class Person {
        a = 1;
      })(),
    ],
  ])('%s in place of an array or object', (_what, params) => {
    for (const sql of ['SELECT ? AS a', 'SELECT :a AS a', 'SELECT 1 AS a']) {
      expect(thrownBy(() => opened().query(sql, params as never))).toMatchObject({
        name: 'ProgrammingError',
        code: 'PARAMETER',
      });
    }
  });

  it('in a script as well, which takes no parameters', () => {
    const db = opened();
    db.exec('CREATE TABLE t (a)');
    expect(thrownBy(() => db.exec('INSERT INTO t VALUES (?)'))).toMatchObject({ code: 'PARAMETER' });
    expect(db.query('SELECT * FROM t')).toEqual([]);
  });

  it('already at prepare when the styles are mixed', () => {
    expect(thrownBy(() => opened().prepare('SELECT ?, :a'))).toMatchObject({
      subcode: 'sql.parameter_mixed',
    });
  });

  it('with both counts when they differ', () => {
    expect(thrownBy(() => opened().query('SELECT ?, ?', [1])).message).toMatch(/expected 2, got 1/);
    expect(thrownBy(() => opened().query('SELECT ?', [1, 2, 3])).message).toMatch(/expected 1, got 3/);
  });

  it('and leaves the statement usable', () => {
    const statement = opened().prepare('SELECT ? AS a');
    thrownBy(() => statement.query([]));
    thrownBy(() => statement.query([undefined] as never));
    expect(statement.query(['fine'])).toEqual([{ a: 'fine' }]);
  });
});
