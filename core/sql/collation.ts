/**
 * SQLite's order and equality of values, under its three built-in collations.
 * Guarantees: the order of a database in UTF-8, whose texts came from SQLite and so have no lone surrogate.
 * Not for: databases in UTF-16 (BINARY compares their bytes), texts with invalid UTF-8 (see `mayBeAltered`).
 * The hard part: UTF-16 units order otherwise than UTF-8 bytes, and NOCASE stops at a NUL character.
 */
import type { DriverValue } from '../drivers/driver.ts';

export type Collation = 'BINARY' | 'NOCASE' | 'RTRIM';

/** The built-in collation of this name, in any case; undefined for another one. */
export function collationNamed(name: string): Collation | undefined {
  const upper = name.toUpperCase();
  return upper === 'BINARY' || upper === 'NOCASE' || upper === 'RTRIM' ? upper : undefined;
}

/** Equal in a Map or Set exactly where SQLite holds the values equal; typed, so that types stay apart. */
export type EqualityKey = null | number | bigint | string;

/** Negative, zero or positive: NULL < numbers < text < blob, as ORDER BY has it. */
export function compareValues(a: DriverValue, b: DriverValue, collation: Collation): number {
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b, collation);
  const rankA = rankOf(a);
  const rankB = rankOf(b);
  if (rankA !== rankB) return rankA - rankB;
  if (rankA === 1) return compareNumbers(a as bigint | number, b as bigint | number);
  return rankA === 3 ? compareBlobs(a as Uint8Array, b as Uint8Array) : 0;
}

/** JavaScript compares a bigint with a number by their mathematical values, as SQLite does. */
function compareNumbers(a: bigint | number, b: bigint | number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The order of two texts, which is SQLite's and not that of JavaScript's `<`. */
export function compareTexts(a: string, b: string, collation: Collation): number {
  if (a === b) return 0;
  if (collation === 'NOCASE') return compareNoCase(a, b);
  return collation === 'BINARY'
    ? compareCodePoints(a, b)
    : compareCodePoints(withoutTrailingSpaces(a), withoutTrailingSpaces(b));
}

/**
 * The Map key of `value`: two values have the same key if and only if SQLite holds them equal under `collation`
 * (two NULLs have the same key; that NULL = NULL isn't true is the caller's affair). No key of a blob is a text
 * that SQLite can return, since it begins with a lone surrogate.
 */
export function equalityKeyOf(value: DriverValue, collation: Collation): EqualityKey {
  switch (typeof value) {
    case 'string':
      return collation === 'BINARY'
        ? value
        : collation === 'NOCASE'
          ? noCaseKey(value)
          : withoutTrailingSpaces(value);
    case 'bigint': {
      const rounded = Number(value);
      return Number.isSafeInteger(rounded) ? rounded : value;
    }
    case 'number':
      // Integral REALs which a safe integer can't equal, but an unsafe one can. -0 becomes 0.
      return Number.isSafeInteger(value) || !isInt64(value) ? value + 0 : BigInt(value);
    default:
      return value === null ? null : `\ud800${latin1(value)}`;
  }
}

/** One Map key for several values; equal where SQLite holds all of them equal. */
export function compositeKey(values: readonly unknown[], collations: readonly Collation[]): EqualityKey {
  if (values.length === 1)
    return equalityKeyOf((values[0] ?? null) as DriverValue, collations[0] ?? 'BINARY');
  let key = '';
  for (const [at, value] of values.entries()) {
    const one = equalityKeyOf((value ?? null) as DriverValue, collations[at] ?? 'BINARY');
    key += typeof one === 'string' ? `t${one.length}:${one}\0` : `${one === null ? 'n' : one}\0`;
  }
  return key;
}

/** A REAL that some INTEGER equals. */
export function isInt64(value: number): boolean {
  return Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63;
}

/**
 * Whether the stored text may differ from this one: drivers return U+FFFD for bytes that aren't UTF-8, so two
 * different texts can look the same. Nothing about such a row is exact in JavaScript.
 */
export function mayBeAltered(value: DriverValue): boolean {
  return typeof value === 'string' && value.includes('\ufffd');
}

export function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

function rankOf(value: DriverValue): 0 | 1 | 2 | 3 {
  switch (typeof value) {
    case 'bigint':
    case 'number':
      return 1;
    case 'string':
      return 2;
    default:
      return value === null ? 0 : 3;
  }
}

/** The order of UTF-8 bytes is that of code points; in UTF-16 only surrogates stand in the wrong place. */
function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const unitA = a.charCodeAt(i);
    const unitB = b.charCodeAt(i);
    if (unitA !== unitB) return codePointOrder(unitA) - codePointOrder(unitB);
  }
  return a.length - b.length;
}

/** Moves the surrogates behind U+FFFF. */
function codePointOrder(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}

/** As `sqlite3StrNICmp`: what follows a NUL common to both counts only by the length of the texts in bytes. */
function compareNoCase(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const unitA = foldedUnit(a.charCodeAt(i));
    const unitB = foldedUnit(b.charCodeAt(i));
    if (unitA !== unitB) return codePointOrder(unitA) - codePointOrder(unitB);
    if (unitA === 0) return byteLength(a) - byteLength(b);
  }
  return a.length - b.length;
}

function foldedUnit(unit: number): number {
  return unit >= 0x41 && unit <= 0x5a ? unit + 0x20 : unit;
}

function noCaseKey(text: string): string {
  const end = text.indexOf('\0');
  return end < 0 ? foldAscii(text) : `${foldAscii(text.slice(0, end))}\0${byteLength(text)}`;
}

/** Lower case for the letters that SQLite folds, A to Z. */
function foldAscii(text: string): string {
  return /[A-Z]/.test(text) ? text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : text;
}

/** Of a well-formed text, in UTF-8. */
function byteLength(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // A pair of surrogates is four bytes: two for each of its units.
    if (unit >= 0x80) length += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2;
  }
  return length;
}

function withoutTrailingSpaces(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0x20) end--;
  return end === text.length ? text : text.slice(0, end);
}

function compareBlobs(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const order = (a[i] as number) - (b[i] as number);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
