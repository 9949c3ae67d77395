import type { TableInfo } from '../catalog.ts';
import { ProgrammingError } from '../errors.ts';
import { affinityOf, isNumericAffinity } from '../sql/affinity.ts';
import { collationNamed, compareTexts, compareValues, mayBeAltered } from '../sql/collation.ts';
import { columnCollation } from '../sql/column-collation.ts';
import { foldName } from '../sql/identifier.ts';
import type { Row, SqlValue } from '../values.ts';

/** Bounds of one column; the primary key where no column is named. An absent or null bound is open. */
export interface RangeBounds {
  readonly column?: string;
  readonly lower?: SqlValue;
  readonly upper?: SqlValue;
  /** Both are inclusive unless told otherwise. */
  readonly lowerInclusive?: boolean;
  readonly upperInclusive?: boolean;
}

export interface Range {
  readonly bounds: {
    readonly column: string | null;
    readonly lower: SqlValue;
    readonly upper: SqlValue;
    readonly lower_inclusive: boolean;
    readonly upper_inclusive: boolean;
  };
  /** Whether the row may lie inside. Values that only SQLite can compare count as inside. */
  contains(row: Readonly<Row> | null): boolean;
}

/**
 * @throws ProgrammingError when the column is unknown, or none is named and there is no primary key.
 */
export function makeRange(table: TableInfo, bounds: RangeBounds, isUtf8: boolean): Range {
  const column = rangeColumn(table, bounds.column);
  const { lower = null, upper = null, lowerInclusive = true, upperInclusive = true } = bounds;
  const compare = comparator(table, column, isUtf8);
  return {
    bounds: {
      column,
      lower,
      upper,
      lower_inclusive: lowerInclusive,
      upper_inclusive: upperInclusive,
    },
    contains(row) {
      if (row === null) return false;
      if (column === null) return true;
      const value = row[column] ?? null;
      if (value === null) return lower === null && upper === null;
      return isAbove(value, lower, lowerInclusive, compare) && isBelow(value, upper, upperInclusive, compare);
    },
  };
}

/** The column that a range is over; null for a composite primary key, whose ranges match every change. */
function rangeColumn(table: TableInfo, column: string | undefined): string | null {
  if (column !== undefined) {
    const found = table.columns.find(({ name }) => foldName(name) === foldName(column));
    if (found) return found.name;
    throw new ProgrammingError(`Table ${table.name} has no column ${column}.`, {
      code: 'WATCH',
      subcode: 'watch.unknown_column',
      table: table.name,
      column,
    });
  }
  if (table.primaryKey.length === 0) {
    throw new ProgrammingError(
      `range watch requires a primary key on table ${table.name}. Declare one, or name a column.`,
      { code: 'WATCH', subcode: 'watch.no_primary_key', table: table.name },
    );
  }
  return table.primaryKey.length === 1 ? (table.primaryKey[0] ?? null) : null;
}

type Compare = (a: SqlValue, b: SqlValue) => number | undefined;

function isAbove(value: SqlValue, bound: SqlValue, inclusive: boolean, compare: Compare): boolean {
  if (bound === null) return true;
  const order = compare(value, bound);
  return order === undefined || order > 0 || (inclusive && order === 0);
}

function isBelow(value: SqlValue, bound: SqlValue, inclusive: boolean, compare: Compare): boolean {
  if (bound === null) return true;
  const order = compare(value, bound);
  return order === undefined || order < 0 || (inclusive && order === 0);
}

/** The order of two values of one type; undefined where only SQLite knows it, for one because of affinity. */
function comparator(table: TableInfo, column: string | null, isUtf8: boolean): Compare {
  const collation = column === null ? 'BINARY' : collationNamed(columnCollation(table, column));
  const declared = table.columns.find(({ name }) => name === column)?.declaredType ?? '';
  // There the bound '2' is the number 2, before which no text stands.
  const staysText = !isNumericAffinity(affinityOf(declared));
  return (a, b) => {
    if (typeof a === 'string' && typeof b === 'string') {
      const isExact = isUtf8 && staysText && !mayBeAltered(a) && !mayBeAltered(b);
      return isExact && collation ? compareTexts(a, b, collation) : undefined;
    }
    return isComparable(a, b) ? compareValues(a, b, 'BINARY') : undefined;
  };
}

function isComparable(a: SqlValue, b: SqlValue): boolean {
  return (isNumber(a) && isNumber(b)) || (a instanceof Uint8Array && b instanceof Uint8Array);
}

function isNumber(value: SqlValue): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}
