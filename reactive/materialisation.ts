import type { ChangesetRecord } from '../core/commit/changeset-record.ts';
import type { Engine } from '../core/engine.ts';
import type { Params, Row } from '../core/values.ts';
import { difference } from './difference.ts';
import type { LiveDelta, RowDelta } from './live-delta.ts';
import type { LivePlan } from './live-plan.ts';
import type { Schedule } from './schedule.ts';
import { emptySnapshot, type Snapshot, SnapshotMaker } from './snapshot.ts';

/** One subscriber: of snapshots, or of deltas. */
export interface Recipient {
  readonly schedule: Schedule;
  readonly takes: 'rows' | 'changes';
  next(value: readonly Row[] | LiveDelta<Row>): void;
  error(error: unknown): void;
  complete(): void;
}

interface Seat {
  readonly recipient: Recipient;
  /** What it was told last; undefined before its first answer. */
  seen: Snapshot | undefined;
}

/**
 * One query with one set of parameters, and everybody who follows it.
 *
 * Guarantees: `current` is the answer at the last commit that was maintained; each recipient gets every
 * difference between what it saw and what is, or nothing when there is none. Doesn't guarantee an emission
 * for every commit: those that a schedule gathers are told together. The hard part is identity across
 * schedules: a row that came back to what some recipient still holds must become that very object again.
 */
export class Materialisation {
  readonly key: string;
  readonly #engine: Engine;
  readonly #params: Params | undefined;
  readonly #planFor: () => LivePlan;
  readonly #seats = new Map<Recipient, Seat>();
  #plan: LivePlan | undefined;
  #maker: SnapshotMaker | undefined;
  #current: Snapshot | undefined;
  isDirty = true;

  constructor(key: string, engine: Engine, params: Params | undefined, planFor: () => LivePlan) {
    this.key = key;
    this.#engine = engine;
    this.#params = params;
    this.#planFor = planFor;
  }

  get value(): readonly Row[] | undefined {
    return this.#current?.rows;
  }

  get isUnused(): boolean {
    return this.#seats.size === 0;
  }

  /** A change of this table may change the answer. */
  follows(table: string): boolean {
    return !this.#plan || this.#plan.readsEverything || this.#plan.tables.has(table);
  }

  /** A commit may have changed the answer. */
  dependsOn(changeset: ChangesetRecord): boolean {
    if (changeset.schema_changed) return true;
    return changeset.tables.some((table) => this.follows(table));
  }

  /** Runs the query. @throws what SQLite says, and keeps the answer it had. */
  refresh(): void {
    if (this.#plan?.generation !== this.#engine.schemaGeneration) {
      this.#plan = this.#planFor();
      this.#maker = new SnapshotMaker(this.#plan.shape, this.#engine.config.intMode);
    }
    const rows = this.#engine.all(this.#engine.compile(this.#plan.sql), this.#params);
    const earlier = new Set<Snapshot>();
    if (this.#current) earlier.add(this.#current);
    for (const { seen } of this.#seats.values()) if (seen) earlier.add(seen);
    this.#current = this.#maker?.make(rows, [...earlier]);
    this.isDirty = false;
  }

  /** Takes a recipient in and, if there is an answer, tells it at once. */
  seat(recipient: Recipient): void {
    this.#seats.set(recipient, { recipient, seen: undefined });
    this.tell(recipient);
  }

  unseat(recipient: Recipient): void {
    this.#seats.delete(recipient);
  }

  /** Whether a recipient of this schedule has something to be told. */
  awaits(schedule: Schedule): boolean {
    for (const { recipient, seen } of this.#seats.values()) {
      if (recipient.schedule === schedule && seen !== this.#current) return true;
    }
    return false;
  }

  /** Tells every recipient of this schedule what it hasn't seen. */
  deliver(schedule: Schedule): void {
    for (const recipient of [...this.#seats.keys()]) {
      if (recipient.schedule === schedule) this.tell(recipient);
    }
  }

  tell(recipient: Recipient): void {
    const seat = this.#seats.get(recipient);
    const next = this.#current;
    if (!seat || !next || seat.seen === next) return;
    const { seen } = seat;
    // Before it is called: it may write, and be told of that too.
    seat.seen = next;
    if (recipient.takes === 'rows') {
      if (!seen?.equals(next)) recipient.next(next.rows);
      return;
    }
    const changes = this.#difference(seen, next);
    if (changes.length > 0 || !seen) {
      recipient.next({ commit: this.#engine.hub.lastLsn, rows: next.rows, changes });
    }
  }

  fail(error: unknown): void {
    const recipients = [...this.#seats.keys()];
    this.#seats.clear();
    for (const recipient of recipients) recipient.error(error);
  }

  complete(): void {
    const recipients = [...this.#seats.keys()];
    this.#seats.clear();
    for (const recipient of recipients) recipient.complete();
  }

  #lastDifference: { from: Snapshot; to: Snapshot; changes: readonly RowDelta<Row>[] } | undefined;

  /** Recipients that saw the same snapshot share one computation. */
  #difference(from: Snapshot = emptySnapshot, to: Snapshot): readonly RowDelta<Row>[] {
    const last = this.#lastDifference;
    if (last?.from === from && last.to === to) return last.changes;
    const changes = Object.freeze(difference<Row>(from, to));
    if (from !== emptySnapshot) this.#lastDifference = { from, to, changes };
    return changes;
  }
}
