import { Subscription } from 'rxjs';
import { InterfaceError } from '../../core/errors.ts';
import type { Clock } from './clock.ts';
import type { Notifier } from './notifier.ts';

/** Something whose value is known from a time on, and stays true while it has subscribers: a live query. */
export interface Source<V> {
  /** The value that subscribers were notified of, or a later one; undefined while there is none. */
  readonly value: V | undefined;
  subscribe(observer: { next(value: V): void; error(error: unknown): void; complete(): void }): {
    unsubscribe(): void;
  };
}

/** What is known of a query. It is the same object until something changes. */
export interface QueryState<V> {
  /**
   * `loading`: nothing is known yet. `ready`: the value is true. `stale`: it was true once, and another is awaited or
   * the database is closed. `error`: the query failed; the value is the last one before.
   */
  readonly status: 'loading' | 'ready' | 'stale' | 'error';
  /** Undefined before the first answer. */
  readonly value: V | undefined;
  readonly error: Error | undefined;
}

/** How long a query is kept without subscribers. */
export interface Retention {
  readonly graceMs: number;
  readonly clock: Clock;
}

/**
 * A query that was read and has no subscriber yet is kept this long at least: whoever suspended on it must find its
 * answer when it is tried again, whatever the grace time.
 */
const unclaimedMs = 5000;

/** Nothing is known. */
export const loading: QueryState<never> = { status: 'loading', value: undefined, error: undefined };

/**
 * One query, and everybody who shows it.
 *
 * Guarantees that its source is subscribed to once, from the first subscriber, or from when it is loaded, until a
 * grace time after the last one; and that `read` gives another state only when listeners are notified. (A component
 * that renders for another reason would show a commit that its memoized neighbours don't.) The hard part is a reader
 * that never subscribes, as a component that was rendered and thrown away: each read begins the grace time again, and
 * nothing else is kept for it.
 */
export class QueryEntry<V> {
  readonly source: Source<V>;
  readonly #isImmediate: boolean;
  readonly #notifier: Notifier;
  readonly #closed: () => void;
  readonly #listeners = new Set<() => void>();
  #state: QueryState<V>;
  #subscription: Subscription | undefined;
  #wasSubscribed = false;
  /** That of the one who read or left it last. */
  #retention: Retention | undefined;
  #cancelClosing: (() => void) | undefined;
  #loaded: PromiseWithResolvers<void> | undefined;

  /**
   * `isImmediate`: its source answers within `subscribe`, so that reading it may as well ask it.
   * `known`: a value to begin with, until the source has answered.
   * `closed` is called when it is given up; whoever kept it forgets it then.
   */
  constructor(
    source: Source<V>,
    isImmediate: boolean,
    known: V | undefined,
    notifier: Notifier,
    closed: () => void,
  ) {
    this.source = source;
    this.#isImmediate = isImmediate;
    this.#notifier = notifier;
    this.#closed = closed;
    this.#state = known === undefined ? loading : { status: 'stale', value: known, error: undefined };
  }

  read(retention: Retention): QueryState<V> {
    if (this.#listeners.size === 0) {
      this.#retention = retention;
      if (this.#isImmediate && this.#state.status !== 'error') this.#notifier.opening(() => this.#open());
      this.#keep();
    }
    return this.#state;
  }

  /** `listener` is called when `read` may give another state than before. */
  subscribe(listener: () => void, retention: Retention): () => void {
    // The same function twice is two listeners.
    const own = (): void => listener();
    this.#listeners.add(own);
    this.#wasSubscribed = true;
    this.#cancelClosing?.();
    if (this.#state.status !== 'error') this.#open();
    return () => {
      this.#listeners.delete(own);
      this.#retention = retention;
      this.#keep();
    };
  }

  /** Asks the query, if nobody has; resolves when it has answered or failed. Never rejects: `read` tells. */
  load(retention: Retention): Promise<void> {
    this.#loaded ??= Promise.withResolvers();
    const { promise } = this.#loaded;
    this.#retention = retention;
    if (this.#state.status === 'loading') this.#open();
    if (this.#state.status !== 'loading') this.#settle();
    return promise;
  }

  /** Asks again after an error. */
  retry(retention: Retention): void {
    if (this.#state.status !== 'error') return;
    const { value } = this.#state;
    this.#retention = retention;
    this.#change(value === undefined ? loading : { status: 'stale', value, error: undefined });
    this.#open();
  }

  #open(): void {
    if (this.#subscription) return;
    // It may end within `subscribe`, and whoever is told of that may open it again.
    const subscription = new Subscription();
    this.#subscription = subscription;
    const end = (state: QueryState<V>): void => {
      subscription.unsubscribe();
      if (this.#subscription === subscription) this.#subscription = undefined;
      this.#change(state);
    };
    subscription.add(
      this.source.subscribe({
        next: (value) => {
          this.#know(value);
          this.#tell();
        },
        error: (error) => end({ status: 'error', value: this.#state.value, error: asError(error) }),
        complete: () => end(ofClosed(this.#state)),
      }),
    );
  }

  #know(value: V): void {
    if (this.#state.status === 'ready' && this.#state.value === value) return;
    this.#state = { status: 'ready', value, error: undefined };
    this.#settle();
  }

  #change(state: QueryState<V>): void {
    this.#state = state;
    if (state.status !== 'loading') this.#settle();
    this.#keep();
    this.#tell();
  }

  #settle(): void {
    if (!this.#loaded) return;
    this.#loaded.resolve();
    this.#loaded = undefined;
    this.#keep();
  }

  #tell(): void {
    if (this.#listeners.size === 0) return;
    this.#notifier.notify(() => {
      for (const listener of [...this.#listeners]) listener();
    });
  }

  /** Without subscribers it is given up after the grace time, which begins now. */
  #keep(): void {
    this.#cancelClosing?.();
    this.#cancelClosing = undefined;
    if (this.#listeners.size > 0 || !this.#retention) return;
    // Somebody awaits the answer, and would ask again if it were gone.
    if (this.#loaded) return;
    // One that has ended is of no use to those who come later.
    const isOver = this.#state.status === 'error' || (this.#wasSubscribed && !this.#subscription);
    const { graceMs, clock } = this.#retention;
    const ms = isOver ? 0 : this.#wasSubscribed ? graceMs : Math.max(graceMs, unclaimedMs);
    this.#cancelClosing = clock.after(ms, () => {
      this.#subscription?.unsubscribe();
      this.#subscription = undefined;
      this.#state = loading;
      this.#wasSubscribed = false;
      this.#closed();
    });
  }
}

function ofClosed<V>({ value }: QueryState<V>): QueryState<V> {
  if (value !== undefined) return { status: 'stale', value, error: undefined };
  const error = new InterfaceError('Cannot query: the database is closed.', { code: 'CLOSED' });
  return { status: 'error', value, error };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error), { cause: error });
}
