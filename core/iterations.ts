/**
 * The iterations that are open on one connection. One that was neither finished nor left counts until it is
 * collected, when SQLite's statement ends, too.
 */
export class Iterations {
  readonly #abandoned = new FinalizationRegistry<() => void>((release) => release());
  #count = 0;
  #after: (() => void)[] = [];

  get count(): number {
    return this.#count;
  }

  /** Counts one in; the result counts it out. */
  begin(rows: object): () => void {
    this.#count += 1;
    let isOpen = true;
    const release = (): void => {
      if (!isOpen) return;
      isOpen = false;
      this.#abandoned.unregister(release);
      this.#count -= 1;
      if (this.#count === 0) this.#ended();
    };
    this.#abandoned.register(rows, release, release);
    return release;
  }

  /** Runs `call` once, when none is open. */
  after(call: () => void): void {
    if (this.#count === 0) call();
    else this.#after.push(call);
  }

  #ended(): void {
    const calls = this.#after;
    this.#after = [];
    for (const call of calls) call();
  }
}
