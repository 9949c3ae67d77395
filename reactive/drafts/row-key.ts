import type { BindValue, SqlValue } from '../../core/values.ts';
import { draftError } from './draft-error.ts';
import type { TableShape } from './table-shape.ts';

/**
 * The key of one row: the value of a primary key of one column (or of the rowid, where none is declared); for one of
 * several columns an array in their order; an object by name for either.
 */
export type RowKey = SqlValue | readonly SqlValue[] | Readonly<Record<string, SqlValue>>;

/** The values of each key that was given, in the order of the key's columns; and whether there may be several. */
export interface RowKeys {
  readonly isList: boolean;
  readonly keys: readonly (readonly BindValue[])[];
}

/** An array is one key of a key of several columns when it holds plain values; otherwise it is a list of keys. */
export function rowKeys(shape: TableShape, given: RowKey | readonly RowKey[]): RowKeys {
  const isList = Array.isArray(given) && (shape.key.length === 1 || given.every(isCompound));
  const keys = isList ? (given as readonly RowKey[]) : [given as RowKey];
  return { isList, keys: keys.map((key) => valuesOf(shape, key)) };
}

/** A key for people. */
export function keyText(shape: TableShape, key: readonly BindValue[]): string {
  return shape.key.map((name, at) => `${name} = ${shown(key[at])}`).join(', ');
}

function shown(value: BindValue | undefined): string {
  if (value instanceof Uint8Array) return `a blob of ${value.length} bytes`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

function isCompound(key: unknown): boolean {
  return typeof key === 'object' && key !== null && !(key instanceof Uint8Array);
}

function valuesOf(shape: TableShape, key: RowKey): readonly BindValue[] {
  const { name, key: columns } = shape;
  if (!isCompound(key)) {
    if (columns.length === 1 && key !== undefined) return [key as SqlValue];
  } else if (Array.isArray(key)) {
    if (key.length === columns.length) return key;
  } else {
    const record = key as Readonly<Record<string, SqlValue>>;
    const given = Object.keys(record);
    if (given.length === columns.length && columns.every((column) => Object.hasOwn(record, column))) {
      return columns.map((column) => record[column] as SqlValue);
    }
  }
  throw draftError(
    'draft.key',
    `Cannot update: a key of ${name} has the column(s) ${columns.join(', ')}. Give ${
      columns.length === 1 ? 'its value' : 'an array of their values in this order'
    }, or an object by name.`,
    { table: name },
  );
}
