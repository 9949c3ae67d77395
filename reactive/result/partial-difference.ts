/**
 * The steps between two results of which most rows are known to be shared.
 * Guarantees O(k log k) for k rows that aren't shared, whatever the results' sizes. Shared rows don't move, so
 * others may take more moves than the fewest. The hard part is the index of a move, which counts in an array
 * where some of the movers have moved and others haven't.
 */
import type { EqualityKey } from '../../core/sql/collation.ts';
import type { RowDelta } from '../live-delta.ts';
import { lowerBound } from './sequence-node.ts';
import { type Item, sameRow } from './snapshot.ts';

/** An item, and its index in its snapshot. */
export interface Placed<R> {
  readonly item: Item<R>;
  readonly index: number;
}

/** A row with the same key in both, that goes elsewhere among the fixed ones: the shared and those that stay. */
interface Mover<R> {
  readonly before: Placed<R>;
  readonly after: Placed<R>;
  /** How many fixed rows stood before it, and how many will. */
  readonly fixedBefore: number;
  readonly fixedAfter: number;
}

/**
 * Changes which turn a result with the rows `removed` into the one with `added`; both are ascending, and all
 * other rows the same in both. First come deletes, from the end, so that none shifts another; then moves; then,
 * from the start, updates in place and inserts, which find everything before them as it will be.
 */
export function differenceOfSome<R, T>(
  removed: readonly Placed<R>[],
  added: readonly Placed<R>[],
  as: (item: Item<R>) => T,
): RowDelta<T>[] {
  const { partners, stays } = paired(removed, added);
  const changes: RowDelta<T>[] = [];
  for (const [i, { item, index }] of [...removed.entries()].reverse()) {
    if (partners[i] === -1) changes.push({ type: 'delete', row: as(item), index });
  }

  const sources = new Map<number, number>();
  const fixedBefore: number[] = [];
  let notFixed = 0;
  for (const [i, { index }] of removed.entries()) {
    fixedBefore.push(index - notFixed);
    if (!stays[i]) notFixed++;
    if (partners[i] !== -1) sources.set(partners[i] as number, i);
  }

  const movers: Mover<R>[] = [];
  const final: RowDelta<T>[] = [];
  notFixed = 0;
  for (const [at, after] of added.entries()) {
    const { item, index } = after;
    const source = sources.get(at);
    if (source === undefined) {
      notFixed++;
      final.push({ type: 'insert', row: as(item), index });
      continue;
    }
    const before = removed[source] as Placed<R>;
    if (!stays[source]) {
      movers.push({
        before,
        after,
        fixedBefore: fixedBefore[source] as number,
        fixedAfter: index - notFixed,
      });
      notFixed++;
    } else if (!sameRow(before.item, item)) {
      final.push({ type: 'update', row: as(item), previous: as(before.item), previousIndex: index, index });
    }
  }
  return [...changes, ...moves(movers, as), ...final];
}

/** By index in `removed`: the index in `added` of the same key, or -1; and whether that pair needn't move. */
function paired<R>(removed: readonly Placed<R>[], added: readonly Placed<R>[]) {
  const positions = new Map<EqualityKey, number>();
  if (removed.length > 0) for (const [at, { item }] of added.entries()) positions.set(item.key, at);
  const partners = removed.map(({ item }) => positions.get(item.key) ?? -1);
  // A pair stays if as many shared rows precede it as did, and if it keeps its order among such pairs.
  const candidates = partners.map((partner, i) => {
    if (partner === -1) return -1;
    const sharedBefore = (removed[i] as Placed<R>).index - i;
    return (added[partner] as Placed<R>).index - partner === sharedBefore ? partner : -1;
  });
  return { partners, stays: increasing(candidates) };
}

/** By index, whether a value belongs to a longest increasing subsequence of those that aren't -1. */
function increasing(values: readonly number[]): boolean[] {
  // Patience sorting: ends[k] is the index of the lowest value that ends an increasing run of length k + 1.
  const ends: number[] = [];
  const endValues: number[] = [];
  const before: number[] = [];
  for (const [i, value] of values.entries()) {
    const length = value === -1 ? 0 : lowerBound(endValues, 0, endValues.length, value, ascending);
    before.push(length === 0 ? -1 : (ends[length - 1] as number));
    if (value === -1) continue;
    ends[length] = i;
    endValues[length] = value;
  }
  const chosen = values.map(() => false);
  for (let i = ends.at(-1) ?? -1; i !== -1; i = before[i] as number) chosen[i] = true;
  return chosen;
}

/**
 * The moves, of `movers` in their order in the next result. In the array meanwhile, between two fixed rows come
 * first those that moved there, and then those that still have to leave.
 */
function* moves<R, T>(
  movers: readonly Mover<R>[],
  as: (item: Item<R>) => T,
): Generator<RowDelta<T>, undefined> {
  const byStart = movers.toSorted((a, b) => a.before.index - b.before.index);
  const ranks = new Map(byStart.map((mover, rank) => [mover, rank]));
  const starts = byStart.map((mover) => mover.fixedBefore);
  const ends = movers.map((mover) => mover.fixedAfter);
  const waiting = new Waiting(movers.length);
  for (const [moved, mover] of movers.entries()) {
    const { before, after, fixedBefore, fixedAfter } = mover;
    const rank = ranks.get(mover) as number;
    const movedBefore = lowerBound(ends, 0, moved, fixedBefore + 1, ascending);
    const previousIndex = fixedBefore + movedBefore + waiting.below(rank);
    waiting.remove(rank);
    const index =
      fixedAfter + moved + waiting.below(lowerBound(starts, 0, starts.length, fixedAfter, ascending));
    yield { type: 'update', row: as(after.item), previous: as(before.item), previousIndex, index };
  }
}

/** How many movers still wait, by rank: a Fenwick tree. */
class Waiting {
  readonly #tree: Int32Array;

  constructor(size: number) {
    this.#tree = new Int32Array(size + 1);
    for (let node = 1; node <= size; node++) this.#tree[node] = node & -node;
  }

  below(rank: number): number {
    let sum = 0;
    for (let node = rank; node > 0; node -= node & -node) sum += this.#tree[node] as number;
    return sum;
  }

  remove(rank: number): void {
    for (let node = rank + 1; node < this.#tree.length; node += node & -node) {
      this.#tree[node] = (this.#tree[node] as number) - 1;
    }
  }
}

function ascending(a: number, b: number): number {
  return a - b;
}
