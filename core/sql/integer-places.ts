import type { Expr, InsertStmt, Stmt, VariableExpr } from 'sqlite3-parser';
import type { TableInfo } from '../catalog.ts';
import { foldName } from './identifier.ts';

/** A parameter that stands alone beside a column of the statement's table: `SET c = ?`, `WHERE c = ?`. */
export interface ColumnPlace {
  /** Where the parameter is in the text. */
  readonly offset: number;
  /** A column's name, or its position among the values of an INSERT without a column list. */
  readonly column: string | number;
}

/**
 * Where a write's parameters are stored in, or compared with, a column directly. If that column has INTEGER
 * affinity SQLite makes 5.0 into 5 by itself, so a small integer may be bound as a JavaScript number. That
 * saves making a bigint: 45 ns of a 900 ns commit (`npm run bench:quiet`).
 */
export function columnPlaces(statement: Stmt): ColumnPlace[] {
  const places: ColumnPlace[] = [];
  const note = (value: Expr, column: string | number | undefined): void => {
    if (value.type === 'VariableExpr' && column !== undefined) places.push(placeOf(value, column));
  };
  if (statement.type === 'InsertStmt') {
    for (const row of insertedRows(statement)) {
      for (const [at, value] of row.entries())
        note(value, statement.columns ? statement.columns[at]?.text : at);
    }
    return places;
  }
  if (statement.type !== 'UpdateStmt' && statement.type !== 'DeleteStmt') return [];
  if (statement.with || (statement.type === 'UpdateStmt' && statement.from)) return [];
  if (statement.type === 'UpdateStmt') {
    for (const { colNames, expr } of statement.sets) if (colNames.length === 1) note(expr, colNames[0]?.text);
  }
  for (const term of conjuncts(statement.whereClause)) {
    if (term.type !== 'BinaryExpr' || term.op !== 'Equals') continue;
    note(term.right, columnOf(term.left));
    note(term.left, columnOf(term.right));
  }
  return places;
}

/** Whether the place's column has INTEGER affinity: https://sqlite.org/datatype3.html#determination_of_column_affinity */
export function isIntegerPlace({ column }: ColumnPlace, table: TableInfo): boolean {
  if (table.kind !== 'table') return false;
  const found =
    typeof column === 'number'
      ? table.columns.filter(({ isGenerated }) => !isGenerated)[column]
      : table.columns.find(({ name }) => foldName(name) === foldName(column));
  return found !== undefined && /int/i.test(found.declaredType);
}

/** The rows of `INSERT ... VALUES`; an upsert may use them elsewhere before they are stored. */
function insertedRows({ body, with: ctes }: InsertStmt): readonly (readonly Expr[])[] {
  if (body.type !== 'SelectInsertBody' || body.upsert || ctes) return [];
  const { select, compounds } = body.select;
  if (select.type !== 'SelectValues' || (compounds ?? []).length > 0) return [];
  return select.values.map(({ values }) => values);
}

function conjuncts(condition: Expr | undefined): Expr[] {
  if (!condition) return [];
  if (condition.type === 'BinaryExpr' && condition.op === 'And') {
    return [...conjuncts(condition.left), ...conjuncts(condition.right)];
  }
  return [condition];
}

function columnOf(expr: Expr): string | undefined {
  return expr.type === 'Id' ? expr.name : undefined;
}

function placeOf(variable: VariableExpr, column: string | number): ColumnPlace {
  return { offset: variable.span.offset, column };
}
