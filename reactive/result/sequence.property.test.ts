import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Sequence } from './sequence.ts';
import { changeTree } from './sequence-change.ts';
import { BRANCH_CAPACITY, isSmall, LEAF_CAPACITY, type Node, sizeOf } from './sequence-node.ts';

interface Entry {
  readonly place: number;
  readonly id: number;
}

/** Replays a failure: fast-check prints the seed of one, and FRESHET_SEED sets it. */
const seeded = <T>(numRuns: number): fc.Parameters<T> =>
  process.env.FRESHET_SEED === undefined ? { numRuns } : { numRuns, seed: Number(process.env.FRESHET_SEED) };

const compare = (a: Entry, b: Entry): number => a.place - b.place || a.id - b.id;

/** The list by its definition: an array, sorted anew each time. */
class Model {
  items: readonly Entry[];
  #ids = 0;

  constructor(size: number) {
    this.items = Array.from({ length: size }, (_, at) => this.entry(at * 7));
  }

  entry(place: number): Entry {
    return { place, id: this.#ids++ };
  }

  /** Removes and adds pseudo-random items; some of the added replace one removed, at its very place. */
  batch(seed: number, removals: number, additions: number) {
    const random = generator(seed);
    const removed = new Set<Entry>();
    for (let i = 0; i < removals && this.items.length > 0; i++) {
      removed.add(this.items[random(this.items.length)] as Entry);
    }
    const added = [...removed].filter(() => random(3) === 0).map(({ place, id }): Entry => ({ place, id }));
    const width = 1 + random(this.items.length * 8 + 8);
    const offset = random(this.items.length * 8 + 8);
    for (let i = 0; i < additions; i++) added.push(this.entry(offset + random(width)));
    this.items = [...this.items.filter((item) => !removed.has(item)), ...added].sort(compare);
    return { removed: [...removed].reverse(), added };
  }
}

function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const batches = fc.array(
  fc.record({
    seed: fc.nat(),
    removals: fc.oneof(fc.nat(3), fc.nat(100), fc.nat(5000)),
    additions: fc.oneof(fc.nat(3), fc.nat(100), fc.nat(2000)),
  }),
  { maxLength: 8 },
);
const sizes = fc.oneof(fc.nat(3), fc.nat(200), fc.nat(5000));

/** Not toEqual: a sequence promises the very same objects, and large ones are quicker to compare like this. */
function expectSame(actual: readonly unknown[], expected: readonly unknown[]): void {
  expect(actual.length).toBe(expected.length);
  expect(actual.findIndex((item, at) => item !== expected[at])).toBe(-1);
}

/** What the regions leave out is the same, and they ascend with something between them. */
function expectRegions(a: readonly Entry[], b: readonly Entry[], from: Sequence<Entry>, to: Sequence<Entry>) {
  let aAt = 0;
  let bAt = 0;
  let isFirst = true;
  for (const region of Sequence.differences(from, to)) {
    expect(region.aFrom > aAt || (isFirst && region.aFrom === 0)).toBe(true);
    expect(region.aTo - region.aFrom + region.bTo - region.bFrom).toBeGreaterThan(0);
    expectSame(a.slice(aAt, region.aFrom), b.slice(bAt, region.bFrom));
    aAt = region.aTo;
    bAt = region.bTo;
    isFirst = false;
  }
  expectSame(a.slice(aAt), b.slice(bAt));
}

describe('A sequence', () => {
  test('is the sorted array after every batch, and earlier ones stay what they were', () => {
    fc.assert(
      fc.property(sizes, batches, (size, steps) => {
        const model = new Model(size);
        let sequence = Sequence.of(model.items);
        const kept = [{ sequence, items: model.items }];
        for (const { seed, removals, additions } of steps) {
          const { removed, added } = model.batch(seed, removals, additions);
          sequence = sequence.change(removed, added, compare);
          kept.push({ sequence, items: model.items });
        }
        for (const { sequence, items } of kept) {
          expect(sequence.size).toBe(items.length);
          expectSame([...sequence], items);
          const third = Math.floor(items.length / 3);
          expectSame(sequence.toArray(third, 2 * third), items.slice(third, 2 * third));
          for (let at = 0; at < items.length; at += 1 + Math.floor(items.length / 50)) {
            const item = items[at] as Entry;
            expect(sequence.at(at)).toBe(item);
            expect(sequence.rank(item, compare)).toBe(at);
            const between = { place: item.place, id: item.id + 0.5 };
            expect(sequence.rank(between, compare)).toBe(at + 1);
          }
        }
      }),
      seeded(60),
    );
  });

  test('differs from another outside of no region, whether they are related or not', () => {
    fc.assert(
      fc.property(sizes, batches, (size, steps) => {
        const model = new Model(size);
        let sequence = Sequence.of(model.items);
        const kept = [{ sequence, items: model.items }];
        for (const { seed, removals, additions } of steps) {
          const { removed, added } = model.batch(seed, removals, additions);
          sequence = sequence.change(removed, added, compare);
          kept.push({ sequence, items: model.items });
        }
        const first = kept[0]?.items as readonly Entry[];
        kept.push({ sequence: Sequence.of(first), items: first });
        kept.push({ sequence: Sequence.of(first.toReversed()), items: first.toReversed() });
        for (const a of kept) for (const b of kept) expectRegions(a.items, b.items, a.sequence, b.sequence);
      }),
      seeded(20),
    );
  });

  test('is a balanced tree after every batch', () => {
    const check = (node: Node<Entry>, isRoot: boolean): void => {
      if (!isRoot) expect(isSmall(node)).toBe(false);
      if (node.children === null) {
        expect(node.items.length).toBeGreaterThan(0);
        expect(node.items.length).toBeLessThanOrEqual(LEAF_CAPACITY);
        expect(node.first).toBe(node.items[0]);
        return;
      }
      expect(node.children.length).toBeGreaterThan(1);
      expect(node.children.length).toBeLessThanOrEqual(BRANCH_CAPACITY);
      expect(node.size).toBe(sizeOf(node.children));
      expect(node.first).toBe(node.children[0]?.first);
      for (const child of node.children) {
        expect(child.level).toBe(node.level - 1);
        check(child, false);
      }
    };
    fc.assert(
      fc.property(sizes, batches, (size, steps) => {
        const model = new Model(size);
        let root = changeTree<Entry>(null, [], model.items, compare);
        for (const { seed, removals, additions } of steps) {
          const { removed, added } = model.batch(seed, removals, additions);
          root = changeTree(root, removed, added, compare);
          expect(root?.size ?? 0).toBe(model.items.length);
          if (root) check(root, true);
        }
      }),
      seeded(30),
    );
  });
});
