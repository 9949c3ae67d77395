import { identical } from './compare.ts';
import type {
  Changeset,
  Engine,
  Observer,
  OracleDatabase,
  OracleDelta,
  OracleLive,
  Row,
  Subscribable,
} from './engine.ts';
import { deltaOf } from './naive.ts';
import { quoted } from './names.ts';

/**
 * Bugs as an engine could have them, planted from outside: between a right engine and the oracle. Each one is true to
 * itself: what it emits fits together, and is wrong only against SQLite.
 */
export type PlantedBug =
  | 'a delete is lost from row changes'
  | 'a delete is lost from live answers'
  | 'an update keeps the old row in row changes'
  | 'an update keeps the old row in live answers'
  | 'a savepoint rolled back still emits';

export function withBug(engine: Engine, bug: PlantedBug): Engine {
  const originals = new WeakMap<OracleDatabase, OracleDatabase>();
  const own = (db: OracleDatabase): OracleDatabase => originals.get(db) ?? db;
  const inAnswers = bug.endsWith('live answers');
  return {
    name: `${engine.name}, but ${bug}`,
    open: (location, options) => {
      const db = engine.open(location, options);
      const spoiled = inAnswers ? db : spoiledDatabase(db, bug);
      originals.set(spoiled, db);
      return spoiled;
    },
    live: (db, sql, params, options) => {
      const live = engine.live(own(db), sql, params, options);
      return inAnswers ? new SpoiledLive(live, bug) : live;
    },
    settled: (db) => engine.settled(own(db)),
  };
}

/** The same database, but for the commits that it tells. */
function spoiledDatabase(db: OracleDatabase, bug: PlantedBug): OracleDatabase {
  let phantoms: Changeset['row_changes'] = [];
  const spoiled = (changeset: Changeset): Changeset => {
    const extra = changeset.wide ? [] : phantoms.filter((change) => changeset.tables.includes(change.table));
    return { ...changeset, row_changes: [...spoiledChanges(changeset.row_changes, bug), ...extra] };
  };
  /** What a rollback to a savepoint takes back is remembered, as if it had been recorded. */
  const remembering = (work: () => unknown): unknown => {
    const before = allRows(db);
    try {
      return work();
    } finally {
      const after = allRows(db);
      const gone = before.filter(
        ([table, row]) => !after.some((other) => other[0] === table && identical(other[1], row)),
      );
      phantoms = gone.map(([table, row]) => ({
        ...{ table, operation: 'insert', primary_key: {}, before: null, after: row, detail: 'full_row' },
      }));
    }
  };
  return new Proxy(db, {
    get: (target, name) => {
      const member = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      if (name === 'subscribe') {
        return (listener: (changeset: Changeset) => void) => {
          return db.subscribe((changeset) => {
            listener(spoiled(changeset));
            queueMicrotask(() => {
              phantoms = [];
            });
          });
        };
      }
      if (name === 'execute' && bug === 'a savepoint rolled back still emits') {
        return (...call: Parameters<OracleDatabase['execute']>) =>
          call[0].startsWith('ROLLBACK TO') ? remembering(() => db.execute(...call)) : db.execute(...call);
      }
      return member.bind(target);
    },
  });
}

function allRows(db: OracleDatabase): (readonly [table: string, row: Row])[] {
  const tables = db.query("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'");
  return tables.flatMap(({ name }) =>
    db.query(`SELECT * FROM main.${quoted(String(name))}`).map((row) => [String(name), row] as const),
  );
}

function spoiledChanges(changes: Changeset['row_changes'], bug: PlantedBug): Changeset['row_changes'] {
  if (bug === 'a delete is lost from row changes')
    return changes.filter(({ operation }) => operation !== 'delete');
  if (bug !== 'an update keeps the old row in row changes') return changes;
  return changes.map((change) =>
    change.operation === 'update' ? { ...change, after: change.before } : change,
  );
}

type Rows = readonly Row[];

/** A live query that forgets to take rows out, or to put the new ones in. Its deltas fit its snapshots. */
class SpoiledLive implements OracleLive {
  readonly #live: OracleLive;
  readonly #bug: PlantedBug;
  /** Rows that were deleted, and what updated rows were first. */
  #ghosts: Row[] = [];
  readonly #stale = new Map<Row, Row>();
  #value: Rows | undefined;
  #seen: Rows | undefined;

  constructor(live: OracleLive, bug: PlantedBug) {
    this.#live = live;
    this.#bug = bug;
  }

  get value(): Rows | undefined {
    return this.#spoil(this.#live.value);
  }

  /** The same snapshot for the same answer. */
  #spoil(rows: Rows | undefined): Rows | undefined {
    if (rows === undefined || rows === this.#seen) return this.#value;
    const kept = rows.map((row) => this.#stale.get(row) ?? row);
    this.#seen = rows;
    this.#value = Object.freeze([...kept, ...this.#ghosts]);
    return this.#value;
  }

  #learn(delta: OracleDelta): void {
    for (const change of delta.changes) {
      if (change.type === 'delete' && this.#bug === 'a delete is lost from live answers')
        this.#ghosts.push(change.row);
      if (change.type === 'update' && this.#bug === 'an update keeps the old row in live answers') {
        this.#stale.set(change.row, this.#stale.get(change.previous) ?? change.previous);
      }
    }
  }

  explain(): { readonly tier: string } {
    return this.#live.explain();
  }

  /** Deltas come first from the engine, so that a snapshot is spoiled by all that is known. */
  readonly changes: Subscribable<OracleDelta> = {
    subscribe: (observer) => {
      let before: Rows = [];
      return this.#live.changes.subscribe({
        ...forwarded(observer),
        next: (delta) => {
          this.#learn(delta);
          this.#seen = undefined;
          const rows = this.#spoil(delta.rows) ?? [];
          const told = deltaOf(before, rows, delta.commit);
          if (told.changes.length > 0 || before.length === 0) observer.next(told);
          before = rows;
        },
      });
    },
  };

  subscribe(observer: Observer<Rows>): { unsubscribe(): void } {
    return this.#live.subscribe({
      ...forwarded(observer),
      next: (rows) => observer.next(this.#spoil(rows) ?? rows),
    });
  }
}

const forwarded = <T>(observer: Observer<T>): Pick<Observer<T>, 'error' | 'complete'> => ({
  error: (error) => observer.error(error),
  complete: () => observer.complete(),
});
