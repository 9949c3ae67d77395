/**
 * Aggregates of one group, kept up by the values that enter and leave it.
 * Guarantees: while `exact`, `result()` is what SQLite computes over the group in whatever order it scans; where
 * rows tie under a collation, MIN and MAX give one of their spellings. Not: REAL sums, DISTINCT, FILTER.
 * The hard part: an integer SUM may overflow in one scan order and not in another, so what counts is the sum of
 * the magnitudes, not the sum.
 */

import type { DriverValue } from '../../core/drivers/driver.ts';
import { InternalError } from '../../core/errors.ts';
import { type Collation, compareValues } from '../../core/sql/collation.ts';

export type AccumulatorKind = 'countRows' | 'count' | 'sum' | 'total' | 'avg' | 'min' | 'max';

/**
 * `add` and `remove` return `exact`: whether `result()` can be told now. False means to ask SQLite for this group
 * and to prime a new accumulator. Further calls may be made first: they can make it exact again, as when a new
 * maximum follows the one that left.
 */
export interface Accumulator {
  readonly exact: boolean;
  add(value: DriverValue): boolean;
  remove(value: DriverValue): boolean;
  /** Throws an `InternalError` unless `exact`. */
  result(): DriverValue;
}

/** No sum of a part, in any order, leaves int64, nor does the error of a magnitude that SQLite added up as REAL. */
const sumLimit = 2n ** 62n;
/** Up to here every part's sum is a double, too. */
const doubleLimit = 2n ** 53n;

/**
 * The aggregate expressions that prime an accumulator, in the order that `primeAccumulator` takes their values;
 * `argument` is SQL text. Those of min and max must stand alone in their statement: beside others they change
 * bare columns and cost the index.
 */
export function primingExpressions(kind: AccumulatorKind, argument: string): readonly string[] {
  const others = `total(typeof(${argument}) <> 'integer' AND (${argument}) IS NOT NULL)`;
  const magnitude = `total(abs(CAST((${argument}) AS REAL)))`;
  switch (kind) {
    case 'countRows':
      return ['count(*)'];
    case 'count':
      return [`count(${argument})`];
    case 'sum':
      return [`count(${argument})`, others, magnitude, `sum(${argument})`];
    // Unlike sum() these can't overflow. Below the limit total() is the integer sum.
    case 'total':
    case 'avg':
      return [`count(${argument})`, others, magnitude, `total(${argument})`];
    case 'min':
    case 'max':
      return [`${kind}(${argument})`];
  }
}

/** Over no rows. `collation` is that of the argument, which decides MIN and MAX. */
export function createAccumulator(kind: AccumulatorKind, collation: Collation): Accumulator {
  switch (kind) {
    case 'countRows':
    case 'count':
      return new Count(0n, kind === 'countRows');
    case 'sum':
    case 'total':
    case 'avg':
      return new IntegerSum(kind, { count: 0n, others: 0n, magnitude: 0n, sum: 0n });
    case 'min':
    case 'max':
      return new Extremum(kind, null, collation);
  }
}

/**
 * From the values of `primingExpressions`. One that isn't `exact` must be dropped: over other values than integers, or
 * beyond the limit, SQLite's sum says nothing about the integers, so `add` and `remove` could make it exact and wrong.
 */
export function primeAccumulator(
  kind: AccumulatorKind,
  collation: Collation,
  values: readonly DriverValue[],
): Accumulator {
  const [first = null, others, magnitude, sum] = values;
  switch (kind) {
    case 'countRows':
    case 'count':
      return new Count(bigintOf(first), kind === 'countRows');
    case 'sum':
    case 'total':
    case 'avg':
      return new IntegerSum(kind, {
        count: bigintOf(first),
        others: bigintOf(others),
        magnitude: bigintOf(magnitude),
        sum: sum === null ? 0n : bigintOf(sum),
      });
    case 'min':
    case 'max':
      return new Extremum(kind, first, collation);
  }
}

class Count implements Accumulator {
  readonly #ofRows: boolean;
  #count: bigint;

  constructor(count: bigint, ofRows: boolean) {
    this.#count = count;
    this.#ofRows = ofRows;
  }

  get exact(): boolean {
    return this.#count >= 0n;
  }

  add(value: DriverValue): boolean {
    if (this.#ofRows || value !== null) this.#count++;
    return this.exact;
  }

  remove(value: DriverValue): boolean {
    if (this.#ofRows || value !== null) this.#count--;
    return this.exact;
  }

  result(): DriverValue {
    requireExact(this);
    return this.#count;
  }
}

interface SumState {
  /** Of the non-null values. */
  count: bigint;
  /** Of the values among them that are no integers: one of them makes the sum REAL, or keeps the text '3' INTEGER. */
  others: bigint;
  /** The sum of the integers' absolute values. */
  magnitude: bigint;
  sum: bigint;
}

class IntegerSum implements Accumulator {
  readonly #kind: 'sum' | 'total' | 'avg';
  readonly #state: SumState;
  readonly #limit: bigint;

  constructor(kind: 'sum' | 'total' | 'avg', state: SumState) {
    this.#kind = kind;
    this.#state = state;
    this.#limit = kind === 'sum' ? sumLimit : doubleLimit;
  }

  get exact(): boolean {
    const { count, others, magnitude } = this.#state;
    return count >= 0n && others === 0n && magnitude < this.#limit;
  }

  add(value: DriverValue): boolean {
    const state = this.#state;
    if (value === null) return this.exact;
    state.count++;
    if (typeof value === 'bigint') {
      state.sum += value;
      state.magnitude += value < 0n ? -value : value;
    } else {
      state.others++;
    }
    return this.exact;
  }

  remove(value: DriverValue): boolean {
    const state = this.#state;
    if (value === null) return this.exact;
    state.count--;
    if (typeof value === 'bigint') {
      state.sum -= value;
      state.magnitude -= value < 0n ? -value : value;
    } else {
      state.others--;
    }
    return this.exact;
  }

  result(): DriverValue {
    requireExact(this);
    const { count, sum } = this.#state;
    if (this.#kind === 'total') return Number(sum);
    if (count === 0n) return null;
    return this.#kind === 'sum' ? sum : Number(sum) / Number(count);
  }
}

class Extremum implements Accumulator {
  readonly #direction: 1 | -1;
  readonly #collation: Collation;
  /** No value of the group lies beyond it. Null: no value at all. */
  #bound: DriverValue;
  /** The bound is a value of the group, and its equals are spelled like it as far as they were seen. */
  #isHeld = true;
  /** Something left that can't have been there: nothing is known. */
  #isLost = false;

  constructor(kind: 'min' | 'max', value: DriverValue, collation: Collation) {
    this.#direction = kind === 'max' ? 1 : -1;
    this.#collation = collation;
    this.#bound = value;
  }

  get exact(): boolean {
    return this.#isHeld && !this.#isLost;
  }

  add(value: DriverValue): boolean {
    if (value === null) return this.exact;
    const order = this.#orderToBound(value);
    if (order > 0) {
      this.#bound = value;
      this.#isHeld = true;
    } else if (order === 0 && !isSameSpelling(value, this.#bound)) {
      this.#isHeld = false;
    }
    return this.exact;
  }

  remove(value: DriverValue): boolean {
    if (value === null) return this.exact;
    const order = this.#orderToBound(value);
    if (order > 0) this.#isLost = true;
    else if (order === 0) this.#isHeld = false;
    return this.exact;
  }

  result(): DriverValue {
    requireExact(this);
    return this.#bound;
  }

  /** Positive where `value` lies beyond the bound. */
  #orderToBound(value: DriverValue): number {
    if (this.#bound === null) return 1;
    return this.#direction * compareValues(value, this.#bound, this.#collation);
  }
}

/** Not only equal, but the same to whoever reads it: 1 and 1.0 aren't. */
function isSameSpelling(a: DriverValue, b: DriverValue): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return compareValues(a, b, 'BINARY') === 0;
  return Object.is(a, b);
}

/** Counts come as INTEGER or, from total(), as REAL; past int64 a magnitude is only known to be too large. */
function bigintOf(value: DriverValue | undefined): bigint {
  if (typeof value === 'bigint') return value;
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : sumLimit;
}

function requireExact(accumulator: Accumulator): void {
  if (accumulator.exact) return;
  throw new InternalError('Cannot tell the aggregate: SQLite must be asked for this group', {
    code: 'INTERNAL',
  });
}
