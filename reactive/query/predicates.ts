import type { Expr } from 'sqlite3-parser';
import type { DriverValue } from '../../core/drivers/driver.ts';
import { collationNamed } from '../../core/sql/collation.ts';
import type { ComparisonOperator } from '../exact/comparison.ts';
import type { Operand } from '../exact/operand.ts';
import type { Predicate } from '../exact/predicate.ts';
import { withoutParentheses } from './expressions.ts';

/** What the names in an expression are. */
export interface Names {
  /** The column of the row image that a name stands for; undefined for any other row's. */
  readonly column: (node: Expr) => Operand | undefined;
  /** The number of a parameter, from 1. */
  readonly parameter: (node: Expr) => number | undefined;
  /** LIKE does what it does by default: no pragma has changed it. */
  readonly likes: boolean;
}

const operators: Readonly<Record<string, ComparisonOperator>> = {
  Equals: '=',
  NotEquals: '<>',
  Less: '<',
  LessEquals: '<=',
  Greater: '>',
  GreaterEquals: '>=',
  Is: 'IS',
  IsNot: 'IS NOT',
};

/** The condition as data; undefined where it holds anything but comparisons of columns and constants. */
export function predicateOf(expr: Expr, names: Names): Predicate | undefined {
  const plain = withoutParentheses(expr);
  const operand = (one: Expr) => operandOf(one, names);
  switch (plain.type) {
    case 'BinaryExpr': {
      if (plain.op === 'And' || plain.op === 'Or') {
        const terms = [predicateOf(plain.left, names), predicateOf(plain.right, names)];
        return all(terms) ? { kind: plain.op === 'And' ? 'and' : 'or', terms } : undefined;
      }
      const operator = operators[plain.op];
      const left = operand(plain.left);
      const right = operand(plain.right);
      return operator && left && right && { kind: 'compare', operator, left, right };
    }
    case 'UnaryExpr': {
      const term = plain.op === 'Not' ? predicateOf(plain.expr, names) : undefined;
      return term && { kind: 'not', term };
    }
    case 'InListExpr': {
      const left = operand(plain.lhs);
      const items = (plain.rhs ?? []).map(operand);
      return left && all(items) ? { kind: 'in', operand: left, items, negated: plain.not } : undefined;
    }
    case 'BetweenExpr': {
      const [tested, lower, upper] = [operand(plain.lhs), operand(plain.start), operand(plain.end)];
      return (
        tested && lower && upper && { kind: 'between', operand: tested, lower, upper, negated: plain.not }
      );
    }
    case 'IsNullExpr':
    case 'NotNullExpr': {
      const tested = operand(plain.expr);
      return tested && { kind: 'null', operand: tested, negated: plain.type === 'NotNullExpr' };
    }
    case 'LikeExpr': {
      if (plain.op !== 'Like' || !names.likes) return undefined;
      const [tested, pattern] = [operand(plain.lhs), operand(plain.rhs)];
      const escaped = plain.escape && operand(plain.escape);
      if (!tested || !pattern || (plain.escape && !escaped)) return undefined;
      return {
        kind: 'like',
        operand: tested,
        pattern,
        negated: plain.not,
        ...(escaped && { escape: escaped }),
      };
    }
    default: {
      const tested = operand(plain);
      return tested && { kind: 'truth', operand: tested };
    }
  }
}

function all<T>(list: readonly (T | undefined)[]): list is readonly T[] {
  return !list.includes(undefined);
}

function operandOf(expr: Expr, names: Names): Operand | undefined {
  const plain = withoutParentheses(expr);
  switch (plain.type) {
    case 'Id':
    case 'QualifiedExpr':
      return names.column(plain);
    case 'VariableExpr': {
      const number = names.parameter(plain);
      return number === undefined ? undefined : { kind: 'parameter', index: number - 1 };
    }
    case 'CollateExpr': {
      const operand = operandOf(plain.expr, names);
      const collate = collationNamed(plain.collation);
      return operand && collate && { ...operand, collate };
    }
    default: {
      const value = literalOf(plain);
      return value === undefined ? undefined : { kind: 'constant', value };
    }
  }
}

function literalOf(expr: Expr): DriverValue | undefined {
  switch (expr.type) {
    case 'NullLiteral':
      return null;
    case 'StringLiteral':
      return expr.value;
    case 'BlobLiteral':
      return expr.bytes;
    case 'NumericLiteral':
      return numberOf(expr.value);
    case 'UnaryExpr': {
      const value = expr.op === 'Negative' ? literalOf(expr.expr) : undefined;
      // -0 as an integer is 0.
      return typeof value === 'bigint' || typeof value === 'number' ? -value : undefined;
    }
    default:
      return undefined;
  }
}

/** Only what both languages read as one and the same number. */
function numberOf(text: string): DriverValue | undefined {
  if (/^\d{1,18}$/.test(text)) return BigInt(text);
  return /^\d{1,8}\.\d{1,7}$/.test(text) ? Number(text) : undefined;
}
