import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/**
 * Notices that a database file may have been written: the operating system's file events make it quick, a
 * poll makes it sure. Neither keeps the process alive. `check` decides whether anything happened.
 */
export class ExternalCommits {
  readonly #path: string | null;
  readonly #pollIntervalMs: number;
  readonly #check: () => void;
  #timer: NodeJS.Timeout | undefined;
  #watcher: FSWatcher | undefined;
  #soon: NodeJS.Immediate | undefined;

  constructor(path: string | null, pollIntervalMs: number, check: () => void) {
    this.#path = path;
    this.#pollIntervalMs = pollIntervalMs;
    this.#check = check;
  }

  start(): void {
    if (this.#path === null || this.#timer) return;
    this.#timer = setInterval(this.#check, this.#pollIntervalMs).unref();
    const file = basename(this.#path);
    try {
      // The folder, not the file: -wal and -journal come and go.
      this.#watcher = watch(dirname(this.#path), { persistent: false }, (_event, name) => {
        if (name === null || name.startsWith(file)) this.#checkSoon();
      });
      // Where events can't be had (inotify's limits, a network file system) the poll goes on alone.
      this.#watcher.on('error', () => this.#closeWatcher());
    } catch {
      this.#watcher = undefined;
    }
  }

  stop(): void {
    clearInterval(this.#timer);
    clearImmediate(this.#soon);
    this.#timer = undefined;
    this.#soon = undefined;
    this.#closeWatcher();
  }

  /** A commit writes its file several times; they are one reason to look. */
  #checkSoon(): void {
    this.#soon ??= setImmediate(() => {
      this.#soon = undefined;
      this.#check();
    }).unref();
  }

  #closeWatcher(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}
