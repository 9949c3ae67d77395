import { isArray, reading } from './arguments.ts';
import { isBytes, isDetached } from './bytes.ts';
import type { DriverParams, DriverValue } from './drivers/driver.ts';
import { DataError, FreshetError, ProgrammingError } from './errors.ts';
import { detached, isDate, isRecord, notParams } from './take-params.ts';
import type { Params } from './values.ts';

/** The parameters that a statement has, in SQLite's own order. */
export type ParameterPlan =
  | { readonly style: 'none' }
  | { readonly style: 'positional'; readonly count: number }
  /** `$1`: SQLite takes it for a name, everyone else for a position. */
  | { readonly style: 'dollar'; readonly names: readonly string[]; readonly count: number }
  | { readonly style: 'named'; readonly names: readonly string[] };

const none: ParameterPlan = { style: 'none' };
const noValues: DriverParams = [];
const nowhere: readonly boolean[] = [];
const int64Max = 2n ** 63n - 1n;
const int64Min = -(2n ** 63n);

/** Which parameters `tokens` hold, each in its own spelling. Tokens in strings and comments aren't any. */
export function planParameters(variables: readonly string[]): ParameterPlan {
  if (variables.length === 0) return none;
  let count = 0;
  const names = new Set<string>();
  for (const variable of variables) {
    if (variable === '?') count += 1;
    else if (variable.startsWith('?')) count = Math.max(count, Number(variable.slice(1)));
    else names.add(variable);
  }
  if (names.size === 0) return { style: 'positional', count };
  const ordered = [...names];
  const dollars = ordered.filter((name) => /^\$\d+$/.test(name));
  const stranger = count > 0 ? variables.find((name) => name.startsWith('?')) : undefined;
  if (stranger !== undefined || (dollars.length > 0 && dollars.length < ordered.length)) {
    const other = stranger ?? dollars[0];
    const one = stranger === undefined ? ordered.find((name) => !dollars.includes(name)) : ordered[0];
    throw new ProgrammingError(`Parameter styles are mixed: ${other} beside ${one}. Use one style.`, {
      code: 'PARAMETER',
      subcode: 'sql.parameter_mixed',
      sqlstate: '07001',
    });
  }
  if (dollars.includes('$0')) throw missing('$0');
  if (dollars.length === 0) return { style: 'named', names: ordered };
  return {
    style: 'dollar',
    names: ordered,
    count: Math.max(...ordered.map((name) => Number(name.slice(1)))),
  };
}

/**
 * The caller's parameters as a driver takes them. Where `realIsInteger`, small integers stay numbers.
 * @throws ProgrammingError for a missing, surplus or unsupported parameter, DataError for a value that
 *   SQLite can't hold. Nothing has been executed then.
 */
export function bindParameters(
  plan: ParameterPlan,
  params: Params | undefined,
  realIsInteger: readonly boolean[] = nowhere,
): DriverParams {
  if (params === undefined) {
    if (plan.style === 'none') return noValues;
    throw missing(plan.style === 'positional' ? '?1' : (plan.names[0] ?? ''));
  }
  try {
    if (Array.isArray(params)) return bindArray(plan, params, realIsInteger);
    return bindRecord(plan, params as Readonly<Record<string, unknown>>);
  } catch (error) {
    // An accessor of the caller's, or a proxy; a closure for `reading` would be made at each write.
    if (error instanceof FreshetError) throw error;
    return reading('params', () => {
      throw error;
    });
  }
}

function bindArray(
  plan: ParameterPlan,
  params: readonly unknown[],
  realIsInteger: readonly boolean[],
): DriverParams {
  if (plan.style === 'named') {
    throw new ProgrammingError(
      `The statement names its parameters (${plan.names.join(', ')}): pass an object.`,
      { code: 'PARAMETER', subcode: 'sql.parameter_style', sqlstate: '07001' },
    );
  }
  const count = plan.style === 'none' ? 0 : plan.count;
  const sign = plan.style === 'dollar' ? '$' : '?';
  if (params.length < count) throw missing(`${sign}${params.length + 1}`, count, params.length);
  if (params.length > count) throw surplus(`${sign}${count + 1}`, count, params.length);
  const values = new Array<DriverValue>(count);
  for (let i = 0; i < count; i++) {
    const value = params[i];
    // -0 passes the comparison, and INTEGER affinity makes it 0 as it does a REAL -0.0.
    values[i] =
      realIsInteger[i] && typeof value === 'number' && (value | 0) === value ? value : toDriver(value, i);
  }
  if (plan.style !== 'dollar') return values;
  return Object.fromEntries(plan.names.map((name) => [name, values[Number(name.slice(1)) - 1] ?? null]));
}

function bindRecord(plan: ParameterPlan, params: Readonly<Record<string, unknown>>): DriverParams {
  if (params === null || typeof params !== 'object' || !isRecord(params)) throw notParams();
  const keys = Object.keys(params);
  if (plan.style === 'none') {
    if (keys.length > 0) throw surplus(String(keys[0]), 0, keys.length);
    return noValues;
  }
  if (plan.style === 'positional') {
    throw new ProgrammingError(
      `The statement has ${plan.count} positional parameter(s): pass an array, not an object.`,
      { code: 'PARAMETER', subcode: 'sql.parameter_style', sqlstate: '07001' },
    );
  }
  const used = new Set<string>();
  const bound: Record<string, DriverValue> = Object.create(null);
  for (const name of plan.names) {
    const key = Object.hasOwn(params, name) ? name : name.slice(1);
    if (!Object.hasOwn(params, key)) throw missing(name);
    used.add(key);
    bound[name] = toDriver(params[key], name);
  }
  const extra = keys.find((key) => !used.has(key));
  if (extra !== undefined) throw surplus(extra, plan.names.length, keys.length);
  return bound;
}

function toDriver(value: unknown, at: number | string): DriverValue {
  switch (typeof value) {
    case 'number':
      // -0 is REAL: there is no negative integer zero.
      if (Number.isSafeInteger(value)) return value === 0 && Object.is(value, -0) ? value : BigInt(value);
      if (Number.isNaN(value)) throw refused(at, 'NaN has no place in SQLite, which would store NULL');
      return value;
    case 'string':
      if (!value.isWellFormed()) throw refused(at, 'the text holds a lone surrogate and has no UTF-8 form');
      return value;
    case 'bigint':
      if (value > int64Max || value < int64Min) {
        throw refused(at, 'the integer is outside the 64 bits that SQLite stores');
      }
      return value;
    case 'boolean':
      return value ? 1n : 0n;
    case 'object':
      if (value === null) return null;
      if (isBytes(value)) {
        if (isDetached(value)) throw detached(`Parameter ${label(at)}`);
        return value;
      }
      if (isDate(value)) return isoText(value, at);
      break;
  }
  const what = value === undefined ? 'undefined' : typeof value === 'object' ? describe(value) : typeof value;
  throw new ProgrammingError(
    `Parameter ${label(at)} is ${what}. Bind null, a number, bigint, string, boolean, Date or Uint8Array.`,
    { code: 'PARAMETER', subcode: 'sql.parameter_type', sqlstate: '07006' },
  );
}

function describe(value: unknown): string {
  return isArray(value) ? 'an array' : 'an object';
}

function isoText(date: Date, at: number | string): string {
  // Own properties of the Date may stand before its methods.
  if (Number.isNaN(Date.prototype.getTime.call(date))) throw refused(at, 'the Date is invalid');
  return Date.prototype.toISOString.call(date);
}

function label(at: number | string): string {
  return typeof at === 'number' ? String(at + 1) : at;
}

function refused(at: number | string, why: string): DataError {
  return new DataError(`Parameter ${label(at)} is refused: ${why}.`, {
    code: 'VALUE',
    subcode: 'value.refused',
    sqlstate: '22003',
  });
}

function missing(name: string, expected?: number, got?: number): ProgrammingError {
  const counts = expected === undefined ? '' : `: expected ${expected}, got ${got}`;
  return new ProgrammingError(`Parameter ${name} is missing${counts}.`, {
    code: 'PARAMETER',
    subcode: 'sql.parameter_missing',
    sqlstate: '07002',
  });
}

function surplus(name: string, expected: number, got: number): ProgrammingError {
  return new ProgrammingError(`Parameter ${name} is surplus: expected ${expected}, got ${got}.`, {
    code: 'PARAMETER',
    subcode: 'sql.parameter_surplus',
    sqlstate: '07001',
  });
}
