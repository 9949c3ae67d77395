import { Sequence } from './sequence.ts';

/** A window of a sequence: what a snapshot is, without its rows. */
export interface Window<T> {
  readonly sequence: Sequence<T>;
  readonly from: number;
  readonly size: number;
}

/** Items that both windows have, the very same and in the same order. Places count from the window's start. */
export interface SharedRun {
  readonly previous: number;
  readonly next: number;
  readonly length: number;
}

/**
 * The runs of items that two windows share, ascending in both. Costs what the differences of the sequences do,
 * however wide the windows are and however far apart.
 */
export function* sharedRuns<T>(previous: Window<T>, next: Window<T>): Generator<SharedRun, undefined> {
  let a = 0;
  let b = 0;
  for (const region of Sequence.differences(previous.sequence, next.sequence)) {
    yield* clipped(previous, next, a, b, region.aFrom - a);
    a = region.aTo;
    b = region.bTo;
  }
  yield* clipped(previous, next, a, b, previous.sequence.size - a);
}

/** What both windows have of the run that begins at `a` of the one sequence and `b` of the other. */
function* clipped<T>(
  previous: Window<T>,
  next: Window<T>,
  a: number,
  b: number,
  length: number,
): Generator<SharedRun, undefined> {
  const skipped = Math.max(previous.from - a, next.from - b, 0);
  const end = Math.min(previous.from + previous.size - a, next.from + next.size - b, length);
  if (skipped >= end) return;
  yield { previous: a + skipped - previous.from, next: b + skipped - next.from, length: end - skipped };
}
