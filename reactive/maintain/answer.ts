import type { EqualityKey } from '../../core/sql/collation.ts';
import { compareValues } from '../../core/sql/collation.ts';
import type { Row } from '../../core/values.ts';
import type { SortTerm } from '../plan/query-plan.ts';
import { Sequence } from '../result/sequence.ts';
import { Snapshot } from '../result/snapshot.ts';
import type { Entry, EntryMaker } from './entry.ts';

/** What a change made of an answer. An entry that was replaced is in both lists. */
export interface AnswerChange {
  readonly removed: readonly Entry[];
  readonly added: readonly Entry[];
}

export interface Window {
  readonly offset: number;
  /** Null: no limit. */
  readonly limit: number | null;
  /** The rows outside of it are known as well. */
  readonly keepsAll: boolean;
}

const everything: Window = { offset: 0, limit: null, keepsAll: true };

const indexedAtOnce = 1000;

/** Rows beyond a window that are kept, so that one that leaves it needs no query. */
const margin = 50;

/**
 * The rows of one answer in order, of which a window may be shown.
 *
 * Guarantees: entries are unique by key; what is shown are the rows from `offset` on, `limit` at most. Where
 * there are more rows than the window needs, those behind a boundary are not kept, and `isShort` says when it
 * must be filled again. The hard part is that boundary: behind it rows are unknown, not absent.
 */
export class Answer {
  readonly maker: EntryMaker;
  /** Entries of earlier that somebody may still hold. */
  recall: ((entry: Entry) => Entry | undefined) | undefined;
  onChange: ((change: AnswerChange) => void) | undefined;
  readonly #window: Window | null;
  readonly #compare: (a: Entry, b: Entry) => number;
  /** By ORDER BY and row key alone: a row that comes back where the boundary was is not behind it. */
  readonly #compareTerms: (a: Entry, b: Entry) => number;
  /** Rows are where their values put them, not where they were. */
  readonly #isOrdered: boolean;
  readonly #isGiven: boolean;
  #sequence: Sequence<Entry> = Sequence.of([]);
  #byKey: Map<EqualityKey, Entry> | null = null;
  /** The last entry of the part that is known; null: all of it is. */
  #boundary: Entry | null = null;
  #snapshot: Snapshot<Row> | undefined;

  /**
   * `open`: rows keep the place that they have, and new ones come last. `given`: they stand as SQLite has put
   * them, and the answer is loaded, never changed.
   */
  constructor(maker: EntryMaker, order: readonly SortTerm[] | 'open' | 'given', window: Window | null) {
    this.maker = maker;
    this.#window = window;
    this.#isOrdered = typeof order !== 'string';
    this.#isGiven = order === 'given';
    this.#compareTerms = typeof order === 'string' ? byOrder : comparator(order);
    // Where the query leaves ties, whoever came first.
    this.#compare = (a, b) => this.#compareTerms(a, b) || a.order - b.order;
  }

  /** How many rows a first answer asks of SQLite: those it shows. The margin comes with the first refill. */
  get firstCapacity(): number | null {
    const { capacity } = this;
    if (capacity === null || this.showsNothing) return capacity;
    return Math.max(capacity - margin, 1);
  }

  /** How many rows are asked of SQLite; null: all. */
  get capacity(): number | null {
    const { limit, offset, keepsAll } = this.#window ?? everything;
    if (this.showsNothing) return 0;
    return limit === null || keepsAll ? null : offset + limit + margin;
  }

  /** `LIMIT 0`: SQLite reads no row, and so finds none that can't be computed. */
  get showsNothing(): boolean {
    return this.#window?.limit === 0 && !this.#window.keepsAll;
  }

  get size(): number {
    return this.#sequence.size;
  }

  /** A row has left the window that none of the known ones can replace. */
  get isShort(): boolean {
    const { limit, offset } = this.#window ?? everything;
    return limit !== null && this.#boundary !== null && this.#sequence.size < offset + limit;
  }

  get snapshot(): Snapshot<Row> {
    const { limit, offset } = this.#window ?? everything;
    const { size } = this.#sequence;
    this.#snapshot ??= new Snapshot<Row>(
      this.#sequence,
      Math.min(offset, size),
      limit === null ? size : Math.min(offset + limit, size),
    );
    return this.#snapshot;
  }

  get(key: EqualityKey): Entry | undefined {
    return this.#index().get(key);
  }

  entries(): Entry[] {
    return this.#sequence.toArray();
  }

  /**
   * Replaces everything by the rows of the whole query, in its order, of which `capacity` were asked for; keeps
   * entries of rows that stay. `gone` have just been taken out, and may come back.
   */
  load(entries: readonly Entry[], capacity: number | null, gone: readonly Entry[] = []): AnswerChange {
    const before = this.#sequence.size > 0 ? this.#index() : new Map<EqualityKey, Entry>();
    const removed = new Map(before);
    const added: Entry[] = [];
    const recall =
      before.size + gone.length === 0
        ? nothing
        : this.#recallFrom([...goneFrom(before, entries), ...gone], entries);
    const earlier = new Map(gone.map((entry) => [entry.key, entry]));
    const kept = entries.map((entry) => {
      const known = before.get(entry.key);
      const now = this.#successor(known, entry, recall, earlier.get(entry.key));
      if (now === known) removed.delete(now.key);
      else added.push(now);
      return now;
    });
    if (!this.#isGiven && !isSorted(kept, this.#compare)) kept.sort(this.#compare);
    if (removed.size > 0 || added.length > 0 || !sameOrder(this.#sequence, kept)) {
      this.#sequence = Sequence.of(kept);
      this.#snapshot = undefined;
    }
    // Of a small answer the first change shouldn't have to wait for it.
    this.#byKey = kept.length <= indexedAtOnce ? indexOf(kept) : null;
    this.#boundary = capacity !== null && kept.length >= capacity ? (kept.at(-1) ?? null) : null;
    return this.#changed({ removed: [...removed.values()], added });
  }

  /** Takes `removed` out, which are in it, and `found` in, as far as they are within what is known. */
  change(removed: ReadonlySet<Entry>, found: readonly Entry[]): AnswerChange {
    const gone = new Set(removed);
    const added: Entry[] = [];
    // A row may have been found by several of its keys.
    const rows = found.length < 2 ? found : [...new Map(found.map((one) => [one.key, one])).values()];
    const recall = this.#recallFrom(removed, rows);
    for (const entry of rows) {
      const known = this.get(entry.key);
      const now = this.#successor(known, entry, recall);
      if (now === known) {
        gone.delete(known);
        continue;
      }
      if (known) gone.add(known);
      if (this.#boundary && this.#compareTerms(now, this.#boundary) > 0) continue;
      added.push(now);
    }
    if (gone.size === 0 && added.length === 0) return { removed: [], added };
    this.#sequence = this.#sequence.change([...gone], added, this.#compare);
    const index = this.#index();
    for (const entry of gone) index.delete(entry.key);
    for (const entry of added) index.set(entry.key, entry);
    this.#snapshot = undefined;
    return this.#changed({ removed: [...gone, ...this.#trim(added)], added });
  }

  #changed(change: AnswerChange): AnswerChange {
    this.onChange?.(change);
    return change;
  }

  /**
   * The entry that takes the place of `known`, or is new. A row that looks like one of before is that object;
   * `earlier` is what stood under its key before `known`.
   */
  #successor(
    known: Entry | undefined,
    entry: Entry,
    recall: (entry: Entry) => Entry | undefined,
    earlier?: Entry,
  ): Entry {
    if (known?.isSameAs(entry)) return known;
    const own = [known, earlier].find((one) => one?.looksLike(entry));
    const like = own ?? this.recall?.(entry) ?? (known ? undefined : recall(entry));
    if (!like && !known) return entry;
    return this.maker.again(entry, known && !this.#isOrdered ? known.order : entry.order, like);
  }

  /** Finds, among rows that go, one that looks like a row that comes under another key; each once. */
  #recallFrom(gone: Iterable<Entry>, come: readonly Entry[]): (entry: Entry) => Entry | undefined {
    if (come.every((entry) => this.get(entry.key))) return nothing;
    const byContent = new Map<string, Entry[]>();
    for (const entry of gone) {
      const known = byContent.get(entry.content);
      if (known) known.push(entry);
      else byContent.set(entry.content, [entry]);
    }
    return byContent.size === 0 ? nothing : (entry) => byContent.get(entry.content)?.pop();
  }

  /** The last row of the part that is known; null where all is known. */
  get boundary(): Entry | null {
    return this.#boundary;
  }

  /**
   * Takes in the rows behind the boundary, in order; `isAll`: there are no more. `gone` have just been taken out:
   * one may only have moved to there.
   */
  extend(entries: readonly Entry[], isAll: boolean, gone: readonly Entry[]): AnswerChange {
    const recall = this.#recallFrom(gone, entries);
    const added = entries.map((entry) => this.#successor(undefined, entry, recall));
    if (added.length > 0) this.#sequence = this.#sequence.change([], added, this.#compare);
    const index = this.#index();
    for (const entry of added) index.set(entry.key, entry);
    this.#boundary = isAll ? null : (added.at(-1) ?? this.#boundary);
    this.#snapshot = undefined;
    return this.#changed({ removed: [], added });
  }

  /** Gives up what a window doesn't need, once it has become much. */
  #trim(added: Entry[]): Entry[] {
    const { capacity } = this;
    if (capacity === null || this.#sequence.size <= capacity * 2) return [];
    const surplus = this.#sequence.toArray(capacity);
    this.#sequence = Sequence.of(this.#sequence.toArray(0, capacity));
    this.#boundary = this.#sequence.at(capacity - 1) ?? null;
    for (const entry of surplus) this.#byKey?.delete(entry.key);
    const isNew = new Set(added);
    for (const entry of surplus) {
      if (!isNew.has(entry)) continue;
      added.splice(added.indexOf(entry), 1);
    }
    return surplus.filter((entry) => !isNew.has(entry));
  }

  #index(): Map<EqualityKey, Entry> {
    this.#byKey ??= indexOf(this.#sequence.toArray());
    return this.#byKey;
  }
}

function indexOf(entries: readonly Entry[]): Map<EqualityKey, Entry> {
  const index = new Map<EqualityKey, Entry>();
  for (const entry of entries) index.set(entry.key, entry);
  return index;
}

const nothing = (): undefined => undefined;

function* goneFrom(before: ReadonlyMap<EqualityKey, Entry>, entries: readonly Entry[]): Generator<Entry> {
  const keys = new Set(entries.map(({ key }) => key));
  for (const entry of before.values()) if (!keys.has(entry.key)) yield entry;
}

const byOrder = (a: Entry, b: Entry): number => a.order - b.order;

/** The order of ORDER BY, NULLs where it puts them. */
export function comparator(terms: readonly SortTerm[]): (a: Entry, b: Entry) => number {
  return (a, b) => {
    for (const { position, collation, descending, nullsFirst } of terms) {
      const left = a.values[position] ?? null;
      const right = b.values[position] ?? null;
      if (left === right) continue;
      if (left === null) return nullsFirst ? -1 : 1;
      if (right === null) return nullsFirst ? 1 : -1;
      const order = compareValues(left, right, collation);
      if (order !== 0) return descending ? -order : order;
    }
    return 0;
  };
}

function isSorted(entries: readonly Entry[], compare: (a: Entry, b: Entry) => number): boolean {
  for (let at = 1; at < entries.length; at++) {
    if (compare(entries[at - 1] as Entry, entries[at] as Entry) > 0) return false;
  }
  return true;
}

function sameOrder(sequence: Sequence<Entry>, entries: readonly Entry[]): boolean {
  if (sequence.size !== entries.length) return false;
  const before = sequence.toArray();
  return entries.every((entry, at) => entry === before[at]);
}
