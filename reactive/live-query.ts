import { Observable, type Subscriber } from 'rxjs';
import type { Params, Row } from '../core/values.ts';
import type { Recipient } from './audience.ts';
import type { LiveDelta } from './live-delta.ts';
import { type LiveExplain, printable } from './live-explain.ts';
import type { LiveSource, OpenAnswer } from './live-source.ts';
import { paramsKey } from './params-key.ts';
import type { Schedule } from './schedule.ts';
import type { Source } from './store/query-entry.ts';

/**
 * A SELECT whose answer stays true: an Observable of read-only snapshots, in which an unchanged row is the
 * same object as before. It starts with its first subscriber and ends with its last; equal queries share.
 */
export class LiveQuery<T = Row> extends Observable<readonly T[]> {
  /** What changes between two snapshots. The first delta of a subscription inserts the whole answer. */
  readonly changes: Observable<LiveDelta<T>>;
  readonly #source: LiveSource;
  readonly #sql: string;
  readonly #params: Params | undefined;
  /** Undefined where the caller of `live` named none. */
  readonly #schedule: Schedule | undefined;
  readonly #open = new Set<Recipient>();
  #answer: OpenAnswer | undefined;

  /** @internal Use `live`. */
  constructor(source: LiveSource, sql: string, params: Params | undefined, schedule: Schedule | undefined) {
    super((subscriber) => this.#subscribeRows(subscriber, schedule ?? 'microtask'));
    this.changes = new Observable((subscriber) =>
      this.#subscribe(subscriber, schedule ?? 'microtask', (next, seen, deltas) => {
        const delta = deltas.delta(seen, next);
        if (delta) subscriber.next(delta as unknown as LiveDelta<T>);
      }),
    );
    this.#source = source;
    this.#sql = sql;
    this.#params = params;
    this.#schedule = schedule;
  }

  /** The answer at the last commit; undefined without subscribers and before the first answer. */
  get value(): readonly T[] | undefined {
    return this.#answer?.value as readonly T[] | undefined;
  }

  /** @internal What it runs. */
  get sql(): string {
    return this.#sql;
  }

  /** @internal Where its answers come from. */
  get origin(): LiveSource {
    return this.#source;
  }

  /** @internal The same for live queries of one source that ask the same in the same way. */
  get key(): string {
    return JSON.stringify([this.#sql, paramsKey(this.#params), this.#schedule]);
  }

  /** @internal Its snapshots, by this schedule unless it was made with one. */
  by(schedule: Schedule): Source<readonly T[]> {
    const value = () => this.value;
    const rows = new Observable<readonly T[]>((subscriber) =>
      this.#subscribeRows(subscriber, this.#schedule ?? schedule),
    );
    return {
      get value() {
        return value();
      },
      subscribe: (observer) => rows.subscribe(observer),
    };
  }

  /** @internal Whether its answers come from there. */
  asks(source: LiveSource): boolean {
    return this.#source === source;
  }

  /**
   * How the answer is kept fresh, and why so. Of a database in another thread it is known with the first answer.
   * @throws ProgrammingError when SQLite refuses the query, InterfaceError when it isn't known yet.
   */
  explain(): LiveExplain {
    return printable(this.#source.explain(this.#sql, this.#params));
  }

  #subscribeRows(subscriber: Subscriber<readonly T[]>, schedule: Schedule): () => void {
    // The engine knows rows as rows; the caller of `live` has said what type they are.
    return this.#subscribe(subscriber, schedule, ({ rows }) =>
      subscriber.next(rows as unknown as readonly T[]),
    );
  }

  #subscribe(
    subscriber: Pick<Subscriber<never>, 'error' | 'complete'>,
    schedule: Schedule,
    next: Recipient['next'],
  ): () => void {
    const recipient: Recipient = {
      schedule,
      next,
      error: (error) => {
        this.#forget(recipient);
        subscriber.error(error);
      },
      complete: () => {
        this.#forget(recipient);
        subscriber.complete();
      },
    };
    this.#open.add(recipient);
    try {
      const answer = this.#source.subscribe(this.#sql, this.#params, recipient, (opened) => {
        this.#answer = opened;
      });
      return () => {
        this.#forget(recipient);
        this.#source.unsubscribe(answer, recipient);
      };
    } catch (error) {
      this.#forget(recipient);
      subscriber.error(error);
      return () => {};
    }
  }

  #forget(recipient: Recipient): void {
    this.#open.delete(recipient);
    if (this.#open.size === 0) this.#answer = undefined;
  }
}
