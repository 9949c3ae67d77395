import type { Output } from './output.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * The end of a command that runs until it is told to stop: Ctrl-C, SIGTERM, a closed terminal, `--seconds`, or nobody reading stdout any
 * more. Keeps the process alive until then (a database's own timers don't). A second Ctrl-C kills, as it does anywhere.
 */
export class Stop implements Disposable {
  readonly signal: AbortSignal;
  readonly #stop = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #interrupt = () => this.#stop.abort();

  constructor(out: Output, seconds?: number) {
    this.signal = AbortSignal.any([this.#stop.signal, out.gone]);
    this.#timer =
      seconds === undefined
        ? setInterval(() => {}, 2 ** 31 - 1)
        : setTimeout(this.#interrupt, seconds * 1000);
    for (const signal of signals) process.once(signal, this.#interrupt);
  }

  /** Resolves when it is time to stop. */
  async wait(): Promise<void> {
    if (this.signal.aborted) return;
    await new Promise<void>((resolve) =>
      this.signal.addEventListener('abort', () => resolve(), { once: true }),
    );
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    for (const signal of signals) process.off(signal, this.#interrupt);
  }
}
