import { Observable, type Subscriber } from 'rxjs';
import type { Engine } from '../core/engine.ts';
import type { Params, Row } from '../core/values.ts';
import type { Recipient } from './audience.ts';
import type { LiveDelta } from './live-delta.ts';
import { type LiveExplain, printable } from './live-explain.ts';
import { LiveRegistry } from './live-registry.ts';
import type { Materialisation } from './materialisation.ts';
import type { Schedule } from './schedule.ts';

/**
 * A SELECT whose answer stays true: an Observable of read-only snapshots, in which an unchanged row is the
 * same object as before. It starts with its first subscriber and ends with its last; equal queries share.
 */
export class LiveQuery<T = Row> extends Observable<readonly T[]> {
  /** What changes between two snapshots. The first delta of a subscription inserts the whole answer. */
  readonly changes: Observable<LiveDelta<T>>;
  readonly #engine: Engine;
  readonly #sql: string;
  readonly #params: Params | undefined;
  readonly #schedule: Schedule;
  readonly #open = new Set<Recipient>();
  #materialisation: Materialisation | undefined;

  /** @internal Use `live`. */
  constructor(engine: Engine, sql: string, params: Params | undefined, schedule: Schedule) {
    super((subscriber) =>
      // The engine knows rows as rows; the caller of `live` has said what type they are.
      this.#subscribe(subscriber, (next) => subscriber.next(next.rows as unknown as readonly T[])),
    );
    this.changes = new Observable((subscriber) =>
      this.#subscribe(subscriber, (next, seen, deltas) => {
        const delta = deltas.delta(seen, next);
        if (delta) subscriber.next(delta as unknown as LiveDelta<T>);
      }),
    );
    this.#engine = engine;
    this.#sql = sql;
    this.#params = params;
    this.#schedule = schedule;
  }

  /** The answer at the last commit; undefined without subscribers and before the first answer. */
  get value(): readonly T[] | undefined {
    return this.#materialisation?.value as readonly T[] | undefined;
  }

  /** @internal Whether it asks this connection. */
  asks(engine: Engine): boolean {
    return this.#engine === engine;
  }

  /** How the answer is kept fresh, and why so. @throws ProgrammingError when SQLite refuses the query. */
  explain(): LiveExplain {
    return printable(LiveRegistry.of(this.#engine).explain(this.#sql, this.#params));
  }

  #subscribe(subscriber: Subscriber<never>, next: Recipient['next']): () => void {
    const recipient: Recipient = {
      schedule: this.#schedule,
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
    const registry = LiveRegistry.of(this.#engine);
    this.#open.add(recipient);
    try {
      const materialisation = registry.subscribe(this.#sql, this.#params, recipient, (opened) => {
        this.#materialisation = opened;
      });
      return () => {
        this.#forget(recipient);
        registry.unsubscribe(materialisation, recipient);
      };
    } catch (error) {
      this.#forget(recipient);
      subscriber.error(error);
      return () => {};
    }
  }

  #forget(recipient: Recipient): void {
    this.#open.delete(recipient);
    if (this.#open.size === 0) this.#materialisation = undefined;
  }
}
