import { isArray, reading, wrongArgument } from './arguments.ts';
import { copyBytes, isBytes, isDetached } from './bytes.ts';
import { DataError, ProgrammingError } from './errors.ts';
import type { BindValue, Params } from './values.ts';

/** SQLITE_MAX_VARIABLE_NUMBER: https://sqlite.org/limits.html */
const most = 32_766;

/**
 * The parameters as they are now, bytes and Dates included: the caller may go on to change what it passed. What can't
 * be bound is taken over as it is, and refused where the statement is known.
 * @throws ProgrammingError for what holds no parameters, more of them than a statement can have, or can't be read.
 */
export function takeParams(params: Params | undefined): Params | undefined {
  if (params === undefined) return undefined;
  if (typeof params !== 'object' || params === null) throw notParams();
  return reading('params', () => (Array.isArray(params) ? takeList(params) : takeRecord(params as object)));
}

/** `null` and the like, where an array or an object of values is expected. */
export function notParams(): ProgrammingError {
  return new ProgrammingError('Parameters are an array or an object of values by name.', {
    code: 'PARAMETER',
    subcode: 'sql.parameter_type',
  });
}

function takeList(params: readonly BindValue[]): BindValue[] {
  const { length } = params;
  if (length > most) {
    throw new ProgrammingError(`There are ${length} parameters: a statement has ${most} at most.`, {
      code: 'PARAMETER',
      subcode: 'sql.parameter_surplus',
      sqlstate: '07001',
    });
  }
  return Array.from({ length }, (_, at) => takeValue(params[at]) as BindValue);
}

function takeRecord(params: object): Readonly<Record<string, BindValue>> {
  if (!isRecord(params)) throw notParams();
  const taken: Record<string, BindValue> = Object.create(null);
  for (const key of Object.keys(params)) {
    taken[key] = takeValue((params as Readonly<Record<string, BindValue>>)[key]) as BindValue;
  }
  return taken;
}

/** An object as `{}` or `Object.create(null)` make it, in this realm or another. */
export function isRecord(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === Object.prototype || prototype === null) return true;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'hasOwnProperty');
}

/** A value as it is now. */
export function takeValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isBytes(value)) {
    if (isDetached(value)) throw detached();
    return copyBytes(value);
  }
  if (isDate(value)) return new Date(Date.prototype.getTime.call(value));
  return value;
}

/** The error for bytes that are no longer there. */
export function detached(parameter = 'A parameter'): DataError {
  const why = 'its bytes were transferred to another thread, or cut off';
  return new DataError(`${parameter} is refused: ${why}.`, {
    code: 'VALUE',
    subcode: 'value.refused',
    sqlstate: '22003',
  });
}

/** Whether it is a Date, of any realm: its class doesn't tell. */
export function isDate(value: unknown): value is Date {
  try {
    Date.prototype.getTime.call(value as Date);
    return true;
  } catch {
    return false;
  }
}

/**
 * What a batch is run for, one element each, as a list of its own. An array with a hole is refused at the hole, so that
 * its length costs nothing. Throws what an iterator throws.
 */
export function takeParamsList(list: Iterable<Params>): Params[] {
  const taken: Params[] = [];
  if (isArray(list)) {
    return reading('paramsList', () => {
      for (let at = 0; at < list.length; at++) {
        if (!(at in list)) throw wrongArgument(`paramsList[${at}]`, 'an array or an object', undefined);
        taken.push(list[at] as Params);
      }
      return taken;
    });
  }
  const iterate = reading('paramsList', () =>
    typeof list === 'object' ? list?.[Symbol.iterator] : undefined,
  );
  if (typeof iterate !== 'function') throw notParamsList();
  const iterator = reading('paramsList', () => iterate.call(list));
  for (;;) {
    const result: IteratorResult<Params> | undefined = iterator?.next?.();
    if (typeof result !== 'object' || result === null) throw notParamsList();
    if (result.done) return taken;
    taken.push(result.value);
  }
}

function notParamsList(): ProgrammingError {
  return new ProgrammingError('A batch takes a list of parameters, one element for each run.', {
    code: 'PARAMETER',
    subcode: 'sql.parameter_type',
  });
}
