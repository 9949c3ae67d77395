import type { WrittenTable } from '../../core/commit/written.ts';
import type { DriverValue } from '../../core/drivers/driver.ts';
import { type Collation, equalityKeyOf } from '../../core/sql/collation.ts';
import { quoteName } from '../../core/sql/identifier.ts';
import type { BindValue } from '../../core/values.ts';

/** The values of a row: its rowid, where the table has one, then its columns; integers are bigints. */
export type Image = readonly DriverValue[];

/** What tells a row from all others: its primary key, or its rowid where it has none. */
export interface Identity {
  /** The same text for the same row, however its key is spelled: of 'a' and 'A' where the key is NOCASE, of 1 and 1.0. */
  readonly id: string;
  /** By name, for people. */
  readonly key: Readonly<Record<string, DriverValue>>;
  readonly where: Fragment;
}

/** A piece of SQL and the values of its parameters. */
export interface Fragment {
  readonly sql: string;
  readonly params: readonly BindValue[];
}

export function cellOf(table: WrittenTable, image: Image, column: string): DriverValue {
  return image[table.columns.indexOf(column) + (table.rowid === null ? 0 : 1)] ?? null;
}

export function identityOf(table: WrittenTable, image: Image): Identity {
  if (!isKeyed(table, image)) return rowidIdentity(table, image);
  const key = table.primaryKey.map((column) => [column, cellOf(table, image, column)] as const);
  const collations = table.keyCollations as readonly Collation[];
  const parts = key.map(([, value], at) => {
    const part = equalityKeyOf(value, collations[at] ?? 'BINARY');
    return `${typeof part}${String(part).length}:${String(part)}`;
  });
  const terms = key.map(([name, value], at) =>
    // Rows are told apart by the collation of the key, columns compared by their own.
    assigned(
      typeof value === 'string' ? `${quoteName(name)} COLLATE ${collations[at]}` : quoteName(name),
      value,
    ),
  );
  return {
    id: `${table.name}\u0000key\u0000${parts.join('\u0000')}`,
    key: Object.fromEntries(key),
    where: joined(terms, ' AND '),
  };
}

/** Identity by rowid: that of rows without a whole key. Only in tables that have a reachable one. */
export function rowidIdentity(table: WrittenTable, image: Image): Identity {
  const name = table.rowid ?? 'rowid';
  const value = image[0] ?? null;
  return {
    id: `${table.name}\u0000rowid\u0000${String(value)}`,
    key: { [name]: value },
    where: assigned(name, value),
  };
}

/** SQLite lets a primary key that is no rowid hold NULL, any number of times: such a row has its rowid only. */
export function isKeyed(table: WrittenTable, image: Image): boolean {
  return (
    table.primaryKey.length > 0 && table.primaryKey.every((column) => cellOf(table, image, column) !== null)
  );
}

/** The columns that can be written, each with its place in an image. */
export function writable({
  rowid,
  columns,
  generated,
}: WrittenTable): readonly (readonly [string, number])[] {
  const lead = rowid === null ? 0 : 1;
  return columns
    .map((column, at) => [column, at + lead] as const)
    .filter(([column]) => !generated.includes(column));
}

/** The writable columns in which two images of one row differ. */
export function differing(table: WrittenTable, a: Image, b: Image): string[] {
  return writable(table).flatMap(([column, at]) => (isExactly(a[at] ?? null, b[at] ?? null) ? [] : [column]));
}

export function isSameRow(table: WrittenTable, a: Image | null, b: Image | null): boolean {
  if (a === null || b === null) return a === b;
  return differing(table, a, b).length === 0;
}

/** The same value of the same type. */
export function isExactly(a: DriverValue, b: DriverValue): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    return a.length === b.length && a.every((byte, at) => byte === b[at]);
  }
  return Object.is(a, b);
}

/** A value as SQL that gives exactly it: a number without fraction would be bound as an integer. */
export function exactly(value: DriverValue): Fragment {
  const isWhole = typeof value === 'number' && Number.isSafeInteger(value);
  return { sql: isWhole ? 'CAST(? AS REAL)' : '?', params: [value] };
}

/** `name = value`, as a condition or an assignment. */
export function assigned(name: string, value: DriverValue): Fragment {
  const { sql, params } = exactly(value);
  return { sql: `${name} = ${sql}`, params };
}

export function joined(fragments: readonly Fragment[], separator: string): Fragment {
  return {
    sql: fragments.map(({ sql }) => sql).join(separator),
    params: fragments.flatMap(({ params }) => params),
  };
}
