import type { EqualityKey } from '../../core/sql/collation.ts';
import type { Row, SqlValue } from '../../core/values.ts';
import { Audience } from '../audience.ts';
import type { LiveExplain } from '../live-explain.ts';
import type { OpenAnswer } from '../live-source.ts';
import { defineBytes } from '../result/own-bytes.ts';
import { Sequence } from '../result/sequence.ts';
import { type Item, Snapshot } from '../result/snapshot.ts';
import type { LiveMessage, WireRow } from './live-wire.ts';

/** A row, and a number that says where it stands among the others. */
interface Placed extends Item<Row> {
  readonly label: number;
}

/** The distance of two rows' labels at first: rows between two can be halved in some forty times. */
const gap = 2 ** 20;

const byLabel = (a: Placed, b: Placed): number => a.label - b.label;

/**
 * The near end of a live query whose engine is in another thread: it has the rows, and no part in how they come about.
 *
 * Guarantees that a row that did not change is the same object, also over a whole answer that is sent again when
 * another engine has taken over. Doesn't know keys or orders of SQL: rows stand where they are told to.
 */
export class RemoteAnswer implements OpenAnswer {
  readonly id: number;
  readonly sql: string;
  readonly params: unknown;
  readonly audience = new Audience(() => this.#commit);
  explain: LiveExplain | undefined;
  #commit = 0;
  #columns: readonly string[] = [];
  #rows: Sequence<Placed> = Sequence.of<Placed>([]);
  /** Rows that went, or were replaced, since somebody was told last; by key. */
  readonly #retired = new Map<EqualityKey, Item<Row>>();

  constructor(id: number, sql: string, params: unknown) {
    this.id = id;
    this.sql = sql;
    this.params = params;
  }

  get value(): readonly Row[] | undefined {
    return this.audience.current?.rows;
  }

  told(): void {
    this.#retired.clear();
  }

  /** Takes in what the engine tells. True if somebody is to be told. */
  apply(message: Extract<LiveMessage, { kind: 'answer' | 'changes' }>): boolean {
    this.#commit = message.commit;
    if (message.kind === 'answer') this.#replace(message.columns, message.rows);
    else this.#change(message.changes);
    const snapshot = new Snapshot<Row>(this.#rows, 0, this.#rows.size);
    const { audience } = this;
    const before = audience.current;
    const held = audience.isTold ? [before] : [...audience.held];
    const current = held.find((one) => one?.size === snapshot.size && one.equals(snapshot)) ?? snapshot;
    return current !== before && audience.change(current);
  }

  #replace(columns: readonly string[], rows: readonly WireRow[]): void {
    const isAlike = columns.join('\0') === this.#columns.join('\0');
    for (const item of this.#rows) this.#retired.set(item.key, item);
    if (!isAlike) this.#retired.clear();
    this.#columns = columns;
    this.#rows = Sequence.of(rows.map((row, at) => this.#place(row, at * gap)));
  }

  #change(changes: Extract<LiveMessage, { kind: 'changes' }>['changes']): void {
    for (const change of changes) {
      if (change.type === 'insert') {
        this.#insert(change.index, change.row);
      } else if (change.type === 'delete') {
        this.#take(change.index);
      } else {
        const item = this.#take(change.previousIndex);
        if (change.row) this.#insert(change.index, change.row);
        else this.#put(change.index, item);
      }
    }
  }

  #take(index: number): Placed {
    const item = this.#rows.at(index);
    if (!item) throw new RangeError(`A live query's change is about row ${index} of ${this.#rows.size}`);
    this.#rows = this.#rows.change([item], [], byLabel);
    this.#retired.set(item.key, item);
    return item;
  }

  #insert(index: number, row: WireRow): void {
    this.#put(index, this.#place(row, 0));
  }

  #put(index: number, { key, row }: Item<Row>): void {
    const label = this.#labelAt(index);
    this.#rows = this.#rows.change([], [{ key, row, label }], byLabel);
  }

  /** A label between two neighbours'; where there is none left, all rows get new ones. */
  #labelAt(index: number): number {
    for (;;) {
      const before = this.#rows.at(index - 1)?.label;
      const after = this.#rows.at(index)?.label;
      if (before === undefined) return after === undefined ? 0 : after - gap;
      if (after === undefined) return before + gap;
      const label = before + (after - before) / 2;
      if (label > before && label < after) return label;
      this.#rows = Sequence.of(this.#rows.toArray().map((item, at) => ({ ...item, label: at * gap })));
    }
  }

  /** A row as an item; if it looks as it did, with the object that it was. */
  #place([key, values]: WireRow, label: number): Placed {
    const known = this.#retired.get(key);
    const row = known && this.#shows(known.row, values) ? known.row : this.#rowOf(values);
    return { key, row, label };
  }

  #shows(row: Row, values: readonly SqlValue[]): boolean {
    // Of two columns of one name an object shows the last.
    return this.#columns.every(
      (name, at) =>
        this.#columns.indexOf(name, at + 1) >= 0 || sameValue(row[name] ?? null, values[at] ?? null),
    );
  }

  #rowOf(values: readonly SqlValue[]): Row {
    const row: Row = {};
    for (const [at, name] of this.#columns.entries()) {
      // Of two columns of one name an object shows the last, at the first one's place.
      const value = this.#columns.indexOf(name, at + 1) >= 0 ? null : (values[at] ?? null);
      if (value instanceof Uint8Array) defineBytes(row, name, value);
      // Assigning to `__proto__` would set the prototype.
      else if (name === '__proto__') {
        Object.defineProperty(row, name, { value, enumerable: true, configurable: true, writable: true });
      } else row[name] = value;
    }
    return Object.freeze(row);
  }
}

function sameValue(a: SqlValue, b: SqlValue): boolean {
  if (Object.is(a, b)) return true;
  if (!(a instanceof Uint8Array) || !(b instanceof Uint8Array) || a.length !== b.length) return false;
  return a.every((byte, at) => byte === b[at]);
}
