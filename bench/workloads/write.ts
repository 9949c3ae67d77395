import type { TableName } from './data.ts';

/** Writes of one shape differ in their values only: one prepared statement. */
export interface Shape {
  readonly type: 'insert' | 'update';
  readonly table: TableName;
  readonly columns: readonly string[];
  readonly sql: string;
}

/** One row changed, spelt out beforehand in the forms that contenders take, so that nobody pays for the spelling. */
export interface Write {
  readonly shape: Shape;
  readonly id: number;
  /** For `shape.sql`. */
  readonly args: readonly (number | string)[];
  /** An update's new values, or the whole row inserted. */
  readonly patch: Readonly<Record<string, number | string>>;
  /** How many of the workload's live queries have another answer afterwards. */
  readonly touched: number;
}

export function updateShape(table: TableName, ...columns: string[]): Shape {
  const sql = `UPDATE ${table} SET ${columns.map((column) => `${column} = ?`).join(', ')} WHERE id = ?`;
  return { type: 'update', table, columns, sql };
}

export function insertShape(table: TableName, ...columns: string[]): Shape {
  const sql = `INSERT INTO ${table}(${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`;
  return { type: 'insert', table, columns, sql };
}

/** @param values one for each of the shape's columns; an inserted row's first column is its id. */
export function makeWrite(
  shape: Shape,
  id: number,
  values: readonly (number | string)[],
  touched: number,
): Write {
  const patch = Object.fromEntries(shape.columns.map((column, at) => [column, values[at] ?? 0]));
  return { shape, id, args: shape.type === 'insert' ? values : [...values, id], patch, touched };
}
