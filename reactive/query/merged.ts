/**
 * The column that `FULL JOIN … USING` makes of two. SQLite evaluates it as `coalesce(a.x, b.x)`, but compares it
 * with the affinity and the collation of the first of them, which no expression that could be written has
 * (SQLITE_AFF_DEFER in resolve.c). So it is followed only where neither makes a difference.
 */
import type { AstNode, Expr } from 'sqlite3-parser';
import type { Affinity } from '../../core/sql/affinity.ts';
import { compares, withoutParentheses } from './expressions.ts';
import { type Core, type Joined, type Operand, Unresolved } from './model.ts';
import { collationName } from './operands.ts';

export function mergedOperand(first: Operand, second: Operand): Operand {
  // Even where it only shows, rows can be told apart and sorted by it.
  if ((collationName(first) ?? 'BINARY') !== 'BINARY') throw new Unresolved(reason);
  return {
    text: ['coalesce(', ...first.text, ', ', ...second.text, ')'],
    affinity: first.affinity,
    collation: first.collation,
    merged: [...(first.merged ?? [first]), second],
  };
}

/**
 * Beside a RIGHT or FULL JOIN the left side of a further USING is the first that is not NULL of all columns of
 * that name. It doesn't matter which of them stands for it where all of them compare alike.
 */
export function checkMerging(columns: readonly Operand[], from: readonly Joined[]): void {
  if (columns.length < 3 || !from.some(({ join }) => join === 'right' || join === 'full')) return;
  if (!columns.every((one) => comparesLike(one, columns[0]))) throw new Unresolved(reason);
}

/** Checks an expression that mentions some. */
export function checkMerged(mentioned: readonly Operand[], expr: Expr): void {
  const columns = mentioned.flatMap(({ merged = [] }) => merged);
  // A literal of the kind that all of them hold is compared as it is under any of their affinities.
  const harmless = (node: AstNode): boolean =>
    node.type === 'BinaryExpr' &&
    [node.left, node.right].some((side) => columns.every((column) => holds(column, side)));
  if (columns.length > 0 && compares(expr, harmless)) throw new Unresolved(reason);
}

/** Checks what a SELECT hands to another, which compares it as the column that it is. */
export function checkHandedOut(cores: readonly Core[]): void {
  if (cores.some(({ outputs }) => outputs.some(({ merged }) => merged))) throw new Unresolved(reason);
}

const reason = "a column merged by FULL JOIN compares as the first table's";

function holds({ affinity }: Operand, side: Expr): boolean {
  const plain = withoutParentheses(side);
  return (
    classOf(affinity) ===
    (plain.type === 'NumericLiteral' ? 'numeric' : plain.type === 'StringLiteral' ? 'text' : '')
  );
}

function comparesLike(a: Operand, b: Operand | undefined): boolean {
  return (
    b !== undefined &&
    classOf(a.affinity) === classOf(b.affinity) &&
    (collationName(a) ?? 'BINARY') === (collationName(b) ?? 'BINARY')
  );
}

function classOf(affinity: Affinity): string {
  return affinity === 'integer' || affinity === 'real' ? 'numeric' : affinity;
}
