import type { DriverRow, DriverValue } from '../../core/drivers/driver.ts';
import { quoteName } from '../../core/sql/identifier.ts';
import type { Row } from '../../core/values.ts';
import type { EqualityKey } from '../exact/collation.ts';
import type { ChildPlan } from '../plan/query-plan.ts';
import type { Statements } from '../plan/statements.ts';
import type { Snapshot } from '../result/snapshot.ts';
import type { Entry } from './entry.ts';
import type { FollowingAnswer } from './live-answer.ts';
import type { NetChange } from './net-changes.ts';

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
  #snapshot: Snapshot<Row> | undefined;
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
  }

  /** Writes what the answer has become, and tells what that changed. */
  sync(): NetChange[] {
    const { snapshot } = this.query;
    if (snapshot === this.#snapshot) return [];
    this.#snapshot = snapshot;
    const before = new Map(this.#shown.map((entry) => [entry.key, entry]));
    const shown = snapshot.items() as Entry[];
    const changes: NetChange[] = [];
    for (const entry of shown) {
      const known = before.get(entry.key);
      before.delete(entry.key);
      if (known === entry) continue;
      const id = this.#ids.get(entry.key) ?? this.#nextId++;
      this.#ids.set(entry.key, id);
      const after = this.#image(id, entry);
      this.#write(after);
      changes.push({ before: known ? this.#image(id, known) : null, after });
    }
    for (const [key, entry] of before) {
      const id = this.#ids.get(key) ?? 0n;
      this.#ids.delete(key);
      this.#beforeWrite();
      this.#statements.all(`DELETE FROM temp.${quoteName(this.plan.table)} WHERE "m" = ?1 AND "id" = ?2`, [
        this.#owner,
        id,
      ]);
      changes.push({ before: this.#image(id, entry), after: null });
    }
    this.#shown = shown;
    return changes;
  }

  /** Whether a change of these rows reaches further than to equal values: see `NOT IN`. */
  flips(changes: readonly NetChange[], sizeBefore: number): boolean {
    if (changes.length === 0 || this.plan.use === 'table') return false;
    if (this.plan.use === 'scalar') return true;
    if ((sizeBefore === 0) !== (this.#shown.length === 0)) return true;
    if (this.plan.use === 'exists') return false;
    // `(NULL, 1) IN ((2, 1))` is unknown: rows that are equal in part are concerned as well.
    if (this.plan.plan.visible > 1) return true;
    return changes.some(({ before, after }) => before?.includes(null) || after?.includes(null));
  }

  get size(): number {
    return this.#shown.length;
  }

  clear(): void {
    this.#beforeWrite();
    this.#statements.all(`DELETE FROM temp.${quoteName(this.plan.table)} WHERE "m" = ?1`, [this.#owner]);
    this.#shown = [];
    this.#snapshot = undefined;
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
