/**
 * What callers pass, looked at before anything is done with it.
 *
 * Guarantees that a wrong argument is refused by one of Freshet's errors, which names it, what was expected and what
 * was given, and that no code of the caller's runs to make that message. Reading an option may run an accessor or a
 * proxy's trap; what that throws is the `cause`.
 */
import { didYouMean } from './did-you-mean.ts';
import { FreshetError, ProgrammingError } from './errors.ts';

/** A value in words, made without its own `toString`, accessors or traps. */
export function shown(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(shortened(value));
    case 'bigint':
      return shortened(`${value}`);
    case 'symbol':
      return 'a symbol';
    case 'function':
      return 'a function';
    case 'object':
      return value === null ? 'null' : isArray(value) ? 'an array' : 'an object';
    default:
      return String(value);
  }
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

/** As `Array.isArray`, which throws for a revoked proxy. */
export function isArray(value: unknown): value is readonly unknown[] {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

/** As `instanceof`, which throws for a revoked proxy. */
export function isInstance<T>(value: unknown, Class: abstract new (...args: never[]) => T): value is T {
  try {
    return value instanceof Class;
  } catch {
    return false;
  }
}

/** The error for an argument of a wrong type. */
export function wrongArgument(
  name: string,
  expected: string,
  given: unknown,
  cause?: unknown,
): ProgrammingError {
  return new ProgrammingError(`${name} is ${shown(given)}: it must be ${expected}.`, {
    code: 'ARGUMENT',
    subcode: 'argument.type',
    cause,
  });
}

/** The error for an option that is unknown or out of range. */
export function wrongOption(message: string, cause?: unknown): ProgrammingError {
  return new ProgrammingError(message, { code: 'CONFIG', subcode: 'config.option', cause });
}

export function requireText(value: unknown, name: string): asserts value is string {
  if (typeof value !== 'string') throw wrongArgument(name, 'a text', value);
}

export function requireFunction(value: unknown, name: string): void {
  if (typeof value !== 'function') throw wrongArgument(name, 'a function', value);
}

export function requireObject(value: unknown, name: string, expected = 'an object'): void {
  if (typeof value !== 'object' || value === null) throw wrongArgument(name, expected, value);
}

/** An object with a function of that name. */
export function requireMethod(value: object, name: string, method: string): void {
  requireObject(value, name, `an object with a function ${method}`);
  requireFunction(
    reading(name, () => (value as Readonly<Record<string, unknown>>)[method]),
    `${name}.${method}`,
  );
}

/** A text, or a list of texts, as a list. */
export function textList(value: unknown, name: string): readonly string[] {
  if (typeof value === 'string') return [value];
  if (!isArray(value)) throw wrongArgument(name, 'a text or an array of texts', value);
  return texts(value, name);
}

/** A list of texts, copied. A list with holes is refused at the first, so that its length costs nothing. */
export function texts(value: unknown, name: string): readonly string[] {
  if (!isArray(value)) throw wrongArgument(name, 'an array of texts', value);
  return reading(name, () => {
    const list: string[] = [];
    for (let at = 0; at < value.length; at++) {
      const text = value[at];
      if (typeof text !== 'string') throw wrongArgument(`${name}[${at}]`, 'a text', text);
      list.push(text);
    }
    return list;
  });
}

/** Runs `read`, which looks into what the caller passed as `name`. */
export function reading<R>(name: string, read: () => R): R {
  try {
    return read();
  } catch (error) {
    if (error instanceof FreshetError) throw error;
    throw new ProgrammingError(`${name} can't be read: a property, or the proxy around it, throws.`, {
      code: 'ARGUMENT',
      subcode: 'argument.unreadable',
      cause: error,
    });
  }
}

/**
 * The options in `given` as an object of Freshet's own, each read once; those that are undefined are left out.
 * @throws ProgrammingError for what is no object, for an option that is not in `known`, and where reading throws.
 */
export function readOptions<T extends object>(
  given: T | undefined,
  name: string,
  known: readonly (keyof T & string)[],
): T {
  // The compiler can't know that only optional ones are left out.
  const options: Partial<T> = {};
  if (given === undefined) return options as T;
  if (typeof given !== 'object' || given === null || isArray(given))
    throw wrongArgument(name, 'an object', given);
  return reading(name, () => {
    for (const key of Object.keys(given)) {
      if (!(known as readonly string[]).includes(key)) throw unknownOption(name, key, known);
    }
    for (const key of known) {
      const value = given[key];
      if (value !== undefined) options[key] = value;
    }
    return options as T;
  });
}

function unknownOption(name: string, key: string, known: readonly string[]): ProgrammingError {
  return wrongOption(
    `Unknown key ${JSON.stringify(shortened(key))} in ${name}.${didYouMean(key, known)} Known are ${known.join(', ')}.`,
  );
}

/** Of an option: one of these words. */
export function oneOf<const T extends string>(value: unknown, name: string, allowed: readonly T[]): T {
  if (allowed.includes(value as T)) return value as T;
  throw wrongOption(`${name} is ${shown(value)}: it must be one of ${allowed.join(', ')}.`);
}

/** Of an option: a number that is none too small. */
export function numberFrom(value: unknown, name: string, least: number): number {
  if (typeof value === 'number' && value >= least) return value;
  throw wrongOption(`${name} is ${shown(value)}: it must be a number from ${least} on.`);
}

/** Of an option: a whole number that is none too small. */
export function wholeFrom(value: unknown, name: string, least: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
  throw wrongOption(`${name} is ${shown(value)}: it must be a whole number from ${least} on.`);
}

export function requireBoolean(value: unknown, name: string): boolean {
  if (typeof value === 'boolean') return value;
  throw wrongOption(`${name} is ${shown(value)}: it must be true or false.`);
}

/** Of an option: an AbortSignal, of any realm or implementation. */
export function requireSignal(value: unknown): AbortSignal {
  const isSignal = reading('signal', () => {
    const { aborted, addEventListener, removeEventListener } = Object(value) as Partial<AbortSignal>;
    return (
      [typeof aborted, typeof addEventListener, typeof removeEventListener].join() ===
      'boolean,function,function'
    );
  });
  if (isSignal) return value as AbortSignal;
  throw wrongOption(`signal is ${shown(value)}: it must be an AbortSignal.`);
}
