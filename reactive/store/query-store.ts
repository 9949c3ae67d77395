import type { DatabaseSync } from '../../core/database-sync.ts';
import { engineOf } from '../../core/engine-key.ts';
import type { Database } from '../../core/remote/database.ts';
import { type Clock, systemClock } from './clock.ts';
import { type GivenAnswers, givenAnswers, type QuerySnapshot } from './given-answers.ts';
import type { Query } from './query.ts';
import { loading, QueryEntry, type QueryState, type Retention } from './query-entry.ts';

/** How long a store keeps what nobody follows, and what it knows from the start. */
export interface QueryStoreOptions {
  /** How long a query is kept without subscribers, in milliseconds: 5,000 by default. */
  readonly graceMs?: number | undefined;
  /** What grace times run by; the system's clock by default. */
  readonly clock?: Clock | undefined;
  /** Answers that are known already: what a server rendered with. */
  readonly snapshot?: QuerySnapshot | GivenAnswers | undefined;
}

/** The entries of each database. They are the database's: stores that come and go share them. */
const entriesOf = new WeakMap<DatabaseSync | Database, Map<unknown, QueryEntry<unknown>>>();

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
  readonly #answers: GivenAnswers | undefined;
  /** States made of given answers: the same object at each reading. */
  readonly #given = new Map<unknown, QueryState<unknown>>();
  /** Given answers that an entry began with. Later ones would begin with something old. */
  readonly #used = new Set<unknown>();

  constructor(db: DatabaseSync | Database, options: QueryStoreOptions = {}) {
    this.db = db;
    const { graceMs = 5000, clock = systemClock, snapshot } = options;
    this.#retention = { graceMs, clock };
    this.#answers = snapshot && ('answers' in snapshot ? givenAnswers(snapshot) : snapshot);
    const entries = entriesOf.get(db) ?? new Map();
    entriesOf.set(db, entries);
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

  /** What a server rendered with, or will: the answers that were given, and nothing live. */
  readGiven<V>(query: Query<V>): QueryState<V> {
    const { key, given } = query;
    let state = this.#given.get(key);
    if (!state) {
      const rows = given && this.#answers?.rows(given.sql, given.params);
      if (!rows) return loading;
      state = { status: 'ready', value: given.value(rows), error: undefined };
      this.#given.set(key, state);
    }
    // Equal keys are the same query, so its values are of the same type; here and below.
    return state as QueryState<V>;
  }

  /** For a component that suspends on a server, or where its HTML is taken over: what was given, or else what is known. */
  readRendering<V>(query: Query<V>): QueryState<V> {
    const given = this.readGiven(query);
    return given.status === 'loading' && !this.#answers?.fetch ? this.read(query) : given;
  }

  /** `listener` is called when `read` may give another state. The query is asked, if it hasn't been. */
  subscribe<V>(query: Query<V>, listener: () => void): () => void {
    return this.#entry(query).subscribe(listener, this.#retention);
  }

  /** Asks; resolves when the query has answered or failed, which `read` then tells. */
  load<V>(query: Query<V>): Promise<void> {
    const { key, given } = query;
    const fetched = given && this.#answers?.fetch?.(given.sql, given.params);
    if (!fetched) return this.#entry(query).load(this.#retention);
    return fetched.catch((error) => {
      this.#given.set(key, { status: 'error', value: undefined, error });
    });
  }

  /** Asks again after an error. */
  retry<V>(query: Query<V>): void {
    this.#entry(query).retry(this.#retention);
  }

  #entry<V>(query: Query<V>): QueryEntry<V> {
    const { key } = query;
    const kept = this.#entries.get(key);
    if (kept) return kept as QueryEntry<V>;
    const known = this.#used.has(key) ? undefined : this.readGiven(query).value;
    if (known !== undefined) this.#used.add(key);
    const made = new QueryEntry<V>(query.open(this.db), engineOf in this.db, known, () => {
      if (this.#entries.get(key) === made) this.#entries.delete(key);
    });
    this.#entries.set(key, made);
    return made;
  }
}
