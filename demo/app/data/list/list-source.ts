import type { LiveQuery } from 'freshet/reactive';

/** Where a row stands in the order of its list: its sort values, the last of them unique. */
export type Key = readonly number[];

/** Rows between two keys: from `from` on, up to but without `to`. Null: from the beginning, to the end. */
export interface KeyRange {
  readonly from: Key | null;
  readonly to: Key | null;
}

/** A long list in a total order, read in parts. */
export interface ListSource<Row> {
  readonly count: LiveQuery<{ readonly n: number }>;
  keyOf(row: Row): Key;
  /** All rows of a range, kept fresh. */
  follow(range: KeyRange): LiveQuery<Row>;
  /** Some rows of a range, as they are now. */
  read(range: KeyRange, offset: number, limit: number, signal: AbortSignal): Promise<readonly Row[]>;
}
