import type { LiveDelta, LiveExplain } from 'freshet/reactive';

export type ResultRow = Readonly<Record<string, unknown>>;

/** A row that has just left, where it was. */
export interface RemovedRow {
  readonly key: number;
  readonly row: ResultRow;
  readonly index: number;
}

/** The answer of a statement, as it is shown. */
export interface Result {
  /** Another number for each statement that was run. */
  readonly run: number;
  readonly sql: string;
  readonly columns: readonly string[];
  readonly rows: readonly ResultRow[];
  readonly keys: RowKeys;
  /** Of the last change. */
  readonly removed: readonly RemovedRow[];
  /** Too much has changed at once, or too soon after the change before, for it to be followed by the eye. */
  readonly isFlood: boolean;
  /** Changes since the first answer. */
  readonly changes: number;
  /** How it is kept fresh; undefined of one that isn't. */
  readonly explain: LiveExplain | undefined;
}

/** More rows than that, coming, going and moving at once, can't be followed. */
const mostAtOnce = 20;
/** As long as rows move and fade: what comes sooner would be painted over that. */
const motionMs = 300;

/** Tells changes that can be shown as motion from those that can't. */
export class Motion {
  #last = -Infinity;

  /** Whether this change, which comes now, is too much. Changes of values alone don't count. */
  isFlood({ changes }: LiveDelta<ResultRow>, now: number): boolean {
    const places = changes.filter(
      (change) => change.type !== 'update' || change.index !== change.previousIndex,
    );
    if (places.length === 0) return false;
    const isSoon = now - this.#last < motionMs;
    this.#last = now;
    return isSoon || places.length > mostAtOnce;
  }
}

/**
 * Numbers that stay with rows while their values change. A row gets one when it is first asked for, so that those of a
 * large answer that nobody has looked at cost nothing.
 */
export class RowKeys {
  readonly #keys = new WeakMap<ResultRow, number>();
  readonly #entered = new WeakMap<ResultRow, number>();
  #last = 0;

  of(row: ResultRow): number {
    const known = this.#keys.get(row);
    if (known !== undefined) return known;
    this.#last += 1;
    this.#keys.set(row, this.#last);
    return this.#last;
  }

  /** When the row came in, of `performance.now()`; undefined of those that were there from the beginning. */
  enteredAt(row: ResultRow): number | undefined {
    return this.#entered.get(row);
  }

  /** Takes a change in; gives the rows that left and had been looked at. */
  follow({ changes }: LiveDelta<ResultRow>, at: number): RemovedRow[] {
    const removed: RemovedRow[] = [];
    for (const change of changes) {
      if (change.type === 'update') {
        const key = this.#keys.get(change.previous);
        if (key !== undefined) this.#keys.set(change.row, key);
      } else if (change.type === 'insert') {
        this.#entered.set(change.row, at);
      } else {
        const key = this.#keys.get(change.row);
        if (key !== undefined) removed.push({ key, row: change.row, index: change.index });
      }
    }
    return removed;
  }
}

/** Names in the order of the answer. An empty one has no row to tell them. */
export function columnsOf(rows: readonly ResultRow[]): readonly string[] {
  return Object.keys(rows[0] ?? {});
}
