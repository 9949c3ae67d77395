/** What is known of calls that are made one by one, as a form's. The same object until something changes. */
export interface Call<R> {
  readonly status: 'idle' | 'pending' | 'success' | 'error';
  /** What the last one gave that succeeded. */
  readonly data: R | undefined;
  /** Why the last one failed. */
  readonly error: Error | undefined;
  /** The one who called has that error, too. */
  readonly isRejected: boolean;
  /** How many are under way, overtaken ones included. */
  readonly running: number;
}

/**
 * The state of a function's calls, of which the last one counts.
 *
 * Guarantees that an earlier call that ends late changes nothing. Doesn't stop calls that nobody waits for any more.
 */
export class CallState<R> {
  readonly #listeners = new Set<() => void>();
  #call: Call<R> = {
    status: 'idle',
    data: undefined,
    error: undefined,
    isRejected: false,
    running: 0,
  };
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
   * Calls `fn` at once. Gives and throws what it does. `overtaken` is for callers that don't look at what it throws: it
   * is called with an error that the state doesn't show, because another call has begun since or nobody shows the state.
   */
  async run(fn: () => R | PromiseLike<R>, overtaken?: (error: unknown) => void): Promise<R> {
    const number = ++this.#last;
    this.#change({ status: 'pending', error: undefined, running: this.#call.running + 1 });
    const ended = (call: Partial<Call<R>>): void =>
      this.#change({ ...(number === this.#last && call), running: this.#call.running - 1 });
    try {
      const data = await fn();
      ended({ status: 'success', data });
      return data;
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
      if (number !== this.#last || !this.isShown) overtaken?.(error);
      ended({ status: 'error', error, isRejected: overtaken === undefined });
      throw thrown;
    }
  }

  /** Forgets the last call, also one under way. */
  reset(): void {
    this.#last += 1;
    this.#change({ status: 'idle', data: undefined, error: undefined });
  }

  #change(call: Partial<Call<R>>): void {
    this.#call = { ...this.#call, ...call };
    for (const listener of [...this.#listeners]) listener();
  }
}
