import type { Written } from '../../core/commit/written.ts';
import { InterfaceError } from '../../core/errors.ts';
import { undoError } from './draft-error.ts';
import { complete, type OnConflict, type Reverted, revert } from './revert.ts';
import type { Steps } from './steps.ts';
import type { Undone } from './undo.ts';
import { netRows, type UndoEntry } from './undo-entry.ts';
import { UndoHistory } from './undo-history.ts';
import { checkOnConflict, type UndoSettings } from './undo-settings.ts';

export type Direction = 'undo' | 'redo';

/** What a transaction gives, and what puts the history back as it was, should it not be committed. */
export interface Recorded<R> {
  readonly result: R;
  readonly putBack: () => void;
}

/** What recording and undoing have in common, whatever thread the engine is in. */
export class UndoLog {
  readonly history: UndoHistory;
  readonly #settings: UndoSettings;
  #isDisposed = false;

  constructor(settings: UndoSettings) {
    this.#settings = settings;
    this.history = new UndoHistory(settings, settings.depth);
  }

  assertUsable(doing: string): void {
    if (!this.#isDisposed) return;
    throw new InterfaceError(`Cannot ${doing}: this undo was disposed of. Create another one.`, {
      code: 'CLOSED',
    });
  }

  /** New work, which has just been done in a transaction that is still open. */
  record<R>(
    result: R,
    label: string | undefined,
    isOpen: boolean,
    written: Written | undefined,
  ): Recorded<R> {
    if (!isOpen) {
      throw undoError(
        'undo.ended',
        'Cannot undo this later: the transaction was ended inside. Return to commit it, throw to roll it back.',
      );
    }
    const rows = netRows(complete(written));
    // What changed nothing in the end is nothing to undo.
    if (rows.length === 0) return { result, putBack: () => {} };
    return { result, putBack: this.history.push({ label, at: this.#settings.now(), rows }) };
  }

  next(direction: Direction): UndoEntry | undefined {
    return direction === 'undo' ? this.history.nextUndo : this.history.nextRedo;
  }

  revert(entry: UndoEntry, onConflict: OnConflict = this.#settings.onConflict): Steps<Reverted> {
    checkOnConflict(onConflict);
    return revert(entry.rows, onConflict);
  }

  /** An entry was taken back, in a transaction that is still open. */
  reverted(
    direction: Direction,
    { label }: UndoEntry,
    { rows, conflicts, stamped }: Reverted,
  ): Recorded<Undone> {
    const changes = rows.length;
    const reverse = changes > 0 ? { label, at: this.#settings.now(), rows } : undefined;
    return {
      result: { ...(label !== undefined && { label }), changes, conflicts },
      putBack:
        direction === 'undo' ? this.history.undid(reverse, stamped) : this.history.redid(reverse, stamped),
    };
  }

  /** False if it already was. */
  dispose(): boolean {
    if (this.#isDisposed) return false;
    this.#isDisposed = true;
    this.history.clear();
    this.history.tell();
    this.history.complete();
    return true;
  }
}
