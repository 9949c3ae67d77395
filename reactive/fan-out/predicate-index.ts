/**
 * From the image of a changed row to the subscriptions that it can concern, for one table.
 * Guarantees: `visit` calls for exactly the subscriptions whose condition holds, once each, and looks at no other
 * hash key; a changed row costs one Map look-up for each indexed column and one walk for each column with ranges.
 * Not: changes of the index from within a visit. A row that changed is visited by its old and its new image.
 */
import type { DriverValue } from '../../core/drivers/driver.ts';
import { InternalError } from '../../core/errors.ts';
import { type Collation, type EqualityKey, equalityKeyOf } from '../../core/sql/collation.ts';
import { type Bucket, visitMembers, withMember, withoutMember } from './bucket.ts';
import { describeCondition, type IndexCondition } from './index-condition.ts';
import { RangeIndex } from './range-index.ts';

interface HashIndex<S extends object> {
  readonly column: number;
  readonly collation: Collation;
  readonly buckets: Map<EqualityKey, Bucket<S>>;
}

/** `S`: what is called for; one condition each. A query that mentions the table twice registers two. */
export class PredicateIndex<S extends object> {
  readonly #columnNames: readonly string[];
  readonly #conditions = new Map<S, IndexCondition>();
  // Few: one for each column and collation that anybody asks for, and walked for each row.
  readonly #hashes: HashIndex<S>[] = [];
  readonly #ranges: RangeIndex<S>[] = [];
  readonly #nulls = new Map<number, Bucket<S>>();
  #all: Bucket<S> | undefined;

  /** The names of the image's columns, for `describe`. */
  constructor(columnNames: readonly string[]) {
    this.#columnNames = columnNames;
  }

  get size(): number {
    return this.#conditions.size;
  }

  /** Throws an `InternalError` if the subscription is there already. */
  add(subscription: S, condition: IndexCondition): void {
    if (this.#conditions.has(subscription)) {
      throw new InternalError('Cannot add a subscription twice: remove it first', { code: 'INTERNAL' });
    }
    this.#conditions.set(subscription, condition);
    switch (condition.kind) {
      case 'all':
        this.#all = withMember(this.#all, subscription);
        break;
      case 'null':
        this.#nulls.set(condition.column, withMember(this.#nulls.get(condition.column), subscription));
        break;
      case 'equals':
        for (const key of condition.keys) {
          // Nothing equals NULL.
          if (key === null) continue;
          const { buckets } = this.#hashFor(condition);
          buckets.set(key, withMember(buckets.get(key), subscription));
        }
        break;
      case 'range':
        if (condition.lower !== null && condition.upper !== null) {
          this.#rangesFor(condition).add(subscription, condition);
        }
    }
  }

  /** False if it isn't there. */
  remove(subscription: S): boolean {
    const condition = this.#conditions.get(subscription);
    if (condition === undefined) return false;
    this.#conditions.delete(subscription);
    switch (condition.kind) {
      case 'all':
        this.#all = withoutMember(this.#all, subscription);
        break;
      case 'null':
        replace(
          this.#nulls,
          condition.column,
          withoutMember(this.#nulls.get(condition.column), subscription),
        );
        break;
      case 'equals': {
        const hash = this.#hashes.find((index) => isFor(index, condition));
        if (hash === undefined) break;
        for (const key of condition.keys) {
          replace(hash.buckets, key, withoutMember(hash.buckets.get(key), subscription));
        }
        if (hash.buckets.size === 0) this.#hashes.splice(this.#hashes.indexOf(hash), 1);
        break;
      }
      case 'range': {
        const ranges = this.#ranges.find((index) => isFor(index, condition));
        ranges?.remove(subscription, condition);
        if (ranges?.isEmpty) this.#ranges.splice(this.#ranges.indexOf(ranges), 1);
      }
    }
    return true;
  }

  /** Calls for each subscription that the row concerns. Returns how many buckets and intervals were looked at. */
  visit(image: readonly DriverValue[], call: (subscription: S) => void): number {
    let looked = 0;
    visitMembers(this.#all, call);
    for (const { column, collation, buckets } of this.#hashes) {
      const value = image[column] ?? null;
      if (value === null) continue;
      looked++;
      visitMembers(buckets.get(equalityKeyOf(value, collation)), call);
    }
    for (const ranges of this.#ranges) {
      const value = image[ranges.column] ?? null;
      if (value !== null) looked += ranges.visit(value, call);
    }
    for (const [column, bucket] of this.#nulls) {
      looked++;
      if ((image[column] ?? null) === null) visitMembers(bucket, call);
    }
    return looked;
  }

  /** For explain output: `hash on status = 'open'`; undefined if it isn't there. */
  describe(subscription: S): string | undefined {
    const condition = this.#conditions.get(subscription);
    return condition && describeCondition(condition, this.#columnNames);
  }

  #hashFor({ column, collation }: ColumnUse): HashIndex<S> {
    const found = this.#hashes.find((index) => isFor(index, { column, collation }));
    if (found !== undefined) return found;
    const created: HashIndex<S> = { column, collation, buckets: new Map() };
    this.#hashes.push(created);
    return created;
  }

  #rangesFor({ column, collation }: ColumnUse): RangeIndex<S> {
    const found = this.#ranges.find((index) => isFor(index, { column, collation }));
    if (found !== undefined) return found;
    const created = new RangeIndex<S>(column, collation);
    this.#ranges.push(created);
    return created;
  }
}

interface ColumnUse {
  readonly column: number;
  readonly collation: Collation;
}

function isFor(index: ColumnUse, use: ColumnUse): boolean {
  return index.column === use.column && index.collation === use.collation;
}

function replace<K, S extends object>(map: Map<K, Bucket<S>>, key: K, bucket: Bucket<S> | undefined): void {
  if (bucket === undefined) map.delete(key);
  else map.set(key, bucket);
}
