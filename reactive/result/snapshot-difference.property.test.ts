import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyDelta } from '../difference.ts';
import { Sequence } from './sequence.ts';
import { type Item, Snapshot } from './snapshot.ts';
import { differenceOf } from './snapshot-difference.ts';

interface Row {
  readonly id: number;
  readonly version: number;
}

interface Entry extends Item<Row> {
  readonly place: number;
}

/** Replays a failure: fast-check prints the seed of one, and FRESHET_SEED sets it. */
const seeded = <T>(numRuns: number): fc.Parameters<T> =>
  process.env.FRESHET_SEED === undefined ? { numRuns } : { numRuns, seed: Number(process.env.FRESHET_SEED) };

// No two rows of one answer get the same place: places of their own for each id.
const compare = (a: Entry, b: Entry): number => a.place - b.place || a.row.id - b.row.id;
const entry = (place: number, row: Row): Entry => ({ key: `k${row.id}`, row, place });
const range = (size: number): Entry[] =>
  Array.from({ length: size }, (_, id) => entry(id * 10, { id, version: 0 }));

type Kind = 'insert' | 'delete' | 'update' | 'move' | 'movedUpdate' | 'rewrap';
const edits = (most: number) =>
  fc.array(
    fc.tuple(
      fc.constantFrom<Kind>('insert', 'delete', 'update', 'move', 'movedUpdate', 'rewrap'),
      fc.nat(),
      fc.nat(),
    ),
    { maxLength: most, size: 'max' },
  );

/** The sequence after some edits, made by `change` so that it shares what didn't change. */
function edited(items: readonly Entry[], sequence: Sequence<Entry>, list: readonly [Kind, number, number][]) {
  const current = new Map(items.map((item) => [item.key, item]));
  const before = new Map(current);
  for (const [number, [kind, which, where]] of list.entries()) {
    const place = where % (items.length * 10 + 10);
    const old = items[which % Math.max(items.length, 1)];
    const now = old && current.get(old.key);
    if (kind === 'insert') {
      const added = entry(place, { id: 1_000_000 + number, version: 0 });
      current.set(added.key, added);
    } else if (now) {
      const { row } = now;
      const other: Row = { id: row.id, version: row.version + 1 };
      if (kind === 'delete') current.delete(now.key);
      if (kind === 'update') current.set(now.key, entry(now.place, other));
      if (kind === 'move') current.set(now.key, entry(place, row));
      if (kind === 'movedUpdate') current.set(now.key, entry(place, other));
      if (kind === 'rewrap') current.set(now.key, entry(now.place, row));
    }
  }
  const removed = items.filter((item) => current.get(item.key) !== item);
  const added = [...current.values()].filter((item) => before.get(item.key) !== item);
  return sequence.change(removed, added, compare);
}

function check(previous: Snapshot<Row>, next: Snapshot<Row>): void {
  const changes = differenceOf(previous, next);
  const before = previous.items().map(({ row }) => row);
  const after = next.items().map(({ row }) => row);
  const result = applyDelta(before, changes);
  expect(result.length).toBe(after.length);
  expect(result.findIndex((row, at) => row !== after[at])).toBe(-1);

  // Each key at most once, as what it is: nothing is deleted and inserted again.
  const old = new Map(before.map((row) => [row.id, row]));
  const remaining = new Set(after.map((row) => row.id));
  expect(new Set(changes.map(({ row }) => row.id)).size).toBe(changes.length);
  for (const change of changes) {
    if (change.type === 'insert') expect(old.has(change.row.id)).toBe(false);
    else if (change.type === 'delete') expect(remaining.has(change.row.id)).toBe(false);
    else {
      expect(change.previous).toBe(old.get(change.row.id));
      expect(change.row !== change.previous || change.index !== change.previousIndex).toBe(true);
    }
  }
  const isSame = before.length === after.length && before.every((row, at) => row === after[at]);
  expect(changes.length === 0).toBe(isSame);
  expect(previous.equals(next)).toBe(isSame);
  expect(next.equals(previous)).toBe(isSame);
}

describe('The difference of two snapshots, applied to the first, gives the second', () => {
  const sizes = { small: fc.nat(60), large: fc.integer({ min: 2000, max: 4000 }) };
  for (const [name, size] of Object.entries(sizes)) {
    for (const [amount, most] of [
      ['few', 12],
      ['many', 3000],
    ] as const) {
      test(`${name} ones with ${amount} edits`, () => {
        fc.assert(
          fc.property(size, edits(name === 'small' ? 40 : most), (count, list) => {
            const items = range(count);
            const sequence = Sequence.of(items);
            const next = edited(items, sequence, list);
            check(new Snapshot(sequence, 0, sequence.size), new Snapshot(next, 0, next.size));
            check(new Snapshot(next, 0, next.size), new Snapshot(sequence, 0, sequence.size));
          }),
          seeded(name === 'small' ? 300 : 40),
        );
      });
    }
  }

  test('windows that shift while the rows change', () => {
    const window = fc.tuple(fc.nat(3000), fc.nat(4000));
    fc.assert(
      fc.property(
        window,
        window,
        fc.nat(40),
        edits(30),
        ([from, width], [otherFrom, otherWidth], near, list) => {
          const items = range(4000);
          const sequence = Sequence.of(items);
          const next = edited(items, sequence, list);
          const previous = new Snapshot(sequence, from, from + width);
          check(previous, new Snapshot(next, otherFrom, otherFrom + otherWidth));
          check(previous, new Snapshot(next, from + near, from + width));
          check(previous, new Snapshot(sequence, from, from + width));
          check(previous, new Snapshot(sequence, from + near, from + near + width));
        },
      ),
      seeded(60),
    );
  });

  test('answers that share nothing', () => {
    fc.assert(
      fc.property(fc.nat(3000), edits(500), (count, list) => {
        const items = range(count);
        const next = edited(items, Sequence.of(items), list)
          .toArray()
          .map((item) => entry(item.place, item.row));
        check(new Snapshot(Sequence.of(items), 0, count), new Snapshot(Sequence.of(next), 0, next.length));
        check(Snapshot.empty, new Snapshot(Sequence.of(next), 0, next.length));
        check(new Snapshot(Sequence.of(next), 0, next.length), Snapshot.empty);
      }),
      seeded(30),
    );
  });
});
