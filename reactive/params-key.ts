import type { Params } from '../core/values.ts';

/** A text that is the same only for parameters of the same types and values. Two texts for equal ones do no harm. */
export function paramsKey(params: Params | undefined): string {
  const parts = Array.isArray(params)
    ? params.map(part)
    : Object.entries(params ?? {}).map(([name, value]) => `${name}=${part(value)}`);
  return JSON.stringify(parts);
}

function part(value: unknown): string {
  if (ArrayBuffer.isView(value)) return `b${(value as Uint8Array).join()}`;
  if (value instanceof Date) return `d${value.getTime()}`;
  return `${typeof value}${Object.is(value, -0) ? '-0' : String(value)}`;
}
