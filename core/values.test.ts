import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';
import { DatabaseSync as BareDatabase } from 'node:sqlite';
import type { BindValue, DatabaseSync, IntMode, Params, SqlValue } from 'freshet';
import { describe, expect, it } from 'vitest';
import { opened, temporaryFile } from '../tests/support/opening.ts';
import { thrownBy } from '../tests/support/thrown.ts';

const max = 2n ** 63n - 1n;
const min = -(2n ** 63n);
const safe = 2n ** 53n - 1n;

/** Binds through every kind of call, and tells what SQLite made of it: the value, its type, and its bytes. */
const stored: readonly [way: string, store: (db: DatabaseSync, value: BindValue) => void][] = [
  ['execute', (db, value) => db.execute('INSERT INTO t VALUES (?)', [value])],
  ['a named parameter', (db, value) => db.execute('INSERT INTO t VALUES (:v)', { v: value })],
  ['$1', (db, value) => db.execute('INSERT INTO t VALUES ($1)', [value])],
  ['a batch', (db, value) => db.executeBatch('INSERT INTO t VALUES (?)', [[value]])],
  ['a prepared statement', (db, value) => db.prepare('INSERT INTO t VALUES (?)').execute([value])],
  ['RETURNING', (db, value) => db.query('INSERT INTO t VALUES (?) RETURNING v', [value])],
  ['a transaction', (db, value) => db.transaction((tx) => tx.execute('INSERT INTO t VALUES (?)', [value]))],
];

const reads: readonly [
  way: string,
  read: (db: DatabaseSync, sql: string, params?: Params) => SqlValue | undefined,
][] = [
  ['query', (db, sql, params) => db.query(sql, params)[0]?.v],
  ['queryOne', (db, sql, params) => db.queryOne(sql, params)?.v],
  ['fetchOne', (db, sql, params) => db.fetchOne(sql, params).v],
  ['queryRaw', (db, sql, params) => db.queryRaw(sql, params).rows[0]?.[0]],
  ['iterate', (db, sql, params) => [...db.iterate(sql, params)][0]?.v],
  ['a prepared statement', (db, sql, params) => db.prepare(sql).queryOne(params)?.v],
  ['a transaction', (db, sql, params) => db.transaction((tx) => tx.queryOne(sql, params)?.v)],
  ['row mode array', (db, sql, params) => db.query<SqlValue[]>(sql, params, { rowMode: 'array' })[0]?.[0]],
  ['a mapper', (db, sql, params) => db.query(sql, params, { rowMode: (_names, [v]) => v })[0]],
];

function withColumn(intMode: IntMode = 'auto', type = ''): DatabaseSync {
  const db = opened(':memory:', { intMode });
  db.exec(`CREATE TABLE t (v ${type})`);
  return db;
}

/** Every kind of call, each with an empty table to store in. */
function* storing(intMode?: IntMode) {
  const db = withColumn(intMode);
  for (const [way, store] of stored) {
    db.exec('DELETE FROM t');
    yield [way, store, db] as const;
  }
}

/** What node:sqlite, given SQLite's own idea of the value, reads back. */
function oracle(value: SQLInputValue, sql = 'SELECT ? AS v'): SQLOutputValue | undefined {
  const db = new BareDatabase(':memory:');
  try {
    const statement = db.prepare(sql);
    statement.setReadBigInts(true);
    return statement.get(value)?.v;
  } finally {
    db.close();
  }
}

describe('int64 round-trips exactly', () => {
  const integers = [
    0n,
    1n,
    -1n,
    127n,
    -(2n ** 31n),
    2n ** 32n,
    safe - 1n,
    safe,
    safe + 1n,
    safe + 2n,
    -safe,
    -safe - 1n,
    -safe - 2n,
    2n ** 62n + 1n,
    max - 1n,
    max,
    min + 1n,
    min,
  ];
  const isSafe = (value: bigint): boolean => value <= safe && value >= -safe;

  describe.each(['auto', 'number', 'bigint'] as const)('in intMode %s', (intMode) => {
    it.each(integers)('%i, bound by every call and read by every call', (value) => {
      const expected = intMode === 'bigint' || !isSafe(value) ? value : Number(value);
      for (const [way, store, db] of storing(intMode)) {
        // RETURNING reads, which number mode may refuse.
        if (intMode === 'number' && !isSafe(value) && way === 'RETURNING') continue;
        store(db, value);
        for (const [how, read] of reads) {
          const call = (): unknown => read(db, 'SELECT v FROM t');
          if (intMode === 'number' && !isSafe(value)) {
            expect(thrownBy(call), `${way}, ${how}`).toMatchObject({
              name: 'DataError',
              code: 'VALUE',
              subcode: 'value.unsafe_integer',
            });
          } else {
            expect(call(), `${way}, ${how}`).toBe(expected);
          }
        }
        expect(db.query('SELECT typeof(v) AS type, CAST(v AS TEXT) AS text FROM t')).toEqual([
          { type: 'integer', text: String(value) },
        ]);
      }
    });

    it.each(integers)('%i as a rowid: lastInsertRowid is exact', (id) => {
      const db = opened(':memory:', { intMode });
      db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, x)');
      const insert = 'INSERT INTO t VALUES (?, 1)';
      const results = [
        db.execute(insert, [id]),
        db.prepare(`REPLACE INTO t VALUES (?, 1)`).execute([id]),
        db.execute('UPDATE t SET x = 2'),
        db.transaction((tx) => tx.execute(`REPLACE INTO t VALUES (?, 1) RETURNING x`, [id])),
      ];
      for (const { lastInsertRowid } of results) {
        expect(BigInt(lastInsertRowid)).toBe(id);
        if (intMode === 'auto') expect(lastInsertRowid).toBe(isSafe(id) ? Number(id) : id);
      }
    });
  });

  it('the largest rowid is taken: SQLite chooses another then, and it is told exactly', () => {
    const db = opened();
    db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, x)');
    db.execute('INSERT INTO t VALUES (?, 1)', [max]);
    const { lastInsertRowid } = db.execute('INSERT INTO t (x) VALUES (2)');
    expect(db.fetchOne('SELECT id FROM t WHERE x = 2').id).toBe(lastInsertRowid);
  });

  it('number mode refuses a row with one unsafe integer, wherever it is, and takes the others', () => {
    const db = opened(':memory:', { intMode: 'number' });
    db.exec('CREATE TABLE t (a, b)');
    db.execute('INSERT INTO t VALUES (1, 2), (3, ?), (5, 6)', [safe + 1n]);
    expect(thrownBy(() => db.query('SELECT a, b FROM t')).code).toBe('VALUE');
    expect(db.query('SELECT a FROM t')).toEqual([{ a: 1 }, { a: 3 }, { a: 5 }]);
    const rows = db.iterate('SELECT a, b FROM t');
    expect(rows.next().value).toEqual({ a: 1, b: 2 });
    expect(thrownBy(() => rows.next()).code).toBe('VALUE');
  });

  it('number mode does not lose the data: other modes read it', () => {
    const path = temporaryFile();
    const first = opened(path, { intMode: 'number' });
    first.exec('CREATE TABLE t (v)');
    first.execute('INSERT INTO t VALUES (?)', [max]);
    expect(opened(path, { intMode: 'bigint' }).query('SELECT v FROM t')).toEqual([{ v: max }]);
  });

  it.each(
    reads,
  )('a write whose RETURNING number mode refuses leaves the data as it was: %s', (_how, read) => {
    const db = withColumn('number');
    const commits: unknown[] = [];
    db.subscribe((changeset) => commits.push(changeset));
    const insert = 'INSERT INTO t VALUES (?), (1) RETURNING v';
    expect(thrownBy(() => read(db, insert, [max])).code).toBe('VALUE');
    expect(db.query('SELECT count(*) AS n FROM t')).toEqual([{ n: 0 }]);
    expect([commits, db.inTransaction]).toEqual([[], false]);
    expect(read(db, insert, [2])).toBe(2);
    expect(db.query('SELECT count(*) AS n FROM t')).toEqual([{ n: 2 }]);
    expect(commits).toHaveLength(1);
  });

  it('computed integers, too, and counts, sums and the numbers of pragmas', () => {
    const sql = `SELECT ${max} - 1 AS v`;
    expect(opened().queryOne(sql)).toEqual({ v: max - 1n });
    expect(opened().queryOne('SELECT sum(x) AS v FROM (SELECT ?1 AS x UNION ALL SELECT 1)', [safe])).toEqual({
      v: safe + 1n,
    });
    expect(opened(':memory:', { intMode: 'bigint' }).query('PRAGMA user_version')).toEqual([
      { user_version: 0n },
    ]);
    expect(opened(':memory:', { intMode: 'bigint' }).query('SELECT count(*) AS n')).toEqual([{ n: 1n }]);
  });

  it('integers past 64 bits are refused, never rounded', () => {
    for (const value of [max + 1n, min - 1n, 2n ** 64n, -(2n ** 100n)]) {
      for (const [way, store, db] of storing()) {
        expect(
          thrownBy(() => store(db, value)),
          way,
        ).toMatchObject({ name: 'DataError', code: 'VALUE' });
        expect(db.query('SELECT * FROM t')).toEqual([]);
      }
    }
  });

  it('an overflow inside SQLite is a DataError', () => {
    for (const sql of ['SELECT abs(?)', 'SELECT sum(x) FROM (SELECT ? AS x UNION ALL SELECT -1)']) {
      expect(thrownBy(() => opened().query(sql, [min]))).toMatchObject({
        name: 'DataError',
        subcode: 'value.integer_overflow',
      });
    }
  });
});

describe('numbers', () => {
  const numbers = [
    0,
    1,
    -1,
    255,
    2 ** 31,
    -(2 ** 31),
    2 ** 40,
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
    2 ** 53,
    -(2 ** 53),
    2 ** 63,
    -(2 ** 63),
    2 ** 64,
    1e15,
    1e21,
    1e300,
    -1e300,
    0.1,
    -0.5,
    1 / 3,
    1e-320,
    Number.MIN_VALUE,
    Number.MAX_VALUE,
    -Number.MAX_VALUE,
    Number.EPSILON,
    -0,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ];
  const asSqliteTakesIt = (value: number): SQLInputValue =>
    Number.isSafeInteger(value) && !Object.is(value, -0) ? BigInt(value) : value;

  it.each(
    numbers,
  )('%d: a safe integer is bound as INTEGER, any other as REAL, and comes back the same', (value) => {
    const own = asSqliteTakesIt(value);
    for (const [way, store, db] of storing()) {
      store(db, value);
      expect(db.queryOne('SELECT typeof(v) AS v FROM t')?.v, way).toBe(oracle(own, 'SELECT typeof(?) AS v'));
      for (const [how, read] of reads) expect(read(db, 'SELECT v FROM t'), how).toBe(value);
    }
    expect(oracle(own)).toBe(own);
  });

  it.each(numbers)('%d is stored as SQLite stores it, under every affinity', (value) => {
    for (const type of [
      '',
      'INTEGER',
      'REAL',
      'TEXT',
      'BLOB',
      'NUMERIC',
      'INT PRIMARY KEY',
      'FLOATING POINT',
    ]) {
      const db = withColumn('bigint', type);
      const bareDb = new BareDatabase(':memory:');
      bareDb.exec(`CREATE TABLE t (v ${type})`);
      bareDb.prepare('INSERT INTO t VALUES (?)').run(asSqliteTakesIt(value));
      db.execute('INSERT INTO t VALUES (?)', [value]);
      const statement = bareDb.prepare('SELECT v, typeof(v) AS type FROM t');
      statement.setReadBigInts(true);
      expect(Object.entries(db.fetchOne('SELECT v, typeof(v) AS type FROM t')), type).toEqual(
        Object.entries(statement.get() ?? {}),
      );
      bareDb.close();
    }
  });

  it('NaN is refused, never stored as NULL', () => {
    for (const [way, store, db] of storing()) {
      expect(
        thrownBy(() => store(db, Number.NaN)),
        way,
      ).toMatchObject({ name: 'DataError', code: 'VALUE' });
      expect(db.query('SELECT * FROM t'), way).toEqual([]);
    }
  });
});

describe('booleans', () => {
  it('bind as the INTEGERs 0 and 1', () => {
    for (const [way, store, db] of storing()) {
      store(db, true);
      store(db, false);
      expect(db.query('SELECT v, typeof(v) AS type FROM t'), way).toEqual([
        { v: 1, type: 'integer' },
        { v: 0, type: 'integer' },
      ]);
    }
  });
});

describe('Date', () => {
  const dates = [
    '2024-02-29T12:34:56.789Z',
    '1970-01-01T00:00:00.000Z',
    '1969-12-31T23:59:59.999Z',
    '2024-06-30T23:30:00.000-05:00',
    '0001-01-01T00:00:00.000Z',
    '9999-12-31T23:59:59.999Z',
    '+275760-09-13T00:00:00.000Z',
    '-271821-04-20T00:00:00.000Z',
  ];

  it.each(dates)('%s binds as UTC ISO text, never NULL', (text) => {
    const date = new Date(text);
    for (const [way, store, db] of storing()) {
      store(db, date);
      expect(db.query('SELECT v, typeof(v) AS type FROM t'), way).toEqual([
        { v: date.toISOString(), type: 'text' },
      ]);
      expect(new Date(String(db.fetchOne('SELECT v FROM t').v)), way).toEqual(date);
    }
  });

  it.each(dates.slice(0, 6))('%s is the same moment for the date functions of SQLite', (text) => {
    const date = new Date(text);
    const row = opened().fetchOne("SELECT unixepoch(?1, 'subsec') AS s, strftime('%f', ?1) AS f", [date]);
    expect(Math.round(Number(row.s) * 1000)).toBe(date.getTime());
    expect(row.f).toBe(date.toISOString().slice(17, 23));
  });

  it('of a subclass binds the same, and the clock zone of the process plays no part', () => {
    class Moment extends Date {
      override toString(): string {
        return 'a moment';
      }
    }
    const moment = new Moment(2024, 0, 1, 12);
    expect(opened().queryOne('SELECT ? AS v', [moment])).toEqual({
      v: new Date(moment.getTime()).toISOString(),
    });
  });

  it('that is invalid is refused, never stored as NULL', () => {
    for (const [way, store, db] of storing()) {
      expect(
        thrownBy(() => store(db, new Date(Number.NaN))),
        way,
      ).toMatchObject({
        name: 'DataError',
        code: 'VALUE',
        subcode: 'value.refused',
      });
      expect(db.query('SELECT * FROM t'), way).toEqual([]);
    }
  });

  it('in place of the parameters is refused, where node:sqlite binds NULL', () => {
    const db = withColumn();
    for (const sql of ['INSERT INTO t VALUES (?)', 'INSERT INTO t VALUES (:v)']) {
      expect(thrownBy(() => db.execute(sql, new Date() as never)).code).toBe('PARAMETER');
    }
    expect(db.query('SELECT * FROM t')).toEqual([]);
  });
});

describe('BLOB and Uint8Array', () => {
  const patterned = (length: number): Uint8Array =>
    Uint8Array.from({ length }, (_, at) => (at * 7 + (at >> 8)) & 255);

  it.each([0, 1, 255, 1024, 1025, 100_000])('of %i bytes round-trip', (length) => {
    const bytes = patterned(length);
    for (const [way, store, db] of storing()) {
      store(db, bytes);
      expect(db.query('SELECT typeof(v) AS type, length(v) AS n FROM t'), way).toEqual([
        { type: 'blob', n: length },
      ]);
      for (const [how, read] of reads) {
        const back = read(db, 'SELECT v FROM t') as Uint8Array;
        expect(Buffer.compare(back, bytes), `${way}, ${how}`).toBe(0);
        expect(back.constructor, how).toBe(Uint8Array);
      }
    }
  });

  it('of 10 MB round-trips, through memory and through a file', () => {
    const bytes = new Uint8Array(10 * 1024 * 1024);
    for (let at = 0; at < bytes.length; at += 4093) bytes[at] = at & 255;
    for (const location of [':memory:', temporaryFile()]) {
      const db = opened(location);
      db.exec('CREATE TABLE t (v)');
      db.execute('INSERT INTO t VALUES (?)', [bytes]);
      expect(Buffer.compare(db.fetchOne('SELECT v FROM t').v as Uint8Array, bytes)).toBe(0);
    }
  });

  it('every byte value survives', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);
    expect(opened().fetchOne('SELECT hex(?) AS v', [bytes]).v).toBe(
      Buffer.from(bytes).toString('hex').toUpperCase(),
    );
  });

  it('a Buffer and a view into a larger buffer bind their own bytes only', () => {
    const larger = patterned(100);
    for (const view of [Buffer.from(larger.subarray(10, 20)), larger.subarray(10, 20)]) {
      const { v } = opened().fetchOne('SELECT ? AS v', [view]);
      expect(v).toEqual(larger.slice(10, 20));
      expect((v as Uint8Array).constructor).toBe(Uint8Array);
    }
  });

  it('an empty one is no NULL', () => {
    const db = withColumn();
    db.execute('INSERT INTO t VALUES (?)', [new Uint8Array()]);
    expect(db.query("SELECT v IS NULL AS missing, v = x'' AS hollow FROM t")).toEqual([
      { missing: 0, hollow: 1 },
    ]);
    expect(db.queryOne('SELECT zeroblob(0) AS v')).toEqual({ v: new Uint8Array() });
  });

  it('share no memory with the database: neither what was bound nor what was read', () => {
    const db = withColumn();
    const bound = patterned(2000);
    db.execute('INSERT INTO t VALUES (?)', [bound]);
    bound.fill(0);
    const first = db.fetchOne('SELECT v FROM t').v as Uint8Array;
    expect(first).toEqual(patterned(2000));
    first.fill(1);
    expect(db.fetchOne('SELECT v FROM t').v).toEqual(patterned(2000));
  });

  it('past SQLite’s limit are a DataError', () => {
    expect(thrownBy(() => opened().query('SELECT zeroblob(2000000000)'))).toMatchObject({
      name: 'DataError',
      code: 'VALUE',
      subcode: 'value.too_big',
    });
  });
});

describe('texts', () => {
  const texts = [
    '',
    'plain',
    'a\u0000b',
    '\u0000',
    'ends\u0000',
    '\uFEFFwith a byte order mark',
    'größe',
    '🌊 𝒳 👩‍👩‍👧',
    '\uD83C\uDF0A',
    'e\u0301',
    '\uFFFD\uFFFE\uFFFF',
    'quotes \' and "',
    'line\r\nbreaks\u2028',
    ' blanks ',
    '123',
    '1e3',
    'null',
  ];

  it.each(texts)('%j round-trips, as itself and in UTF-8', (text) => {
    for (const [way, store, db] of storing()) {
      store(db, text);
      for (const [how, read] of reads) expect(read(db, 'SELECT v FROM t'), `${way}, ${how}`).toBe(text);
      expect(db.fetchOne('SELECT typeof(v) AS type, hex(v) AS hex FROM t'), way).toEqual({
        type: 'text',
        hex: Buffer.from(text, 'utf8').toString('hex').toUpperCase(),
      });
    }
  });

  it('of 10 MB round-trips', () => {
    const text = 'Ünï🌊'.repeat(2 ** 20);
    expect(opened().fetchOne('SELECT ? AS v', [text]).v).toBe(text);
  });

  it.each([
    '\uD800',
    '\uDC00',
    'a\uD83C',
    '\uDF0A\uD83C',
    'x\uD800y',
  ])('with a lone surrogate are refused: %j', (text) => {
    for (const [way, store, db] of storing()) {
      expect(
        thrownBy(() => store(db, text)),
        way,
      ).toMatchObject({ name: 'DataError', code: 'VALUE' });
      expect(db.query('SELECT * FROM t'), way).toEqual([]);
    }
  });

  it('that are no UTF-8 in the file are read as SQLite alone reads them', () => {
    const sql = "SELECT CAST(x'61FF62C3' AS TEXT) AS v, ? AS given";
    expect(opened().fetchOne(sql, ['x']).v).toBe(oracle('x', sql));
  });
});

describe('NULL', () => {
  it('round-trips, and undefined in an array is refused, not taken for it', () => {
    for (const [way, store, db] of storing()) {
      store(db, null);
      expect(db.query('SELECT v, typeof(v) AS type FROM t'), way).toEqual([{ v: null, type: 'null' }]);
      expect(
        thrownBy(() => store(db, undefined as never)),
        way,
      ).toMatchObject({ name: 'ProgrammingError' });
      expect(db.query('SELECT count(*) AS n FROM t'), way).toEqual([{ n: 1 }]);
    }
  });
});
