import type { BindValue, SqlValue } from '../../core/index.ts';
import { expectEqual, expectError } from '../expect.ts';
import type { ConformanceCase } from './case.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

const roundTrips: readonly (readonly [BindValue, SqlValue, string])[] = [
  [null, null, 'null'],
  [0, 0, 'integer'],
  [-0, -0, 'real'],
  [1, 1, 'integer'],
  [1.5, 1.5, 'real'],
  [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 'integer'],
  [2n ** 53n, 2n ** 53n, 'integer'],
  [-(2n ** 63n), -(2n ** 63n), 'integer'],
  [7n, 7, 'integer'],
  [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 'real'],
  [1e300, 1e300, 'real'],
  ['', '', 'text'],
  ['Ä🎈\u0000z', 'Ä🎈\u0000z', 'text'],
  ['\ufeffmark', '\ufeffmark', 'text'],
  [bytes(), bytes(), 'blob'],
  [bytes(0, 255, 1), bytes(0, 255, 1), 'blob'],
  [true, 1, 'integer'],
  [false, 0, 'integer'],
  [new Date(0), '1970-01-01T00:00:00.000Z', 'text'],
];

export const valueCases: readonly ConformanceCase[] = [
  {
    name: 'values come back as they were bound, with their type',
    async run(db) {
      for (const [bound, value, type] of roundTrips) {
        const row = await db.queryOne('SELECT ? AS v, typeof(?1) AS t', [bound]);
        expectEqual(row, { v: value, t: type }, `what ${String(bound)} came back as`);
      }
    },
  },
  {
    name: 'values are stored as they were bound',
    async run(db) {
      await db.exec('CREATE TABLE v(id INTEGER PRIMARY KEY, v)');
      await db.executeBatch(
        'INSERT INTO v VALUES (?, ?)',
        roundTrips.map(([bound], at) => [at, bound]),
      );
      const rows = await db.query('SELECT v FROM v ORDER BY id');
      expectEqual(
        rows.map(({ v }) => v),
        roundTrips.map(([, value]) => value),
        'the column',
      );
    },
  },
  {
    name: 'what has no place in SQLite is refused, and nothing is written',
    async run(db) {
      await db.exec('CREATE TABLE v(v)');
      const refused: unknown[] = [Number.NaN, '\ud800', 2n ** 63n, undefined, Symbol.iterator];
      for (const value of refused.slice(0, 4)) {
        await expectError(() => db.execute('INSERT INTO v VALUES (?)', [value as BindValue]), {});
      }
      await expectError(() => db.execute('INSERT INTO v VALUES (?)', [(() => 1) as unknown as BindValue]), {
        code: 'PARAMETER',
      });
      expectEqual(await db.query('SELECT * FROM v'), [], 'the table');
    },
  },
  {
    name: 'a million characters, a megabyte of bytes and 2,000 columns pass',
    async run(db) {
      const text = 'ä'.repeat(1_000_000);
      const blob = new Uint8Array(1_000_000).fill(7);
      const row = await db.queryOne('SELECT ? AS t, ? AS b', [text, blob]);
      expectEqual(row?.t === text && (row.b as Uint8Array).length === 1_000_000, true, 'what came back');
      const columns = Array.from({ length: 2000 }, (_, at) => `${at} AS c${at}`).join();
      expectEqual(Object.keys((await db.queryOne(`SELECT ${columns}`)) ?? {}).length, 2000, 'the width');
    },
  },
  {
    name: 'column names are kept, whatever they are',
    async run(db) {
      const raw = await db.queryRaw('SELECT 1 AS "__proto__", 2 AS constructor, 3 AS "a b", 4 AS x, 5 AS x');
      expectEqual(raw, { columns: ['__proto__', 'constructor', 'a b', 'x', 'x'], rows: [[1, 2, 3, 4, 5]] });
      const row = await db.queryOne('SELECT 1 AS "__proto__", 2 AS constructor');
      expectEqual(
        Object.entries(row ?? {}),
        [
          ['__proto__', 1],
          ['constructor', 2],
        ],
        'the row',
      );
      expectEqual(Object.getPrototypeOf(row) === Object.prototype, true, 'whether it is an ordinary object');
    },
  },
];
