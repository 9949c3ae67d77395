import type { DriverRow, DriverValue } from '../../core/drivers/driver.ts';
import type { Affinity } from '../../core/sql/affinity.ts';
import { equalityKeyOf } from '../../core/sql/collation.ts';
import { constantFor } from '../exact/affinity.ts';
import type { Condition } from '../exact/condition.ts';
import {
  bindOperand,
  type ColumnOperand,
  collationOf,
  type Operand,
  ownCollation,
} from '../exact/operand.ts';
import { compilePredicate, type Predicate } from '../exact/predicate.ts';
import type { IndexCondition } from '../fan-out/index-condition.ts';
import type { SitePlan } from '../plan/block-plan.ts';
import type { Site } from '../plan/sites.ts';
import type { NetChange } from './net-changes.ts';

/** Follows one site of one query, with its parameters. */
export class SiteWatch<Owner extends object> {
  readonly owner: Owner;
  readonly site: Site;
  /** What it is found by. */
  readonly condition: IndexCondition;
  /** It is found by whether its owner holds the row, unless the change decides who does. */
  readonly presence: SitePlan['presence'];
  readonly #filter: Condition | null;
  readonly #used: readonly number[];
  /** What was noted since it was last taken. */
  changes: NetChange[] = [];

  constructor(owner: Owner, { site, filters, used, presence }: SitePlan, parameters: readonly DriverValue[]) {
    this.owner = owner;
    this.site = site;
    this.#used = used;
    const compiled = filters
      .map((filter) => compilePredicate(filter, parameters))
      .filter((condition) => condition !== undefined);
    this.#filter = compiled.length === 0 ? null : allOf(compiled);
    this.condition = indexCondition(filters, parameters);
    this.presence = this.condition.kind === 'all' ? presence : null;
  }

  /** Takes note of a change, one of whose images was found; false if it makes no difference here. */
  note(change: NetChange, image: DriverRow): boolean {
    if (this.#filter && this.#filter(image) !== true) return false;
    const { before, after } = change;
    if (before && after && this.#used.every((at) => Object.is(before[at], after[at]))) return false;
    // Both of its images may be found.
    if (this.changes.at(-1) !== change) this.changes.push(change);
    return true;
  }
}

function allOf(conditions: readonly Condition[]): Condition {
  const [first, ...others] = conditions;
  if (!first) return () => true;
  if (others.length === 0) return first;
  return (image) => conditions.every((condition) => condition(image) === true);
}

/** The narrowest condition that an index can hold: a hash, else a range, else every change. */
export function indexCondition(
  filters: readonly Predicate[],
  parameters: readonly DriverValue[],
): IndexCondition {
  let range: Extract<IndexCondition, { kind: 'range' }> | undefined;
  for (const filter of filters) {
    const condition = conditionOf(filter, parameters);
    if (condition?.kind === 'equals' || condition?.kind === 'null') return condition;
    if (condition?.kind !== 'range') continue;
    if (!range) range = condition;
    else if (range.column === condition.column && range.collation === condition.collation) {
      range = meet(range, condition);
    }
  }
  return range ?? { kind: 'all' };
}

type Range = Extract<IndexCondition, { kind: 'range' }>;

/** Both bounds where each condition has one of them; of two of a kind the first will do. */
function meet(a: Range, b: Range): Range {
  const lower = a.lower === undefined ? b : a;
  const upper = a.upper === undefined ? b : a;
  return {
    ...a,
    ...(lower.lower !== undefined && { lower: lower.lower, lowerInclusive: lower.lowerInclusive }),
    ...(upper.upper !== undefined && { upper: upper.upper, upperInclusive: upper.upperInclusive }),
  };
}

function conditionOf(filter: Predicate, parameters: readonly DriverValue[]): IndexCondition | undefined {
  switch (filter.kind) {
    case 'compare': {
      const { left, right, operator } = filter;
      if (left.kind === 'column' && right.kind !== 'column')
        return compared(left, operator, right, left, parameters);
      if (right.kind === 'column' && left.kind !== 'column')
        return compared(right, mirrored[operator] ?? operator, left, left, parameters);
      return undefined;
    }
    case 'in': {
      const { operand, items, negated } = filter;
      if (negated || operand.kind !== 'column') return undefined;
      const values = items.map((item) => valueFor(operand.affinity, item, parameters));
      if (values.includes(undefined)) return undefined;
      const collation = ownCollation(operand);
      const keys = [...new Set(values.map((value) => equalityKeyOf(value ?? null, collation)))];
      return { kind: 'equals', column: operand.index, keys, collation };
    }
    case 'between': {
      const { operand, lower, upper, negated } = filter;
      if (negated || operand.kind !== 'column' || lower.collate || upper.collate) return undefined;
      const low = valueFor(operand.affinity, lower, parameters);
      const high = valueFor(operand.affinity, upper, parameters);
      if (low === undefined || high === undefined) return undefined;
      return {
        kind: 'range',
        column: operand.index,
        lower: low,
        lowerInclusive: true,
        upper: high,
        upperInclusive: true,
        collation: ownCollation(operand),
      };
    }
    case 'null':
      return filter.negated || filter.operand.kind !== 'column'
        ? undefined
        : { kind: 'null', column: filter.operand.index };
    default:
      return undefined;
  }
}

const mirrored: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' };

function compared(
  column: ColumnOperand,
  operator: string,
  other: Operand,
  left: Operand,
  parameters: readonly DriverValue[],
): IndexCondition | undefined {
  const bound = bindOperand(other, parameters);
  const value = valueFor(column.affinity, other, parameters);
  if (!bound || value === undefined) return undefined;
  const collation = left === column ? collationOf(column, bound) : collationOf(bound, column);
  const at = { column: column.index, collation };
  switch (operator) {
    case 'IS':
      if (value === null) return { kind: 'null', column: column.index };
      return { kind: 'equals', ...at, keys: [equalityKeyOf(value, collation)] };
    case '=':
      return { kind: 'equals', ...at, keys: value === null ? [] : [equalityKeyOf(value, collation)] };
    case '<':
    case '<=':
      return { kind: 'range', ...at, upper: value, upperInclusive: operator === '<=', lowerInclusive: false };
    case '>':
    case '>=':
      return { kind: 'range', ...at, lower: value, lowerInclusive: operator === '>=', upperInclusive: false };
    default:
      return undefined;
  }
}

/** A constant as the column sees it in a comparison; undefined where that can't be told. */
function valueFor(
  affinity: Affinity,
  operand: Operand,
  parameters: readonly DriverValue[],
): DriverValue | undefined {
  const bound = bindOperand(operand, parameters);
  return bound?.kind === 'constant' ? constantFor(affinity, bound.value) : undefined;
}
