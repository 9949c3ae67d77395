const leastMs = 16;

/**
 * Writes so many times a second. Never more than a second's worth is owed: what a slow engine, or a tab in the
 * background whose timers the browser holds back, can't keep up with is dropped.
 */
export class Writer {
  readonly #write: () => Promise<void>;
  readonly #failed: (error: unknown) => void;
  #stop: AbortController | undefined;

  constructor(write: () => Promise<void>, failed: (error: unknown) => void) {
    this.#write = write;
    this.#failed = failed;
  }

  start(perSecond: number): void {
    this.stop();
    const stop = new AbortController();
    this.#stop = stop;
    this.#run(perSecond, stop.signal).catch((error) => {
      stop.abort();
      this.#failed(error);
    });
  }

  stop(): void {
    this.#stop?.abort();
  }

  async #run(perSecond: number, stopped: AbortSignal): Promise<void> {
    let owed = 1;
    let last = performance.now();
    while (!stopped.aborted) {
      const due = Math.floor(owed);
      await Promise.all(Array.from({ length: due }, () => this.#write()));
      await new Promise((resolve) => setTimeout(resolve, Math.max(leastMs, 1000 / perSecond)));
      const now = performance.now();
      owed = Math.min(owed - due + ((now - last) * perSecond) / 1000, perSecond);
      last = now;
    }
  }
}
