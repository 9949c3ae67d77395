import type { Patch } from 'immer';
import { readOptions, requireFunction, requireText, texts } from '../../core/arguments.ts';
import type { DatabaseSync } from '../../core/database-sync.ts';
import { Caller } from '../../core/remote/caller.ts';
import type { Database } from '../../core/remote/database.ts';
import type { Transaction } from '../../core/remote/transaction.ts';
import { requireCaller } from '../../core/require-database.ts';
import type { TransactionSync } from '../../core/transaction-sync.ts';
import type { Row } from '../../core/values.ts';
import { editedRow, type Recipe } from './edited-row.ts';
import { type RowKey, rowKeys } from './row-key.ts';
import { rowUpdate } from './row-update.ts';
import { runAsync, runSync, type Steps, write } from './steps.ts';
import { storedRow } from './stored-row.ts';
import { tableShape } from './table-shape.ts';

/** How the columns of a row are to be read. */
export interface UpdateOptions {
  /** Columns that hold JSON, beside those that are declared `JSON` or `JSONB`. */
  readonly json?: readonly string[];
}

/** What an update has written. */
export interface UpdateResult {
  /** How many rows were written. */
  readonly changes: number;
  /** What the recipe did, as immer tells it: a path is column, then places inside; for a list of keys, the place in it comes first. */
  readonly patches: readonly Patch[];
  /** What takes that back. */
  readonly inverse: readonly Patch[];
  /** The statements that were run; none where nothing changed. */
  readonly sql: readonly string[];
}

/**
 * Changes rows by changing a draft of them: `update(db, 'issues', 7, (issue) => { issue.meta.tags.push('x') })`. The
 * columns that differ afterwards are written, and inside of a JSON column only what differs there. Row and write are
 * one transaction, `immediate`; within an open one, a savepoint. Several keys are all or nothing.
 *
 * @param key A primary key (or rowid), or several; see {@link RowKey}.
 * @param recipe Changes the draft, and returns nothing that counts. It runs once for each key.
 * @throws OperationalError (`NO_ROW`) for a key without a row; ProgrammingError (`DRAFT`) for a recipe that is
 *   asynchronous or sets an unknown, a generated or a key column; DataError (`VALUE`) for a value that can't be stored;
 *   what the recipe and what the statement throw. Nothing is written then.
 */
export function update<T = Row>(
  db: DatabaseSync | TransactionSync,
  table: string,
  key: RowKey | readonly RowKey[],
  recipe: Recipe<T>,
  options?: UpdateOptions,
): UpdateResult;
export function update<T = Row>(
  db: Database | Transaction,
  table: string,
  key: RowKey | readonly RowKey[],
  recipe: Recipe<T>,
  options?: UpdateOptions,
): Promise<UpdateResult>;
export function update<T = Row>(
  db: DatabaseSync | TransactionSync | Database | Transaction,
  table: string,
  key: RowKey | readonly RowKey[],
  recipe: Recipe<T>,
  options?: UpdateOptions,
): UpdateResult | Promise<UpdateResult>;
export function update<T>(
  db: DatabaseSync | TransactionSync | Database | Transaction,
  table: string,
  key: RowKey | readonly RowKey[],
  recipe: Recipe<T>,
  given?: UpdateOptions,
): UpdateResult | Promise<UpdateResult> {
  requireCaller(db);
  requireText(table, 'table');
  requireFunction(recipe, 'recipe');
  const { json = [] } = readOptions(given, 'options', ['json']);
  const options = { json: texts(json, 'json') };
  const steps = updateSteps(table, key, recipe, options);
  if (db instanceof Caller) {
    return 'savepoint' in db
      ? db.savepoint((tx) => runAsync(steps, tx))
      : db.transaction((tx) => runAsync(steps, tx), 'immediate');
  }
  return 'savepoint' in db
    ? db.savepoint((tx) => runSync(steps, tx))
    : db.transaction((tx) => runSync(steps, tx), 'immediate');
}

function* updateSteps<T>(
  table: string,
  given: RowKey | readonly RowKey[],
  recipe: Recipe<T>,
  { json = [] }: UpdateOptions,
): Steps<UpdateResult> {
  const shape = yield* tableShape(table, json);
  const { isList, keys } = rowKeys(shape, given);
  const patches: Patch[] = [];
  const inverse: Patch[] = [];
  const sql = new Set<string>();
  let changes = 0;
  for (const [at, rowKey] of keys.entries()) {
    // Not before: triggers may have changed it with the row before.
    const row = yield* storedRow(shape, rowKey);
    const edited = editedRow(shape, row, recipe);
    const statement = yield* rowUpdate(shape, row, edited.changed);
    if (!statement) continue;
    const placed = ({ path, ...patch }: Patch): Patch => ({
      ...patch,
      path: isList ? [at, ...path] : path,
    });
    const isStored = ({ path: [column] }: Patch): boolean => statement.columns.has(String(column));
    patches.push(...edited.patches.filter(isStored).map(placed));
    inverse.unshift(...edited.inverse.filter(isStored).map(placed));
    changes += yield* write(statement.sql, statement.params);
    sql.add(statement.sql);
  }
  return { changes, patches, inverse, sql: [...sql] };
}
