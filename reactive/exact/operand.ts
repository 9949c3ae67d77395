import type { DriverValue } from '../../core/drivers/driver.ts';
import type { Affinity } from '../../core/sql/affinity.ts';
import type { Collation } from '../../core/sql/collation.ts';
import { isInteger64 } from './numeric-text.ts';

/** `collate` is an explicit COLLATE: it beats every implicit one, and the left one the right one. */
export type Operand =
  | {
      readonly kind: 'column';
      /** Its place in the row image. */
      readonly index: number;
      readonly affinity: Affinity;
      readonly collation: Collation;
      readonly collate?: Collation;
    }
  | { readonly kind: 'constant'; readonly value: DriverValue; readonly collate?: Collation }
  /** By its place among the parameters, from 0. */
  | { readonly kind: 'parameter'; readonly index: number; readonly collate?: Collation };

/** An operand with its parameter put in. */
export type BoundOperand = Exclude<Operand, { kind: 'parameter' }>;
export type ColumnOperand = Extract<Operand, { kind: 'column' }>;

/** Undefined for a parameter that isn't there, and for a value that SQLite would not store as it is. */
export function bindOperand(operand: Operand, parameters: readonly DriverValue[]): BoundOperand | undefined {
  if (operand.kind === 'column') return operand;
  const value = operand.kind === 'constant' ? operand.value : parameters[operand.index];
  if (value === undefined || !isStorable(value)) return undefined;
  return operand.collate === undefined
    ? { kind: 'constant', value }
    : { kind: 'constant', value, collate: operand.collate };
}

export function affinityOfOperand(operand: BoundOperand): Affinity {
  return operand.kind === 'column' ? operand.affinity : 'none';
}

/** Which collation decides a comparison: explicit before implicit, left before right. */
export function collationOf(left: BoundOperand, right: BoundOperand): Collation {
  return left.collate ?? right.collate ?? implicitCollation(left) ?? implicitCollation(right) ?? 'BINARY';
}

/** The collation of IN with a list: only its left side counts. */
export function ownCollation(operand: BoundOperand): Collation {
  return operand.collate ?? implicitCollation(operand) ?? 'BINARY';
}

/** BINARY too is a collation that a column brings along. */
function implicitCollation(operand: BoundOperand): Collation | undefined {
  return operand.kind === 'column' ? operand.collation : undefined;
}

function isStorable(value: DriverValue): boolean {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed();
    case 'bigint':
      return isInteger64(value);
    case 'number':
      return !Number.isNaN(value);
    default:
      return true;
  }
}
