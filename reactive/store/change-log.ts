import type { DatabaseSync } from '../../core/database-sync.ts';
import { OperationalError } from '../../core/errors.ts';
import type { Database } from '../../core/remote/database.ts';
import type { ChangeEvent, LaggedEvent } from '../../core/watches/events.ts';
import { watchEvents } from '../watch-events.ts';

/** Which commits are followed, and how many may wait to be read. */
export interface FollowOptions {
  /** Only commits that change one of these. */
  readonly tables?: readonly string[] | undefined;
  /** How many unread events are kept: 1,024 by default. */
  readonly queueCapacity?: number | undefined;
}

/** A commit; or, in place of those that a full queue had to drop, that some are missing. */
export type StreamEvent = ChangeEvent | LaggedEvent;

/**
 * Calls `next` for every event of a change stream, until the result is called. When the engine goes away the stream is
 * opened again on the next one; what was committed meanwhile isn't told.
 */
export function followChanges(
  db: DatabaseSync | Database,
  { tables, queueCapacity }: FollowOptions,
  next: (event: StreamEvent) => void,
  failed: (error: unknown) => void,
): () => void {
  const options = { ...(tables && { tables }), ...(queueCapacity !== undefined && { queueCapacity }) };
  let isOver = false;
  let close = (): void => {};
  const open = async (): Promise<void> => {
    try {
      const watch = await db.changeStream(options);
      if (isOver) {
        watch.close();
        return;
      }
      const subscription = watchEvents(watch).subscribe({
        next: (event) => {
          if (event.type === 'change' || event.type === 'lagged') next(event);
        },
        error: (error) => {
          if (isOver) return;
          if (error instanceof OperationalError && error.code === 'CONNECTION') void open();
          else failed(error);
        },
      });
      close = () => subscription.unsubscribe();
    } catch (error) {
      if (!isOver) failed(error);
    }
  };
  void open();
  return () => {
    isOver = true;
    close();
  };
}

/** What has been seen of a change stream. The same object until something changes. */
export interface SeenChanges {
  /** The last events, the newest one last. */
  readonly events: readonly StreamEvent[];
  readonly error: Error | undefined;
}

const nothing: SeenChanges = { events: Object.freeze([]), error: undefined };

/** A change stream while somebody subscribes: calls `each` for every event, and keeps the last `limit` of them. */
export class ChangeLog {
  readonly #follow: (next: (event: StreamEvent) => void, failed: (error: unknown) => void) => () => void;
  readonly #limit: number;
  readonly #each: (event: StreamEvent) => void;
  readonly #listeners = new Set<() => void>();
  #seen: SeenChanges = nothing;
  /** Those that subscribers haven't been told of. */
  #fresh: StreamEvent[] = [];
  #unfollow: (() => void) | undefined;

  constructor(
    db: DatabaseSync | Database,
    options: FollowOptions,
    limit: number,
    each: (event: StreamEvent) => void = () => {},
  ) {
    this.#follow = (next, failed) => followChanges(db, options, next, failed);
    this.#limit = limit;
    this.#each = each;
  }

  get value(): SeenChanges {
    return this.#seen;
  }

  subscribe(listener: () => void): () => void {
    const own = (): void => listener();
    this.#listeners.add(own);
    this.#unfollow ??= this.#follow(
      (event) => this.#take(event),
      (thrown) => this.#fail(thrown),
    );
    return () => {
      this.#listeners.delete(own);
      if (this.#listeners.size > 0) return;
      this.#unfollow?.();
      this.#unfollow = undefined;
    };
  }

  clear(): void {
    this.#fresh = [];
    this.#change({ ...this.#seen, events: nothing.events });
  }

  #take(event: StreamEvent): void {
    this.#each(event);
    if (this.#limit === 0) return;
    this.#fresh.push(event);
    if (this.#fresh.length > 1) return;
    // A stream gives its events one promise after the other: a macrotask gathers those that are there.
    setTimeout(() => {
      if (this.#fresh.length === 0) return;
      const events = Object.freeze([...this.#seen.events, ...this.#fresh].slice(-this.#limit));
      this.#fresh = [];
      this.#change({ events, error: undefined });
    });
  }

  #fail(thrown: unknown): void {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
    this.#change({ ...this.#seen, error });
  }

  #change(seen: SeenChanges): void {
    this.#seen = seen;
    for (const listener of [...this.#listeners]) listener();
  }
}
