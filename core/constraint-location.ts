import { type Catalog, findCheck, type TableInfo } from './catalog.ts';
import type { Statement } from './statement.ts';

interface Place {
  readonly table?: string;
  readonly column?: string;
}

const nowhere: Place = {};

/**
 * The table and the (first) column that a violated constraint is about. SQLite's messages name them without
 * quotes, or only an index or the constraint's text, so they are looked up in the schema. Where that leaves
 * a doubt, nothing is said rather than something wrong.
 */
export function locateConstraint(
  statement: Statement,
  catalog: Catalog,
  subcode: string,
  message: string,
): Place {
  const target = statement.target(catalog);
  const text = message.slice(message.indexOf(': ') + 2);
  switch (subcode) {
    case 'constraint.unique':
    case 'constraint.primary_key':
    case 'constraint.not_null':
    case 'constraint.rowid':
      return fromIndex(text, catalog) ?? fromColumns(text, statement, catalog) ?? nowhere;
    case 'constraint.datatype': {
      const column = /\bcolumn (.+)$/s.exec(message)?.[1];
      return (column && fromColumns(column, statement, catalog)) || only(target);
    }
    case 'constraint.check':
      return fromCheck(text, statement, catalog);
    case 'constraint.foreign_key':
      return fromForeignKey(statement, catalog, target);
    default:
      return only(target);
  }
}

/** `index 'name'`: of an expression. */
function fromIndex(text: string, catalog: Catalog): Place | undefined {
  const name = /^index '(.*)'$/s.exec(text)?.[1];
  const table = name === undefined ? undefined : catalog.tableOfIndex(name.replaceAll("''", "'"));
  return table === undefined ? undefined : { table };
}

/** `t.a, t.b`, where any name may hold dots and commas. */
function fromColumns(text: string, { writes, access }: Statement, catalog: Catalog): Place | undefined {
  // A unique index made too late fails over the table's rows.
  for (const key of [...writes, ...access.schemaTables]) {
    const info = catalog.byKey(key);
    const columns = info && splitColumns(text, info);
    if (columns) return { table: info.name, ...(columns[0] !== undefined && { column: columns[0] }) };
  }
  return undefined;
}

function splitColumns(text: string, info: TableInfo): string[] | undefined {
  const prefix = `${info.name}.`;
  if (!text.startsWith(prefix)) return undefined;
  const rest = text.slice(prefix.length);
  for (const { name } of [...info.columns, { name: 'rowid' }]) {
    if (rest === name) return [name];
    if (!rest.startsWith(`${name}, `)) continue;
    const others = splitColumns(rest.slice(name.length + 2), info);
    if (others) return [name, ...others];
  }
  return undefined;
}

/** The message has the constraint's name or its text; a trigger may have met it in another table. */
function fromCheck(text: string, { writes }: Statement, catalog: Catalog): Place {
  const found = writes.flatMap((key) => {
    const info = catalog.byKey(key);
    const check = info && findCheck(info, text);
    return check ? [{ table: info.name, ...(check.column !== undefined && { column: check.column }) }] : [];
  });
  const [place] = found;
  return found.length === 1 && place ? place : nowhere;
}

/** The message is the same for a child without its parent and for a parent that still has children. */
function fromForeignKey({ plan, access }: Statement, catalog: Catalog, target: TableInfo | undefined): Place {
  if (!target || access.firesTriggers) return nowhere;
  const columns = catalog.foreignKeyColumns(target);
  const isCertain = columns.length === 1 && (plan.inserts || !catalog.isReferenced(target.name));
  return isCertain && columns[0] !== undefined ? { table: target.name, column: columns[0] } : only(target);
}

function only(target: TableInfo | undefined): Place {
  return target ? { table: target.name } : nowhere;
}
