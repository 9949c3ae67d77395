import type { BindValue, SqlValue } from '../../core/values.ts';
import type { Random } from './random.ts';

/** A constant as SQL text and, where binding gives the same storage class, as a parameter. */
export interface Constant {
  readonly sql: string;
  readonly value?: BindValue;
}

const number = (sql: string, value?: BindValue): Constant => (value === undefined ? { sql } : { sql, value });
const string = (text: string): Constant => ({ sql: `'${text.replaceAll("'", "''")}'`, value: text });

export const nothing: Constant = { sql: 'NULL', value: null };

/**
 * Values that look alike and aren't. `5.0` and `-0.0` can't be bound as REAL from JavaScript, so they stay text.
 * No sum of a few of them leaves int64: where SQLite raises "integer overflow" depends on the order of a scan.
 */
export const hostileValues: readonly Constant[] = [
  number('5', 5),
  number('5.0'),
  string('5'),
  string('05'),
  string('5.0'),
  { sql: "x'35'", value: new Uint8Array([0x35]) },
  nothing,
  number('9007199254740993', 9007199254740993n),
  number('-0.0'),
  number('0', false),
  number('1', true),
  number('-3', -3),
  number('2.5', 2.5),
  number('1e17', 1e17),
  number('1e999', Number.POSITIVE_INFINITY),
  string('abc'),
  string('1abc'),
  string(''),
  string('a'),
  string('A'),
  string('a '),
  string('Ä'),
  string("it's ?"),
  { sql: "x''", value: new Uint8Array() },
  { sql: "('n'||char(0)||'z')", value: 'n\u0000z' },
];

/** Text whose order, case and length differ between JavaScript and SQLite. */
export const texts: readonly Constant[] = [
  'a',
  'A',
  'a ',
  'b',
  'B',
  'Ä',
  'ä',
  '',
  '5',
  'abc',
  '\uff5e',
  '🎈',
  'a%_',
].map(string);

export const reals: readonly Constant[] = ['0.5', '1.5', '-2.25', '5.0', '5', '1e17', '0.1', 'NULL'].map(
  (sql) => number(sql),
);

export const lists: readonly Constant[] = ['[]', '[1]', '[1,2,2]', '["a","A"]', '[null,5,"5"]'].map(string);

/** Small enough that rows meet: in groups, joins and unique keys. */
export function smallInteger(random: Random, high = 6): Constant {
  const value = random.between(0, high);
  return { sql: String(value), value };
}

/** A value as a replayable SQL literal, for reports and comparisons: two values are the same when their text is. */
export function show(value: SqlValue | boolean | Date | undefined): string {
  if (value === null) return 'NULL';
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (value instanceof Uint8Array) return `x'${hex(value)}'`;
  return String(value);
}

/** A row as text that no other row has. */
export function showRow(row: Readonly<Record<string, SqlValue>>): string {
  return `{${Object.keys(row)
    .map((name) => `${JSON.stringify(name)}: ${show(row[name])}`)
    .join(', ')}}`;
}

/** Also where there is no Buffer. */
export const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
