import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DriverValue } from '../../core/drivers/driver.ts';
import { type Collation, compareValues, equalityKeyOf } from '../../core/sql/collation.ts';
import type { IndexCondition } from './index-condition.ts';
import { type Interval, type IntervalEntry, IntervalTree } from './interval-tree.ts';
import { PredicateIndex } from './predicate-index.ts';

/** Replays a failure: fast-check prints the seed of one, and FRESHET_SEED sets it. */
const seeded = <T>(numRuns: number): fc.Parameters<T> =>
  process.env.FRESHET_SEED === undefined ? { numRuns } : { numRuns, seed: Number(process.env.FRESHET_SEED) };

const bytes = (...values: number[]) => Uint8Array.from(values);
const value = fc.oneof(
  fc.bigInt({ min: -6n, max: 6n }),
  fc.constantFrom<DriverValue>(
    ...[null, 2n ** 53n, 2n ** 53n + 1n, 1, 2.5, -0, 2 ** 53, Infinity, '', 'a', 'A', 'a ', 'b', 'B\0', '5'],
    ...['\uff5e', '\u{1f600}', bytes(), bytes(0x61), bytes(0x61, 0)],
  ),
);
const bound = value.filter((of) => of !== null);
const collation = fc.constantFrom<Collation>('BINARY', 'NOCASE', 'RTRIM');
const interval: fc.Arbitrary<Interval> = fc.record(
  { lower: bound, upper: bound, lowerInclusive: fc.boolean(), upperInclusive: fc.boolean() },
  { requiredKeys: ['lowerInclusive', 'upperInclusive'] },
);
const column = fc.nat({ max: 2 });

const condition: fc.Arbitrary<IndexCondition> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<IndexCondition>({ kind: 'all' }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('null' as const), column }) },
  {
    weight: 4,
    arbitrary: fc.tuple(column, collation, fc.array(value, { maxLength: 3 })).map(
      ([of, under, values]): IndexCondition => ({
        kind: 'equals',
        column: of,
        collation: under,
        keys: values.map((one) => equalityKeyOf(one, under)),
      }),
    ),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(column, collation, interval, fc.constantFrom('lower', 'upper', 'neither', 'neither', 'neither'))
      .map(
        ([of, under, range, unknown]): IndexCondition => ({
          kind: 'range',
          column: of,
          collation: under,
          ...range,
          ...(unknown !== 'neither' && { [unknown]: null }),
        }),
      ),
  },
);

function isInside(of: DriverValue, range: Interval, under: Collation): boolean {
  const { lower, lowerInclusive, upper, upperInclusive } = range;
  const above = lower === undefined ? 1 : compareValues(of, lower, under);
  const below = upper === undefined ? -1 : compareValues(of, upper, under);
  return (above > 0 || (above === 0 && lowerInclusive)) && (below < 0 || (below === 0 && upperInclusive));
}

function concerns(image: readonly DriverValue[], of: IndexCondition): boolean {
  if (of.kind === 'all') return true;
  const tested = image[of.column] as DriverValue;
  if (of.kind === 'null') return tested === null;
  if (tested === null) return false;
  if (of.kind === 'equals') return of.keys.includes(equalityKeyOf(tested, of.collation));
  return of.lower !== null && of.upper !== null && isInside(tested, of, of.collation);
}

/** The places of removals count what is there. */
const steps = <T>(added: fc.Arbitrary<T>, maxLength: number) =>
  fc.array(
    fc.oneof(
      { weight: 3, arbitrary: added.map((add) => ({ add })) },
      { weight: 2, arbitrary: fc.nat().map((remove) => ({ remove })) },
    ),
    { maxLength, size: 'max' },
  );

describe('an interval tree', () => {
  test('finds what a look at every interval finds', () => {
    fc.assert(
      fc.property(
        steps(interval, 120),
        fc.array(value, { minLength: 8, maxLength: 8 }),
        collation,
        (all, stabs, under) => {
          const tree = new IntervalTree<number>(under);
          const held: IntervalEntry<number>[] = [];
          for (const [number, step] of all.entries()) {
            if ('add' in step) held.push(tree.insert(step.add, number));
            else if (held.length > 0) {
              const [entry] = held.splice(step.remove % held.length, 1) as [IntervalEntry<number>];
              expect(tree.remove(entry)).toBe(true);
              expect(tree.remove(entry)).toBe(false);
            }
            expect(tree.size).toBe(held.length);
            const stabbed = stabs[number % stabs.length] as DriverValue;
            const found: number[] = [];
            tree.stab(stabbed, (item) => found.push(item));
            const expected = held.filter((entry) => isInside(stabbed, entry, under)).map(({ item }) => item);
            expect(found.toSorted((a, b) => a - b)).toEqual(expected.toSorted((a, b) => a - b));
          }
        },
      ),
      seeded(300),
    );
  });

  const growths: Readonly<Record<string, (i: number, n: number) => Interval>> = {
    'disjoint, ascending': (i) => ({
      lower: BigInt(i),
      upper: BigInt(i + 1),
      lowerInclusive: true,
      upperInclusive: false,
    }),
    'disjoint, descending': (i, n) => ({
      lower: BigInt(n - i),
      upper: BigInt(n - i + 1),
      lowerInclusive: true,
      upperInclusive: false,
    }),
    nested: (i, n) => ({
      lower: BigInt(i),
      upper: BigInt(2 * n - i),
      lowerInclusive: true,
      upperInclusive: true,
    }),
    'open above': (i) => ({
      lower: BigInt((i * 7919) % 10_007),
      lowerInclusive: false,
      upperInclusive: false,
    }),
    'open below': (i) => ({
      upper: BigInt((i * 7919) % 10_007),
      lowerInclusive: false,
      upperInclusive: false,
    }),
    'of one lower bound': (i) => ({
      lower: 0n,
      upper: BigInt(i),
      lowerInclusive: true,
      upperInclusive: true,
    }),
  };
  test.each(
    Object.entries(growths),
  )('looks at no more than twice what it finds and a few paths: %s', (_, grow) => {
    const n = 10_000;
    const tree = new IntervalTree<number>('BINARY');
    const entries = Array.from({ length: n }, (_, i) => tree.insert(grow(i, n), i));
    const check = () => {
      for (const at of [-1, 0, 1, 17, 4_999, 5_000, 9_998, 10_000, 15_000, 30_000]) {
        let found = 0;
        const looked = tree.stab(BigInt(at), () => found++);
        expect(looked).toBeLessThanOrEqual(2 * found + 4 * Math.log2(tree.size));
      }
    };
    check();
    for (const entry of entries.filter((_, i) => i % 10 !== 3)) tree.remove(entry);
    expect(tree.size).toBe(n / 10);
    check();
  });
});

describe('a predicate index', () => {
  test('visits what a look at every condition visits, once each', () => {
    fc.assert(
      fc.property(
        steps(condition, 60),
        fc.array(fc.tuple(value, value, value), { minLength: 4, maxLength: 4 }),
        (all, images) => {
          const index = new PredicateIndex<{ readonly condition: IndexCondition }>(['a', 'b', 'c']);
          const held: { readonly condition: IndexCondition }[] = [];
          for (const [number, step] of all.entries()) {
            if ('add' in step) {
              const subscription = { condition: step.add };
              index.add(subscription, step.add);
              held.push(subscription);
            } else if (held.length > 0) {
              const [gone] = held.splice(step.remove % held.length, 1) as [(typeof held)[number]];
              expect(index.remove(gone)).toBe(true);
              expect(index.remove(gone)).toBe(false);
            }
            expect(index.size).toBe(held.length);
            const image = images[number % images.length] as DriverValue[];
            const visited: (typeof held)[number][] = [];
            index.visit(image, (subscription) => visited.push(subscription));
            expect(new Set(visited).size).toBe(visited.length);
            expect(new Set(visited)).toEqual(new Set(held.filter((one) => concerns(image, one.condition))));
          }
          for (const one of held) index.remove(one);
          expect(index.visit(images[0] as DriverValue[], () => expect.unreachable())).toBe(0);
        },
      ),
      seeded(300),
    );
  });

  test('looks at one bucket of 100,000, and calls for its subscriptions only', () => {
    const index = new PredicateIndex<{ readonly id: number }>(['owner', 'price']);
    for (let id = 0; id < 100_000; id++) {
      index.add({ id }, { kind: 'equals', column: 0, keys: [id % 50_000], collation: 'BINARY' });
    }
    const visited: number[] = [];
    expect(index.visit([7n, null], ({ id }) => visited.push(id))).toBe(1);
    expect(visited).toEqual([7, 50_007]);
    expect(index.visit([null, 5n], ({ id }) => visited.push(id))).toBe(0);
    expect(index.visit([50_000n, 5n], ({ id }) => visited.push(id))).toBe(1);
    expect(visited.length).toBe(2);
  });

  test('registers nowhere what nothing satisfies', () => {
    const index = new PredicateIndex<object>(['owner']);
    const equals = { kind: 'equals', column: 0, keys: [null], collation: 'BINARY' } as const;
    const range = {
      kind: 'range',
      column: 0,
      lower: null,
      lowerInclusive: true,
      upperInclusive: true,
    } as const;
    index.add({}, equals);
    index.add({}, { ...range, collation: 'BINARY' });
    expect(index.size).toBe(2);
    for (const value of [null, 1n, 'x']) expect(index.visit([value], () => expect.unreachable())).toBe(0);
  });

  test('has one interval for all subscribers of a range', () => {
    const index = new PredicateIndex<{ readonly id: number }>(['price']);
    for (let id = 0; id < 1_000; id++) {
      // 10 and 10.0 are one bound.
      const lower = id % 2 === 0 ? 10n : 10;
      index.add(
        { id },
        { kind: 'range', column: 0, lower, lowerInclusive: true, upperInclusive: false, collation: 'BINARY' },
      );
    }
    let calls = 0;
    expect(index.visit([10n], () => calls++)).toBe(1);
    expect(calls).toBe(1_000);
  });

  test('describes what a subscription waits for, and takes no subscription twice', () => {
    const index = new PredicateIndex(['status', 'price']);
    const described = (condition: IndexCondition) => {
      const subscription = {};
      index.add(subscription, condition);
      expect(() => index.add(subscription, condition)).toThrow('Cannot add a subscription twice');
      return index.describe(subscription);
    };
    const equals = { kind: 'equals', column: 0, collation: 'BINARY' } as const;
    const range = {
      kind: 'range',
      column: 1,
      collation: 'BINARY',
      lowerInclusive: true,
      upperInclusive: false,
    } as const;
    expect(described({ ...equals, keys: ['open'] })).toBe("hash on status = 'open'");
    expect(described({ ...equals, keys: ["it's"], collation: 'NOCASE' })).toBe(
      "hash on status = 'it''s' collate nocase",
    );
    expect(described({ ...equals, keys: [equalityKeyOf(bytes(1, 255), 'BINARY'), 2] })).toBe(
      "hash on status in (x'01ff', 2)",
    );
    expect(described({ ...equals, keys: [1, 2, 3, 4] })).toBe('hash on status in (1, 2, 3, ... 4 values)');
    expect(described({ ...range, lower: 10n, upper: 20 })).toBe('range on price >= 10 and price < 20');
    expect(described(range)).toBe('range on price is not null');
    expect(described({ kind: 'null', column: 0 })).toBe('null test on status');
    expect(described({ kind: 'all' })).toBe('every change');
    expect(index.describe({})).toBeUndefined();
  });
});
