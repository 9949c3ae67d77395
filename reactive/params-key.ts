import { isBytes, isDetached } from '../core/bytes.ts';
import { isDate } from '../core/take-params.ts';
import type { Params } from '../core/values.ts';

/**
 * A text that is the same only for parameters of the same names, types and values; what can't be bound is all alike.
 * Two texts for equal ones do no harm. Never throws for what `takeParams` returns, nor for rows.
 */
export function paramsKey(params: Params | undefined): string {
  const parts = Array.isArray(params)
    ? Array.from(params, part)
    : Object.entries(params ?? {}).map(([name, value]) => [name, part(value)]);
  return JSON.stringify(parts);
}

function part(value: unknown): string {
  switch (typeof value) {
    case 'object':
      return value === null ? 'null' : objectPart(value);
    case 'number':
      return `number${Object.is(value, -0) ? '-0' : value}`;
    case 'function':
    case 'symbol':
      return 'other';
    default:
      return `${typeof value}${String(value)}`;
  }
}

function objectPart(value: object): string {
  if (isBytes(value)) return isDetached(value) ? 'gone' : `bytes${new Uint8Array(value).join()}`;
  return isDate(value) ? `date${Date.prototype.getTime.call(value)}` : 'other';
}
