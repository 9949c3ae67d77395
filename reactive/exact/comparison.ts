/**
 * Compiles comparisons, BETWEEN and IN over columns and constants.
 * Guarantees: all conversions are done here, once; at run time only stored values of matching types meet.
 * Not: a column compared with a column of another kind, whose conversion would run for each row.
 * The hard part: affinity and collation come from other operands in IN than in a comparison.
 */
import type { DriverValue } from '../../core/drivers/driver.ts';
import { isNumericAffinity } from '../../core/sql/affinity.ts';
import { type Collation, compareValues, type EqualityKey, equalityKeyOf } from '../../core/sql/collation.ts';
import { constantFor, conversionFor, conversionTo } from './affinity.ts';
import { always, type Condition } from './condition.ts';
import { compareWithNumber, isNumber, type OrderOperator } from './number-comparison.ts';
import {
  affinityOfOperand,
  type BoundOperand,
  type ColumnOperand,
  collationOf,
  ownCollation,
} from './operand.ts';

export type ComparisonOperator = OrderOperator | 'IS' | 'IS NOT';

const mirrored = {
  '=': '=',
  '<>': '<>',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
  IS: 'IS',
  'IS NOT': 'IS NOT',
} as const satisfies Record<ComparisonOperator, ComparisonOperator>;

/** Undefined where the comparison can't be exact. */
export function compileComparison(
  operator: ComparisonOperator,
  left: BoundOperand,
  right: BoundOperand,
): Condition | undefined {
  const collation = collationOf(left, right);
  if (left.kind === 'constant') {
    return right.kind === 'constant'
      ? always(compared(operator, left.value, right.value, collation))
      : columnWithConstant(mirrored[operator], right, left.value, collation);
  }
  if (right.kind === 'constant') return columnWithConstant(operator, left, right.value, collation);
  if (!isUnconverted(left, right)) return undefined;
  return columnWithColumn(operator, left.index, right.index, collation);
}

/** `operand IN (items)`: only the left side gives affinity and collation. */
export function compileIn(operand: BoundOperand, items: readonly BoundOperand[]): Condition | undefined {
  // Not even NULL is IN ().
  if (items.length === 0) return always(false);
  // SQLite compiles a list of one as `=`, where the item's COLLATE counts.
  if (items.some((item) => item.collate !== undefined)) return undefined;
  const collation = ownCollation(operand);
  if (operand.kind === 'column' && items.every((item) => item.kind === 'constant')) {
    return inConstants(operand, items, collation);
  }
  const comparisons = items.map((item) => equalityInList(operand, item, collation));
  if (comparisons.includes(undefined)) return undefined;
  const conditions = comparisons as Condition[];
  return (image) => {
    let unknown = false;
    for (const condition of conditions) {
      const result = condition(image);
      if (result === true) return true;
      unknown ||= result === null;
    }
    return unknown ? null : false;
  };
}

function inConstants(
  column: ColumnOperand,
  items: readonly { readonly value: DriverValue }[],
  collation: Collation,
): Condition | undefined {
  const keys = new Set<EqualityKey>();
  for (const { value } of items) {
    const converted = constantFor(column.affinity, value);
    if (converted === undefined) return undefined;
    keys.add(equalityKeyOf(converted, collation));
  }
  const absent = keys.delete(null) ? null : false;
  const { index } = column;
  return (image) => {
    const value = image[index] ?? null;
    return value === null ? null : keys.has(equalityKeyOf(value, collation)) || absent;
  };
}

function equalityInList(
  operand: BoundOperand,
  item: BoundOperand,
  collation: Collation,
): Condition | undefined {
  const conversion = conversionTo(affinityOfOperand(operand));
  if (item.kind === 'column') {
    const kept =
      conversion === 'none' ||
      (conversion === 'text' ? item.affinity === 'text' : isNumericAffinity(item.affinity));
    if (!kept) return undefined;
    return operand.kind === 'column'
      ? columnWithColumn('=', operand.index, item.index, collation)
      : columnWithConverted('=', item.index, operand.value, collation);
  }
  if (operand.kind === 'column') return columnWithConstant('=', operand, item.value, collation);
  return always(compared('=', operand.value, item.value, collation));
}

/** Whether values of the two columns meet as they are stored. Numeric affinity left a text in a column a text. */
function isUnconverted(left: ColumnOperand, right: ColumnOperand): boolean {
  switch (conversionFor(left.affinity, right.affinity)) {
    case 'none':
      return true;
    case 'text':
      return left.affinity === 'text' && right.affinity === 'text';
    case 'number':
      return isNumericAffinity(left.affinity) && isNumericAffinity(right.affinity);
  }
}

function columnWithColumn(
  operator: ComparisonOperator,
  left: number,
  right: number,
  collation: Collation,
): Condition {
  return (image) => compared(operator, image[left] ?? null, image[right] ?? null, collation);
}

function columnWithConstant(
  operator: ComparisonOperator,
  column: ColumnOperand,
  constant: DriverValue,
  collation: Collation,
): Condition | undefined {
  const converted = constantFor(column.affinity, constant);
  return converted === undefined
    ? undefined
    : columnWithConverted(operator, column.index, converted, collation);
}

/** The common case, specialised by operator and by the constant's type. */
function columnWithConverted(
  operator: ComparisonOperator,
  index: number,
  constant: DriverValue,
  collation: Collation,
): Condition {
  if (constant === null && operator !== 'IS' && operator !== 'IS NOT') return always(null);
  if (operator === '=' && typeof constant === 'string' && collation === 'BINARY') {
    return (image) => {
      const value = image[index] ?? null;
      return value === null ? null : value === constant;
    };
  }
  if (isNumber(constant) && operator !== 'IS' && operator !== 'IS NOT') {
    return compareWithNumber(operator, index, constant);
  }
  return (image) => compared(operator, image[index] ?? null, constant, collation);
}

function compared(
  operator: ComparisonOperator,
  left: DriverValue,
  right: DriverValue,
  collation: Collation,
): boolean | null {
  if (operator === 'IS') return compareValues(left, right, collation) === 0;
  if (operator === 'IS NOT') return compareValues(left, right, collation) !== 0;
  if (left === null || right === null) return null;
  const order = compareValues(left, right, collation);
  switch (operator) {
    case '=':
      return order === 0;
    case '<>':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}
