import { isBytes } from '../core/bytes.ts';
import { isDate } from '../core/take-params.ts';
import type { Params } from '../core/values.ts';

/** A text that is the same only for parameters of the same types and values. Two texts for equal ones do no harm. */
export function paramsKey(params: Params | undefined): string {
  const parts = Array.isArray(params)
    ? params.map(part)
    : Object.entries(params ?? {}).map(([name, value]) => `${name}=${part(value)}`);
  return JSON.stringify(parts);
}

function part(value: unknown): string {
  if (typeof value === 'object' && value !== null) {
    if (isBytes(value)) return `b${Array.from(value).join()}`;
    // Nothing else can be bound, whatever its own `toString` says.
    return isDate(value) ? `d${value.getTime()}` : 'o';
  }
  return `${typeof value}${Object.is(value, -0) ? '-0' : String(value)}`;
}
