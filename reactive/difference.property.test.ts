import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { applyDelta, difference, type KeyedRows } from './difference.ts';
import type { RowDelta } from './live-delta.ts';

interface Item {
  readonly key: number;
  readonly version: number;
}

/** Replays a failure: fast-check prints the seed of one, and FRESHET_SEED sets it. */
const seeded = <T>(numRuns: number): fc.Parameters<T> =>
  process.env.FRESHET_SEED === undefined ? { numRuns } : { numRuns, seed: Number(process.env.FRESHET_SEED) };

const keyed = (items: readonly Item[]): KeyedRows<Item> => ({
  keys: items.map((item) => `k${item.key}`),
  rows: items,
});
const range = (size: number): Item[] => Array.from({ length: size }, (_, key) => ({ key, version: 0 }));
const isMove = (change: RowDelta<Item>) => change.type === 'update' && change.previousIndex !== change.index;

/** The longest increasing subsequence's length, by its definition: O(n^2), so unlike the code under test. */
function naiveLongestIncreasing(values: readonly number[]): number {
  const lengths: number[] = [];
  for (const [i, value] of values.entries()) {
    let best = 0;
    for (let j = 0; j < i; j++) {
      if ((values[j] as number) < value && (lengths[j] as number) > best) best = lengths[j] as number;
    }
    lengths.push(best + 1);
  }
  return Math.max(0, ...lengths);
}

function check(previous: readonly Item[], next: readonly Item[]): RowDelta<Item>[] {
  const changes = difference(keyed(previous), keyed(next));
  const result = applyDelta(previous, changes);
  // Not toEqual: a snapshot promises the very same objects.
  expect(result.length).toBe(next.length);
  expect(result.findIndex((row, index) => row !== next[index])).toBe(-1);

  const old = new Map(previous.map((item, index) => [item.key, index]));
  const kept = next.filter((item) => old.has(item.key));
  const positions = kept.map((item) => old.get(item.key) as number);
  const updates = changes.filter((change) => change.type === 'update');
  expect(changes.filter((change) => change.type === 'insert').length).toBe(next.length - kept.length);
  expect(changes.filter((change) => change.type === 'delete').length).toBe(previous.length - kept.length);
  expect(changes.filter(isMove).length).toBe(kept.length - naiveLongestIncreasing(positions));
  expect(new Set(updates.map((change) => change.row.key)).size).toBe(updates.length);
  for (const change of updates) {
    expect(change.previous).toBe(previous[old.get(change.row.key) as number]);
    expect(change.row !== change.previous || isMove(change)).toBe(true);
  }
  return changes;
}

/** `items` with some rows moved, replaced by another object, dropped and added. */
const edited = (items: readonly Item[], maxEdits: number): fc.Arbitrary<Item[]> =>
  fc
    .array(fc.tuple(fc.constantFrom('move', 'replace', 'drop', 'add'), fc.nat(), fc.nat()), {
      maxLength: maxEdits,
    })
    .map((edits) => {
      const result = items.slice();
      let added = items.length;
      for (const [edit, from, to] of edits) {
        const at = from % (result.length + 1);
        const [row] = edit === 'add' ? [{ key: added++, version: 0 }] : result.splice(at, 1);
        if (row === undefined || edit === 'drop') continue;
        const target = edit === 'replace' ? at : to % (result.length + 1);
        result.splice(target, 0, edit === 'replace' ? { ...row, version: row.version + 1 } : row);
      }
      return result;
    });

describe('the difference of two keyed results', () => {
  test('turns any arrangement into any other, with the fewest moves', () => {
    const items = range(12);
    const fresh = items.map((item) => ({ ...item, version: 1 }));
    const pair = fc.tuple(
      fc.shuffledSubarray(items),
      fc.shuffledSubarray(items),
      fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
    );
    fc.assert(
      fc.property(pair, ([previous, next, replaced]) => {
        check(
          previous,
          next.map((item) => (replaced[item.key] ? (fresh[item.key] as Item) : item)),
        );
      }),
      seeded(2000),
    );
  });

  test('follows edits of a result that mostly stays', () => {
    const cases = fc.nat(40).chain((size) => {
      const previous = range(size);
      return fc.tuple(fc.constant(previous), edited(previous, 8));
    });
    fc.assert(
      fc.property(cases, ([previous, next]) => {
        check(previous, next);
      }),
      seeded(1000),
    );
  });

  test('follows edits of a few thousand rows', () => {
    const previous = range(3000);
    fc.assert(
      fc.property(edited(previous, 400), (next) => {
        check(previous, next);
      }),
      seeded(4),
    );
  });

  test('handles a few thousand rows in any order', () => {
    const previous = range(2000);
    const shuffled = fc.shuffledSubarray(previous, { minLength: 1500 });
    fc.assert(
      fc.property(shuffled, (next) => {
        check(previous, next);
        check(next, previous);
      }),
      seeded(2),
    );
  });

  test.each([
    ['nothing to nothing', [], []],
    ['nothing to something', [], range(3)],
    ['something to nothing', range(3), []],
    ['one row to another', range(1), [{ key: 7, version: 0 }]],
    ['reversed', range(50), range(50).reverse()],
    ['halves swapped', range(50), [...range(50).slice(25), ...range(25)]],
    ['all replaced', range(50), range(50)],
    ['all replaced and reversed', range(50), range(50).reverse()],
    ['interleaved with new rows', range(20), range(40).sort((a, b) => (a.key % 20) - (b.key % 20))],
  ])('%s', (_name, previous, next) => {
    check(previous, next);
    check(previous, share(previous, next));
  });

  test('says nothing about a result that did not change', () => {
    const rows = range(10);
    expect(check(rows, rows.slice())).toEqual([]);
  });

  test('names one moved row, not the rows it passed', () => {
    const rows = range(1000);
    const changes = check(rows, [...rows.slice(1), ...rows.slice(0, 1)]);
    expect(changes).toEqual([
      { type: 'update', row: rows[0], previous: rows[0], previousIndex: 0, index: 999 },
    ]);
  });

  test('compares 100,000 rows with one changed row in one pass, without a look-up table or a sort', () => {
    const size = 100_000;
    const rows = range(size);
    const next = rows.with(40_000, { key: 40_000, version: 1 });
    const before = counted(keyed(rows));
    const after = counted(keyed(next));
    const set = vi.spyOn(Map.prototype, 'set');
    const sort = vi.spyOn(Array.prototype, 'sort');
    const changes = difference(before.rows, after.rows);
    const calls = { set: set.mock.calls.length, sort: sort.mock.calls.length };
    set.mockRestore();
    sort.mockRestore();
    expect(calls).toEqual({ set: 0, sort: 0 });
    expect(changes).toEqual([
      { type: 'update', row: next[40_000], previous: rows[40_000], previousIndex: 40_000, index: 40_000 },
    ]);
    for (const reads of [before.reads(), after.reads()]) expect(reads).toBeLessThanOrEqual(2 * size + 10);
  });

  test.each([
    ['a replaced run', (rows: Item[]) => rows.toSpliced(50_000, 3, { key: 200_000, version: 0 }), 1, 4],
    ['appended rows', (rows: Item[]) => [...rows, { key: 200_000, version: 0 }], 0, 1],
    ['removed rows', (rows: Item[]) => rows.toSpliced(10, 5), 0, 5],
  ])('looks keys up only between the first and the last change: %s', (_name, edit, lookedUp, steps) => {
    const rows = range(100_000);
    const set = vi.spyOn(Map.prototype, 'set');
    const changes = difference(keyed(rows), keyed(edit(rows)));
    const calls = set.mock.calls.length;
    set.mockRestore();
    expect(calls).toBe(lookedUp);
    expect(changes.length).toBe(steps);
  });
});

/** `next` with the previous object wherever a row has the same version. */
function share(previous: readonly Item[], next: readonly Item[]): Item[] {
  const old = new Map(previous.map((item) => [item.key, item]));
  return next.map((item) => {
    const same = old.get(item.key);
    return same?.version === item.version ? same : item;
  });
}

/** The same rows behind arrays that count how often an element is read. */
function counted(rows: KeyedRows<Item>): { rows: KeyedRows<Item>; reads(): number } {
  let reads = 0;
  const counting = <T>(values: readonly T[]): readonly T[] =>
    new Proxy(values, {
      get(target, property, receiver) {
        if (property !== 'length') reads++;
        return Reflect.get(target, property, receiver);
      },
    });
  return { rows: { keys: counting(rows.keys), rows: counting(rows.rows) }, reads: () => reads };
}
