/**
 * The steps from a snapshot to another.
 * Guarantees what RowDelta says, and a cost of O(changes * log n) where the snapshots share their structure
 * and few rows changed. Doesn't guarantee the fewest moves then: rows that are shared stay, and those of
 * another object move past them. The hard part is in partial-difference.ts.
 */
import { difference, type KeyedRows } from '../difference.ts';
import type { RowDelta } from '../live-delta.ts';
import { differenceOfSome, type Placed } from './partial-difference.ts';
import { sharedRuns } from './shared-runs.ts';
import { type Item, PLAIN_ROWS, type Snapshot, sameRow } from './snapshot.ts';

/** Changes which, applied in order to `previous.rows` by splice, give `next.rows`: see `difference`. */
export function differenceOf<R extends object>(previous: Snapshot<R>, next: Snapshot<R>): RowDelta<R>[] {
  return differenceAs(previous, next, ({ row }) => row);
}

/** The same, of whatever `as` makes of an item. */
export function differenceAs<R extends object, T>(
  previous: Snapshot<R>,
  next: Snapshot<R>,
  as: (item: Item<R>) => T,
): RowDelta<T>[] {
  if (previous === next) return [];
  if (previous.size + next.size <= 2 * PLAIN_ROWS) return differenceOfAll(previous, next, as);
  const { removed, added } = unshared(previous, next);
  // Where little stayed, to compare all costs the same, and finds the fewest moves.
  const isMostlyOther = removed.length > 0 && removed.length + added.length > (previous.size + next.size) / 2;
  return isMostlyOther ? differenceOfAll(previous, next, as) : differenceOfSome(removed, added, as);
}

/** Compares items, so that no row is read that stayed. */
function differenceOfAll<R extends object, T>(
  previous: Snapshot<R>,
  next: Snapshot<R>,
  as: (item: Item<R>) => T,
): RowDelta<T>[] {
  const changes: RowDelta<T>[] = [];
  for (const change of difference(keyed(previous), keyed(next))) {
    if (change.type !== 'update') {
      changes.push({ ...change, row: as(change.row) });
    } else if (change.previousIndex !== change.index || !sameRow(change.previous, change.row)) {
      changes.push({ ...change, row: as(change.row), previous: as(change.previous) });
    }
  }
  return changes;
}

function keyed<R extends object>(snapshot: Snapshot<R>): KeyedRows<Item<R>> {
  const items = snapshot.items();
  return { keys: items.map((item) => item.key), rows: items };
}

/** What `previous` alone has, and what `next` alone has; also an item of both that stands elsewhere. */
function unshared<R extends object>(previous: Snapshot<R>, next: Snapshot<R>) {
  const removed: Placed<R>[] = [];
  const added: Placed<R>[] = [];
  let previousAt = 0;
  let nextAt = 0;
  for (const run of sharedRuns(previous, next)) {
    place(removed, previous, previousAt, run.previous);
    place(added, next, nextAt, run.next);
    previousAt = run.previous + run.length;
    nextAt = run.next + run.length;
  }
  place(removed, previous, previousAt, previous.size);
  place(added, next, nextAt, next.size);
  return { removed, added };
}

function place<R extends object>(into: Placed<R>[], snapshot: Snapshot<R>, from: number, to: number): void {
  if (from === to) return;
  for (const [at, item] of snapshot.items(from, to).entries()) into.push({ item, index: from + at });
}
