import { describe, expect, test } from 'vitest';
import { Sequence } from './sequence.ts';
import { type Item, PLAIN_ROWS, Snapshot } from './snapshot.ts';
import { differenceOf } from './snapshot-difference.ts';

interface Row {
  readonly id: number;
}

/** Items whose rows say when they are read. */
class LazyItem implements Item<Row> {
  readonly key: string;
  readonly place: number;
  static reads = 0;
  #row: Row | undefined;

  constructor(place: number, row?: Row) {
    this.key = `k${Math.floor(place)}`;
    this.place = place;
    this.#row = row;
  }

  get row(): Row {
    LazyItem.reads++;
    this.#row ??= { id: this.place };
    return this.#row;
  }
}

const compare = (a: Item<Row>, b: Item<Row>) => (a as LazyItem).place - (b as LazyItem).place;

function many(size = 50_000) {
  const items: Item<Row>[] = Array.from({ length: size }, (_, place) => new LazyItem(place));
  LazyItem.reads = 0;
  const sequence = Sequence.of(items);
  return { items, sequence, snapshot: new Snapshot(sequence, 0, size) };
}

describe('A snapshot', () => {
  test('is a window, which ends where the answer ends', () => {
    const { items, sequence } = many(10);
    const keys = (snapshot: Snapshot<Row>) => snapshot.items().map(({ key }) => key);
    expect(keys(new Snapshot(sequence, 2, 4))).toEqual(['k2', 'k3']);
    expect(keys(new Snapshot(sequence, 8, 99))).toEqual(['k8', 'k9']);
    expect(new Snapshot(sequence, 20, 30).size).toBe(0);
    expect(new Snapshot(sequence, 5, 3).size).toBe(0);
    const window = new Snapshot(sequence, 2, 4);
    expect([-1, 0, 1, 2].map((index) => window.item(index))).toEqual([
      undefined,
      items[2],
      items[3],
      undefined,
    ]);
    expect(window.items(1)).toEqual([items[3]]);
    expect(window.rows).toEqual([{ id: 2 }, { id: 3 }]);
    expect(Snapshot.empty.rows).toEqual([]);
  });

  test('has the same rows object at each reading, frozen, whether small or large', () => {
    for (const size of [0, 3, PLAIN_ROWS, PLAIN_ROWS + 1]) {
      const { snapshot } = many(size);
      expect(snapshot.rows).toBe(snapshot.rows);
      expect(snapshot.rows.length).toBe(size);
      expect(Object.isFrozen(snapshot.rows)).toBe(true);
    }
  });

  test('decodes only the rows that somebody reads', () => {
    const { items, snapshot, sequence } = many();
    const { rows } = snapshot;
    expect(rows.length).toBe(50_000);
    expect(LazyItem.reads).toBe(0);
    expect(rows[4711]).toBe(rows.at(4711));
    expect(rows.slice(10, 12)).toEqual([{ id: 10 }, { id: 11 }]);
    expect(0 in rows && !(50_000 in rows)).toBe(true);
    expect(LazyItem.reads).toBe(4);

    LazyItem.reads = 0;
    const changed = sequence.change([items[300] as Item<Row>], [new LazyItem(300)], compare);
    const next = new Snapshot(changed, 0, changed.size);
    expect(differenceOf(snapshot, next).length).toBe(1);
    expect(snapshot.equals(next)).toBe(false);
    expect(LazyItem.reads).toBeLessThan(10);

    LazyItem.reads = 0;
    expect(differenceOf(new Snapshot(sequence, 0, 500), new Snapshot(sequence, 1, 501)).length).toBe(2);
    expect(LazyItem.reads).toBe(2);
  });

  test('equals another with the same row objects, wherever its items come from', () => {
    const { items, sequence, snapshot } = many(3000);
    const rewrapped = sequence.change(
      [items[5] as Item<Row>],
      [new LazyItem(5, (items[5] as Item<Row>).row)],
      compare,
    );
    expect(snapshot.equals(new Snapshot(rewrapped, 0, 3000))).toBe(true);
    expect(differenceOf(snapshot, new Snapshot(rewrapped, 0, 3000))).toEqual([]);
    const rebuilt = Sequence.of(items.map(({ key, row }) => ({ key, row })));
    expect(snapshot.equals(new Snapshot(rebuilt, 0, 3000))).toBe(true);
    expect(differenceOf(snapshot, new Snapshot(rebuilt, 0, 3000))).toEqual([]);
    expect(snapshot.equals(new Snapshot(sequence, 0, 2999))).toBe(false);
    expect(new Snapshot(sequence, 0, 10).equals(new Snapshot(sequence, 1, 11))).toBe(false);
    const empty: Snapshot<Row> = Snapshot.empty;
    expect(empty.equals(new Snapshot(sequence, 7, 7))).toBe(true);
  });

  test('moves one row past many that stay, also if the many are the changed ones', () => {
    const { items, sequence, snapshot } = many(5000);
    const [first] = items as [Item<Row>];
    const last = new Snapshot(
      sequence.change([first], [{ ...new LazyItem(9999), key: 'k0', row: first.row }], compare),
      0,
      5000,
    );
    expect(differenceOf(snapshot, last)).toEqual([
      { type: 'update', row: first.row, previous: first.row, previousIndex: 0, index: 4999 },
    ]);
    const others = items.slice(1).map(({ key }, at) => ({ key, row: { id: at }, place: at - 9999 }));
    const before = new Snapshot(sequence.change(items.slice(1), others, compare), 0, 5000);
    expect(
      differenceOf(snapshot, before).filter(
        (change) => change.type === 'update' && change.index !== change.previousIndex,
      ).length,
    ).toBe(1);
  });
});
