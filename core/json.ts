import { reading } from './arguments.ts';
import { isBytes } from './bytes.ts';
import type { SqlValue } from './values.ts';

// TypeScript's library doesn't know it yet: https://tc39.es/proposal-json-parse-with-source/
declare global {
  interface JSON {
    rawJSON(text: string): unknown;
  }
}

/**
 * JSON of events and rows: integers as exact JSON numbers, blobs as lowercase hex, non-finite numbers as
 * null. A reader that wants the integers past 2^53 back must parse them as such.
 */
export function toJson(value: unknown, space?: number): string {
  return reading('value', () => JSON.stringify(value, encode, space));
}

/** What JSON shows of a value, as `toJson` writes it. */
export function jsonable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(jsonable);
  const encoded = encode('', value as SqlValue | object);
  if (encoded !== value || typeof value !== 'object' || value === null) return encoded;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, jsonable(inner)]));
}

function encode(_key: string, value: SqlValue | object): unknown {
  if (typeof value === 'bigint') return JSON.rawJSON(String(value));
  if (isBytes(value)) return hex(value);
  return value;
}

/** Lowercase hexadecimal, two digits a byte. */
export function hex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}
