import { quoteName } from '../../core/sql/identifier.ts';
import type { BindValue, SqlValue } from '../../core/values.ts';
import { noRow } from './draft-error.ts';
import { type JsonValue, ownProto, parseJson } from './json-value.ts';
import { keyText } from './row-key.ts';
import { read, type Steps } from './steps.ts';
import type { TableShape } from './table-shape.ts';

/** A row as it was read: what SQLite stores, and what a draft of it shows. */
export interface StoredRow {
  readonly key: readonly BindValue[];
  readonly stored: ReadonlyMap<string, SqlValue>;
  /** With JSON columns parsed. */
  readonly shown: Readonly<Record<string, unknown>>;
  /** The text of those that are JSON: of a column in SQLite's binary form, as SQLite prints it. */
  readonly json: ReadonlyMap<string, string>;
}

/** @throws OperationalError (`NO_ROW`) if there is none. */
export function* storedRow(shape: TableShape, key: readonly BindValue[]): Steps<StoredRow> {
  const columns = shape.columns.map(({ name }) => quoteName(name)).join(', ');
  const sql = `SELECT ${columns} FROM ${quoteName(shape.name)} WHERE ${whereKey(shape)}`;
  const [values] = yield* read(sql, key);
  if (!values) throw noRow(shape.name, keyText(shape, key));
  return yield* shownRow(shape, key, values);
}

export function whereKey({ keyTerms }: TableShape): string {
  return keyTerms.map((term) => `${term} = ?`).join(' AND ');
}

function* shownRow(
  shape: TableShape,
  key: readonly BindValue[],
  values: readonly SqlValue[],
): Steps<StoredRow> {
  const stored = new Map<string, SqlValue>();
  const shown = new Map<string, unknown>();
  const json = new Map<string, string>();
  for (const [at, { name, isJson }] of shape.columns.entries()) {
    const value = values[at] ?? null;
    stored.set(name, value);
    const document = isJson ? yield* documentOf(value) : undefined;
    shown.set(name, document ? document.value : value);
    if (document) json.set(name, document.text);
  }
  return { key, stored, shown: ownProto(Object.fromEntries(shown)), json };
}

/** Undefined for what is no JSON document: NULL, a number that the column's affinity made of one, another text. */
function* documentOf(
  value: SqlValue,
): Steps<{ readonly text: string; readonly value: JsonValue } | undefined> {
  if (typeof value !== 'string' && !(value instanceof Uint8Array)) return undefined;
  const parsed = typeof value === 'string' ? parseJson(value) : undefined;
  if (typeof value === 'string' && parsed !== undefined) return { text: value, value: parsed };
  // JSON5 and binary JSON, which only SQLite reads.
  const [[text] = []] = yield* read('SELECT json(?1) WHERE json_valid(?1, 10)', [value]);
  const printed = typeof text === 'string' ? parseJson(text) : undefined;
  return printed === undefined ? undefined : { text: String(text), value: printed };
}
