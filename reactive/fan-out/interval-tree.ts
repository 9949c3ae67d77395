/**
 * Intervals over SQLite's values, and which of them hold a given one.
 * Guarantees: a stab costs O(log n + found) comparisons, `insert` amortised O(log^2 n), `remove` O(log n).
 * Not: changes from within a stab. The hard part: a priority search tree (McCreight 1985), a search tree by lower
 * bounds whose nodes each hold the interval with the greatest upper bound below them, so that what a stab need
 * not report it need not enter. It is balanced as a scapegoat tree is (Galperin and Rivest 1993): an insertion
 * that lands too deep rebuilds the smallest subtree that is to blame.
 *
 * Written here because the libraries fall short: @flatten-js/interval-tree and node-interval-tree have closed
 * intervals over numbers or `<`, allocate the answer, and visit O(found * log n).
 */
import type { DriverValue } from '../../core/drivers/driver.ts';
import { type Collation, compareValues } from '../../core/sql/collation.ts';

/** From `lower` to `upper`; a bound that is left out ends nothing, and then NULL, below all values, is inside. */
export interface Interval {
  readonly lower?: DriverValue | undefined;
  readonly lowerInclusive: boolean;
  readonly upper?: DriverValue | undefined;
  readonly upperInclusive: boolean;
}

/** An interval that was inserted, by which it is removed. */
export interface IntervalEntry<T> extends Interval {
  readonly item: T;
  /** Tells intervals with the same lower bound apart. */
  readonly order: number;
}

interface Node<T> {
  /** Of the entries here and below the one with the greatest upper bound. */
  top: IntervalEntry<T>;
  /** Entries up to this lower bound are on the left. It may be that of an entry which has left. */
  split: LowerBound;
  left: Node<T> | undefined;
  right: Node<T> | undefined;
}

interface LowerBound {
  readonly lower?: DriverValue | undefined;
  readonly lowerInclusive: boolean;
  readonly order: number;
}

/** The greatest part of a subtree that one of its sides may have. */
const balance = 0.7;
const logBase = Math.log(1 / balance);

export class IntervalTree<T> {
  readonly #collation: Collation;
  #root: Node<T> | undefined;
  #size = 0;
  /** Since the whole was last rebuilt; the depth is bounded by it. */
  #greatestSize = 0;
  #nextOrder = 0;

  constructor(collation: Collation) {
    this.#collation = collation;
  }

  get size(): number {
    return this.#size;
  }

  insert(interval: Interval, item: T): IntervalEntry<T> {
    // Always all properties, so that all entries have one shape and V8's property look-ups stay cheap.
    const entry: IntervalEntry<T> = {
      lower: interval.lower === undefined ? undefined : plain(interval.lower),
      lowerInclusive: interval.lowerInclusive,
      upper: interval.upper === undefined ? undefined : plain(interval.upper),
      upperInclusive: interval.upperInclusive,
      item,
      order: this.#nextOrder++,
    };
    this.#size++;
    this.#greatestSize = Math.max(this.#greatestSize, this.#size);
    const path: Node<T>[] = [];
    let carried = entry;
    for (let node = this.#root; node !== undefined; ) {
      path.push(node);
      if (this.#compareUpper(carried, node.top) > 0) [carried, node.top] = [node.top, carried];
      node = this.#isLeft(carried, node.split) ? node.left : node.right;
    }
    this.#attach(path.at(-1), carried, {
      top: carried,
      split: lowerBoundOf(carried),
      left: undefined,
      right: undefined,
    });
    if (path.length > Math.log(this.#greatestSize) / logBase + 1) this.#rebalance(path);
    return entry;
  }

  /** False if it isn't there. */
  remove(entry: IntervalEntry<T>): boolean {
    let parent: Node<T> | undefined;
    let node = this.#root;
    while (node !== undefined && node.top !== entry) {
      parent = node;
      node = this.#isLeft(entry, node.split) ? node.left : node.right;
    }
    if (node === undefined) return false;
    // The gap goes down to a leaf, filled at each step by the greater entry from below.
    for (let next = this.#greaterChild(node); next !== undefined; next = this.#greaterChild(node)) {
      node.top = next.top;
      parent = node;
      node = next;
    }
    if (parent === undefined) this.#root = undefined;
    else if (parent.left === node) parent.left = undefined;
    else parent.right = undefined;
    this.#size--;
    if (this.#size < this.#greatestSize / 2) {
      this.#root = this.#build(this.#entriesOf(this.#root));
      this.#greatestSize = this.#size;
    }
    return true;
  }

  /** Calls for each interval that holds `value`, in no order; returns how many nodes were looked at. */
  stab(value: DriverValue, call: (item: T) => void): number {
    return this.#stab(this.#root, plain(value), call);
  }

  #stab(node: Node<T> | undefined, value: DriverValue, call: (item: T) => void): number {
    if (node === undefined) return 0;
    // The top has the greatest upper bound, so nothing below reaches further.
    if (!this.#isBelowUpper(value, node.top)) return 1;
    if (this.#isAboveLower(value, node.top)) call(node.top.item);
    const left = this.#stab(node.left, value, call);
    const right = this.#isAboveLower(value, node.split) ? this.#stab(node.right, value, call) : 0;
    return left + right + 1;
  }

  #attach(parent: Node<T> | undefined, entry: LowerBound, node: Node<T>): void {
    if (parent === undefined) this.#root = node;
    else if (this.#isLeft(entry, parent.split)) parent.left = node;
    else parent.right = node;
  }

  /** Somewhere on a path that is too long one side outweighs the other; from the end, that costs least. */
  #rebalance(path: readonly Node<T>[]): void {
    let weight = 1;
    for (let depth = path.length - 1; depth >= 0; depth--) {
      const node = path[depth] as Node<T>;
      const heavy = weight;
      weight = countOf(node);
      // With two entries one side always has half of them: the node's own is on no side.
      if (heavy <= balance * weight) continue;
      const rebuilt = this.#build(this.#entriesOf(node)) as Node<T>;
      const parent = path[depth - 1];
      if (parent === undefined) this.#root = rebuilt;
      else if (parent.left === node) parent.left = rebuilt;
      else parent.right = rebuilt;
      return;
    }
  }

  #entriesOf(node: Node<T> | undefined): IntervalEntry<T>[] {
    const entries: IntervalEntry<T>[] = [];
    const collect = (at: Node<T> | undefined): void => {
      if (at === undefined) return;
      entries.push(at.top);
      collect(at.left);
      collect(at.right);
    };
    collect(node);
    return entries.sort((a, b) => this.#compareLower(a, b));
  }

  /** From entries sorted by lower bound. */
  #build(entries: readonly IntervalEntry<T>[]): Node<T> | undefined {
    const [first] = entries;
    if (first === undefined) return undefined;
    const top = entries.reduce((best, entry) => (this.#compareUpper(entry, best) > 0 ? entry : best), first);
    const rest = entries.filter((entry) => entry !== top);
    const middle = Math.ceil(rest.length / 2);
    return {
      top,
      split: lowerBoundOf(rest[middle - 1] ?? top),
      left: this.#build(rest.slice(0, middle)),
      right: this.#build(rest.slice(middle)),
    };
  }

  #greaterChild({ left, right }: Node<T>): Node<T> | undefined {
    if (left === undefined || right === undefined) return left ?? right;
    return this.#compareUpper(left.top, right.top) >= 0 ? left : right;
  }

  #isLeft(bound: LowerBound, split: LowerBound): boolean {
    return this.#compareLower(bound, split) <= 0;
  }

  /** No bound comes first, and an inclusive one before the exclusive one of the same value. */
  #compareLower(a: LowerBound, b: LowerBound): number {
    const order = compareBounds(a.lower, b.lower, -1, this.#collation);
    if (order !== 0) return order;
    if (a.lower !== undefined && a.lowerInclusive !== b.lowerInclusive) return a.lowerInclusive ? -1 : 1;
    return a.order - b.order;
  }

  /** No bound comes last, and an inclusive one behind the exclusive one of the same value. */
  #compareUpper(a: Interval, b: Interval): number {
    const order = compareBounds(a.upper, b.upper, 1, this.#collation);
    if (order !== 0 || a.upper === undefined || a.upperInclusive === b.upperInclusive) return order;
    return a.upperInclusive ? 1 : -1;
  }

  #isAboveLower(value: DriverValue, { lower, lowerInclusive }: Omit<LowerBound, 'order'>): boolean {
    if (lower === undefined) return true;
    const order = compareValues(value, lower, this.#collation);
    return order > 0 || (order === 0 && lowerInclusive);
  }

  #isBelowUpper(value: DriverValue, { upper, upperInclusive }: Interval): boolean {
    if (upper === undefined) return true;
    const order = compareValues(value, upper, this.#collation);
    return order < 0 || (order === 0 && upperInclusive);
  }
}

/** The same place in the order, as a number where one is exact: V8 has small ones without a look at memory. */
function plain(value: DriverValue): DriverValue {
  if (typeof value !== 'bigint') return value;
  const rounded = Number(value);
  return Number.isSafeInteger(rounded) ? rounded : value;
}

/** Where a bound is left out it stands at `absent`'s end of all values. */
function compareBounds(
  a: DriverValue | undefined,
  b: DriverValue | undefined,
  absent: 1 | -1,
  collation: Collation,
): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? absent : -absent;
  return compareValues(a, b, collation);
}

/** Not the entry itself: a split outlives its entry and must not hold the item. */
function lowerBoundOf({ lower, lowerInclusive, order }: LowerBound): LowerBound {
  return { lower, lowerInclusive, order };
}

function countOf(node: Node<unknown> | undefined): number {
  return node === undefined ? 0 : 1 + countOf(node.left) + countOf(node.right);
}
