/**
 * Where names are looked up, in SQLite's order: columns, rowids, aliases, then the query around.
 * Guarantees that a column of a query around is noted with every SELECT in between.
 */
import type { Id, QualifiedExpr, Select } from 'sqlite3-parser';
import { foldName } from '../../core/sql/identifier.ts';
import { isRowid } from './expressions.ts';
import {
  type Joined,
  type Operand,
  type Output,
  type Relation,
  relationsOf,
  rowidColumn,
  Unresolved,
} from './model.ts';
import { columnOf, columnOperand, isAliasOf } from './operands.ts';

export type NameNode = Id | QualifiedExpr;

/** WITH names that can be seen, each with its own surroundings. */
export type Ctes = ReadonlyMap<string, Cte>;
export interface Cte {
  readonly select: Select;
  readonly columns: readonly string[] | undefined;
  readonly ctes: Ctes;
  readonly isRecursive: boolean;
}

/** A SELECT that is being resolved. */
export interface Frame {
  readonly correlated: Set<Relation>;
}

/** Where names are looked up: the FROM clause of one core, and those around it. */
export interface Scope {
  readonly frame: Frame;
  readonly parent: Scope | null;
  readonly from: Joined[];
  /** Columns that USING or NATURAL made one of several. */
  readonly merged: Map<
    string,
    { readonly operand: Operand; readonly owner: Relation; readonly columns: readonly Operand[] }
  >;
  /** Hidden by that: the right table's own. */
  readonly absorbed: Map<Relation, Set<string>>;
  aliases: readonly Output[];
  /** Aggregates of this core were found. */
  aggregates: boolean;
}

/** A column, the output that an alias stands for, or null for what is no name after all. */
export function findName(
  node: NameNode,
  written: string,
  scope: Scope,
  note = true,
): Operand | { readonly alias: Output } | null {
  const passed: Frame[] = [];
  for (let at: Scope | null = scope; at; at = at.parent) {
    const found = node.type === 'Id' ? byName(node.name, at) : byTable(node, written, at);
    if (found) {
      for (const relation of note ? relationsOf(found.text) : [])
        for (const frame of passed) frame.correlated.add(relation);
      return found;
    }
    if (node.type === 'Id') {
      const alias = at.aliases.find((output) => isAliasOf(output, node.name));
      if (alias) {
        if (at !== scope) throw new Unresolved('a subquery uses an alias of the query around it');
        return { alias };
      }
    }
    passed.push(at.frame);
  }
  const quoted = written.startsWith('"');
  if (node.type === 'Id' && (quoted || /^(true|false)$/i.test(node.name))) return null;
  throw new Unresolved(`${written} can't be told for a column`);
}

function byName(name: string, scope: Scope): Operand | undefined {
  const merged = scope.merged.get(foldName(name));
  if (merged) return merged.operand;
  const owners = scope.from.filter(({ relation }) => columnOf(relation, name) >= 0);
  const [one] = owners;
  if (one) {
    if (owners.length > 1) throw new Unresolved(`${name} is ambiguous`);
    return columnOperand(one.relation, columnOf(one.relation, name));
  }
  if (!isRowid(name)) return undefined;
  const tables = scope.from.filter(({ relation }) => relation.of.kind === 'table' && relation.of.table.rowid);
  const [table] = tables;
  if (!table) return undefined;
  if (scope.from.length > 1) throw new Unresolved(`${name} is ambiguous`);
  return columnOperand(table.relation, rowidColumn);
}

function byTable(node: QualifiedExpr, written: string, scope: Scope): Operand | undefined {
  const matching = scope.from.filter(({ relation }) => foldName(relation.name) === foldName(node.table.text));
  const [one] = matching;
  if (!one) return undefined;
  if (matching.length > 1) throw new Unresolved(`${node.table.text} is ambiguous`);
  const { relation } = one;
  if (node.schema && relation.of.kind !== 'table') throw new Unresolved(`${written} is ambiguous`);
  const at = columnOf(relation, node.column.text);
  if (at >= 0) return columnOperand(relation, at);
  if (isRowid(node.column.text) && relation.of.kind === 'table' && relation.of.table.rowid)
    return columnOperand(relation, rowidColumn);
  throw new Unresolved(`${written} can't be told for a column`);
}

export function ownedBy(relation: Relation, scope: Scope): boolean {
  return scope.from.some((joined) => joined.relation === relation);
}
