/**
 * Taking items out of a tree and putting others in, by copying the nodes on their paths.
 * Guarantees that each node on a path is made once, however many changes it gets: one change costs O(log n)
 * and very many a merge, with nothing to choose between them. Doesn't notice an added item that compares
 * equal to one that stays. The hard part is a child that becomes several, small, or none.
 */
import {
  branch,
  branches,
  type Compare,
  childOf,
  isSmall,
  LEAF_CAPACITY,
  leaf,
  leaves,
  lowerBound,
  type Node,
  rootOf,
  settle,
} from './sequence-node.ts';

/** What a node becomes: one that isn't small, or any nodes of its level, also none. */
type Replacement<T> = Node<T> | readonly Node<T>[];

/** The tree of `root`'s items without `removed` and with `added`. @throws if a removed item isn't there. */
export function changeTree<T>(
  root: Node<T> | null,
  removed: readonly T[],
  added: readonly T[],
  compare: Compare<T>,
): Node<T> | null {
  const out = removed.length > 1 ? removed.toSorted(compare) : removed;
  const into = added.length > 1 ? added.toSorted(compare) : added;
  if (root === null) {
    if (out.length > 0) throw notThere();
    return rootOf(leaves(into));
  }
  const replaced = new Change(out, into, compare).node(root, 0, out.length, 0, into.length);
  return rootOf(Array.isArray(replaced) ? replaced : [replaced as Node<T>]);
}

class Change<T> {
  readonly #removed: readonly T[];
  readonly #added: readonly T[];
  readonly #compare: Compare<T>;

  constructor(removed: readonly T[], added: readonly T[], compare: Compare<T>) {
    this.#removed = removed;
    this.#added = added;
    this.#compare = compare;
  }

  /** `node` after the removals in [out, outEnd) and the additions in [into, intoEnd), which all concern it. */
  node(node: Node<T>, out: number, outEnd: number, into: number, intoEnd: number): Replacement<T> {
    if (node.children !== null) return this.#branch(node.children, node.size, out, outEnd, into, intoEnd);
    const items = this.#items(node.items, out, outEnd, into, intoEnd);
    return items.length <= LEAF_CAPACITY && items.length >= LEAF_CAPACITY / 4 ? leaf(items) : leaves(items);
  }

  #branch(
    children: readonly Node<T>[],
    size: number,
    out: number,
    outEnd: number,
    into: number,
    intoEnd: number,
  ): Replacement<T> {
    const replaced: Replacement<T>[] = children.slice();
    const nextSize = size - (outEnd - out) + (intoEnd - into);
    let isRegular = true;
    let outAt = out;
    let intoAt = into;
    let child = 0;
    while (outAt < outEnd || intoAt < intoEnd) {
      const outChild = outAt < outEnd ? this.#childOf(children, child, this.#removed[outAt] as T) : Infinity;
      const intoChild =
        intoAt < intoEnd ? this.#childOf(children, child, this.#added[intoAt] as T) : Infinity;
      child = Math.min(outChild, intoChild);
      const bound = children[child + 1];
      const outTo = outChild > child ? outAt : this.#before(this.#removed, outAt, outEnd, bound);
      const intoTo = intoChild > child ? intoAt : this.#before(this.#added, intoAt, intoEnd, bound);
      const made = this.node(children[child] as Node<T>, outAt, outTo, intoAt, intoTo);
      replaced[child] = made;
      if (Array.isArray(made)) isRegular = false;
      outAt = outTo;
      intoAt = intoTo;
      child++;
    }
    // The common case looks at no other child: their sizes would have to come from memory.
    if (isRegular) return branch(replaced as Node<T>[], nextSize);
    const settled = settle(replaced.flat() as Node<T>[]);
    const [only, ...others] = branches(settled);
    return only && others.length === 0 && !isSmall(only) ? only : only ? [only, ...others] : [];
  }

  #items(items: readonly T[], out: number, outEnd: number, into: number, intoEnd: number): T[] {
    if (outEnd - out + intoEnd - into === 1) {
      return outEnd > out
        ? items.toSpliced(this.#placeOfRemoved(items, 0, out), 1)
        : items.toSpliced(this.#placeOfAdded(items, 0, into), 0, this.#added[into] as T);
    }
    return this.#merge(items, out, outEnd, into, intoEnd);
  }

  #merge(items: readonly T[], out: number, outEnd: number, into: number, intoEnd: number): T[] {
    // Made in its length: an array that grows keeps room that a leaf never uses.
    const merged = new Array<T>(Math.max(0, items.length - (outEnd - out) + (intoEnd - into)));
    let length = 0;
    let at = 0;
    let outAt = out;
    let intoAt = into;
    let outPlace = outAt < outEnd ? this.#placeOfRemoved(items, at, outAt) : items.length;
    let intoPlace = intoAt < intoEnd ? this.#placeOfAdded(items, at, intoAt) : items.length;
    for (;;) {
      const stop = Math.min(outPlace, intoPlace);
      while (at < stop) merged[length++] = items[at++] as T;
      // An item is put before the one at its place, so ahead of a removal there.
      if (intoAt < intoEnd && intoPlace === stop) {
        merged[length++] = this.#added[intoAt++] as T;
        intoPlace = intoAt < intoEnd ? this.#placeOfAdded(items, at, intoAt) : items.length;
      } else if (outAt < outEnd) {
        at++;
        outAt++;
        outPlace = outAt < outEnd ? this.#placeOfRemoved(items, at, outAt) : items.length;
      } else {
        return merged;
      }
    }
  }

  #placeOfRemoved(items: readonly T[], from: number, index: number): number {
    const item = this.#removed[index] as T;
    // By identity, for that reads no item: in a large answer those compared come from far in memory.
    const place = items.indexOf(item, from);
    if (place === -1) throw notThere();
    return place;
  }

  #placeOfAdded(items: readonly T[], from: number, index: number): number {
    return lowerBound(items, from, items.length, this.#added[index] as T, this.#compare);
  }

  #childOf(children: readonly Node<T>[], from: number, item: T): number {
    return childOf(children, from, item, this.#compare);
  }

  /** The end of those in [from, to) that lie before the node `bound`. */
  #before(items: readonly T[], from: number, to: number, bound: Node<T> | undefined): number {
    return bound === undefined ? to : lowerBound(items, from, to, bound.first, this.#compare);
  }
}

function notThere(): Error {
  return new Error(
    'Cannot remove an item: the sequence does not hold it at its place. ' +
      'Give the very object it was made of, and the order it was made with.',
  );
}
