import { readOptions, requireSignal, shown, wrongOption } from '../arguments.ts';
import type { ChangesetRecord } from '../commit/changeset-record.ts';
import { InterfaceError } from '../errors.ts';
import { toJson } from '../json.ts';
import type { ClosedEvent, InitialEvent, LaggedEvent, WatchEvent } from './events.ts';
import { eventsOf } from './events-of.ts';
import type { WatchSpec } from './watch-spec.ts';

const defaultQueueCapacity = 1024;
const maxQueueCapacity = 8192;

/** How to wait for an event. */
export interface NextOptions {
  /** How long to wait for an event, in milliseconds. 0, the default, looks once. */
  readonly timeoutMs?: number;
  /** Ends the wait: `next` rejects with its reason. */
  readonly signal?: AbortSignal;
}

/** @throws ProgrammingError for an option that is unknown or of a wrong type. */
export function nextOptions(given: NextOptions | undefined) {
  const { timeoutMs = 0, signal } = readOptions(given, 'options', ['timeoutMs', 'signal']);
  if (typeof timeoutMs !== 'number') {
    throw wrongOption(`timeoutMs is ${shown(timeoutMs)}: it must be a number of milliseconds.`);
  }
  if (signal !== undefined) requireSignal(signal);
  return { timeoutMs, signal };
}

/** How to open a watch. */
export interface WatchOptions {
  /** How many unread events are kept: 1,024 by default, at least 1, at most 8,192. */
  readonly queueCapacity?: number;
}

/** What the reactive metrics say of one watch. */
export interface SubscriptionInfo {
  readonly watch_id: number;
  readonly kind: 'table' | 'range' | 'query' | 'change_stream';
  readonly created_at_micros: number;
  readonly queue_capacity: number;
  readonly queue_depth: number;
  readonly last_delivered_event_id: number;
  readonly dropped_events: number;
  readonly lagged: boolean;
  readonly dependencies_json: string;
}

/** A commit as a watch keeps it until it is read; its event is made only then. */
interface QueuedCommit {
  readonly eventId: number;
  /** What the watch followed then. */
  readonly spec: WatchSpec;
  readonly changeset: ChangesetRecord;
}

type Queued = QueuedCommit | InitialEvent | LaggedEvent | ClosedEvent;

interface Reader {
  resolve(event: WatchEvent | null): void;
  reject(error: unknown): void;
  release(): void;
}

const closedEvent: ClosedEvent = { schema_version: 1, type: 'closed' };

/**
 * A bounded queue of what happened to a table, a range, a query's tables or the whole database.
 *
 * Guarantees: events in commit order, each once, or one `lagged` in place of those that didn't fit; the
 * writer never waits and never fails for it. Doesn't guarantee that the state is still the event's when it
 * is read. The hard part is the end: `close` wakes a waiting reader with `closed` and drops the rest.
 *
 * Shape and semantics follow DecentDB's watches.
 */
export class Watch implements AsyncIterable<WatchEvent>, Disposable {
  readonly id: number;
  #spec: WatchSpec;
  readonly #capacity: number;
  readonly #createdAtMicros: number;
  readonly #onClose: (watch: Watch) => void;
  readonly #queue: Queued[] = [];
  readonly #readers: Reader[] = [];
  #lagged = false;
  #lastDelivered = 0;
  #dropped = 0;
  #closed = false;

  constructor(
    id: number,
    spec: WatchSpec,
    options: WatchOptions,
    nowMicros: number,
    onClose: (w: Watch) => void,
  ) {
    this.id = id;
    this.#spec = spec;
    this.#capacity = Math.min(
      Math.max(Math.trunc(options.queueCapacity ?? defaultQueueCapacity), 1),
      maxQueueCapacity,
    );
    this.#createdAtMicros = nowMicros;
    this.#onClose = onClose;
  }

  /**
   * The next event, or null when none came within the time. Waiting keeps the process alive.
   * @throws InterfaceError on a closed watch; the signal's reason when it aborts.
   */
  async next(options?: NextOptions): Promise<WatchEvent | null> {
    if (this.#closed) throw new InterfaceError('Cannot read: the watch is closed.', { code: 'CLOSED' });
    const { timeoutMs, signal } = nextOptions(options);
    if (signal?.aborted) throw signal.reason;
    const queued = this.#queue.shift();
    if (queued !== undefined) return this.#deliver(queued);
    return timeoutMs > 0 ? this.#wait(timeoutMs, signal) : null;
  }

  /** `next` as the exact JSON text of the event. */
  async nextJson(options?: NextOptions): Promise<string | null> {
    const event = await this.next(options);
    return event && toJson(event);
  }

  /** Ends the watch; a second call does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue.length = 0;
    this.#onClose(this);
    for (const reader of this.#readers.splice(0)) {
      reader.release();
      reader.resolve(closedEvent);
    }
  }

  /** Closes the watch. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Every event until the watch is closed. Leaving the loop closes it. */
  [Symbol.asyncIterator](): AsyncGenerator<WatchEvent, void, undefined> {
    return eventsOf(this);
  }

  /** Whether it was closed, or its database was. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** @internal What it follows. */
  get spec(): WatchSpec {
    return this.#spec;
  }

  /** @internal What it follows from now on; its hub must know. */
  set spec(spec: WatchSpec) {
    this.#spec = spec;
  }

  /** @internal Called after a commit that changed the schema: what it follows may be called otherwise. */
  onSchemaChange: ((changeset: ChangesetRecord) => void) | undefined;

  /** @internal Nothing is left to follow: `closed` comes after the events that are queued. */
  end(reason: string): void {
    if (this.#closed) return;
    this.#onClose(this);
    this.#enqueue({ ...closedEvent, reason });
  }

  /** @internal The state that the events start from. */
  start(event: InitialEvent): void {
    this.#enqueue(event);
  }

  /** @internal Returns how many events were dropped because the queue was full: 0 when it was delivered. */
  push(eventId: number, changeset: ChangesetRecord): number {
    if (this.#readers.length === 0 && this.#queue.length >= this.#capacity) {
      const dropped = this.#queue.length + 1;
      this.#queue.length = 0;
      this.#dropped += dropped;
      this.#lagged = true;
      this.#queue.push({
        schema_version: 1,
        type: 'lagged',
        watch_id: this.id,
        last_seen_event_id: this.#lastDelivered,
        latest_event_id: eventId,
        latest_commit_lsn: changeset.commit_lsn,
        reason: 'queue_overflow',
      });
      return dropped;
    }
    this.#enqueue({ eventId, changeset, spec: this.#spec });
    return 0;
  }

  /** @internal */
  info(): SubscriptionInfo {
    return {
      watch_id: this.id,
      kind: this.#spec.kind,
      created_at_micros: this.#createdAtMicros,
      queue_capacity: this.#capacity,
      queue_depth: this.#queue.length,
      last_delivered_event_id: this.#lastDelivered,
      dropped_events: this.#dropped,
      lagged: this.#lagged,
      dependencies_json: toJson(this.#spec.dependencies),
    };
  }

  #enqueue(item: Queued): void {
    const reader = this.#readers.shift();
    if (reader) {
      reader.release();
      reader.resolve(this.#deliver(item));
    } else {
      this.#queue.push(item);
    }
  }

  #deliver(item: Queued): WatchEvent {
    if ('changeset' in item) {
      this.#lastDelivered = item.eventId;
      return item.spec.event(this.id, item.eventId, item.changeset);
    }
    if (item.type === 'closed') this.close();
    if (item.type === 'lagged') {
      this.#lagged = false;
      this.#lastDelivered = item.latest_event_id;
    }
    return item;
  }

  #wait(timeoutMs: number, signal: AbortSignal | undefined): Promise<WatchEvent | null> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        reader.release();
        const at = this.#readers.indexOf(reader);
        if (at >= 0) this.#readers.splice(at, 1);
      };
      // A timer also keeps the process alive while somebody waits without end; 2^31-1 ms is setTimeout's most.
      const longest = 2 ** 31 - 1;
      const timer = Number.isFinite(timeoutMs)
        ? setTimeout(
            () => {
              leave();
              resolve(null);
            },
            Math.min(timeoutMs, longest),
          )
        : setInterval(() => {}, longest);
      const abort = (): void => {
        leave();
        reject(signal?.reason);
      };
      const reader: Reader = {
        resolve,
        reject,
        release() {
          clearTimeout(timer);
          signal?.removeEventListener('abort', abort);
        },
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#readers.push(reader);
    });
  }
}
