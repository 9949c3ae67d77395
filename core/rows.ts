import { isArray, shown, wrongArgument, wrongOption } from './arguments.ts';
import type { DriverRow, DriverValue } from './drivers/driver.ts';
import { DataError } from './errors.ts';
import type { Columns, IntMode, Row, SqlValue } from './values.ts';

/** How rows come back: as objects, as arrays, as {@link IndexedRow}s, or as what a function makes of them. */
export type RowMode<T = unknown> =
  | 'object'
  | 'array'
  | 'row'
  | ((columns: readonly string[], values: readonly SqlValue[]) => T);

/** @throws ProgrammingError for what is no row mode. */
export function checkRowMode(mode: unknown = 'object'): void {
  if (typeof mode === 'function' || ['object', 'array', 'row'].includes(mode as string)) return;
  throw wrongOption(`rowMode is ${shown(mode)}: it must be 'object', 'array', 'row' or a function.`);
}

/** A row that is read by position or by name, and keeps columns of one name apart. */
export class IndexedRow implements Iterable<SqlValue> {
  readonly #columns: readonly string[];
  readonly #values: readonly SqlValue[];

  constructor(columns: readonly string[], values: readonly SqlValue[]) {
    if (!isArray(columns)) throw wrongArgument('columns', 'an array of texts', columns);
    if (!isArray(values)) throw wrongArgument('values', 'an array', values);
    this.#columns = columns;
    this.#values = values;
  }

  /** How many columns there are. */
  get length(): number {
    return this.#values.length;
  }

  /** The value at a position (from the end when negative) or of the first column so named. */
  get(column: number | string): SqlValue | undefined {
    return typeof column === 'number' ? this.#values.at(column) : this.#values[this.#columns.indexOf(column)];
  }

  /** Whether there is a column of that name. */
  has(column: string): boolean {
    return this.#columns.includes(column);
  }

  /** The names of the columns. */
  keys(): readonly string[] {
    return this.#columns;
  }

  /** The values, in the order of the columns. */
  values(): readonly SqlValue[] {
    return this.#values;
  }

  /** Names with values. */
  entries(): [string, SqlValue][] {
    return this.#columns.map((column, at) => [column, this.#values[at] ?? null]);
  }

  /** The row as a plain object; of columns of one name the last one counts. */
  toObject(): Row {
    return toObject(this.#columns, this.#values);
  }

  /** The values, in the order of the columns. */
  [Symbol.iterator](): Iterator<SqlValue> {
    return this.#values[Symbol.iterator]();
  }
}

/** What a row may be said to be: an object of columns, or what the row modes `array` and `row` give. */
export type RowShape<T> = Columns<T> | readonly SqlValue[] | IndexedRow;

/** A row as it is read: what a function as row mode makes, or else `T`. */
export type ReadRow<T, Made> = [Made] extends [never] ? T : NoInfer<Made>;

export type Decode<T> = (row: DriverRow) => T;

/** The function that turns a driver's row into what the caller asked for. */
export function decoder<T>(columns: readonly string[], intMode: IntMode, mode: RowMode<T>): Decode<T> {
  const narrow = narrowers[intMode];
  if (mode === 'object') return objectDecoder(columns, narrow) as Decode<T>;
  if (mode === 'array') return ((row) => narrowAll(row, narrow)) as Decode<T>;
  if (mode === 'row') return ((row) => new IndexedRow(columns, narrowAll(row, narrow))) as Decode<T>;
  return (row) => mode(columns, narrowAll(row, narrow));
}

type Narrow = (value: DriverValue) => SqlValue;

const maxSafe = BigInt(Number.MAX_SAFE_INTEGER);

export const narrowers: Readonly<Record<IntMode, Narrow>> = {
  auto: (value) =>
    typeof value === 'bigint' && value <= maxSafe && value >= -maxSafe ? Number(value) : value,
  bigint: (value) => value,
  number(value) {
    if (typeof value !== 'bigint') return value;
    if (value <= maxSafe && value >= -maxSafe) return Number(value);
    throw new DataError(
      "An integer is outside JavaScript's safe range. Open the database with intMode 'auto' or 'bigint'.",
      { code: 'VALUE', subcode: 'value.unsafe_integer', sqlstate: '22003' },
    );
  },
};

function narrowAll(row: DriverRow, narrow: Narrow): SqlValue[] {
  for (let i = 0; i < row.length; i++) row[i] = narrow(row[i] ?? null);
  return row;
}

function objectDecoder(columns: readonly string[], narrow: Narrow): Decode<Row> {
  // Assigning to `__proto__` would set the prototype.
  if (columns.includes('__proto__')) return (row) => toObject(columns, narrowAll(row, narrow));
  return (row) => {
    const object: Row = {};
    for (let i = 0; i < columns.length; i++) object[columns[i] as string] = narrow(row[i] as DriverValue);
    return object;
  };
}

function toObject(columns: readonly string[], values: readonly SqlValue[]): Row {
  return Object.fromEntries(columns.map((column, at) => [column, values[at] ?? null]));
}
