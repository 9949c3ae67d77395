import type { ChangesetRecord } from '../../core/commit/changeset-record.ts';
import type { Engine } from '../../core/engine.ts';
import { tableKey } from '../../core/sql/access.ts';
import { quoteName } from '../../core/sql/identifier.ts';
import { clockCheck, mayReadClock } from '../query/clock.ts';
import type { ClockColumn } from '../query/model.ts';
import { netChanges } from './net-changes.ts';

/**
 * Columns that date functions take their times from, and of which it is known that no row holds a text such as
 * 'now', by which they would read the clock.
 *
 * Guarantees that a column which is held clean is: it was looked through once, and each commit since has shown the
 * rows it wrote. The hard part is what isn't shown: then the column is looked through again when it is next asked for.
 */
export class ClockColumns {
  readonly #engine: Engine;
  /** Whether commits are shown: otherwise nothing can be remembered. */
  readonly #isShown: () => boolean;
  readonly #clean = new Map<string, Set<number>>();

  constructor(engine: Engine, isShown: () => boolean) {
    this.#engine = engine;
    this.#isShown = isShown;
  }

  /** Whether commits of this table must be shown. */
  follows(table: string): boolean {
    return this.#clean.has(table);
  }

  areClean(columns: readonly ClockColumn[]): boolean {
    return columns.every((one) => this.#isClean(one));
  }

  /** Takes a commit in. True: some column isn't known to be clean any more. */
  note(changeset: ChangesetRecord, byRow: boolean): boolean {
    if (this.#clean.size === 0) return false;
    let isDoubtful = false;
    for (const table of changeset.tables) {
      const columns = this.#clean.get(table);
      if (!columns || (byRow && changeset.tells(table) && this.#staysClean(changeset, table, columns)))
        continue;
      this.#clean.delete(table);
      isDoubtful = true;
    }
    return isDoubtful;
  }

  forget(): void {
    this.#clean.clear();
  }

  #staysClean(changeset: ChangesetRecord, table: string, columns: ReadonlySet<number>): boolean {
    const lead = this.#engine.catalog.byKey(table)?.rowid == null ? 0 : 1;
    const changes = netChanges(changeset).get(table) ?? [];
    return changes.every(
      ({ after }) => !after || [...columns].every((at) => !mayReadClock(after[at + lead])),
    );
  }

  #isClean({ table, column }: ClockColumn): boolean {
    const key = tableKey(table);
    const known = this.#clean.get(key);
    if (known?.has(column)) return true;
    const name = quoteName(table.columns[column]?.name ?? '');
    const check = clockCheck(name, `${quoteName(table.schema)}.${quoteName(table.name)}`);
    const [found] = this.#engine.connection.prepare(check).get([]) ?? [];
    if (found !== 0n) return false;
    // What a transaction has done to it may be undone.
    if (this.#isShown() && !this.#engine.inTransaction) {
      this.#clean.set(key, (known ?? new Set<number>()).add(column));
    }
    return true;
  }
}
