import { isLocal } from '../sql/access.ts';
import type { Capture } from './capture.ts';
import { type CapturedRow, type CapturedTable, tableIdOf } from './captured-table.ts';
import type { ChangeSource, Changeset, RowChange } from './changeset.ts';
import type { LogEntry } from './transaction-log.ts';

/** Tables as they were when their rows were recorded, by number. */
type Shapes = ReadonlyMap<number, CapturedTable>;

interface Made {
  readonly source: ChangeSource;
  readonly schema_cookie: number;
  readonly schema_changed: boolean;
  readonly tables: readonly string[];
  readonly wide: boolean;
}

/**
 * A commit, with its rows still as the triggers recorded them. They are decoded at the first look, which
 * most commits never get: a queue may drop the event, a live query may need the tables only.
 */
export class ChangesetRecord implements Changeset {
  /** Given by the hub, in the order in which it tells of commits. */
  commit_lsn = 0;
  readonly source: ChangeSource;
  readonly schema_cookie: number;
  /** The hub sets it where the schema is another than at the last commit it told of. */
  schema_changed: boolean;
  readonly tables: readonly string[];
  readonly wide: boolean;
  /** Rows were recorded that are not listed: there were too many. */
  readonly overflowed: boolean;
  /** The rows of those tables of which all are known, as the triggers recorded them. */
  readonly captured: readonly CapturedRow[];
  /** Tables by the names that they had before. */
  renamed: ReadonlyMap<string, string> = new Map();
  readonly #shapes: Shapes;
  #rowChanges: readonly RowChange[] | undefined;
  #holdsBytes: boolean | undefined;
  #counts: ReadonlyMap<string, number> | undefined;

  constructor(
    made: Made,
    captured: readonly CapturedRow[] = [],
    shapes: Shapes = new Map(),
    overflowed = false,
  ) {
    this.overflowed = overflowed;
    this.source = made.source;
    this.schema_cookie = made.schema_cookie;
    this.schema_changed = made.schema_changed;
    this.tables = made.tables;
    this.wide = made.wide;
    this.captured = captured;
    this.#shapes = shapes;
  }

  /** None where they wouldn't be all: whoever reads them must be able to rely on that. */
  get row_changes(): readonly RowChange[] {
    return this.wide ? [] : this.listed;
  }

  get wide_tables(): readonly string[] {
    return this.wide ? this.tables : [];
  }

  /** The changes of those tables of which all are known. */
  get listed(): readonly RowChange[] {
    this.#rowChanges ??= Object.freeze(
      this.captured.map((row) => Object.freeze(this.tableOf(row).decode(row))),
    );
    return this.#rowChanges;
  }

  /** Whether a value of a row is bytes, without decoding it; `listed` shares them with what the engine keeps. */
  get holdsBytes(): boolean {
    this.#holdsBytes ??= this.captured.some((row) =>
      row.some((value) => typeof value === 'object' && value !== null),
    );
    return this.#holdsBytes;
  }

  /** How many row changes there are, of all tables. */
  get rowTotal(): number {
    return this.captured.length;
  }

  /** How many row changes each table has, without decoding them. */
  get rowCounts(): ReadonlyMap<string, number> {
    if (!this.#counts) {
      const counts = new Map<string, number>();
      for (const row of this.captured) {
        const { name } = this.tableOf(row);
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
      this.#counts = counts;
    }
    return this.#counts;
  }

  /** Row changes are listed for this table, and they are all there were. */
  tells(table: string): boolean {
    return !this.schema_changed && this.rowCounts.has(table);
  }

  /** The table of a captured row, as it was then. */
  tableOf(row: CapturedRow): CapturedTable {
    const table = this.#shapes.get(tableIdOf(row));
    if (!table) throw new TypeError('A changeset holds a row of a table that it does not know');
    return table;
  }
}

/** What a log's entries say. */
export interface Summary {
  /** Sorted. */
  readonly tables: readonly string[];
  /** The rows of those tables that no entry touches as a whole. */
  readonly rows: readonly CapturedRow[];
  readonly shapes: Shapes;
  readonly wide: boolean;
}

export function summarize(entries: readonly LogEntry[], capture: Capture): Summary {
  const shapes = new Map<number, CapturedTable>();
  const [first] = entries;
  // Most commits change one row.
  if (entries.length === 1 && first !== undefined && typeof first !== 'string') {
    const table = capture.tableOf(first);
    shapes.set(table.id, table);
    return { tables: table.alone, rows: [first], shapes, wide: false };
  }
  const touched = new Set<string>();
  for (const entry of entries) if (typeof entry === 'string') touched.add(entry);
  const rows: CapturedRow[] = [];
  for (const entry of entries) {
    if (typeof entry === 'string') continue;
    const id = tableIdOf(entry);
    const table = shapes.get(id) ?? capture.tableOf(entry);
    shapes.set(id, table);
    if (!touched.has(table.name)) rows.push(entry);
  }
  const names = [...shapes.values()].map(({ name }) => name);
  return {
    tables: Object.freeze([...new Set([...touched, ...names])].filter((name) => !isLocal(name)).sort()),
    rows,
    shapes,
    wide: [...touched].some((name) => !isLocal(name)),
  };
}
