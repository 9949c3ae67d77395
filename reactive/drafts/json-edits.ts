import { quoteName } from '../../core/sql/identifier.ts';
import { encodeJson, isArray, type JsonObject, type JsonValue, jsonEquals } from './json-value.ts';

/** A change inside of a JSON document, at a path as SQLite writes it. */
type Edit =
  | { readonly kind: 'set' | 'insert'; readonly path: string; readonly value: JsonValue }
  | { readonly kind: 'remove'; readonly path: string };

/** Beyond that many, writing the document whole is simpler for everybody. */
const maxEdits = 100;
/** SQLite allows 127 arguments to a function in older builds. */
const pairsInCall = 50;

/**
 * The edits that make `before` into `after`; undefined where paths can't express it, or not shorter than the whole.
 * Their order among each other doesn't matter but for removals from one array, which come from its end.
 */
export function jsonEdits(before: JsonValue, after: JsonValue): readonly Edit[] | undefined {
  const edits = inside('$', before, after);
  return edits && edits.length <= maxEdits ? edits : undefined;
}

/** `json_set(column, path, value)` and its kin, with everything but the column bound. */
export function editsAsSql(column: string, edits: readonly Edit[], isBinary: boolean) {
  const prefix = isBinary ? 'jsonb' : 'json';
  const params: string[] = [];
  let sql = quoteName(column);
  for (const kind of ['set', 'insert', 'remove'] as const) {
    const some = edits.filter((edit) => edit.kind === kind);
    for (let at = 0; at < some.length; at += pairsInCall) {
      const chunk = some.slice(at, at + pairsInCall);
      const places = chunk.map((edit) => {
        params.push(edit.path);
        if (edit.kind === 'remove') return '?';
        params.push(encodeJson(edit.value));
        return '?, json(?)';
      });
      sql = `${prefix}_${kind}(${sql}, ${places.join(', ')})`;
    }
  }
  return { sql, params };
}

/** Undefined: put `after` there as a whole. */
function inside(path: string, before: JsonValue, after: JsonValue): readonly Edit[] | undefined {
  if (jsonEquals(before, after)) return [];
  if (typeof before !== 'object' || before === null || typeof after !== 'object' || after === null) {
    return undefined;
  }
  let edits: readonly Edit[] | undefined;
  if (isArray(before) && isArray(after)) edits = insideArray(path, before, after);
  else if (!isArray(before) && !isArray(after)) edits = insideObject(path, before, after);
  return edits && isShorter(edits, after) ? edits : undefined;
}

function insideObject(path: string, before: JsonObject, after: JsonObject): readonly Edit[] | undefined {
  const edits: Edit[] = [];
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const was = Object.hasOwn(before, key) ? before[key] : undefined;
    const is = Object.hasOwn(after, key) ? after[key] : undefined;
    if (was !== undefined && is !== undefined && jsonEquals(was, is)) continue;
    if (!isPlainKey(key)) return undefined;
    const member = `${path}."${key}"`;
    if (is === undefined) edits.push({ kind: 'remove', path: member });
    else if (was === undefined) edits.push({ kind: 'insert', path: member, value: is });
    else edits.push(...at(member, was, is));
  }
  return edits;
}

/**
 * Elements that both ends share stay. Of the rest as many as possible are edited in place, and those left over are
 * removed or appended: SQLite's paths can't insert before an element.
 */
function insideArray(
  path: string,
  before: readonly JsonValue[],
  after: readonly JsonValue[],
): readonly Edit[] | undefined {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && jsonEquals(before[head], after[head])) head += 1;
  let tail = 0;
  while (tail < shorter - head && jsonEquals(before.at(-1 - tail), after.at(-1 - tail))) tail += 1;
  const removed = before.length - after.length;
  if (removed < 0 && tail > 0) return undefined;
  const edits: Edit[] = [];
  for (let i = head; i < shorter - tail; i++) {
    edits.push(...at(`${path}[${i}]`, before[i] as JsonValue, after[i] as JsonValue));
  }
  for (let i = before.length - tail - 1; i >= before.length - tail - removed; i--) {
    edits.push({ kind: 'remove', path: `${path}[${i}]` });
  }
  for (let i = before.length; i < after.length; i++) {
    edits.push({ kind: 'insert', path: `${path}[#]`, value: after[i] as JsonValue });
  }
  return edits;
}

function at(path: string, before: JsonValue, after: JsonValue): readonly Edit[] {
  return inside(path, before, after) ?? [{ kind: 'set', path, value: after }];
}

/** A single edit keeps the rest of the document as it is written, whatever its length. */
function isShorter(edits: readonly Edit[], after: JsonValue): boolean {
  if (edits.length < 2) return true;
  const size = edits.reduce(
    (sum, edit) => sum + edit.path.length + (edit.kind === 'remove' ? 0 : encodeJson(edit.value).length),
    0,
  );
  return size < encodeJson(after).length;
}

/**
 * A key that means itself in a path. Quotes and backslashes don't; a text with U+FFFD may stand for bytes that are not
 * UTF-8, and one with a lone surrogate can't be bound.
 */
function isPlainKey(key: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are the ones that JSON escapes.
  return key.length > 0 && !/["\\\u0000-\u001f\ufffd]/.test(key) && key.isWellFormed();
}
