import type { LiveCase } from './case.ts';
import { identical } from './compare.ts';
import type { Engine, OracleDatabase, OracleDelta, OracleLive, Row } from './engine.ts';
import type { TierCounts } from './tally.ts';
import { showRow } from './values.ts';

/** Notes a difference: what was broken, and how it showed. */
export type Report = (rule: string, detail: string) => void;

type Rows = readonly Row[];

/**
 * One live query under check: its subscriptions, and the promises of api.md about what they deliver. It doesn't know
 * which answer is right; that is held against SQLite by check.ts.
 */
export class Watched {
  readonly case: LiveCase;
  readonly db: OracleDatabase;
  /** What ended the live query. */
  error: unknown = null;
  emissions = 0;
  /** Comparisons so far, by the tier at that time; and how many of them found another answer than the one before. */
  readonly compared: TierCounts = { incremental: 0, reevaluated: 0 };
  changed = 0;
  #replanned = false;
  #tier: keyof TierCounts | null = null;
  #last: Rows | undefined;
  readonly #engine: Engine;
  readonly #report: Report;
  readonly #afterEmission: () => void;
  #live: OracleLive | null = null;
  #subscriptions: { unsubscribe(): void }[] = [];
  #snapshot: Rows | undefined;
  /** The answer as a subscriber of `changes` has put it together. */
  #mirror: Row[] | undefined;
  #commit = Number.NEGATIVE_INFINITY;
  #completed = false;
  #opening = false;

  constructor(engine: Engine, db: OracleDatabase, live: LiveCase, report: Report, afterEmission: () => void) {
    this.#engine = engine;
    this.db = db;
    this.case = live;
    this.#report = report;
    this.#afterEmission = afterEmission;
  }

  get isOpen(): boolean {
    // A commit that is noticed while the query subscribes finds it without an answer.
    return this.#live !== null && this.error === null && !this.#opening;
  }

  get value(): Rows | undefined {
    return this.#live?.value;
  }

  /** After DDL the plan is another one, and may name rows by other keys. */
  set replanned(replanned: boolean) {
    this.#replanned = replanned;
    if (replanned) this.#tier = null;
  }

  /** Counts one comparison. */
  count(value: Rows | undefined): void {
    this.#tier ??= this.tier === 'incremental' ? 'incremental' : 'reevaluated';
    this.compared[this.#tier]++;
    if (value !== this.#last) this.changed++;
    this.#last = value;
  }

  get tier(): string {
    return this.#live?.explain().tier ?? 'closed';
  }

  open(): void {
    if (this.#live) return;
    const { query, schedule } = this.case;
    this.error = null;
    this.#tier = null;
    this.#live = this.#engine.live(this.db, query.sql, query.params, { schedule });
    const error = (cause: unknown): void => {
      this.error ??= cause ?? new Error('no reason');
    };
    const complete = (): void => {
      this.#completed = true;
    };
    this.#opening = true;
    this.#subscriptions = [
      this.#live.subscribe({ next: (rows) => this.#onRows(rows), error, complete }),
      this.#live.changes.subscribe({ next: (delta) => this.#onDelta(delta), error, complete }),
    ];
    this.#opening = false;
  }

  close(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#subscriptions = [];
    this.#live = null;
    this.#snapshot = undefined;
    this.#mirror = undefined;
    this.#commit = Number.NEGATIVE_INFINITY;
  }

  #onRows(rows: Rows): void {
    this.emissions++;
    const before = this.#snapshot;
    this.#snapshot = rows;
    if (canBeChanged(rows)) this.#report('snapshots are read-only', 'push() worked');
    if (before) {
      if (before.length === rows.length && rows.every((row, i) => identical(row, before[i] as Row))) {
        this.#report('an unchanged result is not emitted', `${rows.length} rows, the same as before`);
      }
      this.#checkIdentity(before, rows);
    }
    this.#afterEmission();
  }

  /** A row that didn't change is the same object. Only where its content tells which row it is. */
  #checkIdentity(before: Rows, rows: Rows): void {
    if (this.case.query.keys === null || this.#replanned) return;
    const known = new Set(before);
    const fresh = rows.filter((row) => !known.has(row));
    if (fresh.length === 0) return;
    const contents = new Set(before.map(showRow));
    const copy = fresh.find((row) => this.#isIdentified(row) && contents.has(showRow(row)));
    if (copy) this.#report('a row that did not change is the same object', showRow(copy));
  }

  /**
   * In an outer join a NULL may be the key of a group, or that of no row at all: two rows that look alike. A key that
   * was given no name of its own (see `output`) is none to go by.
   */
  #isIdentified(row: Row): boolean {
    const { keys, features } = this.case.query;
    if (!features.some((name) => /^(left|right|full) join$/.test(name))) return true;
    const shown = keys?.includes('*') ? Object.keys(row) : (keys ?? []);
    return shown.every((name) => row[name] !== null && row[name] !== undefined);
  }

  /** Applies a delta as api.md says, looking at every row that it names. */
  #onDelta(delta: OracleDelta): void {
    const first = this.#mirror === undefined;
    const mirror = this.#mirror ?? [];
    this.#mirror = mirror;
    if (first) {
      const other = delta.changes.find((change) => change.type !== 'insert');
      if (other) this.#report('the first delta holds the whole answer as inserts', other.type);
    } else if (delta.changes.length === 0) this.#report('a delta changes something', 'no changes');
    if (delta.commit < this.#commit)
      this.#report('commits of deltas rise', `${delta.commit} after ${this.#commit}`);
    this.#commit = delta.commit;
    for (const change of delta.changes) {
      const from = change.type === 'update' ? change.previousIndex : change.index;
      const expected = change.type === 'update' ? change.previous : change.row;
      if (change.type !== 'insert' && mirror.splice(from, 1)[0] !== expected) {
        this.#report(
          'a delta names the rows that the subscriber has',
          `${change.type} at ${from}: ${showRow(expected)}`,
        );
      }
      if (change.type === 'delete') continue;
      if (change.index > mirror.length)
        this.#report('a delta stays within the rows', `${change.type} at ${change.index}`);
      mirror.splice(change.index, 0, change.row);
    }
    this.#sameRows('a delta applied gives its rows', mirror, delta.rows);
  }

  #sameRows(rule: string, got: Rows, wanted: Rows): void {
    const index = got.length === wanted.length ? got.findIndex((row, i) => row !== wanted[i]) : -1;
    if (got.length !== wanted.length) this.#report(rule, `${got.length} rows instead of ${wanted.length}`);
    else if (index >= 0) this.#report(rule, `row ${index} is another object: ${showRow(got[index] as Row)}`);
  }

  /** After `settled()`: what subscribers have is the value; a late subscriber gets it at once. */
  checkSettled(late: boolean): void {
    const value = this.value;
    if (!this.isOpen || value === undefined) return;
    if (this.#snapshot === undefined) this.#report('a settled query has emitted', 'nothing yet');
    else this.#sameRows('the last emission is the value', this.#snapshot, value);
    this.#sameRows('all deltas applied give the value', this.#mirror ?? [], value);
    const odd = value.find((row) => Object.getPrototypeOf(row) !== Object.prototype);
    if (odd) this.#report('rows are ordinary objects', showRow(odd));
    if (late) this.#checkLateSubscriber(value);
  }

  #checkLateSubscriber(value: Rows): void {
    const got: Rows[] = [];
    const deltas: OracleDelta[] = [];
    const ignore = { error: () => {}, complete: () => {} };
    this.#live?.subscribe({ next: (rows) => got.push(rows), ...ignore }).unsubscribe();
    this.#live?.changes.subscribe({ next: (delta) => deltas.push(delta), ...ignore }).unsubscribe();
    const rule = 'a late subscriber gets the current snapshot at once';
    if (got.length !== 1) this.#report(rule, `${got.length} snapshots`);
    else this.#sameRows(rule, got[0] as Rows, value);
    const inserts = deltas[0]?.changes.every((change) => change.type === 'insert');
    if (deltas.length !== 1 || !inserts)
      this.#report(rule, `${deltas.length} deltas, inserts only: ${inserts}`);
  }

  /** After the database was closed. */
  checkCompleted(): void {
    if (this.isOpen && !this.#completed)
      this.#report('closing the database completes live queries', 'still open');
  }
}

function canBeChanged(rows: Rows): boolean {
  if (!Array.isArray(rows)) return true;
  try {
    (rows as Row[]).push({});
    return true;
  } catch {
    return false;
  }
}
