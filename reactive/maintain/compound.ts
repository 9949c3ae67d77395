import type { DriverRow } from '../../core/drivers/driver.ts';
import { compositeKey, type EqualityKey } from '../../core/sql/collation.ts';
import type { QueryPlan } from '../plan/query-plan.ts';
import type { Answer, AnswerChange } from './answer.ts';
import type { Entry } from './entry.ts';

/**
 * UNION, INTERSECT and EXCEPT over the answers of their arms.
 *
 * Up to the last operator that removes duplicates, arms are counted by value; the arms of each UNION ALL after
 * it are shown row by row. SQLite compares values under the first arm's collation that there is.
 */
export class Compound {
  readonly #plan: QueryPlan;
  readonly #answer: Answer;
  /** How many arms come before the first that is shown row by row. */
  readonly #counted: number;
  /** By value: for each counted arm its rows. */
  readonly #values = new Map<EqualityKey, Set<Entry>[]>();

  constructor(plan: QueryPlan, answer: Answer) {
    this.#plan = plan;
    this.#answer = answer;
    const last = plan.operators.findLastIndex((operator) => operator !== 'UnionAll');
    this.#counted = last < 0 ? 0 : last + 2;
  }

  /** Takes over what changed in each arm. */
  apply(changes: readonly AnswerChange[]): void {
    const removed = new Set<Entry>();
    const found: Entry[] = [];
    const touched = new Set<EqualityKey>();
    for (const [arm, change] of changes.entries()) {
      if (arm < this.#counted) {
        this.#count(arm, change, touched);
        continue;
      }
      for (const entry of change.removed) {
        const shown = this.#answer.get(armKey(arm, entry));
        if (shown) removed.add(shown);
      }
      for (const entry of change.added) found.push(this.#show(entry, armKey(arm, entry)));
    }
    for (const value of touched) {
      const key = valueKey(value);
      const shown = this.#answer.get(key);
      const entry = this.#representative(value);
      if (shown) removed.add(shown);
      if (entry) found.push(this.#show(entry, key));
    }
    if (removed.size > 0 || found.length > 0) this.#answer.change(removed, found);
  }

  #count(arm: number, { removed, added }: AnswerChange, touched: Set<EqualityKey>): void {
    for (const entry of removed) {
      const value = this.#valueOf(entry);
      this.#values.get(value)?.[arm]?.delete(entry);
      touched.add(value);
    }
    for (const entry of added) {
      const value = this.#valueOf(entry);
      let arms = this.#values.get(value);
      if (!arms) {
        arms = Array.from({ length: this.#counted }, () => new Set<Entry>());
        this.#values.set(value, arms);
      }
      arms[arm]?.add(entry);
      touched.add(value);
    }
  }

  /** A row of this value, if the operators leave one. */
  #representative(value: EqualityKey): Entry | undefined {
    const arms = this.#values.get(value);
    if (!arms) return undefined;
    if (arms.every((entries) => entries.size === 0)) {
      this.#values.delete(value);
      return undefined;
    }
    const first = ([entry]: Set<Entry>): Entry | undefined => entry;
    let row = arms[0] && first(arms[0]);
    for (let arm = 1; arm < this.#counted; arm++) {
      const entries = arms[arm] as Set<Entry>;
      switch (this.#plan.operators[arm - 1]) {
        case 'Intersect':
          if (entries.size === 0) row = undefined;
          break;
        case 'Except':
          if (entries.size > 0) row = undefined;
          break;
        default:
          row ??= first(entries);
      }
    }
    return row;
  }

  #valueOf({ values }: Entry): EqualityKey {
    return compositeKey(values.slice(0, this.#plan.visible), this.#plan.equality);
  }

  #show(entry: Entry, key: EqualityKey): Entry {
    return this.#answer.maker.make(entry.values.slice(0, this.#plan.visible) as DriverRow, undefined, key);
  }
}

const armKey = (arm: number, { key }: Entry): string => `${arm}:${typeof key}${String(key)}`;
const valueKey = (value: EqualityKey): string => `=${typeof value}${String(value)}`;
