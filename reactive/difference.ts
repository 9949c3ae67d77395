/**
 * The difference of two keyed results, as the fewest steps that turn one into the other.
 * Guarantees minimal moves and O(n log n); rows compare by object identity, never by content.
 * The hard part is the index of each step, which counts in an array that is half old and half new.
 */
import { isArray, oneOf, reading, requireObject, wrongArgument } from '../core/arguments.ts';
import type { EqualityKey } from '../core/sql/collation.ts';
import type { RowDelta } from './live-delta.ts';

/** A result in order, with one key per row, which no other row has. */
export interface KeyedRows<T> {
  readonly keys: readonly EqualityKey[];
  readonly rows: readonly T[];
}

/**
 * Changes which, applied in order to `previous.rows` by splice, give `next.rows`. A key in both with another
 * row object is an update; so is one that only moved (`row === previous`). A key with the same row object at
 * an unmoved place produces nothing: the unmoved keys are a longest increasing subsequence of the survivors.
 */
export function difference<T>(previous: KeyedRows<T>, next: KeyedRows<T>): RowDelta<T>[] {
  const changes: RowDelta<T>[] = [];
  const nextLength = next.keys.length;
  const shorter = Math.min(previous.keys.length, nextLength);
  let prefix = 0;
  while (prefix < shorter && previous.keys[prefix] === next.keys[prefix]) prefix++;
  let suffix = 0;
  while (
    suffix < shorter - prefix &&
    previous.keys[previous.keys.length - 1 - suffix] === next.keys[nextLength - 1 - suffix]
  ) {
    suffix++;
  }

  // Deletes come first, from the end, so that none of them shifts another. Updates in the prefix don't shift
  // anything, and those in the suffix stand at their final index once the middle is done.
  const middle = matchMiddle(previous, next, prefix, suffix, changes);
  for (let at = 0; at < prefix; at++) pushReplaced(changes, previous, next, at, at, at);
  arrangeMiddle(previous, next, prefix, middle, changes);
  const shift = previous.keys.length - nextLength;
  for (let at = nextLength - suffix; at < nextLength; at++) {
    pushReplaced(changes, previous, next, at + shift, at, at);
  }
  return changes;
}

/** The reference meaning of {@link RowDelta}: `rows` after `changes`, as a new array. */
export function applyDelta<T>(rows: readonly T[], changes: readonly RowDelta<T>[]): T[] {
  // A sparse array may be far longer than any memory: looking at its end is enough to know one.
  if (!isArray(rows) || (rows.length > 0 && !(rows.length - 1 in rows)))
    throw wrongArgument('rows', 'an array without holes', rows);
  if (!isArray(changes)) throw wrongArgument('changes', 'an array of changes', changes);
  const result = rows.slice();
  for (const [at, change] of changes.entries()) {
    checkChange(change, `changes[${at}]`, result.length);
    if (change.type === 'insert') {
      result.splice(change.index, 0, change.row);
    } else if (change.type === 'delete') {
      result.splice(change.index, 1);
    } else {
      result.splice(change.previousIndex, 1);
      result.splice(change.index, 0, change.row);
    }
  }
  return result;
}

/** A change that doesn't fit the rows belongs to another snapshot. */
function checkChange(change: RowDelta<unknown>, name: string, length: number): void {
  requireObject(change, name);
  const { type, places } = reading(name, () => ({
    type: oneOf(change.type, `${name}.type`, ['insert', 'delete', 'update']),
    places: change.type === 'update' ? [change.previousIndex, change.index] : [change.index],
  }));
  const last = type === 'insert' ? length : length - 1;
  for (const index of places) {
    if (Number.isInteger(index) && index >= 0 && index <= last) continue;
    throw wrongArgument(`A place of ${name}`, `a position in the ${length} rows before it`, index);
  }
}

/** What lies between the common ends. A *rank* numbers the surviving previous rows in their old order. */
interface Middle {
  /** By position in next's middle: the index in `previous`, or -1 for a row that is new. */
  readonly sources: Int32Array;
  /** By position in next's middle: the rank, or -1 for a row that is new. */
  readonly ranks: Int32Array;
  readonly survivors: number;
}

/** Pairs the middles by key, and emits a delete for each previous row without a partner. */
function matchMiddle<T>(
  previous: KeyedRows<T>,
  next: KeyedRows<T>,
  prefix: number,
  suffix: number,
  changes: RowDelta<T>[],
): Middle {
  const previousEnd = previous.keys.length - suffix;
  const size = next.keys.length - suffix - prefix;
  const sources = new Int32Array(size).fill(-1);
  const ranks = new Int32Array(size).fill(-1);
  // One side being empty is an insert or delete of a run: nothing to look up.
  const positions = new Map<EqualityKey, number>();
  if (previousEnd > prefix) {
    for (let position = 0; position < size; position++) {
      positions.set(next.keys[prefix + position] as EqualityKey, position);
    }
  }
  let survivors = 0;
  const deleted: number[] = [];
  for (let index = prefix; index < previousEnd; index++) {
    const position = positions.get(previous.keys[index] as EqualityKey);
    if (position === undefined) {
      deleted.push(index);
    } else {
      sources[position] = index;
      ranks[position] = survivors++;
    }
  }
  for (let i = deleted.length - 1; i >= 0; i--) {
    const index = deleted[i] as number;
    changes.push({ type: 'delete', row: previous.rows[index] as T, index });
  }
  return { sources, ranks, survivors };
}

/**
 * Walks next's middle from left to right. Before position `at` the array reads, after the prefix: the first
 * `at` rows of next's middle, with movers that are still to be moved among them, and then the other survivors
 * in their old order. New rows and movers are put directly behind the row before them in next, so the movers
 * among the placed rows are exactly those that rank below the last placed row that stays (`lastStay`).
 */
function arrangeMiddle<T>(
  previous: KeyedRows<T>,
  next: KeyedRows<T>,
  prefix: number,
  { sources, ranks, survivors }: Middle,
  changes: RowDelta<T>[],
): void {
  const stays = unmovedRanks(ranks, survivors);
  const movers = stays === null ? null : new Movers(ranks, stays);
  let lastStay = -1;
  let staysPlaced = 0;
  let moversAmongPlaced = 0;
  for (let at = 0; at < ranks.length; at++) {
    const rank = ranks[at] as number;
    const source = sources[at] as number;
    const target = prefix + at;
    if (rank === -1) {
      const row = next.rows[target] as T;
      changes.push({ type: 'insert', row, index: target + moversAmongPlaced });
    } else if (movers === null || stays?.[rank] === 1) {
      // Between two neighbouring stays lie only movers; those not moved yet are passed now.
      if (movers !== null) moversAmongPlaced += movers.unmovedBetween(lastStay, rank);
      lastStay = rank;
      staysPlaced++;
      const index = target + moversAmongPlaced;
      pushReplaced(changes, previous, next, source, target, index);
    } else {
      const passed = rank < lastStay;
      const placedBefore = passed ? movers.placedBefore(rank) : at;
      const staysBefore = passed ? 0 : movers.staysBefore(rank) - staysPlaced;
      const previousIndex = prefix + placedBefore + staysBefore + movers.unmovedBefore(rank);
      movers.move(rank);
      if (passed) moversAmongPlaced--;
      changes.push({
        type: 'update',
        row: next.rows[target] as T,
        previous: previous.rows[source] as T,
        previousIndex,
        index: target + moversAmongPlaced,
      });
    }
  }
}

/** An update in place, unless the row object is the same. */
function pushReplaced<T>(
  changes: RowDelta<T>[],
  previous: KeyedRows<T>,
  next: KeyedRows<T>,
  source: number,
  target: number,
  index: number,
): void {
  const before = previous.rows[source] as T;
  const row = next.rows[target] as T;
  if (before !== row) changes.push({ type: 'update', row, previous: before, previousIndex: index, index });
}

/** By rank, 1 for a row that stays: a longest increasing subsequence. Null when all do, the common case. */
function unmovedRanks(ranks: Int32Array, survivors: number): Uint8Array | null {
  let expected = 0;
  for (const rank of ranks) {
    if (rank === -1) continue;
    if (rank !== expected) break;
    expected++;
  }
  if (expected === survivors) return null;
  // Patience sorting: tails[k] is the lowest rank that ends an increasing run of length k + 1.
  const tails = new Int32Array(survivors);
  const before = new Int32Array(survivors).fill(-1);
  let length = 0;
  for (const rank of ranks) {
    if (rank === -1) continue;
    let low = 0;
    let high = length;
    while (low < high) {
      const mid = (low + high) >>> 1;
      if ((tails[mid] as number) < rank) low = mid + 1;
      else high = mid;
    }
    before[rank] = low === 0 ? -1 : (tails[low - 1] as number);
    tails[low] = rank;
    if (low === length) length++;
  }
  const stays = new Uint8Array(survivors);
  for (let rank = tails[length - 1] as number; rank !== -1; rank = before[rank] as number) stays[rank] = 1;
  return stays;
}

/** The rows that have to move, counted by rank in a Fenwick tree as they go. */
class Movers {
  readonly #tree: Int32Array;
  readonly #staysBefore: Int32Array;
  /** By rank: how many rows of next's middle stand before the first stay of a higher rank. */
  readonly #placedBefore: Int32Array;

  constructor(ranks: Int32Array, stays: Uint8Array) {
    const size = stays.length;
    this.#tree = new Int32Array(size + 1);
    this.#staysBefore = new Int32Array(size);
    this.#placedBefore = new Int32Array(size);
    for (let rank = 1; rank < size; rank++) {
      this.#staysBefore[rank] = (this.#staysBefore[rank - 1] as number) + (stays[rank - 1] as number);
    }
    for (let node = 1; node <= size; node++) {
      this.#tree[node] = (this.#tree[node] as number) + 1 - (stays[node - 1] as number);
      const parent = node + (node & -node);
      if (parent <= size) this.#tree[parent] = (this.#tree[parent] as number) + (this.#tree[node] as number);
    }
    const positions = new Int32Array(size);
    for (let at = 0; at < ranks.length; at++) {
      if (ranks[at] !== -1) positions[ranks[at] as number] = at;
    }
    let nextStay = ranks.length;
    for (let rank = size - 1; rank >= 0; rank--) {
      this.#placedBefore[rank] = nextStay;
      if (stays[rank] === 1) nextStay = positions[rank] as number;
    }
  }

  staysBefore(rank: number): number {
    return this.#staysBefore[rank] as number;
  }

  placedBefore(rank: number): number {
    return this.#placedBefore[rank] as number;
  }

  unmovedBefore(rank: number): number {
    let sum = 0;
    for (let node = rank; node > 0; node -= node & -node) sum += this.#tree[node] as number;
    return sum;
  }

  unmovedBetween(lower: number, upper: number): number {
    return upper === lower + 1 ? 0 : this.unmovedBefore(upper) - this.unmovedBefore(lower + 1);
  }

  move(rank: number): void {
    for (let node = rank + 1; node < this.#tree.length; node += node & -node) {
      this.#tree[node] = (this.#tree[node] as number) - 1;
    }
  }
}
