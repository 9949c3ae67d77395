import type { SqlValue } from '../../core/values.ts';

/** Rows that are asked for one by one, by key. */
export class KeyedRows<T> {
  readonly #rows = new Map<unknown, T>();
  readonly #listeners = new Map<unknown, Set<() => void>>();

  /** The row with this key at the last commit. */
  row(key: SqlValue): T | undefined {
    return this.#rows.get(identity(key));
  }

  /** `listener` is called when the row with this key is another, has gone or come. */
  subscribe(key: SqlValue, listener: () => void): () => void {
    const id = identity(key);
    const own = (): void => listener();
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners.add(own));
    return () => {
      listeners.delete(own);
      if (listeners.size === 0 && this.#listeners.get(id) === listeners) this.#listeners.delete(id);
    };
  }

  /** @internal Some row has a listener. */
  get isFollowed(): boolean {
    return this.#listeners.size > 0;
  }

  /** @internal How many rows there are. */
  get size(): number {
    return this.#rows.size;
  }

  /** @internal `went` first: a key may go from one row to another. Notes in `dirty` whose row is another. */
  change(went: Iterable<SqlValue>, came: Iterable<readonly [SqlValue, T]>, dirty: Set<unknown>): void {
    const before = new Map<unknown, T | undefined>();
    for (const key of went) {
      const id = identity(key);
      before.set(id, this.#rows.get(id));
      this.#rows.delete(id);
    }
    for (const [key, row] of came) {
      const id = identity(key);
      if (!before.has(id)) before.set(id, this.#rows.get(id));
      this.#rows.set(id, row);
    }
    for (const [id, row] of before) if (this.#rows.get(id) !== row) dirty.add(id);
  }

  /** @internal */
  tell(dirty: Iterable<unknown>): void {
    for (const id of dirty) for (const listener of [...(this.#listeners.get(id) ?? [])]) listener();
  }
}

/** Bytes are equal by content, other values by themselves. */
function identity(key: SqlValue): unknown {
  return ArrayBuffer.isView(key) ? `\u0000${key.join()}` : key;
}
