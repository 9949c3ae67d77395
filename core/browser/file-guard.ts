import { OperationalError } from '../errors.ts';
import type { Port } from '../remote/port.ts';

/** For how long a file that was seen in its folder counts as there. */
const freshMs = 50;
/** How often it is looked for while nothing happens. */
const idleMs = 1000;

/**
 * Keeps an engine from acknowledging what went into a deleted file: a browser that clears a site's data takes the
 * files away, and their handles go on as before. Whatever an engine posts waits until the file has been seen in its
 * folder, 50 ms before at most, so that what was posted later was not lost earlier. To look takes a millisecond, so
 * it is not done for each commit.
 */
export class FileGuard {
  readonly #isThere: () => Promise<boolean>;
  readonly #gone: (error: OperationalError) => void;
  readonly #timer: ReturnType<typeof setInterval>;
  #waiting: (() => void)[] = [];
  /** When the last look began that has seen it. */
  #seenAt = performance.now();
  #isLooking = false;
  #isDoubted = false;
  #isEnded = false;

  /** `gone` is called once, with the error that every tab gets. */
  constructor(isThere: () => Promise<boolean>, gone: (error: OperationalError) => void) {
    this.#isThere = isThere;
    this.#gone = gone;
    this.#timer = setInterval(() => void this.#look(), idleMs);
  }

  /** The port, with what is posted there held back while it isn't known whether the file is there. */
  guarded<P extends Port>(port: P): P {
    return { ...port, post: (message: unknown) => this.#pass(() => port.post(message)) };
  }

  /** Another engine says that it has the database: nothing passes before the next look. */
  doubt(): void {
    this.#isDoubted = true;
    void this.#look();
  }

  /** Resolves when nothing waits to be posted. */
  async passed(): Promise<void> {
    if (this.#waiting.length > 0) await new Promise<void>((resolve) => this.#pass(resolve));
  }

  end(): void {
    this.#isEnded = true;
    clearInterval(this.#timer);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const post of waiting) post();
  }

  #pass(post: () => void): void {
    const age = performance.now() - this.#seenAt;
    const isFresh = age < freshMs && !this.#isDoubted;
    if (this.#isEnded || (isFresh && this.#waiting.length === 0)) post();
    else this.#waiting.push(post);
    // While one commit follows another, none waits.
    if (age > freshMs / 2) void this.#look();
  }

  async #look(): Promise<void> {
    if (this.#isLooking || this.#isEnded) return;
    this.#isLooking = true;
    const begun = performance.now();
    this.#isDoubted = false;
    let cause: unknown;
    const isThere = await this.#isThere().catch((error: unknown) => {
      cause = error;
      return false;
    });
    this.#isLooking = false;
    if (this.#isEnded) return;
    if (!isThere) {
      this.#waiting = [];
      this.end();
      this.#gone(filesReplaced(cause));
      return;
    }
    this.#seenAt = begun;
    if (this.#isDoubted) {
      void this.#look();
      return;
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const post of waiting) post();
  }
}

export function filesReplaced(cause?: unknown): OperationalError {
  return new OperationalError(
    "Cannot go on: the database's files were deleted, as when a site's data is cleared. Close the database, and open it again.",
    { code: 'FILE_REPLACED', subcode: 'io.file_replaced', sqlstate: '58P01', cause },
  );
}
