/**
 * Where two trees differ, found by leaving out the nodes that they share.
 * Guarantees that all items outside the regions are the same, pair by pair, for any two trees. Doesn't
 * guarantee the fewest or smallest regions. The hard part is that a node's place says nothing: an insertion
 * shifts all that follows, and a split moves nodes between branches; so runs of nodes are aligned by identity.
 */
import { type Node, sizeOf } from './sequence-node.ts';

/** Items [aFrom, aTo) of one sequence stand where [bFrom, bTo) of the other do. One of them may be empty. */
export interface Region {
  readonly aFrom: number;
  readonly aTo: number;
  readonly bFrom: number;
  readonly bTo: number;
}

/** Counts the nodes and items that were compared, for those who want to see that they are few. */
export interface Work {
  compared: number;
}

/** The regions in ascending order, with at least one common item between two of them. */
export function* treeDifferences<T>(
  a: Node<T> | null,
  b: Node<T> | null,
  work: Work,
): Generator<Region, undefined> {
  let left = a ? [a] : [];
  let right = b ? [b] : [];
  // Only nodes of one level can be the same. The higher tree may have had its root split.
  while (a && b && levelOf(left) > levelOf(right)) left = childrenOf(left);
  while (a && b && levelOf(right) > levelOf(left)) right = childrenOf(right);
  yield* runDifferences(left, right, 0, 0, work);
}

/** Of runs of nodes of one level, which begin at the items `aAt` and `bAt`. */
function* runDifferences<T>(
  a: readonly Node<T>[],
  b: readonly Node<T>[],
  aAt: number,
  bAt: number,
  work: Work,
): Generator<Region, undefined> {
  let aFrom = aAt;
  let bFrom = bAt;
  let compared = 0;
  for (const gap of gaps(a, b, work)) {
    while (compared < gap.aFrom) {
      const { size } = a[compared++] as Node<T>;
      aFrom += size;
      bFrom += size;
    }
    const left = a.slice(gap.aFrom, gap.aTo);
    const right = b.slice(gap.bFrom, gap.bTo);
    const aTo = aFrom + sizeOf(left);
    const bTo = bFrom + sizeOf(right);
    if (left.length === 0 || right.length === 0) {
      yield { aFrom, aTo, bFrom, bTo };
    } else if (levelOf(left) > 0) {
      yield* runDifferences(childrenOf(left), childrenOf(right), aFrom, bFrom, work);
    } else {
      for (const items of gaps(itemsOf(left), itemsOf(right), work)) {
        yield {
          aFrom: aFrom + items.aFrom,
          aTo: aFrom + items.aTo,
          bFrom: bFrom + items.bFrom,
          bTo: bFrom + items.bTo,
        };
      }
    }
    aFrom = aTo;
    bFrom = bTo;
    compared = gap.aTo;
  }
}

/** What lies between common elements of two lists, which are looked for near the end of the last gap. */
function* gaps<X>(a: readonly X[], b: readonly X[], work: Work): Generator<Region, undefined> {
  let i = 0;
  let j = 0;
  for (;;) {
    const start = i;
    while (i < a.length && j < b.length && a[i] === b[j]) {
      i++;
      j++;
    }
    work.compared += i - start;
    if (i === a.length && j === b.length) return;
    const [skipA, skipB] = nearestCommon(a, b, i, j, work);
    yield { aFrom: i, aTo: i + skipA, bFrom: j, bTo: j + skipB };
    i += skipA;
    j += skipB;
  }
}

/**
 * How many elements of `a` from `i` on, and of `b` from `j` on, precede the first that both have. It looks
 * equally far into both, and costs no more than what it skips: an element that only went far away is worth
 * no run of others.
 */
function nearestCommon<X>(
  a: readonly X[],
  b: readonly X[],
  i: number,
  j: number,
  work: Work,
): [skipA: number, skipB: number] {
  const restA = a.length - i;
  const restB = b.length - j;
  if (restA === 0 || restB === 0) return [restA, restB];
  // One replaced, added or removed: the common ones, without a Map.
  work.compared += 3;
  if (restA > 1 && restB > 1 && a[i + 1] === b[j + 1]) return [1, 1];
  if (restB > 1 && a[i] === b[j + 1]) return [0, 1];
  if (restA > 1 && a[i + 1] === b[j]) return [1, 0];
  const inA = new Map<X, number>();
  const inB = new Map<X, number>();
  const end = Math.max(restA, restB);
  for (let step = 0; step < end; step++) {
    work.compared += 2;
    if (step < restA) {
      const element = a[i + step] as X;
      const found = inB.get(element);
      if (found !== undefined) return [step, found];
      if (!inA.has(element)) inA.set(element, step);
    }
    if (step < restB) {
      const element = b[j + step] as X;
      const found = inA.get(element);
      if (found !== undefined) return [found, step];
      if (!inB.has(element)) inB.set(element, step);
    }
  }
  return [restA, restB];
}

function levelOf<T>(nodes: readonly Node<T>[]): number {
  return nodes[0]?.level ?? 0;
}

function childrenOf<T>(nodes: readonly Node<T>[]): Node<T>[] {
  return nodes.flatMap((node) => node.children ?? []);
}

function itemsOf<T>(nodes: readonly Node<T>[]): readonly T[] {
  const [only] = nodes;
  if (nodes.length === 1 && only?.items) return only.items;
  const all: T[] = [];
  for (const { items } of nodes) if (items) for (const item of items) all.push(item);
  return all;
}
