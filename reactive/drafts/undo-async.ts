import type { Observable } from 'rxjs';
import { requireFunction } from '../../core/arguments.ts';
import { clientOf, type Database } from '../../core/remote/database.ts';
import type { Transaction } from '../../core/remote/transaction.ts';
import type { Row } from '../../core/values.ts';
import type { Recipe } from './edited-row.ts';
import type { OnConflict } from './revert.ts';
import type { RowKey } from './row-key.ts';
import { runAsync } from './steps.ts';
import type { Undo, Undone, UndoUpdateOptions } from './undo.ts';
import type { UndoState } from './undo-history.ts';
import { type Direction, type Recorded, UndoLog } from './undo-log.ts';
import { checkLabel, type UndoSettings } from './undo-settings.ts';
import { type UpdateResult, update } from './update.ts';

/**
 * Undo on a database in another thread. Calls wait for one another, so one that is made inside of a transaction's
 * function is refused, as a call of the database itself is.
 */
export class UndoAsync implements Undo<Database> {
  readonly #db: Database;
  readonly #log: UndoLog;
  #last: Promise<unknown> = Promise.resolve();
  /** The engine that records rows for this, and under what number. */
  #recording: { readonly epoch: number; readonly id: number } | undefined;

  constructor(db: Database, settings: UndoSettings) {
    this.#db = db;
    this.#log = new UndoLog(settings);
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
  ): Promise<UpdateResult> {
    return this.#record(label, (tx) => update(tx, table, key, recipe, options));
  }

  async transaction<R>(label: string, fn: (tx: Transaction) => R): Promise<Awaited<R>> {
    requireFunction(fn, 'fn');
    return this.#record(label, fn);
  }

  undo(options?: { readonly onConflict?: OnConflict }): Promise<Undone | null> {
    return this.#take('undo', options);
  }

  redo(options?: { readonly onConflict?: OnConflict }): Promise<Undone | null> {
    return this.#take('redo', options);
  }

  clear(): void {
    this.#log.history.clear();
    this.#log.history.tell();
  }

  dispose(): void {
    if (!this.#log.dispose()) return;
    const { epoch, id } = this.#recording ?? {};
    if (epoch !== undefined) this.#db[clientOf].tell(epoch, 'unsubscribe', id);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #record<R>(label: string | undefined, fn: (tx: Transaction) => R): Promise<Awaited<R>> {
    return this.#inTurn('record', () => {
      checkLabel(label);
      return this.#inTransaction(async (tx) => {
        const result = await fn(tx);
        return this.#log.record(result, label, tx.isOpen, tx.isOpen ? await tx.written() : undefined);
      });
    });
  }

  #take(direction: Direction, options: { readonly onConflict?: OnConflict } = {}): Promise<Undone | null> {
    return this.#inTurn(direction, () => {
      const entry = this.#log.next(direction);
      if (!entry) return null;
      return this.#inTransaction(async (tx) => {
        const reverted = await runAsync(this.#log.revert(entry, options.onConflict), tx);
        return this.#log.reverted(direction, entry, reverted);
      });
    });
  }

  /** Runs `call` when all calls before have come to their end. */
  async #inTurn<R>(doing: string, call: () => R | Promise<R>): Promise<R> {
    this.#db[clientOf].assertOutside(doing);
    const turn = this.#last.then(() => {
      this.#log.assertUsable(doing);
      return call();
    });
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #inTransaction<R>(work: (tx: Transaction) => Promise<Recorded<R>>): Promise<R> {
    await this.#startRecording();
    let putBack: (() => void) | undefined;
    try {
      return await this.#db.transaction(async (tx) => {
        const recorded = await work(tx);
        putBack = recorded.putBack;
        return recorded.result;
      }, 'immediate');
    } catch (error) {
      putBack?.();
      throw error;
    } finally {
      this.#log.history.tell();
    }
  }

  async #startRecording(): Promise<void> {
    const client = this.#db[clientOf];
    if (this.#recording?.epoch === client.epoch) return;
    const id = await client.call<number>('record', []);
    this.#recording = { epoch: client.epoch, id };
  }
}
