/**
 * A Map of bounded size that gives up what was used least recently. A Map keeps its keys in the order in which
 * they were set, which is all that it takes; a library for it would be a tenth of the whole package.
 */
export class RecentlyUsed<K, V> {
  readonly max: number;
  readonly #entries = new Map<K, V>();

  constructor(max: number) {
    this.max = max;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  set(key: K, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.max) return;
    const [oldest] = this.#entries.keys();
    this.#entries.delete(oldest as K);
  }

  clear(): void {
    this.#entries.clear();
  }
}
