import type { ChangesetRecord } from '../core/commit/changeset-record.ts';
import type { Engine } from '../core/engine.ts';
import type { Row } from '../core/values.ts';
import type { EqualityKey } from './exact/collation.ts';
import type { LiveDelta, RowDelta } from './live-delta.ts';
import type { Entry } from './maintain/entry.ts';
import type { LiveAnswer } from './maintain/live-answer.ts';
import type { TableChanges } from './maintain/maintained-query.ts';
import type { LivePlan } from './live-plan.ts';
import { type Item, Snapshot } from './result/snapshot.ts';
import { differenceOf } from './result/snapshot-difference.ts';
import type { Schedule } from './schedule.ts';

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
  seen: Snapshot<Row> | undefined;
}

const nothing: ReadonlySet<string> = new Set();

/** What a materialisation gets from those who keep it. */
export interface MaterialisationParts {
  readonly key: string;
  readonly engine: Engine;
  readonly planFor: () => LivePlan;
  readonly open: (plan: LivePlan) => LiveAnswer;
  /** An answer by this plan is no longer kept. */
  readonly closed: (plan: LivePlan) => void;
  /** Asks for the rows of tables, or no longer. */
  readonly demand: (tables: ReadonlySet<string>, by: 1 | -1) => void;
}

/** Rows of an answer that was kept in another way: found again by what they show, each once. */
class Recollection {
  readonly #entries = new Map<string, Entry[]>();

  constructor(entries: readonly Entry[]) {
    // Taken from the end.
    for (const entry of entries.toReversed()) {
      const known = this.#entries.get(entry.content);
      if (known) known.push(entry);
      else this.#entries.set(entry.content, [entry]);
    }
  }

  take(entry: Entry): Entry | undefined {
    return this.#entries.get(entry.content)?.pop();
  }
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
  readonly #parts: MaterialisationParts;
  readonly #seats = new Map<Recipient, Seat>();
  /** Entries that were in the answer since the recipient that is furthest behind was told. */
  readonly #retired = new Map<EqualityKey, Entry[]>();
  #plan: LivePlan | undefined;
  #answer: LiveAnswer | undefined;
  #current: Snapshot<Row> | undefined;
  /** What the answer gave last; `current` is that, or looks like it. */
  #latest: Snapshot<Row> | undefined;
  /** The tables whose rows it asks for. */
  #demand = nothing;
  /** It must be read anew. */
  isDirty = true;

  constructor(parts: MaterialisationParts) {
    this.key = parts.key;
    this.#parts = parts;
  }

  get value(): readonly Row[] | undefined {
    return this.#current?.rows;
  }

  get isUnused(): boolean {
    return this.#seats.size === 0;
  }

  get plan(): LivePlan | undefined {
    return this.#plan;
  }

  /** How it is kept up to date, once it is open. */
  get answer(): LiveAnswer | undefined {
    return this.#answer;
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

  /** All that the commit did to its tables is told row by row, and what it has is the answer before that. */
  canFollow(changeset: ChangesetRecord): boolean {
    if (this.isDirty || !this.#answer?.maintain || changeset.schema_changed) return false;
    if (this.#plan?.generation !== this.#parts.engine.schemaGeneration) return false;
    return changeset.tables.every((table) => !this.follows(table) || changeset.tells(table));
  }

  /** Runs the query. @throws what SQLite says, and keeps the answer it had. */
  refresh(): void {
    if (!this.#answer || this.#plan?.generation !== this.#parts.engine.schemaGeneration) this.#replan();
    this.#answer?.refresh();
    this.isDirty = false;
    this.#settle();
  }

  /** Follows one commit. @throws what SQLite says; then it must be refreshed. */
  maintain(changes: TableChanges): void {
    this.#answer?.maintain?.(changes);
    this.#settle();
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
    if (this.#retired.size === 0) return;
    for (const { seen } of this.#seats.values()) if (seen !== this.#current) return;
    this.#retired.clear();
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
      recipient.next({ commit: this.#parts.engine.hub.lastLsn, rows: next.rows, changes });
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

  close(): void {
    this.#closeAnswer();
    this.#parts.demand(this.#demand, -1);
    this.#demand = nothing;
  }

  #replan(): void {
    const plan = this.#parts.planFor();
    const answer = this.#parts.open(plan);
    const before = this.#answer;
    const sameColumns = this.#plan?.columns.join('\0') === plan.columns.join('\0');
    const recalled = before && sameColumns ? new Recollection(before.answer.entries()) : undefined;
    answer.answer.recall = (entry) => this.#recall(entry) ?? recalled?.take(entry);
    answer.answer.onRemoved = (entries) => this.#retire(entries);
    this.#closeAnswer();
    const demand = answer.maintain ? plan.tables : nothing;
    this.#parts.demand(demand, 1);
    this.#parts.demand(this.#demand, -1);
    this.#demand = demand;
    this.#plan = plan;
    this.#answer = answer;
  }

  #closeAnswer(): void {
    this.#answer?.close();
    if (this.#plan && this.#answer?.maintain) this.#parts.closed(this.#plan);
    this.#answer = undefined;
  }

  #recall(entry: Entry): Entry | undefined {
    return this.#retired.get(entry.key)?.find((one) => one.looksLike(entry));
  }

  #retire(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const known = this.#retired.get(entry.key);
      if (known) known.push(entry);
      else this.#retired.set(entry.key, [entry]);
    }
  }

  /** A result that looks as it did is the very snapshot that it was: nobody could tell the difference. */
  #settle(): void {
    if (!this.#answer || this.#answer.snapshot === this.#latest) return;
    const { snapshot } = this.#answer;
    this.#latest = snapshot;
    const held = new Set([this.#current, ...[...this.#seats.values()].map(({ seen }) => seen)]);
    const alike = (a: Item<Row>, b: Item<Row>) => a === b || (a as Entry).looksLike(b as Entry);
    this.#current = snapshot;
    for (const one of held) {
      if (!one || one.size !== snapshot.size || (one.size > 0 && !this.#hasColumnsOf(one))) continue;
      if (one.equals(snapshot, alike)) this.#current = one;
    }
  }

  /** Rows of other columns are other rows, whatever they hold. */
  #hasColumnsOf(snapshot: Snapshot<Row>): boolean {
    const columns = (snapshot.item(0) as Entry).shape.columns;
    return columns === this.#plan?.columns || columns.join('\0') === this.#plan?.columns.join('\0');
  }

  #lastDifference:
    | { from: Snapshot<Row>; to: Snapshot<Row>; changes: readonly RowDelta<Row>[] }
    | undefined;

  /** Recipients that saw the same snapshot share one computation. */
  #difference(from: Snapshot<Row> = Snapshot.empty, to: Snapshot<Row>): readonly RowDelta<Row>[] {
    const last = this.#lastDifference;
    if (last?.from === from && last.to === to) return last.changes;
    const changes = Object.freeze(differenceOf<Row>(from, to));
    if (from !== Snapshot.empty) this.#lastDifference = { from, to, changes };
    return changes;
  }
}
