import type { Observable } from 'rxjs';
import type { DatabaseSync } from '../../core/database-sync.ts';
import type { Database } from '../../core/remote/database.ts';
import type { Transaction } from '../../core/remote/transaction.ts';
import type { TransactionSync } from '../../core/transaction-sync.ts';
import type { Row } from '../../core/values.ts';
import type { Recipe } from './edited-row.ts';
import type { OnConflict } from './revert.ts';
import type { RowKey } from './row-key.ts';
import type { Conflict } from './undo-conflict.ts';
import type { UndoState } from './undo-history.ts';
import type { UpdateOptions, UpdateResult } from './update.ts';

export type AnyDatabase = DatabaseSync | Database;

/** At once from a database in this thread, as a promise from others. */
export type Answered<D extends AnyDatabase, R> = D extends DatabaseSync ? R : Promise<Awaited<R>>;
export type TransactionOf<D extends AnyDatabase> = D extends DatabaseSync ? TransactionSync : Transaction;

/** What an undo does in case of conflict, what it takes for one piece of work, and how much it keeps. */
export interface UndoOptions {
  /**
   * What undo and redo do where others have changed the same cells meanwhile: `refuse`, the default, throws and writes
   * nothing; `merge` leaves those cells as they are and takes back the rest.
   */
  readonly onConflict?: OnConflict;
  /** Work within this many milliseconds of the work before is undone together with it. By default none is. */
  readonly groupMs?: number;
  /** Whether only work with the same label is put together (the default), or any. */
  readonly groupBy?: 'label' | 'time';
  /** How many entries are kept; 100 by default. */
  readonly depth?: number;
  /** The clock, in milliseconds. */
  readonly now?: () => number;
}

/** What an undo or redo came to. */
export interface Undone {
  readonly label?: string;
  /** How many rows are different now. */
  readonly changes: number;
  /** What was left as others have made it. */
  readonly conflicts: readonly Conflict[];
}

/** As of `update`, and what the work is called. */
export interface UndoUpdateOptions extends UpdateOptions {
  readonly label?: string;
}

/**
 * Records what it writes, row by row, and takes it back. Work that was not done through it is somebody else's.
 * On a {@link Database} its calls are carried out one after another, in the order in which they were made.
 */
export interface Undo<D extends AnyDatabase = AnyDatabase> extends Disposable {
  /** As `update`, and recorded. Within `transaction` on a `DatabaseSync` it is part of that. */
  update<T = Row>(
    table: string,
    key: RowKey | readonly RowKey[],
    recipe: Recipe<T>,
    options?: UndoUpdateOptions,
  ): Answered<D, UpdateResult>;
  /**
   * A transaction whose inserts, updates and deletes are recorded, with all that triggers and foreign keys do.
   * @throws OperationalError (`UNDO`) for work that can't be recorded, which is rolled back: changes of the schema, of
   *   TEMP tables, of virtual tables themselves, of more than 100,000 rows.
   */
  transaction<R>(label: string, fn: (tx: TransactionOf<D>) => R): Answered<D, R>;
  /**
   * Takes the last entry back; null where there is none.
   * @throws UndoConflictError where others have changed the same cells, unless conflicts are merged.
   */
  undo(options?: { readonly onConflict?: OnConflict }): Answered<D, Undone | null>;
  /** Does again what was undone last; null where there is nothing, as after new work. */
  redo(options?: { readonly onConflict?: OnConflict }): Answered<D, Undone | null>;
  /** For buttons; emits at once, and after each change. */
  readonly state: Observable<UndoState>;
  readonly value: UndoState;
  /** Forgets everything. */
  clear(): void;
  /** Stops recording and completes `state`. */
  dispose(): void;
}
