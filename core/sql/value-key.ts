import type { DriverValue } from '../drivers/driver.ts';

/** A text that is the same for value lists of the same types and values only. */
export function exactKey(values: readonly DriverValue[]): string {
  return values.map(exactPart).join('\u0000');
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
