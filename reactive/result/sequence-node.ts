/**
 * The nodes of a counted B+ tree, never changed once made, so that trees share them.
 * Guarantees that all leaves are equally deep and that no node but the root is small, if lists of nodes pass
 * through `settle` before they get a parent. Knows nothing of the items' order: its callers keep it.
 * The hard part is joining branches: the nodes at their seam may have to be joined as well.
 */

/** Small enough to copy, and few enough levels: what a change of a 100,000 row answer took was the measure. */
export const LEAF_CAPACITY = 32;
export const BRANCH_CAPACITY = 16;

export interface Leaf<T> {
  readonly level: 0;
  readonly size: number;
  readonly first: T;
  readonly items: readonly T[];
  readonly children: null;
}

export interface Branch<T> {
  /** One more than the children's. */
  readonly level: number;
  /** How many items are under it. */
  readonly size: number;
  /** The first item under it, so that a search needn't go down to it. */
  readonly first: T;
  /** Null so that both kinds of node have the same fields, which keeps property access monomorphic. */
  readonly items: null;
  readonly children: readonly Node<T>[];
}

/** A node has at least one item: of nothing there is no node. */
export type Node<T> = Leaf<T> | Branch<T>;

export type Compare<T> = (a: T, b: T) => number;

export function leaf<T>(items: readonly T[]): Leaf<T> {
  return { level: 0, size: items.length, first: items[0] as T, items, children: null };
}

export function branch<T>(children: readonly Node<T>[], size = sizeOf(children)): Branch<T> {
  const first = children[0] as Node<T>;
  return { level: first.level + 1, size, first: first.first, items: null, children };
}

export function sizeOf<T>(nodes: readonly Node<T>[]): number {
  let size = 0;
  for (const node of nodes) size += node.size;
  return size;
}

/** Too small to stand beside others. */
export function isSmall<T>(node: Node<T>): boolean {
  return node.children === null ? node.size < LEAF_CAPACITY / 4 : node.children.length < BRANCH_CAPACITY / 4;
}

/** `items` in leaves. None is small if there are two or more. */
export function leaves<T>(items: readonly T[]): Leaf<T>[] {
  return split(items, LEAF_CAPACITY).map(leaf);
}

/** Settled `nodes` in branches. None is small if there are two or more. */
export function branches<T>(nodes: readonly Node<T>[]): Branch<T>[] {
  return split(nodes, BRANCH_CAPACITY).map((children) => branch(children));
}

/** The tree of settled `nodes`, as low as it can be. */
export function rootOf<T>(nodes: readonly Node<T>[]): Node<T> | null {
  let row = nodes;
  while (row.length > 1) row = branches(row);
  let root = row[0] ?? null;
  while (root?.children?.length === 1) root = root.children[0] as Node<T>;
  return root;
}

/** `nodes`, all of one level, with small ones joined to a neighbour. What remains small remains alone. */
export function settle<T>(nodes: readonly Node<T>[]): Node<T>[] {
  const settled: Node<T>[] = [];
  for (const node of nodes) {
    const last = settled.at(-1);
    if (last && (isSmall(last) || isSmall(node))) {
      settled.pop();
      settled.push(...join(last, node));
    } else {
      settled.push(node);
    }
  }
  return settled;
}

function join<T>(left: Node<T>, right: Node<T>): Node<T>[] {
  if (left.children === null || right.children === null) {
    return leaves([...(left.items ?? []), ...(right.items ?? [])]);
  }
  // A branch with a single child may have let it be small.
  return branches(settle([...left.children, ...right.children]));
}

/** Even pieces, each with room to grow if there is more than one. */
function split<X>(list: readonly X[], capacity: number): (readonly X[])[] {
  if (list.length === 0) return [];
  if (list.length <= capacity) return [list];
  const count = Math.ceil(list.length / (capacity * 0.75));
  return Array.from({ length: count }, (_, piece) =>
    list.slice(Math.floor((piece * list.length) / count), Math.floor(((piece + 1) * list.length) / count)),
  );
}

/** Which of `children`, from the `from`th on, holds `item` or would: the last that doesn't begin after it. */
export function childOf<T>(children: readonly Node<T>[], from: number, item: T, compare: Compare<T>): number {
  let low = from + 1;
  let high = children.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare((children[middle] as Node<T>).first, item) <= 0) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The first of `items` in [from, to) that isn't less than `item`, or `to`. */
export function lowerBound<T>(
  items: readonly T[],
  from: number,
  to: number,
  item: T,
  compare: Compare<T>,
): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(items[middle] as T, item) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
