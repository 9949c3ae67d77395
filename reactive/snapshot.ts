import type { DriverRow } from '../core/drivers/driver.ts';
import { type Decode, decoder } from '../core/rows.ts';
import { equalityKey, exactKey } from '../core/sql/value-key.ts';
import type { IntMode, Row, SqlValue } from '../core/values.ts';
import type { KeyedRows } from './difference.ts';

/** One answer of a query: frozen rows in order, each with a key that no other row has. */
export class Snapshot implements KeyedRows<Row> {
  readonly keys: readonly string[];
  readonly rows: readonly Row[];
  /** What the rows are made of. Rows of other columns are other rows, whatever they hold. */
  readonly columns: string;
  #positions: Map<string, number> | undefined;

  constructor(keys: readonly string[], rows: readonly Row[], columns: string) {
    this.columns = columns;
    this.keys = keys;
    this.rows = Object.freeze(rows);
  }

  /** Where a key stands, or undefined. */
  positionOf(key: string): number | undefined {
    if (!this.#positions) {
      this.#positions = new Map();
      for (let i = 0; i < this.keys.length; i++) this.#positions.set(this.keys[i] ?? '', i);
    }
    return this.#positions.get(key);
  }

  /** The same row objects in the same order. */
  equals(other: Snapshot): boolean {
    if (this === other) return true;
    const { rows } = this;
    if (rows.length !== other.rows.length) return false;
    if (rows.length > 0 && this.columns !== other.columns) return false;
    for (let i = 0; i < rows.length; i++) if (rows[i] !== other.rows[i]) return false;
    return true;
  }
}

export const emptySnapshot = new Snapshot([], [], '');

/** How the rows of one query become a snapshot. */
export interface ResultShape {
  /** The columns the user asked for, without hidden ones. */
  readonly columns: readonly string[];
  /** How many key columns follow them; null: the row's content is its key. */
  readonly hidden: number | null;
  /** The query says in which order its rows come. */
  readonly ordered: boolean;
}

/** Turns a query's rows into snapshots that keep the row objects of earlier ones. */
export class SnapshotMaker {
  readonly #shape: ResultShape;
  readonly #decode: Decode<Row>;
  readonly #visible: readonly string[];
  readonly #columns: string;

  constructor(shape: ResultShape, intMode: IntMode) {
    this.#shape = shape;
    this.#decode = decoder<Row>(shape.columns, intMode, 'object');
    // Of two columns of one name an object shows the last.
    this.#visible = [...new Set(shape.columns)];
    this.#columns = JSON.stringify(this.#visible);
  }

  /**
   * The snapshot of `result`. A row equal to that of the same key in a snapshot before is that object; a
   * result equal to one before is that snapshot. Where the query leaves the order open, rows that the first
   * of `before` has keep its order.
   */
  make(result: readonly DriverRow[], before: readonly Snapshot[]): Snapshot {
    const earlier = before.filter(({ columns }) => columns === this.#columns);
    const width = this.#shape.columns.length;
    const keys = new Array<string>(result.length);
    const rows = new Array<Row>(result.length);
    const occurrences = new Map<string, number>();
    for (let i = 0; i < result.length; i++) {
      const values = result[i] ?? [];
      const hidden = values.splice(width);
      const row = this.#decode(values);
      const key = this.#shape.hidden === null ? this.#contentKey(row, occurrences) : equalityKey(hidden);
      keys[i] = key;
      rows[i] = this.#reuse(row, key, i, earlier);
    }
    const [base] = earlier;
    const found = new Snapshot(keys, rows, this.#columns);
    const made = this.#shape.ordered || !base ? found : keepOrder(found, base);
    // Rows that look alike may have changed places, which nobody can see.
    return earlier.find((snapshot) => this.#looksLike(snapshot, made)) ?? made;
  }

  /** Content, and which of the rows with this content it is. */
  #contentKey(row: Row, occurrences: Map<string, number>): string {
    const content = exactKey(this.#visible.map((name) => row[name] ?? null));
    const occurrence = occurrences.get(content) ?? 0;
    occurrences.set(content, occurrence + 1);
    return `${content}#${occurrence}`;
  }

  #reuse(row: Row, key: string, at: number, earlier: readonly Snapshot[]): Row {
    for (const snapshot of earlier) {
      // Most rows stand where they stood; only the others are looked up.
      const position = snapshot.keys[at] === key ? at : snapshot.positionOf(key);
      const known = position === undefined ? undefined : snapshot.rows[position];
      if (known && this.#same(known, row)) return known;
    }
    return Object.freeze(row);
  }

  #looksLike(a: Snapshot, b: Snapshot): boolean {
    if (a.rows.length !== b.rows.length) return false;
    return a.rows.every((row, at) => row === b.rows[at] || this.#same(row, b.rows[at] as Row));
  }

  #same(a: Row, b: Row): boolean {
    return this.#visible.every((name) => sameValue(a[name] ?? null, b[name] ?? null));
  }
}

function sameValue(a: SqlValue, b: SqlValue): boolean {
  if (Object.is(a, b)) return true;
  if (!(a instanceof Uint8Array) || !(b instanceof Uint8Array) || a.length !== b.length) return false;
  return a.every((byte, i) => byte === b[i]);
}

/** `next` with the rows that `base` has in `base`'s order, if SQLite happened to return them in another. */
function keepOrder(next: Snapshot, base: Snapshot): Snapshot {
  let last = -1;
  let moved = false;
  for (let i = 0; i < next.keys.length && !moved; i++) {
    const key = next.keys[i] ?? '';
    const position = base.keys[i] === key ? i : base.positionOf(key);
    if (position === undefined) continue;
    moved = position < last;
    last = position;
  }
  if (!moved) return next;
  const order = next.keys
    .map((key, at) => ({ at, position: base.positionOf(key) ?? Number.POSITIVE_INFINITY }))
    .sort((a, b) => (a.position === b.position ? a.at - b.at : a.position - b.position));
  return new Snapshot(
    order.map(({ at }) => next.keys[at] ?? ''),
    order.map(({ at }) => next.rows[at] as Row),
    next.columns,
  );
}
