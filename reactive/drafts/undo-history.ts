import { BehaviorSubject, type Observable } from 'rxjs';
import { amended, type Stamped } from './stamped.ts';
import { joinedEntries, type UndoEntry } from './undo-entry.ts';

/** What buttons for undo and redo show. */
export interface UndoState {
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** Of what would be undone and redone next. */
  readonly undoLabel?: string;
  readonly redoLabel?: string;
  /** How many times can be undone. */
  readonly depth: number;
}

export interface Grouping {
  /** Work within this many milliseconds of the work before joins it. */
  readonly groupMs: number;
  /** Whether labels must be the same for that. */
  readonly groupBy: 'label' | 'time';
}

interface Stacks {
  /** The last can be undone next. */
  readonly done: readonly UndoEntry[];
  /** The last can be redone next. */
  readonly undone: readonly UndoEntry[];
  /** New work may join the last entry. */
  readonly isOpen: boolean;
}

const empty: Stacks = { done: [], undone: [], isOpen: false };

/**
 * What can be undone and redone. It changes with the transaction that it is about, before the commit, and can be put
 * back if that fails; observers are told afterwards, by `tell`.
 */
export class UndoHistory {
  readonly #grouping: Grouping;
  readonly #maxDepth: number;
  #stacks = empty;
  #value = stateOf(empty);
  /** The state that observers have. */
  #told = this.#value;
  readonly #subject = new BehaviorSubject<UndoState>(this.#told);
  #isTelling = false;

  constructor(grouping: Grouping, maxDepth: number) {
    this.#grouping = grouping;
    this.#maxDepth = maxDepth;
  }

  get state(): Observable<UndoState> {
    return this.#subject.asObservable();
  }

  /** As it is now, reported or not; the same object until it is another state. */
  get value(): UndoState {
    return this.#value;
  }

  get nextUndo(): UndoEntry | undefined {
    return this.#stacks.done.at(-1);
  }

  get nextRedo(): UndoEntry | undefined {
    return this.#stacks.undone.at(-1);
  }

  /** New work. Gives what puts everything back. */
  push(entry: UndoEntry): () => void {
    const { done } = this.#stacks;
    const joined = this.#joined(entry);
    const entries = joined ? [...done.slice(0, -1), joined] : [...done, entry];
    return this.#set({ done: entries.slice(-this.#maxDepth), undone: [], isOpen: true });
  }

  /** The next entry was undone, which `reverse` takes back. */
  undid(reverse: UndoEntry | undefined, stamped: readonly Stamped[]): () => void {
    const { done, undone } = this.#stacks;
    return this.#set({
      done: amended(done.slice(0, -1), stamped),
      undone: [...amended(undone, stamped), ...(reverse ? [reverse] : [])],
      isOpen: false,
    });
  }

  redid(reverse: UndoEntry | undefined, stamped: readonly Stamped[]): () => void {
    const { done, undone } = this.#stacks;
    return this.#set({
      done: [...amended(done, stamped), ...(reverse ? [reverse] : [])],
      undone: amended(undone.slice(0, -1), stamped),
      isOpen: false,
    });
  }

  clear(): void {
    this.#set(empty);
  }

  /** Tells observers, if there is news. One that changes something meanwhile is told after the others. */
  tell(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    try {
      for (let state = this.value; state !== this.#told; state = this.value) {
        this.#told = state;
        this.#subject.next(state);
      }
    } finally {
      this.#isTelling = false;
    }
  }

  complete(): void {
    this.#subject.complete();
  }

  #joined(entry: UndoEntry): UndoEntry | undefined {
    const { groupMs, groupBy } = this.#grouping;
    const last = this.nextUndo;
    if (!last || !this.#stacks.isOpen || entry.at - last.at > groupMs || groupMs === 0) return undefined;
    if (groupBy === 'label' && last.label !== entry.label) return undefined;
    return joinedEntries(last, entry);
  }

  #set(stacks: Stacks): () => void {
    const before = this.#stacks;
    this.#put(stacks);
    return () => this.#put(before);
  }

  #put(stacks: Stacks): void {
    this.#stacks = stacks;
    const state = stateOf(stacks);
    // The object that observers have, where they need not hear of a state that was put back.
    if (isSame(state, this.#told)) this.#value = this.#told;
    else if (!isSame(state, this.#value)) this.#value = state;
  }
}

function stateOf({ done, undone }: Stacks): UndoState {
  const undoLabel = done.at(-1)?.label;
  const redoLabel = undone.at(-1)?.label;
  return Object.freeze({
    canUndo: done.length > 0,
    canRedo: undone.length > 0,
    ...(undoLabel !== undefined && { undoLabel }),
    ...(redoLabel !== undefined && { redoLabel }),
    depth: done.length,
  });
}

function isSame(a: UndoState, b: UndoState): boolean {
  return (
    a.canUndo === b.canUndo &&
    a.canRedo === b.canRedo &&
    a.undoLabel === b.undoLabel &&
    a.redoLabel === b.redoLabel &&
    a.depth === b.depth
  );
}
