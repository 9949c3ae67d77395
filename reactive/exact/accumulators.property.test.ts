import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DriverValue } from '../../core/drivers/driver.ts';
import { type Collation, compareValues } from '../../core/sql/collation.ts';
import {
  type Accumulator,
  type AccumulatorKind,
  createAccumulator,
  primeAccumulator,
  primingExpressions,
} from './accumulators.ts';

/** Replays a failure: fast-check prints the seed of one, and FRESHET_SEED sets it. */
const seeded = <T>(numRuns: number): fc.Parameters<T> =>
  process.env.FRESHET_SEED === undefined ? { numRuns } : { numRuns, seed: Number(process.env.FRESHET_SEED) };

const kinds: Readonly<Record<AccumulatorKind, string>> = {
  countRows: 'count(*)',
  count: 'count(x)',
  sum: 'sum(x)',
  total: 'total(x)',
  avg: 'avg(x)',
  min: 'min(x)',
  max: 'max(x)',
};

const huge = [2n ** 53n, 2n ** 52n, -(2n ** 53n) - 1n, 2n ** 61n, 2n ** 62n, 2n ** 63n - 1n, -(2n ** 63n)];
const integer = fc.oneof(
  { weight: 12, arbitrary: fc.bigInt({ min: -5n, max: 5n }) },
  { weight: 4, arbitrary: fc.bigInt({ min: -(2n ** 40n), max: 2n ** 40n }) },
  { weight: 1, arbitrary: fc.constantFrom(...huge) },
);
const odd = fc.constantFrom<DriverValue>(
  ...[
    0.5,
    1,
    -1,
    1e17,
    Infinity,
    '3',
    '1x',
    'a',
    'A',
    'a ',
    'b',
    'B\0x',
    '',
    Uint8Array.of(0x31),
    Uint8Array.of(),
  ],
);
const added = fc.oneof(
  { weight: 8, arbitrary: integer },
  { weight: 1, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: odd },
);
const step = fc.oneof(
  { weight: 3, arbitrary: added.map((value) => ({ add: value })) },
  { weight: 2, arbitrary: fc.nat().map((place) => ({ remove: place })) },
);

describe.each(Object.entries(kinds) as [AccumulatorKind, string][])('%s', (kind, aggregate) => {
  const database = new DatabaseSync(':memory:');
  const query = (sql: string): DriverValue[] | 'overflow' => {
    const statement = database.prepare(sql);
    statement.setReadBigInts(true);
    statement.setReturnArrays(true);
    try {
      return statement.get() as unknown as DriverValue[];
    } catch (error) {
      expect(String(error)).toContain('integer overflow');
      return 'overflow';
    }
  };

  test.each<Collation>([
    'BINARY',
    'NOCASE',
    'RTRIM',
  ])("is SQLite's own after each step, or says that it is not, under %s", (collation) => {
    database.exec(`DROP TABLE IF EXISTS t; CREATE TABLE t (id INTEGER PRIMARY KEY, x COLLATE ${collation})`);
    const insert = database.prepare('INSERT INTO t (x) VALUES (?)');
    const pick = database.prepare(
      'DELETE FROM t WHERE id = (SELECT id FROM t ORDER BY id LIMIT 1 OFFSET ?) RETURNING x',
    );
    pick.setReadBigInts(true);
    pick.setReturnArrays(true);
    let told = 0;
    let asked = 0;
    const prime = (): Accumulator | undefined => {
      const expressions = primingExpressions(kind, 'x');
      const primed = query(`SELECT ${expressions.join(', ')} FROM t`);
      const accumulator = primed === 'overflow' ? undefined : primeAccumulator(kind, collation, primed);
      return accumulator?.exact ? accumulator : undefined;
    };
    const check = (accumulator: Accumulator) => {
      told++;
      const expected = query(`SELECT ${aggregate} FROM t`);
      const scannedBack = query(`SELECT ${aggregate} FROM (SELECT x FROM t ORDER BY id DESC LIMIT -1)`);
      const [value = null] = expected as DriverValue[];
      if (kind !== 'min' && kind !== 'max') {
        expect([accumulator.result()]).toEqual(expected);
        expect(scannedBack).toEqual(expected);
        return;
      }
      // One of the spellings that the collation holds equal, and one that the group has.
      expect(compareValues(accumulator.result(), value, collation)).toBe(0);
      const held = database
        .prepare('SELECT count(*) FROM t WHERE x IS ? COLLATE BINARY')
        .get(accumulator.result());
      expect(value === null || held?.['count(*)'] !== 0).toBe(true);
    };
    fc.assert(
      fc.property(
        fc.array(added, { maxLength: 8 }),
        fc.array(step, { maxLength: 30 }),
        fc.boolean(),
        (start, steps, patient) => {
          database.exec('DELETE FROM t');
          let accumulator: Accumulator | undefined = createAccumulator(kind, collation);
          for (const value of start) {
            insert.run(value);
            accumulator.add(value);
          }
          for (const one of steps) {
            if ('add' in one) {
              insert.run(one.add);
              accumulator?.add(one.add);
            } else {
              const { n } = database.prepare('SELECT count(*) AS n FROM t').get() as { n: number };
              if (n === 0) continue;
              const removed = pick.get(one.remove % n) as unknown as DriverValue[];
              accumulator?.remove(removed[0] as DriverValue);
            }
            // Who is patient keeps an accumulator that isn't exact: it may become so again.
            if (accumulator === undefined || (!accumulator.exact && !patient)) {
              asked++;
              accumulator = prime();
            }
            if (accumulator?.exact) check(accumulator);
          }
        },
      ),
      seeded(150),
    );
    if (process.env.FRESHET_SEED === undefined) expect(told).toBeGreaterThan(asked);
  });
});

test('a maximum that leaves and is followed by a greater one needs no question', () => {
  const maximum = primeAccumulator('max', 'BINARY', [10n]);
  expect(maximum.remove(10n)).toBe(false);
  expect(() => maximum.result()).toThrow('SQLite must be asked');
  expect(maximum.add(9n)).toBe(false);
  expect(maximum.add(12n)).toBe(true);
  expect(maximum.result()).toBe(12n);
});

test('what SQLite may spell or add up in another way is left to it', () => {
  const maximum = primeAccumulator('max', 'NOCASE', ['a']);
  expect(maximum.add('a')).toBe(true);
  expect(maximum.add('A')).toBe(false);
  expect(maximum.add('B')).toBe(true);

  const average = createAccumulator('avg', 'BINARY');
  expect(average.add(2n ** 53n - 1n)).toBe(true);
  expect(average.add(1n)).toBe(false);
  expect(average.remove(1n)).toBe(true);
  expect(primeAccumulator('avg', 'BINARY', [2n, 0, 2 ** 53, 0]).exact).toBe(false);

  const sum = createAccumulator('sum', 'BINARY');
  expect(sum.add(2n ** 61n)).toBe(true);
  // The sum is small again, but another scan order passes int64.
  expect(sum.add(-(2n ** 61n))).toBe(false);
  expect(sum.remove(2n ** 61n)).toBe(true);
  expect(sum.add('3')).toBe(false);
  expect(sum.remove('3')).toBe(true);
  expect(sum.result()).toBe(-(2n ** 61n));
});
