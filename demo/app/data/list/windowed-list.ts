// A list of any length of which only what is looked at is read. Guarantees that every loaded part is what a live query
// over its key range says, and that parts neither overlap nor leave gaps; doesn't guarantee sizes of parts that are not
// loaded: those are estimates which add up to the live count. The hard part: nothing may be read by position twice, as
// OFFSET counts in a list that changes; so a position is turned into a key once, and from then on the key stands.
import type { Key, ListSource } from './list-source.ts';

/** Rows between two keys. It ends where the next part begins. */
interface Part<Row> {
  /** Null: the beginning of the list. */
  readonly from: Key | null;
  /** Of `rows`, or an estimate. */
  size: number;
  rows: readonly Row[] | null;
  /** Ends the live query over the part. */
  stop: (() => void) | null;
}

const partSize = 100;
/** Parts this far from what is looked at are kept fresh, too, so that scrolling finds them loaded. */
const margin = 100;
/** Parts this far away lose their rows. */
const reach = 1500;

export class WindowedList<Row> {
  readonly #source: ListSource<Row>;
  readonly #listeners = new Set<() => void>();
  #parts: Part<Row>[] = [];
  #count: number | null = null;
  #looked = { first: 0, last: 0 };
  #reading: AbortController | null = null;
  #stopCount: (() => void) | null = null;
  #isTelling = false;
  #error: Error | null = null;
  /** Changes whenever something did. */
  #version = 0;

  constructor(source: ListSource<Row>) {
    this.#source = source;
    this.#parts = [unread(null, Number.POSITIVE_INFINITY)];
  }

  /** Begins with the first listener and ends with the last. */
  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#start();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#end();
    };
  };

  getVersion = (): number => this.#version;

  get error(): Error | null {
    return this.#error;
  }

  /** Whether there are rows to show, or known to be none. */
  get isReady(): boolean {
    return this.#count === 0 || this.#parts.some(({ rows }) => rows !== null);
  }

  /** How many rows there are, as the last commit left it; null at first. */
  get count(): number | null {
    return this.#count;
  }

  /** How many places the list has: `count`, but for what is on its way. Until that is known, what is loaded. */
  get length(): number {
    return this.#parts.reduce((sum, { size }) => sum + (Number.isFinite(size) ? size : 0), 0);
  }

  /** Undefined where nothing is loaded yet. */
  at(index: number): Row | undefined {
    let start = 0;
    for (const { size, rows } of this.#parts) {
      if (index < start + size) return rows?.[index - start];
      start += size;
    }
    return undefined;
  }

  /** Where a row is, among those that are loaded; -1 where it isn't. */
  findIndex(matches: (row: Row) => boolean): number {
    let start = 0;
    for (const { size, rows } of this.#parts) {
      const index = rows?.findIndex(matches) ?? -1;
      if (index >= 0) return start + index;
      start += size;
    }
    return -1;
  }

  /** Says which rows are looked at: those are loaded next. */
  look(first: number, last: number): void {
    if (first === this.#looked.first && last === this.#looked.last) return;
    this.#looked = { first, last };
    if (this.#listeners.size > 0) this.#load();
  }

  retry(): void {
    this.#end();
    this.#error = null;
    this.#parts = [unread(null, Number.POSITIVE_INFINITY)];
    this.#start();
  }

  #start(): void {
    const subscription = this.#source.count.subscribe({
      next: ([row]) => {
        this.#count = row?.n ?? 0;
        this.#balance();
        this.#tell();
      },
      error: (error) => this.#fail(error),
    });
    this.#stopCount = () => subscription.unsubscribe();
    this.#load();
  }

  #end(): void {
    this.#reading?.abort();
    this.#reading = null;
    this.#stopCount?.();
    this.#stopCount = null;
    for (const part of this.#parts) cool(part);
  }

  #load(): void {
    const from = this.#looked.first - margin;
    const to = this.#looked.last + margin;
    let start = 0;
    for (const part of [...this.#parts]) {
      const end = start + part.size;
      // A part without rows has no place of its own, but what comes in goes there.
      const isNear = start <= to && end >= from;
      if (!isNear) {
        cool(part);
        if (end < from - reach || start > to + reach) part.rows = null;
      } else if (part.rows !== null || part.size <= 2 * partSize) {
        this.#follow(part);
      } else if (this.#reading === null) {
        const wanted = Math.max(0, from - start);
        void this.#read(part, Math.floor(wanted / partSize) * partSize);
      }
      start = end;
    }
    this.#join();
  }

  /** Turns a position within a part into keys: the part becomes up to three, and the middle one is loaded. */
  async #read(part: Part<Row>, offset: number): Promise<void> {
    const reading = new AbortController();
    this.#reading = reading;
    try {
      const range = { from: part.from, to: this.#endOf(part) };
      const rows = await this.#source.read(range, offset, partSize + 1, reading.signal);
      const at = this.#parts.indexOf(part);
      if (this.#reading !== reading || at < 0) return;
      this.#parts.splice(at, 1, ...this.#split(part, offset, rows));
      this.#balance();
      this.#tell();
    } catch (error) {
      if (!reading.signal.aborted) this.#fail(error);
    } finally {
      if (this.#reading === reading) {
        this.#reading = null;
        if (this.#error === null) this.#load();
      }
    }
  }

  #split(part: Part<Row>, offset: number, rows: readonly Row[]): Part<Row>[] {
    const [first] = rows;
    // There is less than was thought.
    if (first === undefined) return [unread(part.from, Math.min(part.size, offset))];
    const next = rows[partSize];
    const middle: Part<Row> = {
      from: offset === 0 ? part.from : this.#source.keyOf(first),
      size: Math.min(rows.length, partSize),
      rows: rows.slice(0, partSize),
      stop: null,
    };
    const before = offset > 0 ? [unread<Row>(part.from, offset)] : [];
    // Until the count is there, an end that nobody knows.
    const left = Math.max(0, part.size - offset - partSize);
    const after = next === undefined ? [] : [unread<Row>(this.#source.keyOf(next), left)];
    return [...before, middle, ...after];
  }

  #follow(part: Part<Row>): void {
    if (part.stop) return;
    const query = this.#source.follow({ from: part.from, to: this.#endOf(part) });
    const subscription = query.subscribe({
      next: (rows) => {
        part.rows = rows;
        part.size = rows.length;
        this.#balance();
        this.#tell();
        if (rows.length > 2 * partSize) this.#halve(part, rows);
      },
      error: (error) => this.#fail(error),
    });
    part.stop = () => subscription.unsubscribe();
  }

  /** A part that has grown becomes two. */
  #halve(part: Part<Row>, rows: readonly Row[]): void {
    const at = this.#parts.indexOf(part);
    if (at < 0) return;
    const middle = Math.floor(rows.length / 2);
    const [low, high] = [rows.slice(0, middle), rows.slice(middle)];
    const from = this.#source.keyOf(high[0] as Row);
    this.#parts.splice(
      at,
      1,
      { from: part.from, size: low.length, rows: low, stop: null },
      { from, size: high.length, rows: high, stop: null },
    );
    this.#load();
    part.stop?.();
  }

  /** Neighbours that nobody has read are one. */
  #join(): void {
    this.#parts = this.#parts.reduce<Part<Row>[]>((joined, part) => {
      const last = joined.at(-1);
      const isOne = last && last.rows === null && part.rows === null && !last.stop && !part.stop;
      if (isOne) joined[joined.length - 1] = unread(last.from, last.size + part.size);
      else joined.push(part);
      return joined;
    }, []);
  }

  /** Has the estimates add up to the count. */
  #balance(): void {
    if (this.#count === null) return;
    const open = this.#parts.filter(({ rows, stop }) => rows === null && !stop);
    const largest = open.reduce<Part<Row> | null>((a, b) => (a && a.size >= b.size ? a : b), null);
    if (!largest) return;
    const others = this.#parts.reduce((sum, part) => (part === largest ? sum : sum + part.size), 0);
    largest.size = Math.max(0, this.#count - others);
  }

  #endOf(part: Part<Row>): Key | null {
    return this.#parts[this.#parts.indexOf(part) + 1]?.from ?? null;
  }

  #fail(error: unknown): void {
    this.#error = error instanceof Error ? error : new Error(String(error));
    this.#tell();
  }

  /** Once for all that comes in one turn. */
  #tell(): void {
    this.#version++;
    if (this.#isTelling) return;
    this.#isTelling = true;
    queueMicrotask(() => {
      this.#isTelling = false;
      for (const listener of this.#listeners) listener();
    });
  }
}

const unread = <Row>(from: Key | null, size: number): Part<Row> => ({ from, size, rows: null, stop: null });

function cool(part: { stop: (() => void) | null }): void {
  part.stop?.();
  part.stop = null;
}
