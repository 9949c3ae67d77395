import { type Stmt, traverse } from 'sqlite3-parser';
import type { Catalog, TableInfo } from '../catalog.ts';
import type { Statement } from '../statement.ts';
import { tableKey } from './access.ts';
import { foldName } from './identifier.ts';
import { parseFirst } from './parse.ts';
import { virtualSources } from './virtual-tables.ts';

/** What the answer of a SELECT depends on. */
export interface Dependencies {
  /** Tables by their declared names; those of other databases by `tableKey`. */
  readonly tables: readonly string[];
  /** Names behind which there is no table or view: table-valued functions. */
  readonly unknown: readonly string[];
}

/**
 * The tables behind a query, through views, subqueries and common table expressions: those that SQLite's
 * authorizer names, and those that the text mentions. SQLite doesn't report a table of which only the
 * columns of a USING or NATURAL join are used; the text alone wouldn't tell functions from tables.
 */
export function dependenciesOf(statement: Statement, catalog: Catalog, parsed?: Stmt): Dependencies {
  const { tables, unknown } = statement.access.reads(catalog);
  const found = new Set(tables);
  const root = parsed ?? parse(statement.plan.sql);
  if (root) mentionIn(root, undefined, catalog, found, new Set());
  const opaque = new Set(unknown);
  // What is added meanwhile is looked at, too.
  for (const key of found) for (const name of addSources(key, catalog, found)) opaque.add(name);
  return { tables: [...found], unknown: [...opaque] };
}

/** The tables that a virtual table, such as one for full-text search, takes its rows from. */
export function sourcesOf(key: string, catalog: Catalog): readonly string[] {
  const found = new Set([key]);
  for (const one of found) addSources(one, catalog, found);
  return [...found];
}

/** SQLite names the virtual table alone. Gives its name if nothing says what it reads. */
function addSources(key: string, catalog: Catalog, found: Set<string>): string[] {
  const info = catalog.byKey(key);
  if (info?.kind !== 'virtual') return [];
  const { table, isOpaque } = virtualSources(info);
  if (isOpaque) return [info.name];
  let source: TableInfo | null | undefined;
  try {
    source = table && catalog.table(table.name, table.schema);
  } catch {
    // The columns of a view over a missing table can't be read; searches that find nothing work nevertheless.
    return [info.name];
  }
  if (source?.kind === 'view') mention(source.sql, source.schema, catalog, found, new Set());
  else if (source) found.add(tableKey(source));
  return [];
}

function mention(
  sql: string,
  schema: string | undefined,
  catalog: Catalog,
  found: Set<string>,
  seen: Set<string>,
): void {
  const root = parse(sql);
  if (root) mentionIn(root, schema, catalog, found, seen);
}

function parse(sql: string): Stmt | undefined {
  const parsed = parseFirst(sql);
  return parsed.status === 'ok' ? parsed.root : undefined;
}

function mentionIn(
  root: Stmt,
  schema: string | undefined,
  catalog: Catalog,
  found: Set<string>,
  seen: Set<string>,
): void {
  traverse(root, {
    nodes: {
      QualifiedName({ dbName, objName }) {
        const name = objName.text;
        // A common table expression of a table's name adds the table: more than needed, never less.
        const table = dbName
          ? catalog.table(name, dbName.text)
          : (catalog.table(name, 'temp') ?? catalog.table(name, schema ?? 'main') ?? attached(name, catalog));
        if (!table) return;
        if (table.kind !== 'view') {
          found.add(tableKey(table));
          return;
        }
        const key = foldName(tableKey(table));
        if (seen.has(key)) return;
        seen.add(key);
        mention(table.sql, table.schema, catalog, found, seen);
      },
    },
  });
}

function attached(name: string, catalog: Catalog) {
  for (const schema of catalog.attachedSchemas()) {
    const table = catalog.table(name, schema);
    if (table) return table;
  }
  return undefined;
}
