import type { DriverRow } from '../../core/drivers/driver.ts';
import { narrowers } from '../../core/rows.ts';
import { type Collation, compositeKey, type EqualityKey } from '../../core/sql/collation.ts';
import type { IntMode, Row, SqlValue } from '../../core/values.ts';
import { defineBytes } from '../result/own-bytes.ts';

/** How the rows of one query become objects. */
export interface EntryShape {
  /** The columns the user asked for; of two of one name an object shows the last. */
  readonly columns: readonly string[];
  readonly intMode: IntMode;
  /** Where the values stand that tell one row from another; null: its content does, and which of its like it is. */
  readonly key: { readonly positions: readonly number[]; readonly collations: readonly Collation[] } | null;
}

/**
 * A row of an answer: its values, hidden ones included, and the object that a subscriber sees, made when
 * somebody looks. Never changed: a row that changes is another entry with the same key.
 */
export class Entry {
  readonly key: EqualityKey;
  /** As SQLite gave them; integers that are safe as numbers, unless the user wants them otherwise. */
  readonly values: readonly SqlValue[];
  /** Its place among rows whose order the query leaves open. */
  readonly order: number;
  readonly #maker: EntryMaker;
  /** Looks the same, and so shares its object. */
  readonly #like: Entry | undefined;
  #row: Row | undefined;

  constructor(
    key: EqualityKey,
    values: readonly SqlValue[],
    order: number,
    maker: EntryMaker,
    like: Entry | undefined,
  ) {
    this.key = key;
    this.values = values;
    this.order = order;
    this.#maker = maker;
    this.#like = like?.origin;
  }

  get shape(): EntryShape {
    return this.#maker.shape;
  }

  /** What its row shows, as a text: the same for the same values of the same types. */
  get content(): string {
    return contentKey(this.#maker.shown.map((at) => this.values[at] ?? null));
  }

  /** Their rows, whose objects have the same properties, show the same. */
  looksLike(other: Entry): boolean {
    const theirs = other.#maker.shown;
    return this.#maker.shown.every((at, i) =>
      sameValue(this.values[at] ?? null, other.values[theirs[i] ?? at] ?? null),
    );
  }

  /** The entry whose object it shares; itself, if it has one of its own. */
  get origin(): Entry {
    return this.#like ?? this;
  }

  /** Nobody can tell the two apart, nor their places. */
  isSameAs(other: Entry): boolean {
    return sameValues(this.values, other.values);
  }

  get row(): Row {
    this.#row ??= this.#like?.row ?? this.#maker.decode(this.values);
    return this.#row;
  }
}

/** The properties that a row's object has, in their order, as a text. */
export function propertiesOf(columns: readonly string[]): string {
  return [...new Set(columns)].join('\0');
}

/** Makes entries of a query's rows. */
export class EntryMaker {
  readonly shape: EntryShape;
  readonly #hasProto: boolean;
  /** Where the columns stand that an object shows. */
  readonly shown: readonly number[];
  #next = 0;

  constructor(shape: EntryShape) {
    this.shape = shape;
    this.shown = [...new Map(shape.columns.map((name, at) => [name, at])).values()];
    this.#hasProto = shape.columns.includes('__proto__');
  }

  /**
   * Takes the row over. `occurrences` counts the rows of one content, or of one key, in an answer that SQLite alone
   * decides about; `key` is given where it is not among the values.
   */
  make(row: DriverRow, occurrences?: Map<EqualityKey, number>, key?: EqualityKey): Entry {
    const visible = this.shape.columns.length;
    const narrow = narrowers[this.shape.intMode];
    for (let at = 0; at < visible; at++) row[at] = narrow(row[at] ?? null);
    for (let at = visible; at < row.length; at++) row[at] = narrowers.auto(row[at] ?? null);
    return new Entry(
      key === undefined ? this.#keyOf(row, occurrences) : key,
      row,
      this.#next++,
      this,
      undefined,
    );
  }

  /** `entry` at another place, or with the object of an entry that looks the same. */
  again(entry: Entry, order: number, like: Entry | undefined): Entry {
    return new Entry(entry.key, entry.values, order, this, like);
  }

  decode(values: readonly SqlValue[]): Row {
    const { columns } = this.shape;
    const row: Row = {};
    for (const at of this.shown) {
      const name = columns[at] as string;
      const value = values[at] ?? null;
      if (typeof value === 'object' && value !== null) defineBytes(row, name, value);
      else if (this.#hasProto && name === '__proto__') setProto(row, value);
      else row[name] = value;
    }
    return Object.freeze(row);
  }

  #keyOf(row: DriverRow, occurrences: Map<EqualityKey, number> | undefined): EqualityKey {
    const { key, columns } = this.shape;
    if (key) {
      const [only] = key.positions;
      const values =
        key.positions.length === 1 && only !== undefined ? [row[only]] : key.positions.map((at) => row[at]);
      const own = compositeKey(values, key.collations);
      if (!occurrences) return own;
      // SQLite can show one group's key for two: see 'Where SQLite itself is wrong' in docs/consistency.md.
      const seen = occurrences.get(own) ?? 0;
      occurrences.set(own, seen + 1);
      return seen === 0 ? own : `${own}\0again${seen}`;
    }
    const content = contentKey(row.slice(0, columns.length));
    const count = occurrences?.get(content) ?? 0;
    occurrences?.set(content, count + 1);
    return `${content}#${count}`;
  }
}

function setProto(row: Row, value: SqlValue): void {
  Object.defineProperty(row, '__proto__', { value, enumerable: true, configurable: true, writable: true });
}

/** The same text for the same values of the same JavaScript types. */
function contentKey(values: readonly SqlValue[]): string {
  let key = '';
  for (const value of values) {
    if (typeof value === 'string') key += `t${value.length}:${value}`;
    else if (value instanceof Uint8Array) key += `b${Array.from(value).join(',')}`;
    else if (typeof value === 'bigint') key += `i${value}`;
    else key += value === null ? 'n' : Object.is(value, -0) ? '-0' : `${value}`;
    key += '\0';
  }
  return key;
}

function sameValues(a: readonly SqlValue[], b: readonly SqlValue[]): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (!sameValue(a[at] ?? null, b[at] ?? null)) return false;
  return true;
}

function sameValue(a: SqlValue, b: SqlValue): boolean {
  if (Object.is(a, b)) return true;
  if (!(a instanceof Uint8Array) || !(b instanceof Uint8Array) || a.length !== b.length) return false;
  return a.every((byte, i) => byte === b[i]);
}
