/** What JSON holds; integers past JavaScript's safe range are bigints. */
export type JsonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

export type JsonObject = { readonly [key: string]: JsonValue };

/** SQLite reads no JSON that is nested deeper. */
const maxDepth = 1000;

/** TypeScript's library doesn't know it yet: https://tc39.es/proposal-json-parse-with-source/ */
type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;

/** Undefined for a text that is no JSON. An object with a member `__proto__` has no prototype, see {@link ownProto}. */
export function parseJson(text: string): JsonValue | undefined {
  try {
    // Integers that need to be exact, and names that may be __proto__, escaped or not.
    if (!/\d{16}|__proto__|\\u/.test(text)) return JSON.parse(text);
    return JSON.parse(text, exactly as (key: string, value: unknown) => unknown);
  } catch {
    return undefined;
  }
}

const exactly: Reviver = (_key, value, context) => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return ownProto(value);
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? '';
  return /^-?\d+$/.test(source) ? BigInt(source) : value;
};

/**
 * The object, without a prototype if it has a property `__proto__` of its own: an assignment to that would otherwise
 * reach the prototype's setter and be lost.
 */
export function ownProto<T extends object>(value: T): T {
  return Object.hasOwn(value, '__proto__') ? Object.assign(Object.create(null), value) : value;
}

/** As JSON.stringify, but exact for bigints and -0; infinity is written as SQLite does. */
export function encodeJson(value: JsonValue): string {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') {
    if (Object.is(value, -0)) return '-0';
    if (Math.abs(value) === Number.POSITIVE_INFINITY) return value > 0 ? '9e999' : '-9e999';
    // With an exponent it is read as the number that it is; its digits alone are another integer.
    return Number.isInteger(value) && !Number.isSafeInteger(value) ? value.toExponential() : String(value);
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (isArray(value)) return `[${value.map(encodeJson).join(',')}]`;
  return `{${Object.entries(value)
    .map(([key, member]) => `${JSON.stringify(key)}:${encodeJson(member)}`)
    .join(',')}}`;
}

/**
 * What JSON keeps of a value, by the rules of JSON.stringify: members that are undefined go, elements become null,
 * `toJSON` is asked. What it would lose silently is refused: NaN, functions, symbols, maps, sets, bytes.
 * `refuse` gives the error.
 */
export function toJsonValue(value: unknown, refuse: (what: string) => Error, depth = 0): JsonValue {
  if (depth > maxDepth) throw refuse(`something nested deeper than ${maxDepth} levels, or in itself`);
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'bigint':
      return value;
    case 'number':
      if (Number.isNaN(value)) throw refuse('NaN');
      return value;
    case 'object':
      break;
    default:
      throw refuse(typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`);
  }
  if (value === null) return null;
  const inner = (member: unknown): JsonValue => toJsonValue(member, refuse, depth + 1);
  if (Array.isArray(value)) return Array.from(value, (member) => inner(member === undefined ? null : member));
  if ('toJSON' in value && typeof value.toJSON === 'function') return inner(value.toJSON());
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw refuse(`a ${prototype.constructor?.name ?? 'class instance'}`);
  }
  if (value instanceof Map || value instanceof Set) throw refuse(`a ${value.constructor.name}`);
  // Entries, so that a member `__proto__` stays one.
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) => [key, inner(member)]),
  );
}

/** Equal as JSON: the order of members doesn't count, and 1 is 1n. */
export function jsonEquals(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a === 'bigint' || typeof b === 'bigint') {
    return isInteger(a) && isInteger(b) && BigInt(a) === BigInt(b);
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a === undefined || b === undefined) return false;
  if (isArray(a) || isArray(b)) {
    if (!isArray(a) || !isArray(b) || a.length !== b.length) return false;
    return a.every((member, at) => jsonEquals(member, b[at]));
  }
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && jsonEquals(a[key], b[key]));
}

/** How many rows `json_tree` would have for it. */
export function countNodes(value: JsonValue): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce((sum: number, member) => sum + countNodes(member), 1);
}

export function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function isInteger(value: unknown): value is number | bigint {
  return typeof value === 'bigint' || Number.isInteger(value);
}
