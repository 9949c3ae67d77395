import type { TableInfo } from '../../core/catalog.ts';
import type { Engine } from '../../core/engine.ts';
import { affinityOf } from '../../core/sql/affinity.ts';
import { columnCollation } from '../../core/sql/column-collation.ts';
import { foldName } from '../../core/sql/identifier.ts';
import type { Column } from './model.ts';

/** What resolving a query asks about functions. */
export interface Functions {
  /** With several arguments min and max are plain functions; `count(*)` has none. */
  isAggregate(name: string, argumentCount: number): boolean;
  /** It gives the same result for the same arguments. */
  isDeterministic(name: string): boolean;
}

/** What resolving a query asks about the database. */
export interface QuerySchema {
  /** A table, view or virtual table as SQLite finds it, `temp` first. */
  table(name: string, schema: string | undefined): TableInfo | undefined;
  columnsOf(table: TableInfo): readonly Column[];
  readonly functions: Functions;
  /** LIKE ignores the case of ASCII letters, as it does unless a pragma says otherwise. */
  readonly likes: boolean;
}

/** The schema of one connection, as long as it stays what it is. */
export function querySchema(engine: Engine): QuerySchema {
  const columns = new Map<TableInfo, readonly Column[]>();
  return {
    functions: functionsOf(engine),
    likes: engine.connection.prepare("SELECT 'a' LIKE 'A'").get([])?.[0] === 1n,
    table(name, schema) {
      if (schema !== undefined) return engine.catalog.table(name, schema);
      return engine.catalog.table(name, 'temp') ?? engine.catalog.table(name);
    },
    columnsOf(table) {
      const known = columns.get(table) ?? tableColumns(table);
      columns.set(table, known);
      return known;
    },
  };
}

function functionsOf(engine: Engine): Functions {
  const aggregates = new Map<string, Set<number>>();
  const deterministic = new Set<string>();
  const list = engine.connection
    .prepare('SELECT lower(name), type, narg, flags & 0x800 FROM pragma_function_list')
    .all([]);
  for (const [name, type, count, constant] of list) {
    const key = String(name);
    if (type === 'a' || type === 'w')
      aggregates.set(key, (aggregates.get(key) ?? new Set()).add(Number(count)));
    else if (constant !== 0n) deterministic.add(key);
  }
  return {
    isAggregate(name, count) {
      const key = foldName(name);
      if ((key === 'min' || key === 'max') && count !== 1) return false;
      const counts = aggregates.get(key);
      return counts !== undefined && (counts.has(count) || counts.has(-1));
    },
    isDeterministic: (name) => deterministic.has(foldName(name)) || aggregates.has(foldName(name)),
  };
}

function tableColumns(info: TableInfo): readonly Column[] {
  return info.columns.map(({ name, declaredType }) => ({
    name,
    // STRICT's ANY converts nothing.
    affinity: info.strict && /^any$/i.test(declaredType) ? 'blob' : affinityOf(declaredType),
    collation: columnCollation(info, name),
  }));
}

/** The column that is the rowid under another name, or -1. */
export function rowidAlias(info: TableInfo): number {
  const [key, ...others] = info.primaryKey;
  if (info.withoutRowid || key === undefined || others.length > 0) return -1;
  const at = info.columns.findIndex(({ name }) => name === key);
  if (!/^integer$/i.test(info.columns[at]?.declaredType ?? '')) return -1;
  // INTEGER PRIMARY KEY DESC is no alias, and has an index of its own.
  const isIndexed = info.uniqueKeys.some(({ columns }) => columns.length === 1 && columns[0]?.name === key);
  return isIndexed ? -1 : at;
}
