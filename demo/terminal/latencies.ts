/** What the writer tells: its commit number `commit` was about to be made at `at`, of {@link sharedClock}. */
export interface WriterMessage {
  readonly type: 'committed';
  readonly commit: number;
  readonly at: number;
}

/** Milliseconds of a clock that all processes of the machine share: libuv reads the system's monotonic clock. */
export function sharedClock(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/**
 * Time from each commit to its being on the screen. The two messages about a commit come from different processes, in
 * either order; commits that were overtaken by the next before they were drawn count up to the drawing that held them.
 */
export class Latencies {
  readonly #committed = new Map<number, number>();
  readonly #shown = new Map<number, number>();
  readonly #all: number[] = [];
  #lastShown = 0;
  #last: number | undefined;

  committed(commit: number, at: number): void {
    this.#committed.set(commit, at);
    this.#match(commit);
  }

  /** The screen shows every commit up to `commit` since `at`. */
  shown(commit: number, at: number): void {
    for (let nth = this.#lastShown + 1; nth <= commit; nth++) {
      this.#shown.set(nth, at);
      this.#match(nth);
    }
    this.#lastShown = Math.max(this.#lastShown, commit);
  }

  /** The latency of a commit if it is shown at `at`; undefined while the writer's message is still on its way. */
  until(commit: number, at: number): number | undefined {
    const from = this.#committed.get(commit);
    return from === undefined ? undefined : at - from;
  }

  /** Commits that reached the screen. */
  get commits(): number {
    return this.#lastShown;
  }

  get last(): number | undefined {
    return this.#last;
  }

  /** The latency that the fraction `part` of all commits stayed within; undefined before the first. */
  quantile(part: number): number | undefined {
    const sorted = this.#all.toSorted((a, b) => a - b);
    return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)];
  }

  #match(commit: number): void {
    const from = this.#committed.get(commit);
    const to = this.#shown.get(commit);
    if (from === undefined || to === undefined) return;
    this.#committed.delete(commit);
    this.#shown.delete(commit);
    this.#last = to - from;
    this.#all.push(to - from);
  }
}

export function milliseconds(value: number | undefined): string {
  return value === undefined ? '–' : `${value.toFixed(1)} ms`;
}
