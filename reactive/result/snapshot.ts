/**
 * What one recipient sees: a window of a live query's ordered answer.
 * Guarantees that taking one is O(1), that it never changes, and that `rows` is one object for good. Doesn't
 * read a row that nobody asks for. The hard part, an array of rows that isn't one, is in rows-view.ts.
 */
import type { EqualityKey } from '../../core/sql/collation.ts';
import { rowsView } from './rows-view.ts';
import { Sequence } from './sequence.ts';
import { sharedRuns } from './shared-runs.ts';

/** One row's place in an answer. */
export interface Item<R> {
  /** No other item of the answer has it. */
  readonly key: EqualityKey;
  /** May be decoded when it is first read; the same object each time. */
  readonly row: R;
}

/** Up to here `rows` is a plain array: to copy that many is about as fast as to make a view and read it once. */
export const PLAIN_ROWS = 1000;

export class Snapshot<R extends object> {
  static readonly empty: Snapshot<never> = new Snapshot<never>(Sequence.of<Item<never>>([]), 0, 0);

  readonly sequence: Sequence<Item<R>>;
  /** Where the window begins in `sequence`. */
  readonly from: number;
  readonly size: number;
  #rows: readonly R[] | undefined;

  /** The items of `sequence` in [from, to), as far as there are any. */
  constructor(sequence: Sequence<Item<R>>, from: number, to: number) {
    this.sequence = sequence;
    this.from = Math.min(Math.max(from, 0), sequence.size);
    this.size = Math.max(Math.min(to, sequence.size) - this.from, 0);
  }

  /** The item at `index` of the window, or undefined. */
  item(index: number): Item<R> | undefined {
    return index >= 0 && index < this.size ? this.sequence.at(this.from + index) : undefined;
  }

  /** The items in [from, to) of the window. */
  items(from = 0, to = this.size): Item<R>[] {
    return this.sequence.toArray(this.from + Math.max(from, 0), this.from + Math.min(to, this.size));
  }

  /** The rows, read-only: a frozen array, or above {@link PLAIN_ROWS} a view that acts as one. */
  get rows(): readonly R[] {
    this.#rows ??=
      this.size <= PLAIN_ROWS ? Object.freeze(this.items().map(rowOf)) : rowsView(this.#source());
    return this.#rows;
  }

  /** The same row objects, or rows that are the same to `same`, in one order. O(changes * log n) where both share. */
  equals(other: Snapshot<R>, same: (a: Item<R>, b: Item<R>) => boolean = sameRow): boolean {
    if (this === other) return true;
    if (this.size !== other.size) return false;
    let from = 0;
    for (const run of sharedRuns(this, other)) {
      // Rows that are shared but stand elsewhere are rows like any others here.
      if (run.previous !== run.next) continue;
      if (!this.#sameRows(other, from, run.previous, same)) return false;
      from = run.previous + run.length;
    }
    return this.#sameRows(other, from, this.size, same);
  }

  #sameRows(
    other: Snapshot<R>,
    from: number,
    to: number,
    same: (a: Item<R>, b: Item<R>) => boolean,
  ): boolean {
    if (from === to) return true;
    const others = other.items(from, to);
    return this.items(from, to).every((item, at) => same(item, others[at] as Item<R>));
  }

  #source() {
    return {
      size: this.size,
      row: (index: number) => (this.item(index) as Item<R>).row,
      rows: (from: number, to: number) => this.items(from, to).map(rowOf),
    };
  }
}

/** The same row object, read only if the items don't tell. */
export function sameRow<R>(a: Item<R>, b: Item<R>): boolean {
  return a === b || a.row === b.row;
}

function rowOf<R>(item: Item<R>): R {
  return item.row;
}
