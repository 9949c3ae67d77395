import type { Engine } from '../core/engine.ts';
import type { Row } from '../core/values.ts';
import type { LiveDelta, RowDelta } from './live-delta.ts';
import type { LivePlan } from './live-plan.ts';
import type { Entry } from './maintain/entry.ts';
import type { LiveAnswer } from './maintain/live-answer.ts';
import type { NetChange } from './maintain/net-changes.ts';
import type { SiteWatch } from './maintain/site-watch.ts';
import type { Site } from './plan/sites.ts';
import { Snapshot } from './result/snapshot.ts';
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

/** What a materialisation gets from those who keep it. */
export interface MaterialisationParts {
  readonly key: string;
  readonly engine: Engine;
  readonly planFor: () => LivePlan;
  readonly open: (plan: LivePlan) => LiveAnswer;
  /** Has it found by the commits that concern it, until told otherwise. */
  readonly follow: (plan: LivePlan, answer: LiveAnswer) => FollowedSites;
  /** Its answer is another. */
  readonly changed: () => void;
}

interface FollowedSites {
  readonly watches: readonly SiteWatch<Materialisation>[];
  readonly unfollow: () => void;
}

/** Up to this many rows of an answer are compared one by one to see whether it looks as it did. */
const maxCompared = 1000;

/** Row by row, without a look at what the two share: small answers are as fast to compare. */
function sameRows(a: Snapshot<Row>, b: Snapshot<Row>): boolean {
  const [before, after] = [a.rows, b.rows];
  for (let at = 0; at < after.length; at++) {
    if (before[at] === after[at]) continue;
    if (!(a.item(at) as Entry).looksLike(b.item(at) as Entry)) return false;
  }
  return true;
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
  readonly #seats = new Map<Schedule, Map<Recipient, Seat>>();
  /** Schedules of which somebody may not have been told of `current`. */
  readonly #behind = new Set<Schedule>();
  /** Entries that were in the answer since the recipient that is furthest behind was told. */
  #retired: Entry[] = [];
  /** The same by what they show; made when first needed. */
  #retiredByContent: Map<string, Entry> | undefined;
  #plan: LivePlan | undefined;
  #answer: LiveAnswer | undefined;
  #followed: FollowedSites | undefined;
  #current: Snapshot<Row> | undefined;
  /** What the answer gave last; `current` is that, or looks like it. */
  #latest: Snapshot<Row> | undefined;
  /** What was changed since the last look. */
  #removed: Entry[] = [];
  #added: Entry[] = [];

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

  /** How it is kept up to date, once it is open. */
  get answer(): LiveAnswer | undefined {
    return this.#answer;
  }

  /** Everybody has been told of the last answer. */
  get isTold(): boolean {
    return this.#behind.size === 0;
  }

  /** Runs the query. @throws what SQLite says, and keeps the answer it had. */
  refresh(): void {
    if (!this.#answer || this.#plan?.generation !== this.#parts.engine.schemaGeneration) this.#replan();
    for (const watch of this.#followed?.watches ?? []) watch.changes = [];
    this.#answer?.refresh();
    this.#settle();
  }

  /** Follows what its watches have noted of one commit. @throws what SQLite says; then it must be refreshed. */
  maintain(): void {
    const changes = new Map<Site, readonly NetChange[]>();
    for (const watch of this.#followed?.watches ?? []) {
      if (watch.changes.length === 0) continue;
      changes.set(watch.site, watch.changes);
      watch.changes = [];
    }
    this.#answer?.maintain?.(changes);
    this.#settle();
  }

  /** Takes a recipient in and, if there is an answer, tells it at once. */
  seat(recipient: Recipient): void {
    const seat = { recipient, seen: undefined };
    const seats = this.#seats.get(recipient.schedule);
    if (seats) seats.set(recipient, seat);
    else this.#seats.set(recipient.schedule, new Map([[recipient, seat]]));
    this.#tell(seat);
  }

  unseat(recipient: Recipient): void {
    const seats = this.#seats.get(recipient.schedule);
    seats?.delete(recipient);
    if (seats?.size === 0) this.#seats.delete(recipient.schedule);
  }

  /** Whether a recipient of this schedule may have something to be told. */
  awaits(schedule: Schedule): boolean {
    return this.#behind.has(schedule);
  }

  /** Tells every recipient of this schedule what it hasn't seen. */
  deliver(schedule: Schedule): void {
    if (!this.#behind.has(schedule)) return;
    const current = this.#current;
    // Those who come meanwhile have seen it, and those who go are passed over.
    for (const seat of this.#seats.get(schedule)?.values() ?? []) this.#tell(seat);
    // One of them may have written: then the first ones haven't seen what is current now.
    if (this.#current !== current) return;
    this.#behind.delete(schedule);
    if (!this.isTold) return;
    this.#retired = [];
    this.#retiredByContent = undefined;
  }

  #tell(seat: Seat): void {
    const next = this.#current;
    const { seen, recipient } = seat;
    if (!next || seen === next) return;
    // Before it is called: it may write, and be told of that too.
    seat.seen = next;
    if (recipient.takes === 'rows') {
      recipient.next(next.rows);
      return;
    }
    const changes = this.#difference(seen, next);
    if (changes.length > 0 || !seen) {
      recipient.next({ commit: this.#parts.engine.hub.lastLsn, rows: next.rows, changes });
    }
  }

  fail(error: unknown): void {
    for (const { recipient } of this.#takeSeats()) recipient.error(error);
  }

  complete(): void {
    for (const { recipient } of this.#takeSeats()) recipient.complete();
  }

  #allSeats(): Seat[] {
    return [...this.#seats.values()].flatMap((seats) => [...seats.values()]);
  }

  #takeSeats(): Seat[] {
    const seats = this.#allSeats();
    this.#seats.clear();
    return seats;
  }

  close(): void {
    this.#answer?.close();
    this.#followed?.unfollow();
    this.#followed = undefined;
  }

  #replan(): void {
    const plan = this.#parts.planFor();
    const answer = this.#parts.open(plan);
    const before = this.#answer;
    const sameColumns = this.#plan?.columns.join('\0') === plan.columns.join('\0');
    const recalled = before && sameColumns ? new Recollection(before.answer.entries()) : undefined;
    answer.answer.recall = (entry) => this.#recall(entry) ?? recalled?.take(entry);
    answer.answer.onChange = ({ removed, added }) => {
      this.#removed = this.#removed.concat(removed);
      this.#added = this.#added.concat(added);
    };
    this.close();
    this.#plan = plan;
    this.#answer = answer;
    this.#followed = this.#parts.follow(plan, answer);
  }

  /** A row that some recipient may still hold, and that looks like this one. */
  #recall(entry: Entry): Entry | undefined {
    if (this.#retired.length === 0) return undefined;
    this.#retiredByContent ??= new Map(this.#retired.map((one) => [one.content, one]));
    return this.#retiredByContent.get(entry.content);
  }

  /** Takes the answer over. A result that looks as it did is the very snapshot that it was. */
  #settle(): void {
    const snapshot = this.#answer?.snapshot;
    if (!snapshot || snapshot === this.#latest) return;
    const [removed, added] = [this.#removed, this.#added];
    this.#removed = [];
    this.#added = [];
    this.#latest = snapshot;
    const before = this.#current;
    const alike = this.isTold
      ? before && this.#looksLike(before, snapshot, removed, added)
        ? before
        : undefined
      : [...new Set([before, ...this.#allSeats().map(({ seen }) => seen)])].find(
          (one) => one && this.#looksLike(one, snapshot, removed, added),
        );
    this.#current = alike ?? snapshot;
    // What went may have left the window before, and still be in what somebody was told last.
    if (!this.isTold || this.#current !== before) {
      this.#retired = this.#retired.concat(removed);
      this.#retiredByContent = undefined;
    }
    if (this.#current === before) return;
    if (this.#seats.size === 0) return;
    for (const schedule of this.#seats.keys()) this.#behind.add(schedule);
    this.#parts.changed();
  }

  #looksLike(
    one: Snapshot<Row>,
    snapshot: Snapshot<Row>,
    removed: readonly Entry[],
    added: readonly Entry[],
  ): boolean {
    if (one.size !== snapshot.size || (one.size > 0 && !this.#hasColumnsOf(one))) return false;
    // In a large answer a new row that nothing like it has left is proof enough.
    if (one.size <= maxCompared) return sameRows(one, snapshot);
    const [first] = added;
    if (first && this.isTold && !removed.some((entry) => entry.looksLike(first))) return false;
    return one.equals(snapshot, (a, b) => a === b || (a as Entry).looksLike(b as Entry));
  }

  /** Rows of other columns are other rows, whatever they hold. */
  #hasColumnsOf(snapshot: Snapshot<Row>): boolean {
    const columns = (snapshot.item(0) as Entry).shape.columns;
    return columns === this.#plan?.columns || columns.join('\0') === this.#plan?.columns.join('\0');
  }

  #lastDifference: { from: Snapshot<Row>; to: Snapshot<Row>; changes: readonly RowDelta<Row>[] } | undefined;

  /** Recipients that saw the same snapshot share one computation. */
  #difference(from: Snapshot<Row> = Snapshot.empty, to: Snapshot<Row>): readonly RowDelta<Row>[] {
    const last = this.#lastDifference;
    if (last?.from === from && last.to === to) return last.changes;
    const changes = Object.freeze(differenceOf<Row>(from, to));
    if (from !== Snapshot.empty) this.#lastDifference = { from, to, changes };
    return changes;
  }
}
