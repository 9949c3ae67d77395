/** What an engine tells of its live queries. A row goes as its key and the values of its columns. */

import type { EqualityKey } from '../../core/sql/collation.ts';
import type { SqlValue } from '../../core/values.ts';
import type { Inspection } from '../inspect/inspection.ts';
import type { LiveExplain } from '../live-explain.ts';

export type WireRow = readonly [key: EqualityKey, values: readonly SqlValue[]];

export type WireChange =
  | { readonly type: 'insert'; readonly index: number; readonly row: WireRow }
  | { readonly type: 'delete'; readonly index: number }
  /** `row` is left out of one that only moved. */
  | {
      readonly type: 'update';
      readonly previousIndex: number;
      readonly index: number;
      readonly row?: WireRow;
    };

export type LiveMessage = { readonly id: number } & (
  | {
      readonly kind: 'answer';
      readonly commit: number;
      readonly columns: readonly string[];
      readonly rows: readonly WireRow[];
    }
  | { readonly kind: 'changes'; readonly commit: number; readonly changes: readonly WireChange[] }
  | { readonly kind: 'error'; readonly error: unknown }
  | { readonly kind: 'end' }
);

/** The answer to a look at figures. `own`: which of the queries are the asking database's, by its numbers. */
export interface Inspected {
  readonly inspection: Inspection;
  readonly own: readonly (readonly [query: number, answer: number])[];
}

/** The answer to a call that opens a live query. */
export interface LiveOpened {
  readonly explain: LiveExplain;
}
