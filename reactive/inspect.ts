import { Observable } from 'rxjs';
import { numberFrom, readOptions, requireText } from '../core/arguments.ts';
import type { ReactiveMetrics } from '../core/commit/hub.ts';
import type { DatabaseSync } from '../core/database-sync.ts';
import { engineOf } from '../core/engine-key.ts';
import { InterfaceError } from '../core/errors.ts';
import { clientOf, type Database } from '../core/remote/database.ts';
import { requireDatabase } from '../core/require-database.ts';
import { takeParams } from '../core/take-params.ts';
import type { Params } from '../core/values.ts';
import type { CommitInfo, Inspection, LiveQueryInfo, SlowQuery } from './inspect/inspection.ts';
import type { InspectionFeed } from './inspect/inspection-feed.ts';
import { type LiveExplain, printable } from './live-explain.ts';
import { RemoteFeed } from './remote/remote-feed.ts';
import { sourceOf } from './source-of.ts';

/** What `inspect` takes beside the database. */
export interface InspectOptions {
  /** A live query that takes so many milliseconds at once is told as slow: 16 by default, the time of a frame. */
  readonly slowMs?: number;
}

/** Which live queries are listed. */
export interface QueryListOptions {
  /** At most so many queries, those that have cost the most: 1,000 by default. */
  readonly limit?: number;
}

/** How often an inspector looks, and what at. */
export interface ObserveOptions extends QueryListOptions {
  /** The time from the end of one look to the next, in milliseconds: 500 by default. */
  readonly intervalMs?: number;
}

/** Where one look takes very long, the engine had something else to do. */
const longestPause = 5000;

/**
 * Figures of a database's live queries. It measures from when it is made until it is closed; nothing is measured
 * while nobody inspects.
 */
export class Inspector implements Disposable {
  readonly #feed: InspectionFeed;
  #closed = false;

  /** @internal Use `inspect`. */
  constructor(feed: InspectionFeed) {
    this.#feed = feed;
  }

  /** All figures of one moment. @throws InterfaceError when it, or the database, is closed. */
  async read(options?: QueryListOptions): Promise<Inspection> {
    const { limit = 1000 } = readOptions(options, 'options', ['limit']);
    if (this.#closed)
      throw new InterfaceError('Cannot inspect: the inspector is closed.', { code: 'CLOSED' });
    const inspection = await this.#feed.read({ limit: numberFrom(limit, 'limit', 0) });
    return {
      ...inspection,
      queries: inspection.queries.map(withPrintable),
      slow: inspection.slow.map(withPrintable),
    };
  }

  /** The open live queries; of a database that several tabs share, those of all tabs. */
  async queries(options?: QueryListOptions): Promise<readonly LiveQueryInfo[]> {
    return (await this.read(options)).queries;
  }

  /** The last commits, and how many live queries each concerned. */
  async commits(): Promise<readonly CommitInfo[]> {
    return (await this.read({ limit: 0 })).commits;
  }

  /** Live queries that took `slowMs` or longer, for their first answer or at a commit. */
  async slow(): Promise<readonly SlowQuery[]> {
    return (await this.read({ limit: 0 })).slow;
  }

  /** As `db.reactiveMetrics()`. */
  async metrics(): Promise<ReactiveMetrics> {
    return (await this.read({ limit: 0 })).metrics;
  }

  /** How a query would be kept fresh, or is; it needn't be open. @throws ProgrammingError when SQLite refuses it. */
  async explain(sql: string, params?: Params): Promise<LiveExplain> {
    requireText(sql, 'sql');
    return printable(await this.#feed.explain(sql, takeParams(params)));
  }

  /**
   * All figures, now and again and again. Nothing is read without a subscriber. A look that takes long, with very
   * many queries say, makes the pause after it longer, so that looking on stays a tenth of the time at most. The timer
   * keeps no process alive. Completes when the database or the inspector is closed.
   */
  observe(options?: ObserveOptions): Observable<Inspection> {
    const { intervalMs = 500, limit = 1000 } = readOptions(options, 'options', ['intervalMs', 'limit']);
    const pause = numberFrom(intervalMs, 'intervalMs', 0);
    numberFrom(limit, 'limit', 0);
    return new Observable((subscriber) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const look = (): void => {
        const begun = performance.now();
        this.read({ limit }).then(
          (inspection) => {
            if (subscriber.closed) return;
            subscriber.next(inspection);
            if (subscriber.closed) return;
            const took = performance.now() - begun;
            timer = setTimeout(look, Math.max(pause, Math.min(took * 9, longestPause)));
            if (typeof timer === 'object') timer.unref();
          },
          (error: unknown) => {
            if (error instanceof InterfaceError && error.code === 'CLOSED') subscriber.complete();
            else subscriber.error(error);
          },
        );
      };
      look();
      return () => clearTimeout(timer);
    });
  }

  /** Ends the measuring, if nobody else inspects. A second call does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#feed.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Begins to measure what the live queries of a database cost.
 * @throws InterfaceError on a closed database of this thread.
 */
export function inspect(db: DatabaseSync | Database, options?: InspectOptions): Inspector {
  requireDatabase(db);
  const { slowMs = 16 } = readOptions(options, 'options', ['slowMs']);
  numberFrom(slowMs, 'slowMs', 0);
  return new Inspector(engineOf in db ? sourceOf(db).inspect(slowMs) : new RemoteFeed(db[clientOf], slowMs));
}

function withPrintable<T extends { readonly explain: LiveExplain }>(info: T): T {
  return { ...info, explain: printable(info.explain) };
}
