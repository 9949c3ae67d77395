import type { DatabaseSync } from '../core/database-sync.ts';
import { FreshetError } from '../core/errors.ts';
import type { Database } from '../core/remote/database.ts';
import type { RemoteWatch } from '../core/remote/watch.ts';
import type { ChangeEvent } from '../core/watches/events.ts';
import type { Watch } from '../core/watches/watch.ts';
import { messageOf } from './format.ts';

export type StreamEntry =
  | { readonly kind: 'commit'; readonly at: number; readonly event: ChangeEvent }
  /** Commits may be missing here. */
  | { readonly kind: 'gap'; readonly at: number; readonly text: string };

export interface ChangeFeedOptions {
  readonly tables?: readonly string[];
  /** From one look at what has come to the next. */
  readonly intervalMs: number;
  /** In commit order; never none. */
  readonly onEntries: (entries: readonly StreamEntry[]) => void;
}

const perLook = 128;
const atOnce = 16;

/**
 * A database's commits for somebody who looks on.
 *
 * Guarantees that what it costs is bounded: it takes so many commits at each look, and what is too much by then is a
 * gap. While it is paused it takes none. Goes on when another engine takes over; ends with the database.
 */
export class ChangeFeed {
  readonly #db: DatabaseSync | Database;
  readonly #options: ChangeFeedOptions;
  readonly #stopped = new AbortController();
  isPaused = false;

  constructor(db: DatabaseSync | Database, options: ChangeFeedOptions) {
    this.#db = db;
    this.#options = options;
    void this.#run();
  }

  stop(): void {
    this.#stopped.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    const { tables } = this.#options;
    while (!signal.aborted) {
      try {
        const watch = await this.#db.changeStream({ ...(tables && { tables }) });
        try {
          await this.#follow(watch);
        } finally {
          watch.close();
        }
      } catch (error) {
        if (signal.aborted) return;
        const isLost = error instanceof FreshetError && error.code === 'CONNECTION';
        this.#tell([gap(isLost ? 'Another engine took over.' : messageOf(error))]);
        if (!isLost) return;
        await pause(this.#options.intervalMs, signal);
      }
    }
  }

  async #follow(watch: Watch | RemoteWatch): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      if (!this.isPaused) {
        const entries = await this.#take(watch);
        if (entries.length > 0) this.#tell(entries);
      }
      await pause(this.#options.intervalMs, signal);
    }
  }

  async #take(watch: Watch | RemoteWatch): Promise<StreamEntry[]> {
    const entries: StreamEntry[] = [];
    for (let taken = 0; taken < perLook; taken += atOnce) {
      // To an engine in another thread they go in one message.
      const events = await Promise.all(Array.from({ length: atOnce }, () => watch.next()));
      for (const event of events) {
        if (event?.type === 'change') {
          entries.push({ kind: 'commit', at: Date.now(), event });
        } else if (event?.type === 'lagged') {
          entries.push(gap('There were more commits than could be shown.'));
        }
      }
      if (events.includes(null)) break;
    }
    return entries;
  }

  #tell(entries: readonly StreamEntry[]): void {
    if (!this.#stopped.signal.aborted) this.#options.onEntries(entries);
  }
}

/** Says that commits may be missing, and why. */
export function gap(text: string): StreamEntry {
  return { kind: 'gap', at: Date.now(), text };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    // Where timers can, this one doesn't keep the process alive.
    if (typeof timer === 'object') timer.unref();
    signal.addEventListener('abort', end);
  });
}
