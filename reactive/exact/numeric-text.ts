/**
 * Between numbers and their texts, where every SQLite of Node 24 and later agrees with JavaScript.
 * Guarantees: what is returned is what SQLite computes. Not: an answer for every value; undefined means that
 * only SQLite knows. The hard part: SQLite prints 15 digits of a REAL before 3.52 and 17 since, and its
 * conversions of longer texts were not always correctly rounded.
 */
import type { DriverValue } from '../../core/drivers/driver.ts';
import { latin1 } from '../../core/sql/collation.ts';

const smallestInteger = -(2n ** 63n);
const largestInteger = 2n ** 63n - 1n;
/** Up to here powers of ten and 15 digits are doubles, and so one rounding away from any quotient of them. */
const exactExponent = 22;
const exactDigits = 15;

const integerText = /^[ \t-\r]*([+-]?\d+)[ \t-\r]*$/;
const realText = /^[ \t-\r]*([+-]?(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?)[ \t-\r]*$/;
const numericPrefix = /^[ \t-\r]*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/;

/**
 * The number that numeric affinity makes of `text` in a comparison, or `text` itself where it isn't a number.
 * Undefined where this isn't certain.
 */
export function numberOfText(text: string): DriverValue | undefined {
  // Newer versions of SQLite end the number at a NUL; older ones hold such a text for no number.
  if (text.includes('\0')) return undefined;
  const integer = integerText.exec(text)?.[1];
  if (integer !== undefined) {
    const value = BigInt(integer);
    return isInteger64(value) ? value : undefined;
  }
  const [, number, whole = '', fraction = '', exponent = '0'] = realText.exec(text) ?? [];
  const digits = whole + fraction;
  if (number === undefined || digits === '') return text;
  const significant = digits.replace(/^0+/, '').length;
  const scale = Number(exponent) - fraction.length;
  return significant <= exactDigits && Math.abs(scale) <= exactExponent ? Number(number) : undefined;
}

/** The text that TEXT affinity makes of a number; undefined for a REAL whose text depends on SQLite's version. */
export function textOfNumber(value: bigint | number): string | undefined {
  if (typeof value === 'bigint') return String(value);
  if (!Number.isFinite(value)) return Number.isNaN(value) ? undefined : value > 0 ? 'Inf' : '-Inf';
  if (value === 0) return Object.is(value, -0) ? undefined : '0.0';
  const [mantissa = '', exponentText = ''] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (mantissa.replace(/\D/g, '').length > exactDigits || Math.abs(exponent) > exactExponent)
    return undefined;
  const withPoint = (digits: string) => (digits.includes('.') ? digits : `${digits}.0`);
  if (exponent >= -4 && exponent < exactDigits) return withPoint(String(value));
  // From here on 15 digits call for an exponent, but 17 don't.
  if (exponent === 15 || exponent === 16) return undefined;
  const sign = exponent < 0 ? '-' : '+';
  return `${withPoint(mantissa)}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/** Whether `value` counts as true where a condition is expected; a text or blob does by its numeric prefix. */
export function truthOf(value: DriverValue): boolean | null {
  switch (typeof value) {
    case 'bigint':
      return value !== 0n;
    case 'number':
      return value !== 0;
    case 'string':
      return isNonzero(value);
    default:
      return value === null ? null : isNonzero(latin1(value));
  }
}

export function isInteger64(value: bigint): boolean {
  return value >= smallestInteger && value <= largestInteger;
}

function isNonzero(text: string): boolean {
  const prefix = numericPrefix.exec(text)?.[1];
  return prefix !== undefined && Number(prefix) !== 0;
}
