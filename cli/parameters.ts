import { InvalidArgumentError } from 'commander';
import type { Params, SqlValue } from '../core/index.ts';

/** One `--param`: of a `?`, or of a name with its prefix (`:id`). */
export interface Parameter {
  readonly name?: string;
  readonly value: SqlValue;
}

const int64Max = 2n ** 63n - 1n;
const int64Min = -(2n ** 63n);

export const parameterHelp = `
Parameters: --param once for each ?, in order, or --param :name=value for a :name, @name or $name.
  null             NULL
  42, -1.5, 2e3    a number
  text:42          text, whatever it looks like
  blob:00ff        bytes in hexadecimal
  anything else    text`;

function parseValue(text: string): SqlValue {
  if (text === 'null') return null;
  if (text.startsWith('text:')) return text.slice('text:'.length);
  if (text.startsWith('blob:')) {
    const digits = text.slice('blob:'.length);
    if (!/^([0-9a-f]{2})*$/i.test(digits)) {
      throw new InvalidArgumentError('A blob is an even number of hexadecimal digits: blob:00ff.');
    }
    return new Uint8Array(Buffer.from(digits, 'hex'));
  }
  if (/^[+-]?\d+$/.test(text)) {
    const integer = BigInt(text.replace(/^\+/, ''));
    if (integer > int64Max || integer < int64Min) {
      throw new InvalidArgumentError(`SQLite's integers have 64 bits. Pass it as text with text:${text}.`);
    }
    return integer;
  }
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
  return text;
}

/** Adds one `--param` to those before it. */
export function collectParameter(text: string, before: readonly Parameter[] = []): readonly Parameter[] {
  const named = /^([:@$]\w+)=(.*)$/su.exec(text);
  const parameter: Parameter = named
    ? { name: named[1] ?? '', value: parseValue(named[2] ?? '') }
    : { value: parseValue(text) };
  const other = before[0];
  if (other !== undefined && (other.name === undefined) !== (parameter.name === undefined)) {
    throw new InvalidArgumentError('Either all parameters have names (:name=value) or none has.');
  }
  return [...before, parameter];
}

/** What the engine binds; undefined without parameters. */
export function toParams(parameters: readonly Parameter[] | undefined): Params | undefined {
  if (parameters === undefined || parameters.length === 0) return undefined;
  if (parameters[0]?.name === undefined) return parameters.map(({ value }) => value);
  return Object.fromEntries(parameters.map(({ name, value }) => [name ?? '', value]));
}
