import type { Database, DatabaseSync, WatchEvent } from 'freshet';
import { commitEntry, type StreamEntry } from './stream-entry.ts';

export interface StreamState {
  /** The newest first; those of before that don't touch the tables asked for are left to whoever shows them. */
  readonly entries: readonly StreamEntry[];
  /** Entries that came, and those of them that are no longer kept. */
  readonly received: number;
  readonly dropped: number;
  readonly status: 'opening' | 'following' | 'paused' | 'failed';
  readonly error: Error | undefined;
}

/** What a database's change stream is read by. */
interface Stream {
  next(options: { readonly timeoutMs: number; readonly signal: AbortSignal }): Promise<WatchEvent | null>;
  close(): void;
}

/** How many entries are kept. */
export const mostEntries = 500;
/** Commits that the engine keeps for us while we are paused. */
const queueCapacity = 1000;

/**
 * The last entries of a database's change stream.
 *
 * Guarantees: entries in commit order, and a gap where commits are missing. Keeps a bounded number of them, and while it
 * is paused reads none: the engine keeps a bounded number, too. The hard part is that an engine may go away while a
 * read waits; the stream is opened again then.
 */
export class StreamLog {
  readonly #db: Database | DatabaseSync;
  readonly #inNextFrame: (call: () => void) => void;
  readonly #listeners = new Set<() => void>();
  #state: StreamState = { entries: [], received: 0, dropped: 0, status: 'opening', error: undefined };
  #arrived: StreamEntry[] = [];
  #end: AbortController | undefined;
  #tables: readonly string[] = [];
  #resume: (() => void) | undefined;
  #paused: Promise<void> | undefined;
  #lastId = 0;

  constructor(
    db: Database | DatabaseSync,
    inNextFrame: (call: () => void) => void = (call) => requestAnimationFrame(call),
  ) {
    this.#db = db;
    this.#inNextFrame = inNextFrame;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly state = (): StreamState => this.#state;

  /** Follows the commits that change one of `tables`, or all if none is named; in place of what it followed before. */
  start(tables: readonly string[]): void {
    this.#end?.abort();
    this.#tables = tables;
    const end = new AbortController();
    this.#end = end;
    this.#change({ status: this.#paused ? 'paused' : 'opening', error: undefined });
    this.#follow(end.signal).catch((error: unknown) => {
      if (end.signal.aborted) return;
      this.#change({ status: 'failed', error: error instanceof Error ? error : new Error(String(error)) });
    });
  }

  stop(): void {
    this.#end?.abort();
    this.#end = undefined;
  }

  /** Reads nothing until `resume`. */
  pause(): void {
    this.#paused ??= new Promise((resolve) => {
      this.#resume = resolve;
    });
    this.#change({ status: 'paused' });
  }

  resume(): void {
    this.#resume?.();
    this.#paused = undefined;
    this.#change({ status: 'following' });
  }

  clear(): void {
    this.#arrived = [];
    this.#change({ entries: [], received: 0, dropped: 0 });
  }

  async #follow(ended: AbortSignal): Promise<void> {
    const options = { queueCapacity, ...(this.#tables.length > 0 && { tables: this.#tables }) };
    while (!ended.aborted) {
      const stream: Stream = await this.#db.changeStream(options);
      if (ended.aborted) {
        stream.close();
        return;
      }
      if (!this.#paused) this.#change({ status: 'following' });
      try {
        await this.#read(stream, ended);
        return;
      } catch (error) {
        // Another tab has taken the engine over, and the stream went with the one before.
        if (ended.aborted || !isLost(error)) throw error;
        this.#add((id, at) => ({
          kind: 'gap',
          id,
          at,
          text: 'The engine has moved to another tab; commits made meanwhile are not listed.',
        }));
      } finally {
        stream.close();
      }
    }
  }

  async #read(stream: Stream, signal: AbortSignal): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    for (;;) {
      await Promise.race([this.#paused, ended]);
      if (signal.aborted) return;
      const event = await stream.next({ timeoutMs: Number.POSITIVE_INFINITY, signal });
      if (signal.aborted || event === null || event.type === 'closed') return;
      if (event.type === 'change') {
        this.#add((id, at) => commitEntry(event, id, at));
      } else if (event.type === 'lagged') {
        const missed = event.latest_event_id - event.last_seen_event_id;
        this.#add((id, at) => ({ kind: 'gap', id, at, text: lagged(missed) }));
      }
    }
  }

  #add(make: (id: number, at: number) => StreamEntry): void {
    this.#lastId += 1;
    this.#arrived.push(make(this.#lastId, Date.now()));
    if (this.#arrived.length === 1) this.#inNextFrame(() => this.#takeIn());
  }

  /** However many commits a frame has brought, they are told once. */
  #takeIn(): void {
    const arrived = this.#arrived.reverse();
    this.#arrived = [];
    if (arrived.length === 0) return;
    const received = this.#state.received + arrived.length;
    const entries = [...arrived, ...this.#state.entries].slice(0, mostEntries);
    this.#change({ entries, received, dropped: received - entries.length });
  }

  #change(part: Partial<StreamState>): void {
    this.#state = { ...this.#state, ...part };
    for (const listener of [...this.#listeners]) listener();
  }
}

function lagged(missed: number): string {
  const count = `${missed} commit${missed === 1 ? '' : 's'}`;
  return `${count} came while nobody read, more than the queue of ${queueCapacity} keeps; they are not listed.`;
}

function isLost(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'CONNECTION';
}
