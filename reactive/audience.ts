import type { Row } from '../core/values.ts';
import type { LiveDelta, RowDelta } from './live-delta.ts';
import { Snapshot } from './result/snapshot.ts';
import { differenceOf } from './result/snapshot-difference.ts';
import type { Schedule } from './schedule.ts';

/** One subscriber of an answer. */
export interface Recipient {
  readonly schedule: Schedule;
  /** `seen` is what it was told last, undefined at first; `deltas` tells what lies between. */
  next(next: Snapshot<Row>, seen: Snapshot<Row> | undefined, deltas: Audience): void;
  error(error: unknown): void;
  complete(): void;
}

interface Seat {
  readonly recipient: Recipient;
  /** What it was told last; undefined before its first answer. */
  seen: Snapshot<Row> | undefined;
}

/**
 * Everybody who follows one answer, and what they have been told of it.
 *
 * Guarantees: each recipient gets every difference between what it saw and what is, or nothing when there is
 * none. Doesn't guarantee a call for every answer: those that a schedule gathers are told together. The hard
 * part is that a recipient may come, go, or bring about the next answer while others are being told.
 */
export class Audience {
  readonly #seats = new Map<Schedule, Map<Recipient, Seat>>();
  /** Schedules of which somebody may not have been told of `current`. */
  readonly #behind = new Set<Schedule>();
  readonly #commit: () => number;
  #current: Snapshot<Row> | undefined;
  #last: { from: Snapshot<Row>; to: Snapshot<Row>; changes: readonly RowDelta<Row>[] } | undefined;

  /** `commit`: the last commit that the current answer contains. */
  constructor(commit: () => number) {
    this.#commit = commit;
  }

  get current(): Snapshot<Row> | undefined {
    return this.#current;
  }

  get size(): number {
    return this.#all().length;
  }

  get isEmpty(): boolean {
    return this.#seats.size === 0;
  }

  /** Everybody has been told of the current answer. */
  get isTold(): boolean {
    return this.#behind.size === 0;
  }

  /** The answers that somebody still holds, the current one among them. */
  get held(): Set<Snapshot<Row> | undefined> {
    return new Set([this.#current, ...this.#all().map(({ seen }) => seen)]);
  }

  /** Another answer; true if there is somebody to be told. */
  change(next: Snapshot<Row>): boolean {
    this.#current = next;
    for (const schedule of this.#seats.keys()) this.#behind.add(schedule);
    return this.#seats.size > 0;
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
    if (this.#current === current) this.#behind.delete(schedule);
  }

  fail(error: unknown): void {
    for (const { recipient } of this.#dismiss()) recipient.error(error);
  }

  complete(): void {
    for (const { recipient } of this.#dismiss()) recipient.complete();
  }

  /** What turns one answer into another; null when nothing does. Those who saw the same share one computation. */
  delta(seen: Snapshot<Row> | undefined, next: Snapshot<Row>): LiveDelta<Row> | null {
    const from = seen ?? Snapshot.empty;
    let changes = this.#last?.from === from && this.#last.to === next ? this.#last.changes : undefined;
    if (!changes) {
      changes = Object.freeze(differenceOf<Row>(from, next));
      if (seen) this.#last = { from, to: next, changes };
    }
    if (changes.length === 0 && seen) return null;
    return { commit: this.#commit(), rows: next.rows, changes };
  }

  #tell(seat: Seat): void {
    const next = this.#current;
    const { seen, recipient } = seat;
    if (!next || seen === next) return;
    // Before it is called: it may write, and be told of that too.
    seat.seen = next;
    recipient.next(next, seen, this);
  }

  #all(): Seat[] {
    return [...this.#seats.values()].flatMap((seats) => [...seats.values()]);
  }

  #dismiss(): Seat[] {
    const seats = this.#all();
    this.#seats.clear();
    return seats;
  }
}
