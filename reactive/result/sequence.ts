/**
 * An ordered list that is never changed: changing it gives another, which shares most of its memory.
 * Guarantees O(log n) for a change, a look-up and a rank, and that a sequence held is a sequence kept. Doesn't
 * know its own order: whoever changes it gives the same one each time. The hard part lies in the three files
 * beside it: the tree's shape (sequence-node.ts), its change, and the differences of two trees.
 */
import { changeTree } from './sequence-change.ts';
import { type Region, treeDifferences, type Work } from './sequence-differences.ts';
import { type Compare, childOf, leaves, lowerBound, type Node, rootOf } from './sequence-node.ts';

export class Sequence<T> implements Iterable<T> {
  readonly size: number;
  readonly #root: Node<T> | null;

  private constructor(root: Node<T> | null) {
    this.#root = root;
    this.size = root?.size ?? 0;
  }

  /** The sequence of `items`, which are in order. O(n); the array is free to change afterwards. */
  static of<T>(items: readonly T[]): Sequence<T> {
    return new Sequence(rootOf(leaves(items.slice())));
  }

  /**
   * The regions in which two sequences differ, ascending: all items outside them are the same (`===`), pair by
   * pair. Costs O(changes * log n) if few changes lie between the two, and O(n) at most. Items that went to
   * another place may count as removed here and added there.
   */
  static differences<T>(a: Sequence<T>, b: Sequence<T>, work: Work = { compared: 0 }): Iterable<Region> {
    return a.#root === b.#root ? [] : treeDifferences(a.#root, b.#root, work);
  }

  /** The item at `index`, counted from 0, or undefined. */
  at(index: number): T | undefined {
    if (!(index >= 0 && index < this.size)) return undefined;
    let node = this.#root as Node<T>;
    let rest = index;
    while (node.children !== null) {
      let child = 0;
      let next = node.children[0] as Node<T>;
      while (rest >= next.size) {
        rest -= next.size;
        next = node.children[++child] as Node<T>;
      }
      node = next;
    }
    return node.items[rest];
  }

  /** How many items `compare` says are less than `item`, which needn't be one of them. */
  rank(item: T, compare: Compare<T>): number {
    let node = this.#root;
    let before = 0;
    while (node?.children) {
      const child = childOf(node.children, 0, item, compare);
      for (let i = 0; i < child; i++) before += (node.children[i] as Node<T>).size;
      node = node.children[child] as Node<T>;
    }
    return node ? before + lowerBound(node.items, 0, node.size, item, compare) : 0;
  }

  /**
   * The sequence without `removed` and with `added`, neither of which need be sorted.
   *
   * `compare` is the order of the items, and calls no two of the result equal; an added one may be equal to a
   * removed one, whose place it takes. O(log n) for one item, and never more than O(n + k log k) for k.
   * @throws Error if an item of `removed` isn't in the sequence, which stays as it is in any case.
   */
  change(removed: readonly T[], added: readonly T[], compare: Compare<T>): Sequence<T> {
    if (removed.length === 0 && added.length === 0) return this;
    return new Sequence(changeTree(this.#root, removed, added, compare));
  }

  /** The items in [from, to), as far as there are any. */
  toArray(from = 0, to = this.size): T[] {
    const start = Math.max(from, 0);
    const end = Math.min(to, this.size);
    if (this.#root === null || start >= end) return [];
    const items = new Array<T>(end - start);
    copyItems(this.#root, start, end, items, 0);
    return items;
  }

  /** Walks a copy: a generator that descends the tree takes far longer than the copy. */
  [Symbol.iterator](): Iterator<T> {
    return this.toArray().values();
  }
}

/** Puts the items in [from, to) of `node` into `target` at `at`. */
function copyItems<T>(node: Node<T>, from: number, to: number, target: T[], at: number): void {
  if (node.children === null) {
    for (let i = from; i < to; i++) target[at + i - from] = node.items[i] as T;
    return;
  }
  let start = 0;
  for (const child of node.children) {
    if (start >= to) return;
    const end = start + child.size;
    if (end > from) {
      const first = Math.max(from - start, 0);
      copyItems(child, first, Math.min(to, end) - start, target, at + start + first - from);
    }
    start = end;
  }
}
