import type { DatabaseSync } from '../../core/database-sync.ts';
import { engineOf } from '../../core/engine-key.ts';
import type { Database } from '../../core/remote/database.ts';
import type { Params } from '../../core/values.ts';
import { live } from '../live.ts';
import type { LiveQuery } from '../live-query.ts';
import { paramsKey } from '../params-key.ts';
import type { Schedule } from '../schedule.ts';
import { type Clock, systemClock } from './clock.ts';
import { QueryEntry, type QueryState, type Retention, type Source } from './query-entry.ts';

/** A query as a store knows it. */
export interface Query<V> {
  /** The same for equal queries. */
  readonly key: unknown;
  /** Makes its source; nothing is asked before somebody subscribes to that. */
  open(db: DatabaseSync | Database): Source<V>;
}

export interface QueryStoreOptions {
  /** How long a query is kept without subscribers, in milliseconds: 5,000 by default. */
  readonly graceMs?: number | undefined;
  /** What grace times run by; the system's clock by default. */
  readonly clock?: Clock | undefined;
}

/** The entries of each database. They are the database's: stores that come and go share them. */
const entriesOf = new WeakMap<DatabaseSync | Database, Map<unknown, QueryEntry<unknown>>>();

/** A SELECT as a query of a store. */
export function rowsQuery<T>(
  sql: string,
  params?: Params,
  schedule: Schedule = 'microtask',
): Query<readonly T[]> {
  return {
    key: JSON.stringify([sql, paramsKey(params), schedule]),
    open: (db) => live<T>(db, sql, params, { schedule }),
  };
}

/** A live query that the application made itself. */
export function liveQuery<T>(live: LiveQuery<T>): Query<readonly T[]> {
  return { key: live, open: () => live };
}

/**
 * Live queries for a user interface: each is subscribed to once for all that show it, and stays open for a grace time
 * after the last one. Reading and subscribing are apart, as a framework's rendering and effects are.
 *
 * Guarantees that a query that is read, and never subscribed to, is given up by itself. All stores of a database share
 * its queries; a store's options say how long those are kept that it leaves.
 */
export class QueryStore {
  readonly db: DatabaseSync | Database;
  readonly #entries: Map<unknown, QueryEntry<unknown>>;
  readonly #retention: Retention;

  constructor(db: DatabaseSync | Database, options: QueryStoreOptions = {}) {
    this.db = db;
    const { graceMs = 5000, clock = systemClock } = options;
    this.#retention = { graceMs, clock };
    let entries = entriesOf.get(db);
    if (!entries) {
      entries = new Map();
      entriesOf.set(db, entries);
    }
    this.#entries = entries;
  }

  /** How many queries are kept, shown or not. */
  get size(): number {
    return this.#entries.size;
  }

  /** What is known now. A database in this thread is asked, if it hasn't been; another one only by `subscribe` or `load`. */
  read<V>(query: Query<V>): QueryState<V> {
    return this.#entry(query).read(this.#retention);
  }

  /** `listener` is called when `read` may give another state. The query is asked, if it hasn't been. */
  subscribe<V>(query: Query<V>, listener: () => void): () => void {
    return this.#entry(query).subscribe(listener, this.#retention);
  }

  /** Asks; resolves when the query has answered or failed, which `read` then tells. */
  load<V>(query: Query<V>): Promise<void> {
    return this.#entry(query).load(this.#retention);
  }

  /** Asks again after an error. */
  retry<V>(query: Query<V>): void {
    this.#entry(query).retry(this.#retention);
  }

  #entry<V>(query: Query<V>): QueryEntry<V> {
    const { key } = query;
    let entry = this.#entries.get(key);
    if (!entry) {
      const made: QueryEntry<V> = new QueryEntry(query.open(this.db), engineOf in this.db, undefined, () => {
        if (this.#entries.get(key) === made) this.#entries.delete(key);
      });
      entry = made;
      this.#entries.set(key, entry);
    }
    // Equal keys are the same query, so its values are of the same type.
    return entry as QueryEntry<V>;
  }
}
