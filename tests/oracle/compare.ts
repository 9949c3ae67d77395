import type { Row, SqlValue } from '../../core/values.ts';
import type { Tag } from './grammar.ts';
import type { Query } from './queries.ts';
import { hex, showRow } from './values.ts';

type Rows = readonly Readonly<Row>[];

/** The same text for values that SQLite holds equal and JavaScript shows alike: 5 and 5.0, 0 and -0, 1e17 and 10n**17n. */
function canonical(value: SqlValue, tag: Tag): string {
  if (value === null) return 'null';
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isInteger(value) ? String(BigInt(value)) : String(value);
  if (value instanceof Uint8Array) return `x${hex(value)}`;
  if (tag === 'folded') return `'${value.replace(/[A-Z]/g, (c) => c.toLowerCase()).replace(/ +$/, '')}`;
  if (tag === 'parts')
    return `'${value
      .split(/[|,[\]]/)
      .sort()
      .join('|')}`;
  return `'${value}`;
}

/** A row as text; equal rows have equal texts. Columns that only compare roughly, or not, are left out. */
function fingerprint(row: Readonly<Row>, tags: Query['tags']): string {
  let text = '';
  for (const name of Object.keys(row)) {
    const tag = Object.hasOwn(tags, name) ? (tags[name] as Tag) : 'exact';
    const compared = tag !== 'any' && tag !== 'approximate';
    text += `${name}=${compared ? canonical(row[name] as SqlValue, tag) : '*'}\u0000`;
  }
  return text;
}

const near = (a: SqlValue, b: SqlValue): boolean => {
  if (typeof a === 'string' || typeof b === 'string' || a === null || b === null)
    return canonical(a, 'exact') === canonical(b, 'exact');
  const [x, y] = [Number(a), Number(b)];
  return x === y || Math.abs(x - y) <= 1e-9 * Math.max(1, Math.abs(x), Math.abs(y));
};

/** Numbers by size, behind whatever else there is: equal ones may differ in their last bits. */
function roughly(a: SqlValue, b: SqlValue): number {
  const isNumber = (value: SqlValue) => typeof value === 'number' || typeof value === 'bigint';
  if (isNumber(a) && isNumber(b)) return Number(a) - Number(b);
  if (isNumber(a) || isNumber(b)) return isNumber(a) ? 1 : -1;
  const [x, y] = [canonical(a, 'exact'), canonical(b, 'exact')];
  return x === y ? 0 : x < y ? -1 : 1;
}

/** Rows as a list that compares one by one: in the order of the answer, or sorted where the order is open. */
function arranged(
  rows: Rows,
  query: Query,
  rough: readonly string[],
): { row: Readonly<Row>; text: string }[] {
  const list = rows.map((row) => ({ row, text: fingerprint(row, query.tags) }));
  if (query.order === 'total') return list;
  return list.sort((a, b) => {
    if (a.text !== b.text) return a.text < b.text ? -1 : 1;
    for (const name of rough) {
      const difference = roughly(a.row[name] as SqlValue, b.row[name] as SqlValue);
      if (difference !== 0 && !Number.isNaN(difference)) return difference;
    }
    return 0;
  });
}

/**
 * Why `actual` isn't an answer that SQLite could give, seen from the one it gave; null when it is.
 * `possible` are the rows of the query without its LIMIT, where it has ties at the edge.
 */
export function answerDifference(query: Query, expected: Rows, actual: Rows, possible?: Rows): string | null {
  if (expected.length !== actual.length) return `${actual.length} rows instead of ${expected.length}`;
  for (const name of query.sorted) {
    for (const [i, row] of expected.entries()) {
      const [want, got] = [row[name] as SqlValue, actual[i]?.[name] as SqlValue];
      if (canonical(want, 'exact') !== canonical(got ?? null, 'exact'))
        return `row ${i} is out of order by ${name}`;
    }
  }
  if (possible) return impossibleRow(query, actual, possible);
  const rough = Object.keys(query.tags).filter((name) => query.tags[name] === 'approximate');
  const wanted = arranged(expected, query, rough);
  for (const [i, got] of arranged(actual, query, rough).entries()) {
    const want = wanted[i] as (typeof wanted)[number];
    const alike = rough.every((name) => near(want.row[name] as SqlValue, got.row[name] as SqlValue));
    if (want.text !== got.text || !alike)
      return `row ${i}: ${showRow(got.row)} instead of ${showRow(want.row)}`;
  }
  return null;
}

/** Of rows tied at a LIMIT's edge any will do, but each as often as the whole answer has it. */
function impossibleRow(query: Query, actual: Rows, possible: Rows): string | null {
  const left = countOf(possible.map((row) => fingerprint(row, query.tags)));
  for (const row of actual) {
    const text = fingerprint(row, query.tags);
    const count = left.get(text) ?? 0;
    if (count === 0) return `${showRow(row)} isn't in the answer without LIMIT`;
    left.set(text, count - 1);
  }
  return null;
}

export function countOf(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}

/** A row's whole content as SQLite holds it, its columns in any order: what shadow tables count. */
export const contentOf = (row: Readonly<Row>): string =>
  Object.keys(row)
    .sort()
    .map((name) => `${name}=${canonical(row[name] as SqlValue, 'exact')}\u0000`)
    .join('');

/** Nothing at all differs: not even 0 and -0. */
export function identical(a: Readonly<Row>, b: Readonly<Row>): boolean {
  if (a === b) return true;
  const names = Object.keys(a);
  const others = Object.keys(b);
  return (
    names.length === others.length &&
    names.every((name, i) => name === others[i] && identicalValues(a[name] as SqlValue, b[name] as SqlValue))
  );
}

function identicalValues(a: SqlValue, b: SqlValue): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return hex(a) === hex(b);
  return Object.is(a, b);
}
