import { quoteName } from '../../core/sql/identifier.ts';
import type { BindValue, SqlValue } from '../../core/values.ts';
import { valueError } from './draft-error.ts';
import { plainValue } from './edited-row.ts';
import { editsAsSql, jsonEdits } from './json-edits.ts';
import { countNodes, encodeJson, type JsonValue, jsonEquals, toJsonValue } from './json-value.ts';
import { read, type Steps } from './steps.ts';
import { type StoredRow, whereKey } from './stored-row.ts';
import type { ColumnShape, TableShape } from './table-shape.ts';

interface Assignment {
  readonly column: string;
  readonly sql: string;
  readonly params: readonly BindValue[];
}

export interface RowUpdate {
  readonly sql: string;
  readonly params: readonly BindValue[];
  readonly columns: ReadonlySet<string>;
}

/** The smallest UPDATE that stores the changed columns; undefined where nothing is stored differently. */
export function* rowUpdate(
  shape: TableShape,
  row: StoredRow,
  changed: ReadonlyMap<string, unknown>,
): Steps<RowUpdate | undefined> {
  const assignments: Assignment[] = [];
  for (const column of shape.columns) {
    if (!changed.has(column.name)) continue;
    const value = changed.get(column.name);
    const assignment = column.isJson
      ? yield* jsonAssignment(shape, row, column, value)
      : { column: column.name, sql: '?', params: [plainValue(shape, column.name, value)] };
    if (assignment) assignments.push(assignment);
  }
  if (assignments.length === 0) return undefined;
  const sets = assignments.map(({ column, sql }) => `${quoteName(column)} = ${sql}`).join(', ');
  return {
    sql: `UPDATE ${quoteName(shape.name)} SET ${sets} WHERE ${whereKey(shape)}`,
    params: [...assignments.flatMap(({ params }) => params), ...row.key],
    columns: new Set(assignments.map(({ column }) => column)),
  };
}

function* jsonAssignment(
  shape: TableShape,
  row: StoredRow,
  column: ColumnShape,
  value: unknown,
): Steps<Assignment | undefined> {
  const { name } = column;
  const place = { table: shape.name, column: name };
  const after = toJsonValue(value, (what) =>
    valueError(`Cannot update ${shape.name}: the JSON of ${name} can't hold ${what}.`, place),
  );
  const stored = row.stored.get(name) ?? null;
  const text = row.json.get(name);
  const isBinary =
    stored instanceof Uint8Array || (stored === null && /^(jsonb|blob)$/i.test(column.declaredType));
  if (text !== undefined || typeof stored !== 'string') {
    const before = row.shown[name] as JsonValue;
    if (jsonEquals(before, after)) return undefined;
    const edits = text === undefined ? undefined : jsonEdits(before, after);
    if (edits && text !== undefined && (yield* hasUniqueKeys(text, before))) {
      return { column: name, ...editsAsSql(name, edits, isBinary) };
    }
  }
  return { column: name, ...whole(column, after, isBinary) };
}

/** Of two members with one key a path finds the first, and JavaScript the last. */
function* hasUniqueKeys(text: string, value: JsonValue): Steps<boolean> {
  if (encodeJson(value) === text) return true;
  const [[count] = []] = yield* read('SELECT count(*) FROM json_tree(?)', [text]);
  return Number(count) === countNodes(value);
}

function whole({ declaredType, isRequired }: ColumnShape, value: JsonValue, isBinary: boolean) {
  if (value === null && !isRequired) return { sql: '?', params: [null] };
  // A column declared JSON has numeric affinity, which would round the digits of a text.
  const isText = /char|clob|text/i.test(declaredType);
  if ((typeof value === 'number' || typeof value === 'bigint') && !isText && !isBinary) {
    return { sql: '?', params: [value as SqlValue] };
  }
  return { sql: isBinary ? 'jsonb(?)' : '?', params: [encodeJson(value)] };
}
