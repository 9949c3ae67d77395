/**
 * What the table `kept` must hold: each of its rows is written once, under a number of its own, so that whether it is
 * there says whether its write was committed.
 */
export class KeptRows {
  readonly #committed = new Set<number>();
  /** Neither answered nor refused: a call that was aborted. */
  readonly #unknown = new Set<number>();
  #next = 1;

  take(): number {
    return this.#next++;
  }

  commit(ids: Iterable<number>): void {
    for (const id of ids) this.#committed.add(id);
  }

  doubt(ids: Iterable<number>): void {
    for (const id of ids) this.#unknown.add(id);
  }

  /** What is wrong with these rows; the empty text if nothing. */
  difference(ids: readonly number[]): string {
    const found = new Set(ids);
    const lost = [...this.#committed].filter((id) => !found.has(id) && !this.#unknown.has(id));
    const extra = ids.filter((id) => !this.#committed.has(id) && !this.#unknown.has(id));
    return [
      lost.length > 0 && `lost ${lost.join(', ')}`,
      extra.length > 0 && `not committed ${extra.join(', ')}`,
    ]
      .filter(Boolean)
      .join('; ');
  }
}
