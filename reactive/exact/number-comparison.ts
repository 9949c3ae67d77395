/**
 * Comparisons of a column with numbers, specialised because most predicates are such.
 * The hard part is speed: a bigint meets only bigints and a number, where possible, only numbers, since V8
 * compares the two kinds with each other exactly, as SQLite does, but slowly.
 */
import type { DriverValue } from '../../core/drivers/driver.ts';
import { isInt64 } from '../../core/sql/collation.ts';
import { constantFor } from './affinity.ts';
import type { Condition } from './condition.ts';
import type { ColumnOperand } from './operand.ts';

export type OrderOperator = '=' | '<>' | '<' | '<=' | '>' | '>=';

/**
 * `column BETWEEN lower AND upper` over numbers, which costs less than the two comparisons that it stands for.
 * Undefined for other bounds: the two comparisons say whether they are exact.
 */
export function compileRange(
  column: ColumnOperand,
  lower: DriverValue,
  upper: DriverValue,
): Condition | undefined {
  const low = constantFor(column.affinity, lower);
  const high = constantFor(column.affinity, upper);
  if (!isNumber(low) || !isNumber(high)) return undefined;
  const { index } = column;
  const [lowInteger, lowReal] = [integerFrom(low, 'up'), realOf(low)];
  const [highInteger, highReal] = [integerFrom(high, 'down'), realOf(high)];
  return (image) => {
    const value = image[index] ?? null;
    if (typeof value === 'bigint') return value >= lowInteger && value <= highInteger;
    if (typeof value === 'number') return value >= lowReal && value <= highReal;
    return value === null ? null : false;
  };
}

/** A column, whatever it holds, against a number. */
export function compareWithNumber(
  operator: OrderOperator,
  index: number,
  constant: bigint | number,
): Condition {
  const real = realOf(constant);
  // Over integers `< 5.5` is `< 6` and `> 5.5` is `> 5`; no integer is 5.5.
  const integer = integerFrom(constant, operator === '<' || operator === '>=' ? 'up' : 'down');
  const hasInteger = typeof constant === 'bigint' || isInt64(constant);
  switch (operator) {
    case '=':
      return (image) => {
        const value = image[index] ?? null;
        if (typeof value === 'bigint') return hasInteger && value === integer;
        // biome-ignore lint/suspicious/noDoubleEquals: `real` is a bigint where no number equals it.
        return typeof value === 'number' ? value == real : value === null ? null : false;
      };
    case '<>':
      return (image) => {
        const value = image[index] ?? null;
        if (typeof value === 'bigint') return !hasInteger || value !== integer;
        // biome-ignore lint/suspicious/noDoubleEquals: `real` is a bigint where no number equals it.
        return typeof value === 'number' ? value != real : value === null ? null : true;
      };
    case '<':
      return (image) => {
        const value = image[index] ?? null;
        if (typeof value === 'bigint') return value < integer;
        return typeof value === 'number' ? value < real : value === null ? null : false;
      };
    case '<=':
      return (image) => {
        const value = image[index] ?? null;
        if (typeof value === 'bigint') return value <= integer;
        return typeof value === 'number' ? value <= real : value === null ? null : false;
      };
    case '>':
      return (image) => {
        const value = image[index] ?? null;
        if (typeof value === 'bigint') return value > integer;
        return typeof value === 'number' ? value > real : value === null ? null : true;
      };
    case '>=':
      return (image) => {
        const value = image[index] ?? null;
        if (typeof value === 'bigint') return value >= integer;
        return typeof value === 'number' ? value >= real : value === null ? null : true;
      };
  }
}

export function isNumber(value: DriverValue | undefined): value is bigint | number {
  return typeof value === 'bigint' || typeof value === 'number';
}

/** The number equal to `value`, or `value` itself if there is none: the two compare exactly, only slower. */
function realOf(value: bigint | number): bigint | number {
  if (typeof value === 'number') return value;
  const real = Number(value);
  return BigInt(real) === value ? real : value;
}

/** The integer next to `value` in that direction; beyond all integers for an infinity. */
function integerFrom(value: bigint | number, direction: 'up' | 'down'): bigint {
  if (typeof value === 'bigint') return value;
  if (!Number.isFinite(value)) return value > 0 ? 2n ** 64n : -(2n ** 64n);
  return BigInt(direction === 'up' ? Math.ceil(value) : Math.floor(value));
}
