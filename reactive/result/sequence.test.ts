import { describe, expect, test } from 'vitest';
import { Sequence } from './sequence.ts';

interface Entry {
  readonly place: number;
}

const compare = (a: Entry, b: Entry): number => a.place - b.place;
const entries = (size: number): Entry[] => Array.from({ length: size }, (_, place) => ({ place }));

function compared(a: Sequence<Entry>, b: Sequence<Entry>): number {
  const work = { compared: 0 };
  for (const _ of Sequence.differences(a, b, work));
  return work.compared;
}

describe('A sequence', () => {
  test('has nothing where there is nothing', () => {
    const none = Sequence.of<Entry>([]);
    expect([none.size, none.at(0), none.toArray(), [...none]]).toEqual([0, undefined, [], []]);
    expect(none.rank({ place: 1 }, compare)).toBe(0);
    expect([...Sequence.differences(none, none)]).toEqual([]);
    const three = Sequence.of(entries(3));
    expect([-1, 3, 0.5, Number.NaN].map((index) => three.at(index))).toEqual(Array(4).fill(undefined));
    expect(three.toArray(-5, 99)).toEqual(entries(3));
    expect(three.toArray(2, 1)).toEqual([]);
  });

  test('is itself after no change', () => {
    const sequence = Sequence.of(entries(3));
    expect(sequence.change([], [], compare)).toBe(sequence);
  });

  test('keeps what it was made of when that array changes', () => {
    const items = entries(3);
    const sequence = Sequence.of(items);
    items.length = 0;
    expect(sequence.toArray()).toEqual(entries(3));
  });

  test('refuses to remove what it does not hold, and stays as it is', () => {
    const items = entries(1000);
    const sequence = Sequence.of(items);
    const [first] = items as [Entry];
    const notThere = /Cannot remove an item: the sequence does not hold it at its place/;
    expect(() => sequence.change([{ place: 500 }], [], compare)).toThrow(notThere);
    expect(() => sequence.change([{ place: -1 }], [], compare)).toThrow(notThere);
    expect(() => sequence.change([{ place: 1000 }], [], compare)).toThrow(notThere);
    expect(() => sequence.change([first, first], [], compare)).toThrow(notThere);
    expect(() => Sequence.of<Entry>([]).change([first], [], compare)).toThrow(notThere);
    expect(sequence.toArray()).toEqual(items);
  });

  test('compares few items for one change of many', () => {
    const items = entries(100_000);
    const sequence = Sequence.of(items);
    let comparisons = 0;
    const counting = (a: Entry, b: Entry) => {
      comparisons++;
      return compare(a, b);
    };
    sequence.change([items[70_000] as Entry], [{ place: 20_000.5 }], counting);
    expect(comparisons).toBeLessThan(80);
    comparisons = 0;
    sequence.rank({ place: 4711 }, counting);
    expect(comparisons).toBeLessThan(40);
  });

  test('finds few changes among many items without looking at all', () => {
    const items = entries(100_000);
    const before = Sequence.of(items);
    for (const changes of [1, 10, 100]) {
      const removed = Array.from({ length: changes }, (_, i) => items[(i * 7919) % 100_000] as Entry);
      const added = removed.map(({ place }) => ({ place: (place + 50_000.5) % 100_000 }));
      const after = before.change(removed, added, compare);
      expect(compared(before, after)).toBeLessThan(400 * changes);
      expect([...Sequence.differences(before, after)].length).toBe(2 * changes);
    }
    expect(compared(before, before)).toBe(0);
  });

  test('finds a run that was taken out, and one that was put in, as one region each', () => {
    const items = entries(10_000);
    const before = Sequence.of(items);
    const added = Array.from({ length: 1000 }, (_, i) => ({ place: 7000 + (i + 1) / 2000 }));
    const after = before.change(items.slice(2000, 3000), added, compare);
    expect([...Sequence.differences(before, after)]).toEqual([
      { aFrom: 2000, aTo: 3000, bFrom: 2000, bTo: 2000 },
      { aFrom: 7001, aTo: 7001, bFrom: 6001, bTo: 7001 },
    ]);
  });
});
