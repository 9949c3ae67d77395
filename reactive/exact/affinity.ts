import type { DriverValue } from '../../core/drivers/driver.ts';
import { type Affinity, isNumericAffinity } from '../../core/sql/affinity.ts';
import { numberOfText, textOfNumber } from './numeric-text.ts';

/** What a comparison applies to its operands before it compares. */
export type Conversion = 'none' | 'text' | 'number';

/** As `sqlite3CompareAffinity`: two columns compare as numbers if either is numeric, else unconverted. */
export function conversionFor(left: Affinity, right: Affinity): Conversion {
  if (left !== 'none' && right !== 'none') {
    return isNumericAffinity(left) || isNumericAffinity(right) ? 'number' : 'none';
  }
  return conversionTo(left === 'none' ? right : left);
}

/** The conversion of an operand compared with a column of `affinity`. */
export function conversionTo(affinity: Affinity): Conversion {
  if (isNumericAffinity(affinity)) return 'number';
  return affinity === 'text' ? 'text' : 'none';
}

/** `value` after `conversion`; undefined where only SQLite knows. */
export function convert(value: DriverValue, conversion: Conversion): DriverValue | undefined {
  if (conversion === 'number') return typeof value === 'string' ? numberOfText(value) : value;
  return conversion === 'text' && (typeof value === 'bigint' || typeof value === 'number')
    ? textOfNumber(value)
    : value;
}

/**
 * The two values as a comparison sees them after it has applied affinities; undefined where this can't be told
 * exactly: a text beyond 15 digits to a number, some REALs to text.
 */
export function applyComparison(
  left: DriverValue,
  leftAffinity: Affinity,
  right: DriverValue,
  rightAffinity: Affinity,
): readonly [left: DriverValue, right: DriverValue] | undefined {
  const conversion = conversionFor(leftAffinity, rightAffinity);
  // TEXT is applied only where the other value is a text.
  if (conversion === 'text' && typeof left !== 'string' && typeof right !== 'string') return [left, right];
  const convertedLeft = convert(left, conversion);
  const convertedRight = convert(right, conversion);
  return convertedLeft === undefined || convertedRight === undefined
    ? undefined
    : [convertedLeft, convertedRight];
}

/**
 * A constant as a column of `affinity` sees it in comparisons, for every value that the column can hold;
 * undefined where this can't be told exactly. For hash keys and bounds too.
 */
export function constantFor(affinity: Affinity, value: DriverValue): DriverValue | undefined {
  return convert(value, conversionTo(affinity));
}
