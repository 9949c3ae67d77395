import type { DriverValue } from '../../core/drivers/driver.ts';
import { type Collation, equalityKeyOf } from '../../core/sql/collation.ts';
import { type Bucket, visitMembers, withMember, withoutMember } from './bucket.ts';
import type { RangeCondition } from './index-condition.ts';
import { type IntervalEntry, IntervalTree } from './interval-tree.ts';

/** The subscribers of one interval; the tree has each interval once, however many they are. */
interface Slot<S extends object> {
  members: Bucket<S> | undefined;
}

/** Subscriptions by the ranges of one column under one collation. */
export class RangeIndex<S extends object> {
  readonly column: number;
  readonly collation: Collation;
  readonly #tree: IntervalTree<Slot<S>>;
  readonly #entries = new Map<string, IntervalEntry<Slot<S>>>();

  constructor(column: number, collation: Collation) {
    this.column = column;
    this.collation = collation;
    this.#tree = new IntervalTree(collation);
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  add(subscription: S, range: RangeCondition): void {
    const key = keyOf(range);
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = this.#tree.insert(range, { members: undefined });
      this.#entries.set(key, entry);
    }
    entry.item.members = withMember(entry.item.members, subscription);
  }

  remove(subscription: S, range: RangeCondition): void {
    const key = keyOf(range);
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.item.members = withoutMember(entry.item.members, subscription);
    if (entry.item.members !== undefined) return;
    this.#entries.delete(key);
    this.#tree.remove(entry);
  }

  /** Returns how many intervals were looked at. */
  visit(value: DriverValue, call: (subscription: S) => void): number {
    return this.#tree.stab(value, (slot) => visitMembers(slot.members, call));
  }
}

/** The same for ranges that hold the same values; the length keeps texts from running into each other. */
function keyOf({ lower, lowerInclusive, upper, upperInclusive, collation }: RangeCondition): string {
  const textOf = (bound: DriverValue | undefined): string => {
    if (bound === undefined) return '-';
    const key = equalityKeyOf(bound, collation);
    return typeof key === 'string' ? `t${key.length}:${key}` : `n${key}`;
  };
  return `${lowerInclusive ? '[' : '('}${textOf(lower)},${textOf(upper)}${upperInclusive ? ']' : ')'}`;
}
