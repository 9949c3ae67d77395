import type { DriverRow, DriverValue } from '../../core/drivers/driver.ts';
import type { EqualityKey } from '../../core/sql/collation.ts';
import { quoteName } from '../../core/sql/identifier.ts';
import type { Row } from '../../core/values.ts';
import type { ChildPlan } from '../plan/query-plan.ts';
import type { Statements } from '../plan/statements.ts';
import type { Snapshot } from '../result/snapshot.ts';
import type { AnswerChange } from './answer.ts';
import type { Entry } from './entry.ts';
import type { FollowingAnswer } from './live-answer.ts';
import type { NetChange } from './net-changes.ts';

/** Entries by key; one that was replaced is in both. */
interface Difference {
  readonly removed: Map<EqualityKey, Entry>;
  readonly added: Map<EqualityKey, Entry>;
}

/**
 * The answer of a SELECT inside of another, kept in its TEMP table beside those of other parameters.
 * An image is the row's number in that table and then its columns.
 */
export class ChildTable {
  readonly plan: ChildPlan;
  readonly query: FollowingAnswer;
  readonly #statements: Statements;
  readonly #owner: bigint;
  readonly #beforeWrite: () => void;
  readonly #ids = new Map<EqualityKey, bigint>();
  #shown: readonly Entry[] = [];
  #noted: Difference = { removed: new Map(), added: new Map() };
  #size = 0;
  #nextId = 1n;

  constructor(
    plan: ChildPlan,
    query: FollowingAnswer,
    statements: Statements,
    owner: bigint,
    beforeWrite: () => void,
  ) {
    this.plan = plan;
    this.query = query;
    this.#statements = statements;
    this.#owner = owner;
    this.#beforeWrite = beforeWrite;
    query.answer.onChange = (change) => this.#note(change);
  }

  /** Writes what the answer has become, and tells what that changed. */
  sync(): NetChange[] {
    const { snapshot } = this.query;
    const { removed, added } = this.plan.plan.limit === undefined ? this.#taken() : this.#compared(snapshot);
    this.#size = snapshot.size;
    const changes: NetChange[] = [];
    for (const [key, entry] of added) {
      const known = removed.get(key);
      removed.delete(key);
      const id = this.#ids.get(key) ?? this.#nextId++;
      this.#ids.set(key, id);
      const after = this.#image(id, entry);
      this.#write(after);
      changes.push({ before: known ? this.#image(id, known) : null, after });
    }
    for (const [key, entry] of removed) {
      const id = this.#ids.get(key) ?? 0n;
      this.#ids.delete(key);
      this.#beforeWrite();
      this.#statements.all(`DELETE FROM temp.${quoteName(this.plan.table)} WHERE "m" = ?1 AND "id" = ?2`, [
        this.#owner,
        id,
      ]);
      changes.push({ before: this.#image(id, entry), after: null });
    }
    return changes;
  }

  /** What the answer itself has told. */
  #taken(): Difference {
    const difference = this.#noted;
    this.#noted = { removed: new Map(), added: new Map() };
    return difference;
  }

  /** Notes what has changed since the last look: what came and went again is no change. */
  #note({ removed, added }: AnswerChange): void {
    const noted = this.#noted;
    for (const entry of removed) {
      if (!noted.added.delete(entry.key)) noted.removed.set(entry.key, entry);
    }
    for (const entry of added) noted.added.set(entry.key, entry);
  }

  /** Of a window only what it shows is kept. */
  #compared(snapshot: Snapshot<Row>): Difference {
    const removed = new Map(this.#shown.map((entry) => [entry.key, entry]));
    const added = new Map<EqualityKey, Entry>();
    this.#shown = snapshot.items() as Entry[];
    for (const entry of this.#shown) {
      if (removed.get(entry.key) === entry) removed.delete(entry.key);
      else added.set(entry.key, entry);
    }
    return { removed, added };
  }

  /** Whether a change of these rows reaches further than to equal values: see `NOT IN`. */
  flips(changes: readonly NetChange[], sizeBefore: number): boolean {
    if (changes.length === 0 || this.plan.use === 'table') return false;
    if (this.plan.use === 'scalar') return true;
    if ((sizeBefore === 0) !== (this.#size === 0)) return true;
    if (this.plan.use === 'exists') return false;
    // `(NULL, 1) IN ((2, 1))` is unknown: rows that are equal in part are concerned as well.
    if (this.plan.plan.visible > 1) return true;
    return changes.some(({ before, after }) => before?.includes(null) || after?.includes(null));
  }

  get size(): number {
    return this.#size;
  }

  clear(): void {
    this.#beforeWrite();
    this.#statements.all(`DELETE FROM temp.${quoteName(this.plan.table)} WHERE "m" = ?1`, [this.#owner]);
    this.#shown = [];
    this.#noted = { removed: new Map(), added: new Map() };
    this.#size = 0;
    this.#ids.clear();
  }

  #write(image: DriverRow): void {
    this.#beforeWrite();
    const places = image.map((_, at) => `?${at + 2}`).join(', ');
    this.#statements.all(`INSERT OR REPLACE INTO temp.${quoteName(this.plan.table)} VALUES (?1, ${places})`, [
      this.#owner,
      ...image,
    ]);
  }

  #image(id: bigint, entry: Entry): DriverRow {
    return [id, ...(entry.values.slice(0, this.plan.plan.visible) as DriverValue[])];
  }
}
