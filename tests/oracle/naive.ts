import { BareDatabase } from './bare.ts';
import { contentOf, identical } from './compare.ts';
import type {
  Changeset,
  Engine,
  Observer,
  OracleDatabase,
  OracleDelta,
  OracleLive,
  OracleRowDelta,
  OracleWatch,
  Params,
  Row,
  Schedule,
  WatchEvent,
} from './engine.ts';
import { quoted } from './names.ts';

/**
 * The slowest right engine: after each commit it reads every table and runs every live query again. The oracle must
 * find nothing in it, and finds what is planted in it; so it shows that the oracle neither sleeps nor cries wolf.
 * One handle only: it learns of other handles and programs when `settled` asks.
 */
export const engine: Engine = naiveEngine('naive', (location) => new NaiveDatabase(location));

function naiveEngine(name: string, open: (location: string) => NaiveDatabase): Engine {
  return {
    name,
    open,
    live: (db, sql, params, { schedule }) => new NaiveLive(db as NaiveDatabase, sql, params, schedule),
    settled: async () => {
      publish([...databases]);
      await null;
      await null;
    },
  };
}

/** Open databases: a commit of one is another's news. */
const databases = new Set<NaiveDatabase>();

/** Commits that are computed, but not told yet: a listener's own commit waits for its turn. */
const news: (readonly [NaiveDatabase, Changeset | null])[] = [];
let telling = false;

/** All live queries show the commit before anybody hears of it. */
function publish(changed: readonly NaiveDatabase[]): void {
  if (changed.some((db) => db.inTransaction)) return;
  for (const db of changed) news.push([db, db.look()]);
  if (telling) return;
  telling = true;
  for (let next = news.shift(); next; next = news.shift()) next[0].tell(next[1]);
  telling = false;
}

type Tables = Map<string, Row[]>;

class NaiveDatabase extends BareDatabase implements OracleDatabase {
  readonly lives = new Set<NaiveLive>();
  readonly location: string;
  #listeners: ((changeset: Changeset) => void)[] = [];
  #tables: Tables | null = null;
  #schema = 0;
  #lsn = 0;
  #version: unknown;

  constructor(location: string) {
    super(location);
    this.location = location;
    this.look();
    databases.add(this);
  }

  protected override onCommit(): void {
    publish(
      this.location === ':memory:' ? [this] : [...databases].filter((db) => db.location === this.location),
    );
  }

  /** The answer for a live query. */
  answer(sql: string, params: Params | undefined): Row[] {
    return this.query(sql, params);
  }

  /** Reads everything again; gives what has changed since the last time. */
  look(): Changeset | null {
    const before = this.#tables;
    const schema = Number(this.query('PRAGMA schema_version')[0]?.schema_version);
    const version = this.query('PRAGMA data_version')[0]?.data_version;
    const names = this.query(
      "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
    );
    const tables = names.map(
      ({ name }) => [String(name), this.query(`SELECT * FROM main.${quoted(String(name))}`)] as const,
    );
    this.#tables = new Map(tables);
    const changeset = before && this.#changeset(before, this.#tables, version !== this.#version, schema);
    this.#schema = schema;
    this.#version = version;
    for (const live of this.lives) live.refresh(this.#lsn);
    return changeset;
  }

  tell(changeset: Changeset | null): void {
    if (changeset) for (const listener of this.#listeners) listener(changeset);
    for (const live of this.lives) live.deliver();
  }

  /** The difference of two states as deletes and inserts; null where there is none. */
  #changeset(before: Tables, after: Tables, foreign: boolean, schema: number): Changeset | null {
    const schemaChanged = schema !== this.#schema;
    const row_changes = [...after].flatMap(([table, rows]) => {
      const counts = new Map<string, number>();
      for (const row of rows) counts.set(contentOf(row), (counts.get(contentOf(row)) ?? 0) + 1);
      const gone = (before.get(table) ?? []).filter((row) => {
        const count = counts.get(contentOf(row)) ?? 0;
        counts.set(contentOf(row), count - 1);
        return count <= 0;
      });
      const come = rows.filter((row) => {
        const count = counts.get(contentOf(row)) ?? 0;
        counts.set(contentOf(row), count - 1);
        return count > 0;
      });
      const shared = { table, primary_key: {}, detail: 'full_row' } as const;
      return [
        ...gone.map((row) => ({ ...shared, operation: 'delete', before: row, after: null }) as const),
        ...come.map((row) => ({ ...shared, operation: 'insert', before: null, after: row }) as const),
      ];
    });
    if (row_changes.length === 0 && !schemaChanged && !foreign) return null;
    const tables = foreign
      ? [...after.keys()].sort()
      : [...new Set(row_changes.map(({ table }) => table))].sort();
    return {
      commit_lsn: ++this.#lsn,
      source: foreign ? 'external' : 'direct',
      schema_cookie: schema,
      schema_changed: schemaChanged,
      tables,
      row_changes: foreign ? [] : row_changes,
      wide: foreign,
      wide_tables: foreign ? tables : [],
    };
  }

  subscribe(listener: (changeset: Changeset) => void): () => void {
    this.#listeners = [...this.#listeners, listener];
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener);
    };
  }

  changeStream(): OracleWatch {
    const queue: WatchEvent[] = [];
    this.subscribe((changeset) => {
      const { tables, schema_changed, row_changes } = changeset;
      const table_changes = tables.map((table) => ({
        table,
        schema_changed,
        row_change_count: row_changes.filter((change) => change.table === table).length,
        wide: changeset.wide,
      }));
      const event = {
        schema_version: 1,
        type: 'change',
        stream_id: 1,
        event_id: changeset.commit_lsn,
      } as const;
      queue.push({ ...event, ...changeset, row_changes_truncated: false, table_changes });
    });
    return { next: async () => queue.shift() ?? null, close: () => {} };
  }

  override close(): void {
    databases.delete(this);
    for (const live of this.lives) live.complete();
    super.close();
  }
}

/** The other direction of scans, and no indexes made on the fly. */
class ReversedDatabase extends NaiveDatabase {
  override answer(sql: string, params: Params | undefined): Row[] {
    const now = Number(this.query('PRAGMA reverse_unordered_selects')[0]?.reverse_unordered_selects);
    this.sqlite.exec(`PRAGMA reverse_unordered_selects = ${1 - now}; PRAGMA automatic_index = 0`);
    try {
      return super.answer(sql, params);
    } finally {
      this.sqlite.exec(`PRAGMA reverse_unordered_selects = ${now}; PRAGMA automatic_index = 1`);
    }
  }
}

/**
 * Right as well, and in everything that SQLite leaves open unlike a fresh SELECT. What the oracle finds in it, when it
 * accepts no second answer from SQLite, is a column whose tag promises too much.
 */
export const reversed: Engine = naiveEngine('reversed', (location) => new ReversedDatabase(location));

type Rows = readonly Row[];

class NaiveLive implements OracleLive {
  readonly #db: NaiveDatabase;
  readonly #sql: string;
  readonly #params: Params | undefined;
  readonly #schedule: Schedule;
  readonly #rows = new Set<Observer<Rows>>();
  readonly #deltas = new Set<Observer<OracleDelta>>();
  #value: Rows | undefined;
  #delivered: Rows | undefined;
  #commit = 0;
  #scheduled = false;
  #failed = false;

  constructor(db: NaiveDatabase, sql: string, params: Params | undefined, schedule: Schedule) {
    this.#db = db;
    this.#sql = sql;
    this.#params = params;
    this.#schedule = schedule;
  }

  get value(): Rows | undefined {
    return this.#value;
  }

  explain(): { tier: string } {
    return { tier: 're-evaluated' };
  }

  subscribe(observer: Observer<Rows>): { unsubscribe(): void } {
    return this.#add(this.#rows, observer, () => this.#delivered && observer.next(this.#delivered));
  }

  readonly changes = {
    subscribe: (observer: Observer<OracleDelta>): { unsubscribe(): void } =>
      this.#add(this.#deltas, observer, () => {
        if (this.#delivered) observer.next(deltaOf([], this.#delivered, this.#commit));
      }),
  };

  #add<T>(observers: Set<Observer<T>>, observer: Observer<T>, first: () => void): { unsubscribe(): void } {
    const starts = this.#rows.size + this.#deltas.size === 0;
    if (starts) {
      this.#db.lives.add(this);
      this.refresh(0);
      this.#delivered = this.#value;
    }
    observers.add(observer);
    if (this.#failed) observer.error(new Error('the query fails'));
    else first();
    return {
      unsubscribe: () => {
        observers.delete(observer);
        if (this.#rows.size + this.#deltas.size === 0) this.complete();
      },
    };
  }

  /** Runs the query again; a row that subscribers have is the same object. */
  refresh(commit: number): void {
    this.#commit = commit;
    try {
      if (this.#db.inTransaction) return;
      const told = this.#delivered ?? [];
      const old = [...told];
      const same = (row: Row): Row => {
        const index = old.findIndex((other) => identical(other, row));
        return index < 0 ? row : (old.splice(index, 1)[0] as Row);
      };
      const rows = this.#db.answer(this.#sql, this.#params).map(same);
      const unchanged = told.length === rows.length && rows.every((row, i) => row === told[i]);
      this.#value = unchanged && this.#delivered ? told : Object.freeze(rows);
    } catch (error) {
      this.#failed = true;
      for (const observer of [...this.#rows, ...this.#deltas]) observer.error(error);
      this.complete();
    }
  }

  deliver(): void {
    if (this.#value === this.#delivered || this.#scheduled || this.#value === undefined) return;
    const now = (): void => {
      this.#scheduled = false;
      const [before, rows] = [this.#delivered ?? [], this.#value];
      if (rows === undefined || rows === before) return;
      const delta = deltaOf(before, rows, this.#commit);
      this.#delivered = rows;
      for (const observer of this.#deltas) observer.next(delta);
      for (const observer of this.#rows) observer.next(rows);
    };
    this.#scheduled = this.#schedule === 'microtask';
    if (this.#scheduled) queueMicrotask(now);
    else now();
  }

  complete(): void {
    this.#db.lives.delete(this);
    for (const observer of [...this.#rows, ...this.#deltas]) observer.complete();
    this.#value = undefined;
    this.#delivered = undefined;
  }
}

/** What differs between the common ends, deleted and inserted. */
export function deltaOf(before: Rows, rows: Rows, commit: number): OracleDelta {
  let start = 0;
  while (start < before.length && start < rows.length && before[start] === rows[start]) start++;
  let end = 0;
  while (
    end < before.length - start &&
    end < rows.length - start &&
    before.at(-1 - end) === rows.at(-1 - end)
  )
    end++;
  const changes: OracleRowDelta[] = [];
  for (const row of before.slice(start, before.length - end))
    changes.push({ type: 'delete', row, index: start });
  for (const [i, row] of rows.slice(start, rows.length - end).entries())
    changes.push({ type: 'insert', row, index: start + i });
  return { commit, rows, changes };
}
