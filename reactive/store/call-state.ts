/** What is known of calls that are made one by one, as a form's. The same object until something changes. */
export interface Call<R> {
  readonly status: 'idle' | 'pending' | 'success' | 'error';
  /** What the last one gave that succeeded. */
  readonly data: R | undefined;
  /** Why the last one failed. */
  readonly error: Error | undefined;
}

const idle: Call<never> = { status: 'idle', data: undefined, error: undefined };

/**
 * The state of a function's calls, of which the last one counts.
 *
 * Guarantees that an earlier call that ends late changes nothing. Doesn't stop calls that nobody waits for any more.
 */
export class CallState<R> {
  readonly #listeners = new Set<() => void>();
  #call: Call<R> = idle;
  #last = 0;

  get value(): Call<R> {
    return this.#call;
  }

  /** Somebody shows it. */
  get isShown(): boolean {
    return this.#listeners.size > 0;
  }

  subscribe(listener: () => void): () => void {
    const own = (): void => listener();
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /**
   * Calls `fn` at once. Gives and throws what it does. `overtaken` is called with an error that the state doesn't show,
   * because another call has begun since or nobody shows the state.
   */
  async run(fn: () => R | PromiseLike<R>, overtaken?: (error: unknown) => void): Promise<R> {
    const number = ++this.#last;
    this.#change({ status: 'pending', data: this.#call.data, error: undefined });
    try {
      const data = await fn();
      if (number === this.#last) this.#change({ status: 'success', data, error: undefined });
      return data;
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
      if (number !== this.#last || !this.isShown) overtaken?.(error);
      if (number === this.#last) this.#change({ status: 'error', data: this.#call.data, error });
      throw thrown;
    }
  }

  /** Forgets the last call, also one under way. */
  reset(): void {
    this.#last += 1;
    this.#change(idle);
  }

  #change(call: Call<R>): void {
    this.#call = call;
    for (const listener of [...this.#listeners]) listener();
  }
}
