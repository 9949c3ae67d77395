import type { DriverValue } from '../drivers/driver.ts';

/** A text that is the same for value lists which SQLite holds equal under BINARY: 1 and 1.0 are one value. */
export function equalityKey(values: readonly DriverValue[]): string {
  return values
    .map((value) => (typeof value === 'number' ? realPart(value) : exactPart(value)))
    .join('\u0000');
}

/** A text that is the same for value lists of the same types and values only. */
export function exactKey(values: readonly DriverValue[]): string {
  return values.map(exactPart).join('\u0000');
}

function realPart(value: number): string {
  return Number.isInteger(value) ? `i${BigInt(value)}` : `r${value}`;
}

function exactPart(value: DriverValue): string {
  switch (typeof value) {
    case 'string':
      // The length keeps a NUL inside the text apart from the separator.
      return `t${value.length}:${value}`;
    case 'bigint':
      return `i${value}`;
    case 'number':
      return Object.is(value, -0) ? 'r-0' : `r${value}`;
    default:
      return value === null ? 'n' : `b${Array.from(value).join(',')}`;
  }
}
