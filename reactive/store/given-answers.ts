import { hex } from '../../core/json.ts';
import type { Params, Row, SqlValue } from '../../core/values.ts';
import { paramsKey } from '../params-key.ts';

/** Answers as JSON holds them; made by `createSnapshot` on a server, and read by a page that it rendered. */
export interface QuerySnapshot {
  readonly version: 1;
  readonly answers: Readonly<Record<string, GivenAnswer>>;
}

/** A query's answer as JSON can hold it: the names of its columns, and the values of each row in their order. */
export interface GivenAnswer {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly EncodedValue[])[];
}

/** What JSON has no form for is an object: `i` an integer past 2^53, `r` a real that is no JSON number, `b` bytes. */
export type EncodedValue =
  | null
  | string
  | number
  | { readonly i: string }
  | { readonly r: string }
  | { readonly b: string };

/** Answers that are known without asking. */
export interface GivenAnswers {
  /** Undefined where there is none. */
  rows(sql: string, params: Params | undefined): readonly Row[] | undefined;
  /** Asks for one that is not known, where that can be done. */
  fetch?(sql: string, params: Params | undefined): Promise<void>;
}

/** Under which an answer is given. */
export function givenKey(sql: string, params: Params | undefined): string {
  return JSON.stringify([sql, paramsKey(params)]);
}

/** The answers of a snapshot that came as JSON. */
export function givenAnswers({ answers }: QuerySnapshot): GivenAnswers {
  return {
    rows: (sql, params) => {
      const key = givenKey(sql, params);
      const answer = Object.hasOwn(answers, key) ? answers[key] : undefined;
      return answer && decodeAnswer(answer);
    },
  };
}

export function encodeAnswer(rows: readonly Row[]): GivenAnswer {
  const columns = Object.keys(rows[0] ?? {});
  return { columns, rows: rows.map((row) => columns.map((name) => encode(row[name] ?? null))) };
}

function decodeAnswer({ columns, rows }: GivenAnswer): readonly Row[] {
  return Object.freeze(
    rows.map((values) =>
      // fromEntries defines its properties, so that a column may be called __proto__.
      Object.freeze(Object.fromEntries(columns.map((name, at) => [name, decode(values[at] ?? null)]))),
    ),
  );
}

function encode(value: SqlValue): EncodedValue {
  if (typeof value === 'bigint') return { i: String(value) };
  if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))) {
    return { r: Object.is(value, -0) ? '-0' : String(value) };
  }
  // Bytes may be of another realm, as a test's DOM is one.
  return ArrayBuffer.isView(value) ? { b: hex(value) } : value;
}

function decode(value: EncodedValue): SqlValue {
  if (value === null || typeof value !== 'object') return value;
  if ('i' in value) return BigInt(value.i);
  if ('r' in value) return Number(value.r);
  return Uint8Array.from(value.b.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
}
