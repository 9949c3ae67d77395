import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import type { DriverValue } from '../../core/drivers/driver.ts';
import { type Affinity, affinityOf } from '../../core/sql/affinity.ts';
import { type Collation, compareValues, equalityKeyOf, mayBeAltered } from '../../core/sql/collation.ts';
import { sampleValues } from '../../tests/support/sample-values.ts';
import { applyComparison } from './affinity.ts';
import { compileLike } from './like.ts';
import { numberOfText, textOfNumber, truthOf } from './numeric-text.ts';

const database = new DatabaseSync(':memory:');

function query(sql: string, parameters: readonly DriverValue[] = []): DriverValue[][] {
  const statement = database.prepare(sql);
  statement.setReadBigInts(true);
  statement.setReturnArrays(true);
  return statement.all(...parameters) as unknown as DriverValue[][];
}

const texts = sampleValues.filter((value) => typeof value === 'string');

describe('every pair of the sample values', () => {
  test.each<Collation>([
    'BINARY',
    'NOCASE',
    'RTRIM',
  ])('orders and is equal as in SQLite under %s', (collation) => {
    const statement = database.prepare(
      `SELECT (?1 < ?2 COLLATE ${collation}) - (?1 > ?2 COLLATE ${collation}), ?1 IS ?2 COLLATE ${collation}`,
    );
    statement.setReturnArrays(true);
    for (const a of sampleValues) {
      for (const b of sampleValues) {
        const pair = `${JSON.stringify(String(a))} with ${JSON.stringify(String(b))}`;
        const [less, equal] = statement.get(a, b) as unknown as [number | null, number];
        const order = compareValues(a, b, collation);
        if (less !== null) expect(-Math.sign(order) + 0, pair).toBe(less);
        expect(order === 0, pair).toBe(equal === 1);
        const keys = new Set([equalityKeyOf(a, collation), equalityKeyOf(b, collation)]);
        expect(keys.size === 1, pair).toBe(equal === 1);
      }
    }
  });

  const declarations: readonly [string, Affinity][] = [
    ['', 'blob'],
    ['TEXT', 'text'],
    ['NUMERIC', 'numeric'],
    ['INTEGER', 'integer'],
    ['REAL', 'real'],
  ];
  test.each(declarations)('is converted as in a comparison with a column of type "%s"', (type, affinity) => {
    database.exec(`CREATE TEMP TABLE stored (x ${type})`);
    const insert = database.prepare('INSERT INTO stored VALUES (?)');
    for (const value of sampleValues) insert.run(value);
    const stored = query('SELECT x FROM stored ORDER BY rowid').map(([value]) => value as DriverValue);
    let told = 0;
    for (const constant of sampleValues) {
      const expected = query('SELECT x < ?1, x = ?1, x > ?1 FROM stored ORDER BY rowid', [constant]);
      for (const [index, value] of stored.entries()) {
        const converted = applyComparison(value, affinity, constant, 'none');
        if (converted === undefined || value === null || constant === null) continue;
        told++;
        const order = compareValues(...converted, 'BINARY');
        expect([order < 0, order === 0, order > 0], `${String(value)} with ${String(constant)}`).toEqual(
          expected[index]?.map((truth) => truth === 1n),
        );
      }
    }
    database.exec('DROP TABLE temp.stored');
    expect(told).toBeGreaterThan((sampleValues.length * sampleValues.length) / 2);
  });
});

describe('a value alone', () => {
  test('is a condition as in SQLite', () => {
    for (const value of sampleValues) {
      const [[truth] = []] = query('SELECT ? AND 1', [value]);
      expect(truthOf(value), String(value)).toBe(truth === null ? null : truth === 1n);
    }
  });

  test('has the text that SQLite gives it, or none', () => {
    const numbers = sampleValues.filter((value) => typeof value === 'number' || typeof value === 'bigint');
    const printed = [100_000, 123456.789, 1e14, 1e22, 123456789012345, 1e-4, 1.5e-7, -1e17, 12345e12];
    for (const value of [...numbers, ...printed]) {
      const text = textOfNumber(value);
      if (text !== undefined) expect(text).toBe(query('SELECT CAST(? AS TEXT)', [value])[0]?.[0]);
    }
    // Before SQLite 3.52 these had 15 digits, or an exponent from 1e15 on.
    expect([0.30000000000000004, 1e15, 1e16, -0].map(textOfNumber)).toEqual(Array(4).fill(undefined));
  });

  test('becomes the number that numeric affinity makes of it, or none', () => {
    database.exec('CREATE TEMP TABLE numbers (x NUMERIC)');
    for (const text of texts) {
      const number = numberOfText(text);
      if (number === undefined) continue;
      database.prepare('INSERT INTO numbers VALUES (?)').run(text);
      const [[stored = null] = []] = query('DELETE FROM numbers RETURNING x');
      expect(typeof number === 'string', text).toBe(typeof stored === 'string');
      expect(compareValues(number, stored, 'BINARY'), text).toBe(0);
    }
    database.exec('DROP TABLE temp.numbers');
    const uncertain = ['5\0', '9223372036854775808', '0.30000000000000004', '1e400', '1e-30'];
    expect(uncertain.map(numberOfText)).toEqual(uncertain.map(() => undefined));
  });

  test('may hide invalid UTF-8 only where a replacement character stands', () => {
    const [[altered] = []] = query("SELECT CAST(x'61ff' AS TEXT)");
    expect(mayBeAltered(altered as DriverValue)).toBe(true);
    expect(sampleValues.filter(mayBeAltered)).toEqual([]);
  });
});

test('LIKE matches as in SQLite, blobs that are no UTF-8 included', () => {
  const pieces = [
    '%',
    '_',
    'a',
    'B',
    'ä',
    'Ä',
    '\\',
    '\u{1f600}',
    '\u0085',
    '\u212a',
    'k',
    '5',
    'c',
    '\0',
    '[',
    '@',
  ];
  const two = pieces.flatMap((first) => ['', ...pieces].map((second) => first + second));
  const patterns = [
    '',
    ...two,
    ...two.flatMap((start) => ['%', 'c', '_%c', '%a%'].map((end) => start + end)),
  ];
  const subjects = sampleValues.filter((value) => typeof value === 'string' || value instanceof Uint8Array);
  database.exec('CREATE TEMP TABLE subjects (x TEXT)');
  const insert = database.prepare('INSERT INTO subjects VALUES (?)');
  for (const subject of subjects) insert.run(subject);
  for (const escapedBy of [undefined, '\\', 'a']) {
    const suffix = escapedBy === undefined ? '' : ` ESCAPE '${escapedBy}'`;
    const statement = database.prepare(`SELECT x LIKE ?${suffix} FROM subjects ORDER BY rowid`);
    statement.setReturnArrays(true);
    for (const pattern of patterns) {
      const expected = statement.all(pattern) as unknown as [number][];
      const like = compileLike(pattern, escapedBy);
      expect(
        subjects.map((subject) => like?.(subject)),
        JSON.stringify(pattern),
      ).toEqual(expected.map(([truth]) => truth === 1));
    }
  }
});

test('a declared type has the affinity that SQLite gives it', () => {
  const types = [
    ...['', 'INT', 'integer', 'CHARINT', 'POINT', 'FLOATING POINT', 'VARCHAR(10)', 'CLOB', 'text', 'BLOB'],
    ...['REAL', 'double precision', 'FLOAT', 'NUMERIC', 'DECIMAL(10, 5)', 'BOOLEAN', 'DATE', 'ANY', 'STRING'],
    ...['REALBLOB', 'BLOBREAL', 'TEXTBLOB', 'BLOBTEXT', 'REALTEXT', 'INTTEXT', 'İNT', 'ınt', 'JSON'],
  ];
  // What a column makes of such values tells its affinity; INTEGER and NUMERIC differ only in a CAST.
  const signature = (type: string): string => {
    database.exec(`CREATE TEMP TABLE typed (x ${type === '' ? '' : type})`);
    const insert = database.prepare('INSERT INTO typed VALUES (?)');
    for (const value of [5n, 5, '5', '5.0', 1e17]) insert.run(value);
    const kinds = query(
      'SELECT group_concat(typeof(x)) || (SELECT typeof(x) FROM typed LIMIT 1) FROM typed',
    )[0]?.[0];
    const cast = type === '' ? '' : query(`SELECT typeof(CAST('1e30' AS ${type}))`)[0]?.[0];
    database.exec('DROP TABLE temp.typed');
    return `${kinds} ${cast}`;
  };
  const plain: Readonly<Record<string, string>> = {
    blob: 'BLOB',
    text: 'TEXT',
    numeric: 'NUMERIC',
    integer: 'INTEGER',
    real: 'REAL',
  };
  for (const type of types.filter((name) => name !== '')) {
    expect(signature(type), type).toBe(signature(plain[affinityOf(type)] as string));
  }
  expect(affinityOf('')).toBe('blob');
});
