import type { Collation } from '../exact/collation.ts';
import {
  type Operand,
  type OrderTerm,
  type Relation,
  type ResolvedQuery,
  type SelectModel,
  Unresolved,
} from '../query/model.ts';
import { direction, type Rendering, renderText } from '../query/render.ts';
import { compoundCollation } from '../query/operands.ts';
import type { BlockPlan } from './block-plan.ts';
import { lookUpChild, readChild } from './child-plan.ts';
import { known, planBlock } from './plan-block.ts';
import type { ChildPlan, QueryPlan, SortTerm } from './query-plan.ts';
import type { Survey } from './sites.ts';

export interface PlanParts {
  readonly query: Pick<ResolvedQuery, 'bindings' | 'numbers' | 'likes'>;
  /** How many parameters are the user's. */
  readonly parameters: number;
  /** A name for one more TEMP table. */
  readonly nextTable: () => string;
}

/** @throws Unresolved where nothing better than running it again is known. */
export function planQuery(select: SelectModel, parts: PlanParts): QueryPlan {
  if (select.correlated.size > 0) throw new Unresolved('it depends on a query around it');
  const owner = parts.parameters + 1;
  const children = new Map<SelectModel, ChildPlan>();
  const makeChild = (inner: SelectModel, use: ChildPlan['use']): ChildPlan => {
    const made = children.get(inner) ?? planChild(inner, use, -1 - children.size, parts);
    children.set(inner, made);
    return made;
  };
  const render = (): Rendering => ({
    select(inner) {
      const child = children.get(inner);
      return child && readChild(child, owner);
    },
    nested({ select: inner, left }, how) {
      const child = children.get(inner);
      const [column, ...others] = child?.relation.columns ?? [];
      // A value without affinity and one of a column without type don't compare alike.
      if (!child || !left || !column || others.length > 0 || column.affinity === 'none') return undefined;
      return lookUpChild(child, owner, renderText(left.text, how), left.negated);
    },
  });
  const isCompound = select.cores.length > 1;
  const blocks = select.cores.map((core) =>
    planBlock({
      core,
      orderBy: isCompound ? [] : select.orderBy,
      makeChild,
      render: render as (surveyed: Survey) => Rendering,
      query: parts.query,
      firstParameter: parts.parameters + 2,
    }),
  );
  const [first] = blocks;
  if (!first) throw new Unresolved('it has no SELECT');
  const order = isCompound ? select.orderBy.map(compoundTerm) : sortTerms(select.orderBy, first);
  return {
    blocks,
    operators: select.operators,
    equality: first.visible > 0 && isCompound ? equalityOf(select) : [],
    order,
    orderBy: isCompound ? '' : orderByText(order, select.orderBy),
    limit: limitText(select),
    children: [...children.values()],
    visible: first.visible,
    owner,
  };
}

/** A SELECT inside of another, planned for itself. Where one row is all that counts, few are kept. */
function planChild(select: SelectModel, use: ChildPlan['use'], id: number, parts: PlanParts): ChildPlan {
  const table = parts.nextTable();
  const isOne = (use === 'exists' || use === 'scalar') && !select.limit;
  const plan = planQuery(isOne ? { ...select, limit: ['1'] } : select, parts);
  const columns = (select.cores[0]?.outputs ?? []).map((output, at) => ({
    name: `c${at}`,
    affinity: output.affinity,
    collation: compoundCollation(select.cores, at)?.name ?? null,
  }));
  const relation: Relation = { id, alias: '', name: '', columns, of: { kind: 'select', select } };
  return { use, select, plan, table, relation };
}

function equalityOf(select: SelectModel): Collation[] {
  const outputs = select.cores[0]?.outputs ?? [];
  return outputs.map((_, at) => known(compoundCollation(select.cores, at)?.name ?? 'BINARY'));
}

const sortCollation = (term: Operand): Collation => known(term.collation?.name ?? 'BINARY');

function compoundTerm(term: OrderTerm): SortTerm {
  if (term.output === null) throw new Unresolved('an ORDER BY term of a compound is no column of it');
  return {
    position: term.output,
    collation: sortCollation(term),
    descending: term.descending,
    nullsFirst: term.nullsFirst,
  };
}

/** ORDER BY, and the row's key behind it, in the direction of its last term: an index serves both. */
function sortTerms(orderBy: readonly OrderTerm[], { sortPositions, key }: BlockPlan): SortTerm[] {
  const last = orderBy.at(-1);
  if (!last) return [];
  const terms = orderBy.map((term, at) => ({
    position: sortPositions[at] ?? 0,
    collation: sortCollation(term),
    descending: term.descending,
    nullsFirst: term.nullsFirst,
  }));
  const sorted = new Set(terms.map(({ position }) => position));
  const ties = key.positions.flatMap((position, at) =>
    sorted.has(position)
      ? []
      : [
          {
            position,
            collation: key.collations[at] ?? 'BINARY',
            descending: last.descending,
            nullsFirst: !last.descending,
          },
        ],
  );
  return [...terms, ...ties];
}

function orderByText(order: readonly SortTerm[], orderBy: readonly OrderTerm[]): string {
  if (order.length === 0) return '';
  const terms = order.map((term, at) => {
    const own = orderBy[at];
    const collate = own?.output != null && own.collation?.explicit ? ` COLLATE ${own.collation.name}` : '';
    return `${term.position + 1}${collate}${direction(term)}`;
  });
  return ` ORDER BY ${terms.join(', ')}`;
}

function limitText({ limit, offset }: SelectModel): string | undefined {
  if (!limit) return undefined;
  const plain: Rendering = {};
  return `SELECT ${renderText(limit, plain)}, ${offset ? renderText(offset, plain) : '0'}`;
}
