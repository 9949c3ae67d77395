import type { RowChange } from '../../core/commit/changeset.ts';
import type { InvalidateEvent } from '../../core/watches/events.ts';
import { contentOf } from './compare.ts';
import type { OracleDatabase, OracleWatch, Row } from './engine.ts';
import { drained } from './followed.ts';
import { quoted } from './names.ts';
import { add, type Contents, differentRows, type RowCounts } from './shadow.ts';
import { attempt } from './twin.ts';
import { showRow } from './values.ts';
import type { WatchCase } from './watch-cases.ts';
import type { Report } from './watched.ts';

/**
 * One watch under check. Its events are held against the rows themselves: what SQLite held before the step and what it
 * holds now, row by row. A table whose rows an event lists must have changed by these rows and by no others; a table
 * that no event names, or of which it lists nothing while it lists others' rows, must not have changed.
 */
export class WatchedEvents {
  readonly case: WatchCase;
  readonly #db: OracleDatabase;
  readonly #report: Report;
  #watch: OracleWatch | null = null;
  /** By table, or under no name the rows of the range or the answer. */
  #before: Contents = new Map();

  constructor(db: OracleDatabase, watchCase: WatchCase, report: Report) {
    this.#db = db;
    this.case = watchCase;
    this.#report = report;
  }

  /** Starts, or starts again: what the schema has no more can't be watched. */
  async open(): Promise<void> {
    this.close();
    attempt(() => {
      this.#watch = this.#begin();
    });
    if (!this.#watch) return;
    await drained(this.#watch);
    const before = this.#read();
    if (before) this.#before = before;
    else this.close();
  }

  #begin(): OracleWatch | null {
    const db = this.#db;
    switch (this.case.kind) {
      case 'tables':
        return db.watchTable?.(this.case.tables) ?? null;
      case 'range':
        return db.watchRange?.(this.case.table, this.case.bounds) ?? null;
      case 'query':
        return db.watchQuery?.(this.case.query.sql, this.case.query.params) ?? null;
    }
  }

  close(): void {
    this.#watch?.close();
    this.#watch = null;
  }

  get #tables(): readonly string[] {
    return this.case.kind === 'tables' ? this.case.tables : [];
  }

  /** What is watched, as it is now; null where it is gone. */
  #read(): Contents | null {
    try {
      if (this.case.kind === 'tables') {
        return new Map(
          this.case.tables.map((table) => [
            table,
            counted(this.#db.query(`SELECT * FROM main.${quoted(table)}`)),
          ]),
        );
      }
      const { sql, params } =
        this.case.kind === 'range' ? { sql: this.case.inside, params: undefined } : this.case.query;
      return new Map([['', counted(this.#db.query(sql, params))]]);
    } catch {
      return null;
    }
  }

  /** After a step. Gives the number of comparisons. */
  async check(): Promise<number> {
    if (!this.#watch) return 0;
    const events = (await drained(this.#watch)).filter((event) => event.type !== 'initial');
    const now = this.#read();
    const before = this.#before;
    if (!now) {
      this.close();
      return 0;
    }
    this.#before = now;
    const told = events.filter((event) => event.type === 'invalidate');
    // What was too much for the queue is as good as unknown.
    if (told.length < events.length) return 0;
    if (this.case.kind === 'tables') this.#checkTables(told, before, now);
    else if (told.length === 0) {
      const difference = differentRows(before.get('') as RowCounts, now.get('') as RowCounts);
      if (difference) this.#differ('a change of what is watched is an event', difference);
    }
    return now.size;
  }

  #differ(rule: string, detail: string): void {
    const { kind } = this.case;
    const of =
      kind === 'tables' ? this.case.tables.join() : kind === 'range' ? this.case.inside : this.case.query.sql;
    this.#report(`watch of ${kind}: ${rule}`, `${of}: ${detail}`);
  }

  #checkTables(events: readonly InvalidateEvent[], before: Contents, now: Contents): void {
    const copies = new Map([...before].map(([table, rows]) => [table, new Map(rows)]));
    const unknown = new Set<string>();
    for (const event of events) {
      for (const table of this.#tables.filter((one) => isUnlisted(event, one))) unknown.add(table);
      for (const change of event.row_changes) {
        if (change.detail !== 'full_row') unknown.add(change.table);
        const rows = copies.get(change.table);
        if (!rows) this.#differ('only watched tables are listed', change.table);
        else if (!unknown.has(change.table)) this.#apply(rows, change);
      }
    }
    for (const [table, rows] of copies) {
      if (unknown.has(table)) continue;
      const difference = differentRows(now.get(table) as RowCounts, rows);
      if (difference) this.#differ('the rows listed are those that changed', `${table}: ${difference}`);
    }
  }

  #apply(rows: RowCounts, { table, operation, before, after }: RowChange): void {
    if (before && add(rows, before, -1) < 0) {
      this.#differ('`before` is the row that was there', `${operation} of ${table}: ${showRow(before)}`);
    }
    if (after) add(rows, after, 1);
  }
}

/** Whether the event leaves open what happened to the table's rows: it says so by name. */
const isUnlisted = ({ schema_changed, wide_tables }: InvalidateEvent, table: string): boolean =>
  schema_changed || wide_tables.includes(table);

function counted(rows: readonly Row[]): RowCounts {
  const counts: RowCounts = new Map();
  for (const row of rows) {
    const content = contentOf(row);
    counts.set(content, (counts.get(content) ?? 0) + 1);
  }
  return counts;
}
