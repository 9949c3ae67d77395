import type { FileSystem } from '../file-system.ts';

/**
 * Notices that a database file may have been written: the operating system's file events make it quick, a
 * poll makes it sure. Neither keeps the process alive. `check` decides whether anything happened.
 */
export class ExternalCommits {
  readonly #path: string | null;
  readonly #files: FileSystem | null;
  readonly #pollIntervalMs: number;
  readonly #check: () => void;
  #timer: NodeJS.Timeout | undefined;
  #unwatch: (() => void) | undefined;
  #soon: NodeJS.Immediate | undefined;
  #again: NodeJS.Timeout | undefined;

  constructor(path: string | null, files: FileSystem | null, pollIntervalMs: number, check: () => void) {
    this.#path = path;
    this.#files = files;
    this.#pollIntervalMs = pollIntervalMs;
    this.#check = check;
  }

  start(): void {
    if (this.#path === null || this.#timer) return;
    this.#timer = setInterval(this.#check, this.#pollIntervalMs).unref();
    const file = this.#path.replace(/^.*[\\/]/s, '');
    this.#unwatch = this.#files?.watch(this.#path, (name) => {
      if (name === null || name.startsWith(file)) this.#checkSoon();
    });
  }

  stop(): void {
    if (!this.#timer) return;
    clearInterval(this.#timer);
    clearImmediate(this.#soon);
    clearTimeout(this.#again);
    this.#timer = undefined;
    this.#soon = undefined;
    this.#again = undefined;
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  /**
   * A commit writes its file several times; they are one reason to look. Not unref'd: the event loop would
   * go to sleep before it, until the poll wakes it.
   */
  #checkSoon(): void {
    this.#soon ??= setImmediate(() => {
      this.#soon = undefined;
      this.#check();
      this.checkAgain();
    });
  }

  /** The last write to the file comes before the commit, which still waits for the disk: looks again and again. */
  checkAgain(delayMs = 1): void {
    clearTimeout(this.#again);
    if (delayMs >= this.#pollIntervalMs || !this.#timer) return;
    this.#again = setTimeout(() => {
      this.#check();
      this.checkAgain(delayMs * 2);
    }, delayMs).unref();
  }
}
