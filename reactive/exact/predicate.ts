/**
 * A WHERE clause over one row, as data, compiled to a closure.
 * Guarantees: a compiled condition says of a stored image what SQLite says of the row. What isn't certain is
 * refused as a whole. Not: images with texts that `mayBeAltered`, which SQLite itself must judge.
 * The hard part: three-valued logic, and conversions, which are all done at compile time.
 */
import type { DriverValue } from '../../core/drivers/driver.ts';
import type { ComparisonOperator } from './comparison.ts';
import { compileComparison, compileIn } from './comparison.ts';
import { always, type Condition } from './condition.ts';
import { compileLike, isLikeSubject } from './like.ts';
import { compileRange } from './number-comparison.ts';
import { truthOf } from './numeric-text.ts';
import { type BoundOperand, bindOperand, type Operand } from './operand.ts';

export type Predicate =
  | {
      readonly kind: 'compare';
      readonly operator: ComparisonOperator;
      readonly left: Operand;
      readonly right: Operand;
    }
  | { readonly kind: 'and' | 'or'; readonly terms: readonly Predicate[] }
  | { readonly kind: 'not'; readonly term: Predicate }
  | {
      readonly kind: 'in';
      readonly operand: Operand;
      readonly items: readonly Operand[];
      readonly negated: boolean;
    }
  | {
      readonly kind: 'between';
      readonly operand: Operand;
      readonly lower: Operand;
      readonly upper: Operand;
      readonly negated: boolean;
    }
  /** ISNULL; negated, NOTNULL. `IS NULL` may be either this or a comparison. */
  | { readonly kind: 'null'; readonly operand: Operand; readonly negated: boolean }
  | {
      readonly kind: 'like';
      readonly operand: Operand;
      readonly pattern: Operand;
      readonly escape?: Operand;
      readonly negated: boolean;
    }
  /** An operand where a condition is expected, as in `WHERE done`. */
  | { readonly kind: 'truth'; readonly operand: Operand }
  | { readonly kind: 'constant'; readonly value: boolean | null };

/**
 * The condition that `predicate` is with these parameters; undefined if any part of it can't be evaluated here
 * exactly as SQLite does. One row costs no allocation, except in LIKE and under NOCASE and RTRIM.
 */
export function compilePredicate(
  predicate: Predicate,
  parameters: readonly DriverValue[],
): Condition | undefined {
  const bind = (operand: Operand) => bindOperand(operand, parameters);
  switch (predicate.kind) {
    case 'and':
    case 'or':
      return compileTerms(predicate.kind, predicate.terms, parameters);
    case 'not':
      return negate(compilePredicate(predicate.term, parameters));
    case 'compare': {
      const left = bind(predicate.left);
      const right = bind(predicate.right);
      return left && right && compileComparison(predicate.operator, left, right);
    }
    case 'in': {
      const operand = bind(predicate.operand);
      const items = predicate.items.map(bind);
      if (operand === undefined || items.includes(undefined)) return undefined;
      return negate(compileIn(operand, items as BoundOperand[]), predicate.negated);
    }
    case 'between': {
      const operand = bind(predicate.operand);
      const lower = bind(predicate.lower);
      const upper = bind(predicate.upper);
      return operand && lower && upper && negate(compileBetween(operand, lower, upper), predicate.negated);
    }
    case 'null': {
      const operand = bind(predicate.operand);
      return operand && negate(compileNullTest(operand), predicate.negated);
    }
    case 'like': {
      const operand = bind(predicate.operand);
      const pattern = bind(predicate.pattern);
      const escapedBy = predicate.escape && bind(predicate.escape);
      if (operand === undefined || pattern === undefined) return undefined;
      if (predicate.escape !== undefined && escapedBy === undefined) return undefined;
      return negate(compileLikeTest(operand, pattern, escapedBy), predicate.negated);
    }
    case 'truth': {
      const operand = bind(predicate.operand);
      return operand && compileTruth(operand);
    }
    case 'constant':
      return always(predicate.value);
  }
}

function compileTerms(
  kind: 'and' | 'or',
  terms: readonly Predicate[],
  parameters: readonly DriverValue[],
): Condition | undefined {
  const conditions: Condition[] = [];
  for (const term of terms) {
    const condition = compilePredicate(term, parameters);
    if (condition === undefined) return undefined;
    conditions.push(condition);
  }
  return combine(conditions, kind === 'or');
}

/** OR, if `decisive` is true, or AND: one decisive term decides, else one unknown term makes it unknown. */
function combine(conditions: readonly Condition[], decisive: boolean): Condition {
  const [first, second] = conditions;
  if (first === undefined) return always(!decisive);
  if (second === undefined) return first;
  if (conditions.length === 2) {
    return (image) => {
      const left = first(image);
      if (left === decisive) return decisive;
      const right = second(image);
      return right === decisive ? decisive : left === null ? null : right;
    };
  }
  return (image) => {
    let result: boolean | null = !decisive;
    for (const condition of conditions) {
      const value = condition(image);
      if (value === decisive) return decisive;
      if (value === null) result = null;
    }
    return result;
  };
}

function negate(condition: Condition | undefined, negated = true): Condition | undefined {
  if (!negated || condition === undefined) return condition;
  return (image) => {
    const value = condition(image);
    return value === null ? null : !value;
  };
}

function compileBetween(
  operand: BoundOperand,
  lower: BoundOperand,
  upper: BoundOperand,
): Condition | undefined {
  if (operand.kind === 'column' && lower.kind === 'constant' && upper.kind === 'constant') {
    const range = compileRange(operand, lower.value, upper.value);
    if (range !== undefined) return range;
  }
  const above = compileComparison('>=', operand, lower);
  const below = compileComparison('<=', operand, upper);
  return above && below && combine([above, below], false);
}

function compileNullTest(operand: BoundOperand): Condition {
  if (operand.kind === 'constant') return always(operand.value === null);
  const { index } = operand;
  return (image) => (image[index] ?? null) === null;
}

function compileTruth(operand: BoundOperand): Condition {
  if (operand.kind === 'constant') return always(truthOf(operand.value));
  const { index } = operand;
  return (image) => truthOf(image[index] ?? null);
}

function compileLikeTest(
  operand: BoundOperand,
  pattern: BoundOperand,
  escapedBy: BoundOperand | undefined,
): Condition | undefined {
  if (pattern.kind !== 'constant' || typeof pattern.value !== 'string') return undefined;
  const escapeText = escapedBy?.kind === 'constant' ? escapedBy.value : undefined;
  if (escapedBy !== undefined && typeof escapeText !== 'string') return undefined;
  const test = compileLike(pattern.value, typeof escapeText === 'string' ? escapeText : undefined);
  if (test === undefined) return undefined;
  if (operand.kind === 'constant') {
    if (operand.value === null) return always(null);
    return isLikeSubject(operand.value) ? always(test(operand.value)) : undefined;
  }
  // Only such a column never holds a REAL, whose text depends on SQLite's version.
  if (operand.affinity !== 'text') return undefined;
  const { index } = operand;
  return (image) => {
    const value = image[index] ?? null;
    return isLikeSubject(value) ? test(value) : null;
  };
}
