import type { Observable } from 'rxjs';
import { requireFunction } from '../../core/arguments.ts';
import type { DatabaseSync } from '../../core/database-sync.ts';
import type { TransactionSync } from '../../core/transaction-sync.ts';
import type { Row } from '../../core/values.ts';
import { undoError } from './draft-error.ts';
import type { Recipe } from './edited-row.ts';
import type { OnConflict } from './revert.ts';
import type { RowKey } from './row-key.ts';
import { runSync } from './steps.ts';
import type { Undo, Undone, UndoUpdateOptions } from './undo.ts';
import type { UndoState } from './undo-history.ts';
import { type Direction, type Recorded, UndoLog } from './undo-log.ts';
import { checkLabel, type UndoSettings } from './undo-settings.ts';
import { type UpdateResult, update } from './update.ts';

/**
 * Undo on a database in this thread. A listener of commits, or an observer of `state`, may record, undo and redo: the
 * transaction that it was told of is recorded by then.
 */
export class UndoSync implements Undo<DatabaseSync> {
  readonly #db: DatabaseSync;
  readonly #log: UndoLog;
  readonly #stopRecording: () => void;
  /** The transaction that is being recorded, while its function runs. */
  #open: TransactionSync | undefined;

  constructor(db: DatabaseSync, settings: UndoSettings) {
    this.#db = db;
    this.#log = new UndoLog(settings);
    // Rows are captured for whoever listens.
    this.#stopRecording = db.subscribe(() => {});
  }

  get state(): Observable<UndoState> {
    return this.#log.history.state;
  }

  get value(): UndoState {
    return this.#log.history.value;
  }

  update<T = Row>(
    table: string,
    key: RowKey | readonly RowKey[],
    recipe: Recipe<T>,
    { label, ...options }: UndoUpdateOptions = {},
  ): UpdateResult {
    return this.#record(label, (tx) => update(tx, table, key, recipe, options));
  }

  transaction<R>(label: string, fn: (tx: TransactionSync) => R): R {
    requireFunction(fn, 'fn');
    return this.#record(label, fn);
  }

  undo(options?: { readonly onConflict?: OnConflict }): Undone | null {
    return this.#take('undo', options);
  }

  redo(options?: { readonly onConflict?: OnConflict }): Undone | null {
    return this.#take('redo', options);
  }

  clear(): void {
    this.#log.history.clear();
    this.#log.history.tell();
  }

  dispose(): void {
    if (this.#log.dispose()) this.#stopRecording();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #record<R>(label: string | undefined, fn: (tx: TransactionSync) => R): R {
    this.#log.assertUsable('record');
    checkLabel(label);
    // Part of what is being recorded already.
    if (this.#open?.isOpen) return this.#open.savepoint(fn);
    return this.#inTransaction('record', (tx) => {
      const result = fn(tx);
      return this.#log.record(result, label, tx.isOpen, tx.isOpen ? tx.written : undefined);
    });
  }

  #take(direction: Direction, options: { readonly onConflict?: OnConflict } = {}): Undone | null {
    this.#log.assertUsable(direction);
    const entry = this.#log.next(direction);
    if (!entry) return null;
    return this.#inTransaction(direction, (tx) => {
      const reverted = runSync(this.#log.revert(entry, options.onConflict), tx);
      return this.#log.reverted(direction, entry, reverted);
    });
  }

  #inTransaction<R>(doing: string, work: (tx: TransactionSync) => Recorded<R>): R {
    if (this.#db.inTransaction) {
      throw undoError(
        'undo.in_transaction',
        `Cannot ${doing}: a transaction is open, which may still be rolled back. Write in undo.transaction().`,
      );
    }
    let putBack: (() => void) | undefined;
    try {
      return this.#db.transaction((tx) => {
        this.#open = tx;
        try {
          const recorded = work(tx);
          putBack = recorded.putBack;
          return recorded.result;
        } finally {
          this.#open = undefined;
        }
      }, 'immediate');
    } catch (error) {
      putBack?.();
      throw error;
    } finally {
      this.#log.history.tell();
    }
  }
}
