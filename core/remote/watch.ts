import { InterfaceError } from '../errors.ts';
import { toJson } from '../json.ts';
import type { WatchEvent } from '../watches/events.ts';
import { eventsOf } from '../watches/events-of.ts';
import { type NextOptions, nextOptions } from '../watches/watch.ts';
import type { Client } from './client.ts';

/** A watch whose queue the engine keeps; see `Watch`. It ends with the engine that it was opened on. */
export class RemoteWatch implements AsyncIterable<WatchEvent>, Disposable {
  readonly id: number;
  readonly #client: Client;
  readonly #handle: number;
  readonly #epoch: number;
  readonly #unlisten: () => void;
  /** Aborts the readers that wait. */
  readonly #ended = new AbortController();
  /** Events that came when their reader had given up. */
  readonly #late: WatchEvent[] = [];
  #closed = false;

  constructor(client: Client, opened: { readonly watch: number; readonly id: number }) {
    this.#client = client;
    this.#handle = opened.watch;
    this.#epoch = client.epoch;
    this.id = opened.id;
    this.#unlisten = client.onLost((error) => {
      if (this.#closed) return;
      this.#closed = true;
      this.#ended.abort(client.isClosed ? null : error);
    });
  }

  /** Whether it was closed, or its database was. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /**
   * The next event, or null when none came within the time. Waiting keeps the process alive.
   * @throws InterfaceError on a closed watch; OperationalError (`CONNECTION`) when the engine has gone: open the
   *   watch again; the signal's reason when it aborts.
   */
  async next(options?: NextOptions): Promise<WatchEvent | null> {
    if (this.#closed) {
      throw (
        this.#ended.signal.reason ??
        new InterfaceError('Cannot read: the watch is closed.', { code: 'CLOSED' })
      );
    }
    const { timeoutMs, signal } = nextOptions(options);
    if (signal?.aborted) throw signal.reason;
    const known = this.#late.shift();
    if (known) return known;
    const late = (event: WatchEvent | null): void => {
      if (event) this.#late.push(event);
    };
    const ended = this.#ended.signal;
    // Not `AbortSignal.any`, which takes no signal of another realm.
    const either = new AbortController();
    const end = (): void => either.abort(ended.reason);
    const stop = (): void => either.abort(signal?.reason);
    ended.addEventListener('abort', end);
    signal?.addEventListener('abort', stop);
    try {
      return await this.#client.call<WatchEvent | null>('watch:next', [this.#handle, timeoutMs], {
        signal: either.signal,
        late,
      });
    } catch (error) {
      if (signal?.aborted || !this.#closed) throw error;
      if (this.#ended.signal.reason instanceof Error && !this.#client.isClosed)
        throw this.#ended.signal.reason;
      return { schema_version: 1, type: 'closed' };
    } finally {
      ended.removeEventListener('abort', end);
      signal?.removeEventListener('abort', stop);
    }
  }

  /** `next` as the exact JSON text of the event. */
  async nextJson(options?: NextOptions): Promise<string | null> {
    const event = await this.next(options);
    return event && toJson(event);
  }

  /** Ends the watch; who waits gets `closed`. A second call does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unlisten();
    this.#client.tell(this.#epoch, 'watch:close', this.#handle);
    this.#ended.abort(null);
  }

  /** Closes the watch. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Every event until the watch is closed. Leaving the loop closes it. */
  [Symbol.asyncIterator](): AsyncGenerator<WatchEvent, void, undefined> {
    return eventsOf(this);
  }
}
