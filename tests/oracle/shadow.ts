import type { Changeset, RowChange } from '../../core/commit/changeset.ts';
import { contentOf } from './compare.ts';
import type { Row, Runner, WatchEvent } from './engine.ts';
import { quoted } from './names.ts';
import { showRow } from './values.ts';
import type { Report } from './watched.ts';

/** Every table's rows, counted by their content: a table without a key may hold a row twice. */
export type Contents = Map<string, RowCounts>;

/** How often a table has each content. */
export type RowCounts = Map<string, number>;

/** Ordinary tables: nothing is told of what is in a virtual one, or behind it. */
export const tablesOf = (db: Runner): string[] =>
  db
    .query(
      "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name",
    )
    .map((row) => String(row.name));

function readTable(db: Runner, table: string): RowCounts {
  const counts: RowCounts = new Map();
  for (const row of db.query(`SELECT * FROM main.${quoted(table)}`)) add(counts, row, 1);
  return counts;
}

export function add(counts: RowCounts, row: Readonly<Row>, by: 1 | -1): number {
  const content = contentOf(row);
  const count = (counts.get(content) ?? 0) + by;
  if (count === 0) counts.delete(content);
  else counts.set(content, count);
  return count;
}

export function readContents(db: Runner): Contents {
  return new Map(tablesOf(db).map((table) => [table, readTable(db, table)]));
}

/** Where two databases' tables differ, as a text; null where they don't. */
export function contentsDifference(expected: Contents, actual: Contents): string | null {
  const names = new Set([...expected.keys(), ...actual.keys()]);
  for (const name of names) {
    const [want, got] = [expected.get(name), actual.get(name)];
    if (!want || !got) return `table ${name} is ${want ? 'missing' : 'unexpected'}`;
    const difference = differentRows(want, got);
    if (difference) return `table ${name}: ${difference}`;
  }
  return null;
}

/** A row that one has more often than the other, as a text. */
export function differentRows(want: RowCounts, got: RowCounts): string | null {
  for (const content of new Set([...want.keys(), ...got.keys()])) {
    const [wanted, have] = [want.get(content) ?? 0, got.get(content) ?? 0];
    if (wanted !== have) return `${have} instead of ${wanted} rows ${readable(content)}`;
  }
  return null;
}

const readable = (content: string): string => `{${content.split('\u0000').filter(Boolean).join(', ')}}`;

/**
 * A copy of every table, kept by nothing but the row changes that an engine reports. Each change must fit the copy as
 * it stands: `before` is a row that is there. Tables of which a commit tells no rows are read again at the end of the
 * step, by when the database may be some commits further; so until then nothing more is believed of them.
 */
export class ShadowTables {
  readonly #db: Runner;
  readonly #report: Report;
  readonly name: string;
  readonly #stale = new Set<string>();
  #allStale = false;
  #contents: Contents;
  #lsn = Number.NEGATIVE_INFINITY;

  constructor(db: Runner, name: string, report: Report) {
    this.#db = db;
    this.name = name;
    this.#report = report;
    this.#contents = readContents(db);
  }

  #problem(rule: string, detail: string): void {
    this.#report(`${this.name}: ${rule}`, detail);
  }

  /** From `db.subscribe`. */
  commit(changeset: Changeset): void {
    const { tables, row_changes, wide, schema_changed } = changeset;
    this.#inOrder(changeset.commit_lsn);
    if (tables.length === 0 && !schema_changed && !wide)
      this.#problem('a commit that changed nothing emits nothing', '');
    if (tables.some((table, i) => i > 0 && table <= (tables[i - 1] as string))) {
      this.#problem('tables are sorted', tables.join());
    }
    const stray = row_changes.find((change) => !tables.includes(change.table));
    if (stray) this.#problem('every changed table is listed', stray.table);
    if (wide) for (const table of tables) this.#stale.add(table);
    this.#allStale ||= schema_changed || (wide && tables.length === 0);
    this.#apply(row_changes);
  }

  /** From a change stream. */
  event(event: WatchEvent): void {
    if (event.type === 'lagged') this.#allStale = true;
    if (event.type !== 'change') return;
    this.#inOrder(event.commit_lsn);
    for (const change of event.table_changes) {
      this.#allStale ||= change.schema_changed;
      if (change.row_change_count === 0 && !change.wide)
        this.#problem('a table without counted rows is wide', change.table);
    }
    for (const table of event.wide_tables) this.#stale.add(table);
    this.#allStale ||= event.table_changes.length === 0;
    this.#apply(event.row_changes);
  }

  #inOrder(lsn: number): void {
    if (lsn <= this.#lsn) this.#problem('commit_lsn rises', `${lsn} after ${this.#lsn}`);
    this.#lsn = lsn;
  }

  #apply(changes: readonly RowChange[]): void {
    for (const change of changes) {
      if (change.detail !== 'full_row') this.#stale.add(change.table);
      if (!this.#allStale && !this.#stale.has(change.table)) this.#applyOne(change);
    }
  }

  #applyOne({ table, operation, before, after, primary_key }: RowChange): void {
    const rows = this.#contents.get(table) ?? new Map<string, number>();
    if (!this.#contents.has(table)) this.#problem('changed tables exist', table);
    if ((before === null) !== (operation === 'insert') || (after === null) !== (operation === 'delete')) {
      this.#problem('images fit the operation', `${operation} of ${table}`);
    }
    if (before && add(rows, before, -1) < 0) {
      this.#problem('`before` is the row that was there', `${operation} of ${table}: ${showRow(before)}`);
    }
    if (after) add(rows, after, 1);
    const shown = after ?? before ?? {};
    for (const [name, value] of Object.entries(primary_key)) {
      if (contentOf({ value }) !== contentOf({ value: shown[name] ?? null })) {
        this.#problem('primary_key is that of the row', `${table}.${name}: ${showRow(primary_key)}`);
      }
    }
  }

  /** The tables as the row changes give them, at the end of a step. */
  settle(): Contents {
    if (this.#allStale) this.#contents = readContents(this.#db);
    else
      for (const table of this.#stale)
        if (this.#contents.has(table)) this.#contents.set(table, readTable(this.#db, table));
    this.#allStale = false;
    this.#stale.clear();
    return this.#contents;
  }
}
