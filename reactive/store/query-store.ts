import {
  numberFrom,
  readOptions,
  requireFunction,
  requireMethod,
  requireObject,
} from '../../core/arguments.ts';
import type { DatabaseSync } from '../../core/database-sync.ts';
import { engineOf } from '../../core/engine-key.ts';
import type { Database } from '../../core/remote/database.ts';
import { requireDatabase } from '../../core/require-database.ts';
import { sourceOf } from '../source-of.ts';
import { type Clock, systemClock } from './clock.ts';
import { type GivenAnswers, givenAnswers, type QuerySnapshot } from './given-answers.ts';
import { Notifier } from './notifier.ts';
import type { Query } from './query.ts';
import { loading, QueryEntry, type QueryState, type Retention } from './query-entry.ts';
import { UnreadErrors } from './unread-errors.ts';

/** How long a store keeps what nobody follows, and what it knows from the start. */
export interface QueryStoreOptions {
  /** How long a query is kept without subscribers, in milliseconds: 5,000 by default. */
  readonly graceMs?: number | undefined;
  /** What grace times run by; the system's clock by default. */
  readonly clock?: Clock | undefined;
  /** Answers that are known already: what a server rendered with. */
  readonly snapshot?: QuerySnapshot | GivenAnswers | undefined;
}

/** What is kept for a database: stores that come and go share it. */
interface Kept {
  readonly entries: Map<unknown, QueryEntry<unknown>>;
  readonly notifier: Notifier;
  readonly errors: UnreadErrors;
}

const keptOf = new WeakMap<DatabaseSync | Database, Kept>();

/** The entries of live queries that the application made of other databases, by where they come from. */
const entriesOf = new WeakMap<object, Map<unknown, QueryEntry<unknown>>>();

/**
 * Live queries for a user interface: each is subscribed to once for all that show it, and stays open for a grace time
 * after the last one. Reading and subscribing are apart, as a framework's rendering and effects are.
 *
 * Guarantees that a query that is read, and never subscribed to, is given up by itself. All stores of a database share
 * its queries; a store's options say how long those are kept that it leaves.
 */
export class QueryStore {
  readonly db: DatabaseSync | Database;
  readonly #kept: Kept;
  readonly #retention: Retention;
  readonly #answers: GivenAnswers | undefined;
  /** States made of given answers: the same object at each reading. */
  readonly #given = new Map<unknown, QueryState<unknown>>();
  /** Given answers that an entry began with. Later ones would begin with something old. */
  readonly #used = new Set<unknown>();

  constructor(db: DatabaseSync | Database, options?: QueryStoreOptions) {
    requireDatabase(db);
    this.db = db;
    const {
      graceMs = 5000,
      clock = systemClock,
      snapshot,
    } = readOptions(options, 'options', ['graceMs', 'clock', 'snapshot']);
    numberFrom(graceMs, 'graceMs', 0);
    requireMethod(clock, 'clock', 'after');
    if (snapshot !== undefined)
      requireObject(snapshot, 'snapshot', 'what createSnapshot() gave, or its JSON');
    this.#retention = { graceMs, clock };
    this.#answers = snapshot && ('answers' in snapshot ? givenAnswers(snapshot) : snapshot);
    const kept = keptOf.get(db) ?? {
      entries: new Map(),
      notifier: new Notifier(),
      errors: new UnreadErrors(db),
    };
    keptOf.set(db, kept);
    this.#kept = kept;
  }

  /** How many queries are kept, shown or not. */
  get size(): number {
    return this.#kept.entries.size;
  }

  /** @internal The errors that its results hold. */
  get errors(): UnreadErrors {
    return this.#kept.errors;
  }

  /** @internal What else is shown beside its queries has its listeners called by this. */
  get notify(): Notifier['notify'] {
    return this.#kept.notifier.notify;
  }

  /** What is known now. A database in this thread is asked, if it hasn't been; another one only by `subscribe` or `load`. */
  read<V>(query: Query<V>): QueryState<V> {
    return this.#entry(query).read(this.#retention);
  }

  /** What a server rendered with, or will: the answers that were given, and nothing live. */
  readGiven<V>(query: Query<V>): QueryState<V> {
    requireMethod(query, 'query', 'open');
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
    requireFunction(listener, 'listener');
    return this.#entry(query).subscribe(listener, this.#retention);
  }

  /** Asks; resolves when the query has answered or failed, which `read` then tells. */
  load<V>(query: Query<V>): Promise<void> {
    requireMethod(query, 'query', 'open');
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
    requireMethod(query, 'query', 'open');
    const { key } = query;
    const entries = this.#entriesFor(query);
    const kept = entries.get(key);
    if (kept) return kept as QueryEntry<V>;
    const known = this.#used.has(key) ? undefined : this.readGiven(query).value;
    if (known !== undefined) this.#used.add(key);
    const { notifier } = this.#kept;
    const source = query.open(this.db, notifier.notify);
    const made = new QueryEntry<V>(source, engineOf in this.db, known, notifier, () => {
      if (entries.get(key) === made) entries.delete(key);
    });
    entries.set(key, made);
    return made;
  }

  #entriesFor({ source }: Query<unknown>): Map<unknown, QueryEntry<unknown>> {
    if (!source || source === sourceOf(this.db)) return this.#kept.entries;
    const entries = entriesOf.get(source) ?? new Map();
    entriesOf.set(source, entries);
    return entries;
  }
}
