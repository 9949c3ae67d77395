import type { Audience } from './audience.ts';
import { type Schedule, scheduleFlush } from './schedule.ts';

/** An answer that somebody hasn't been told of. */
export interface Untold {
  readonly audience: Audience;
  /** Everybody has been told. */
  told?(): void;
}

/**
 * Tells audiences of their answers when their schedules say so.
 * `isBusy`: something else is awaited before all is told that is to be told.
 */
export class Deliveries {
  readonly #isBusy: () => boolean;
  readonly #untold = new Set<Untold>();
  readonly #scheduled = new Set<Schedule>();
  #settling: (() => void)[] = [];

  constructor(isBusy: () => boolean) {
    this.#isBusy = isBusy;
  }

  add(untold: Untold): void {
    this.#untold.add(untold);
  }

  delete(untold: Untold): void {
    this.#untold.delete(untold);
  }

  tell(schedule: Schedule): void {
    for (const untold of [...this.#untold]) {
      untold.audience.deliver(schedule);
      if (!untold.audience.isTold) continue;
      this.#untold.delete(untold);
      untold.told?.();
    }
  }

  /** Sees to it that those are told who aren't told within the commit. */
  schedule(): void {
    for (const schedule of ['microtask', 'frame'] as const) {
      if (this.#scheduled.has(schedule)) continue;
      let awaited = false;
      for (const { audience } of this.#untold) awaited ||= audience.awaits(schedule);
      if (!awaited) continue;
      this.#scheduled.add(schedule);
      scheduleFlush(schedule, () => {
        this.#scheduled.delete(schedule);
        this.tell(schedule);
        this.settle();
      });
    }
  }

  /** Resolves when nothing is left to be told. */
  settled(): Promise<void> {
    if (this.#scheduled.size === 0 && !this.#isBusy()) return Promise.resolve();
    return new Promise((resolve) => this.#settling.push(resolve));
  }

  /** What was awaited has come. */
  settle(): void {
    if (this.#scheduled.size > 0 || this.#isBusy()) return;
    this.end();
  }

  /** Nothing will be told any more. */
  end(): void {
    for (const resolve of this.#settling.splice(0)) resolve();
  }
}
