/**
 * One step from a snapshot to the next. Steps are applied in order to a copy of the previous rows:
 * insert is `splice(index, 0, row)`; delete is `splice(index, 1)`; update is `splice(previousIndex, 1)`
 * and then `splice(index, 0, row)`. An index therefore counts in the array as the steps before it left it.
 */
export type RowDelta<T> =
  | { readonly type: 'insert'; readonly row: T; readonly index: number }
  | { readonly type: 'delete'; readonly row: T; readonly index: number }
  | {
      readonly type: 'update';
      readonly row: T;
      /** The same object as `row` when the row only moved. */
      readonly previous: T;
      readonly previousIndex: number;
      readonly index: number;
    };

/** What one emission of a live query changed: `changes`, applied to the previous `rows`, give these `rows`. */
export interface LiveDelta<T> {
  /** The last commit contained. */
  readonly commit: number;
  readonly rows: readonly T[];
  readonly changes: readonly RowDelta<T>[];
}
