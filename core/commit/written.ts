import type { Catalog, TableInfo } from '../catalog.ts';
import type { DriverValue } from '../drivers/driver.ts';
import { isLocal } from '../sql/access.ts';
import type { Capture } from './capture.ts';
import type { CapturedTable } from './captured-table.ts';
import type { LogEntry } from './transaction-log.ts';

/** A table whose rows were written; may be sent to another thread. */
export interface WrittenTable {
  readonly name: string;
  /** How SQL calls the rowid, which comes first in an image; null where images have none. */
  readonly rowid: string | null;
  readonly columns: readonly string[];
  /** Those that SQLite computes. */
  readonly generated: readonly string[];
  readonly primaryKey: readonly string[];
  /** The collations by which the primary key tells rows apart. */
  readonly keyCollations: readonly string[];
  /** Those that some unique constraint or index is about; all, where that can't be told. */
  readonly unique: readonly string[];
}

/** A row before and after; integers are bigints, so that 1 and 1.0 stay apart. */
export interface WrittenRow {
  /** Place in the list of tables. */
  readonly table: number;
  readonly before: readonly DriverValue[] | null;
  readonly after: readonly DriverValue[] | null;
}

/** What a transaction has written so far. */
export interface Written {
  readonly tables: readonly WrittenTable[];
  /** In the order of writing; what was rolled back is not among them. */
  readonly rows: readonly WrittenRow[];
  /** Tables that changed in ways not listed. */
  readonly unrecorded: readonly string[];
  /** Whether nothing else has changed: no schema, and nothing before recording began. */
  readonly isComplete: boolean;
}

interface Recorded {
  readonly entries: readonly LogEntry[];
  readonly capture: Capture;
  readonly catalog: Catalog;
  /** Virtual tables that a statement itself wrote to. Those that triggers keep follow by their triggers. */
  readonly aimedAt: ReadonlySet<string>;
  readonly isComplete: boolean;
}

export function writtenOf({ entries, capture, catalog, aimedAt, isComplete }: Recorded): Written {
  const places = new Map<CapturedTable, number>();
  const unrecorded = new Set<string>();
  const rows: WrittenRow[] = [];
  for (const entry of entries) {
    if (typeof entry === 'string') {
      const kind = catalog.byKey(entry)?.kind;
      const follows = kind === 'shadow' || (kind === 'virtual' && !aimedAt.has(entry));
      if (!follows || isLocal(entry)) unrecorded.add(entry);
      continue;
    }
    const table = capture.tableOf(entry);
    const place = places.get(table) ?? places.size;
    places.set(table, place);
    rows.push({ table: place, ...table.images(entry) });
  }
  return {
    tables: [...places.keys()].map(({ info }) => described(info)),
    rows,
    unrecorded: [...unrecorded],
    isComplete,
  };
}

function described(info: TableInfo): WrittenTable {
  const columns = info.columns.map(({ name }) => name);
  const unique = info.uniqueKeys.flatMap((key) => key.columns.map(({ name }) => name));
  return {
    name: info.name,
    rowid: info.rowid,
    columns,
    generated: info.columns.filter(({ isGenerated }) => isGenerated).map(({ name }) => name),
    primaryKey: info.primaryKey,
    keyCollations: info.keyCollations,
    unique: info.hasOpaqueUniqueKey ? columns : [...new Set([...info.primaryKey, ...unique])],
  };
}
