import { enablePatches, Immer, isDraft, type Patch } from 'immer';
import type { BindValue, SqlValue } from '../../core/values.ts';
import { draftError, valueError } from './draft-error.ts';
import type { StoredRow } from './stored-row.ts';
import { type TableShape, unknownColumn } from './table-shape.ts';

/** Changes a draft of a row; what it returns is not looked at, and it must not be asynchronous. */
export type Recipe<T> = (draft: T) => void;

/** What a recipe made of a row. */
export interface EditedRow {
  /** The columns that have another value now, as the draft shows them. */
  readonly changed: ReadonlyMap<string, unknown>;
  readonly patches: readonly Patch[];
  readonly inverse: readonly Patch[];
}

/**
 * Runs the recipe on a draft of the row. What it does to the draft counts, not what it returns.
 * @throws what the recipe throws; ProgrammingError if it is asynchronous, or changes what an update can't.
 */
export function editedRow<T>(shape: TableShape, row: StoredRow, recipe: Recipe<T>): EditedRow {
  enablePatches();
  // Of its own, so that settings of the application's immer don't matter; objects that the recipe puts in stay the
  // caller's, unfrozen.
  const immer = new Immer({ autoFreeze: false });
  const stored = new Map([...row.stored].map(([name, value]) => [name, copied(value)]));
  let returned: unknown;
  const edit = (draft: unknown): void => {
    returned = recipe(draft as T);
    if (isDraft(returned)) returned = undefined;
    refusePromise(shape, returned);
  };
  const [after, patches, inverse] = asOurs(shape, edit, (guarded) =>
    immer.produceWithPatches(row.shown, guarded),
  );
  // Drafts show no change inside of bytes.
  for (const [name, original] of stored) {
    const value = after[name];
    if (!(value instanceof Uint8Array) || value !== row.shown[name] || isSame(value, original)) continue;
    patches.push({ op: 'replace', path: [name], value });
    inverse.push({ op: 'replace', path: [name], value: original });
  }
  if (patches.length === 0) refuseNewRow(shape, returned);
  return { changed: changedColumns(shape, { ...row, stored }, after), patches, inverse };
}

/** What the recipe throws passes as it is; what immer says of the recipe becomes an error of ours. */
function asOurs<R>(
  { name }: TableShape,
  edit: (draft: unknown) => void,
  produce: (guarded: (draft: unknown) => void) => R,
): R {
  let thrown: { readonly error: unknown } | undefined;
  try {
    return produce((draft) => {
      try {
        edit(draft);
      } catch (error) {
        thrown = { error };
        throw error;
      }
    });
  } catch (error) {
    const isRecipes = thrown?.error === error;
    // Immer's errors have no class and no code; inside of the recipe only this prefix tells them from others.
    if (isRecipes && !(error instanceof Error && error.message.startsWith('[Immer]'))) throw error;
    const why = error instanceof Error ? error.message.replace(/^\[Immer\] /, '') : String(error);
    throw draftError(
      'draft.misuse',
      `Cannot update ${name}: the recipe does what a draft cannot follow (${why}). Assign to the draft's properties, or delete them.`,
      { table: name, cause: error },
    );
  }
}

function copied(value: SqlValue): SqlValue {
  return value instanceof Uint8Array ? value.slice() : value;
}

function changedColumns(
  shape: TableShape,
  row: StoredRow,
  after: Readonly<Record<string, unknown>>,
): Map<string, unknown> {
  const table = shape.name;
  const changed = new Map<string, unknown>();
  for (const column of Object.keys(after)) {
    if (!row.stored.has(column)) throw unknownColumn(table, column);
  }
  for (const { name, isKey, isGenerated, isJson } of shape.columns) {
    const value = Object.hasOwn(after, name) ? after[name] : undefined;
    const before = row.json.has(name) ? row.shown[name] : row.stored.get(name);
    if (value === undefined) {
      throw valueError(`Cannot update ${table}: ${name} is undefined. To store no value, set it to null.`, {
        table,
        column: name,
      });
    }
    if (isJson ? value === before : isSame(value, before)) continue;
    if (isKey) {
      throw draftError(
        'draft.key_changed',
        `Cannot update ${table}: ${name} is part of the key. Use UPDATE in SQL to change it.`,
        { table, column: name },
      );
    }
    if (isGenerated) {
      throw draftError(
        'draft.generated',
        `Cannot update ${table}: ${name} is generated from other columns.`,
        {
          table,
          column: name,
        },
      );
    }
    changed.set(name, value);
  }
  return changed;
}

/** Whether both are bound as the same value. */
function isSame(a: unknown, b: unknown): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return sameBytes(a, b);
  return Object.is(bound(a), bound(b));
}

function bound(value: unknown): unknown {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'bigint' && Number.isSafeInteger(Number(value))) return Number(value);
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  return value;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

function refusePromise({ name }: TableShape, returned: unknown): void {
  if (typeof returned !== 'object' || returned === null || !('then' in returned)) return;
  if (typeof returned.then !== 'function') return;
  // The draft has gone by then, of which its later work will complain.
  returned.then(undefined, () => {});
  throw draftError(
    'draft.async',
    `Cannot update ${name}: the recipe is asynchronous. Await what it needs first, then call update().`,
    { table: name },
  );
}

function refuseNewRow({ name, columns }: TableShape, returned: unknown): void {
  if (typeof returned !== 'object' || returned === null || Array.isArray(returned)) return;
  if (!columns.some((column) => Object.hasOwn(returned, column.name))) return;
  throw draftError(
    'draft.returned',
    `Cannot update ${name}: the recipe returned a row and left the draft as it was. Change the draft: ` +
      'Object.assign(draft, { … }).',
    { table: name },
  );
}

/** What may be bound to a column that isn't JSON. */
export function plainValue(shape: TableShape, column: string, value: unknown): BindValue {
  const isPlain =
    value === null ||
    ['string', 'number', 'bigint', 'boolean'].includes(typeof value) ||
    value instanceof Uint8Array ||
    value instanceof Date;
  if (isPlain) return value as BindValue;
  throw valueError(
    `Cannot update ${shape.name}: ${column} can't hold ${Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`}. ` +
      'Declare the column JSON, or name it in the option json.',
    { table: shape.name, column },
  );
}
