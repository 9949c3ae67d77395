import type { DriverValue } from '../../core/drivers/driver.ts';
import type { Collation } from '../../core/sql/collation.ts';
import {
  nestedOf,
  type Operand,
  type OrderTerm,
  type Relation,
  type ResolvedQuery,
  type SelectModel,
  Unresolved,
} from '../query/model.ts';
import { collationName, compoundCollation } from '../query/operands.ts';
import { direction, type Rendering, renderText } from '../query/render.ts';
import type { BlockPlan } from './block-plan.ts';
import { lookUpChild, readChild } from './child-plan.ts';
import { known, planBlock } from './plan-block.ts';
import type { ChildPlan, Page, QueryPlan, SortTerm } from './query-plan.ts';
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
  for (const text of [select.limit, select.offset]) {
    if (text && nestedOf(text).length > 0) throw new Unresolved('LIMIT or OFFSET holds a SELECT');
  }
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
    pagesAfter: isCompound || first.kind !== 'rows' ? null : keyset(select.orderBy, order, first),
    limit: limitText(select),
    children: [...children.values()],
    visible: first.visible,
    owner,
  };
}

/** A SELECT inside of another, planned for itself. Where one row is all that counts, few are kept. */
function planChild(select: SelectModel, use: ChildPlan['use'], id: number, parts: PlanParts): ChildPlan {
  const isMixed = select.cores.some((core) =>
    core.outputs.some((output, at) => {
      const first = select.cores[0]?.outputs[at];
      return (
        output.affinity !== first?.affinity ||
        (collationName(output) ?? 'BINARY') !== (collationName(first) ?? 'BINARY')
      );
    }),
  );
  // Which arm's a column of the whole has, nothing tells; and its table would convert the others' values.
  if (isMixed) throw new Unresolved('the arms of a compound in it differ in affinity or collation');
  if ((select.cores[0]?.outputs.length ?? 0) > maxChildColumns)
    throw new Unresolved('a SELECT in it has as many columns as a table can have');
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

/** SQLite's 2,000 (https://sqlite.org/limits.html), and two of ours. */
const maxChildColumns = 1998;

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

/**
 * The rows behind one in order, as one statement for each prefix of the order that they share with it: row values
 * would lose NULLs, can't mix directions, and OR would read everything.
 */
function keyset(
  orderBy: readonly OrderTerm[],
  order: readonly SortTerm[],
  block: BlockPlan,
): QueryPlan['pagesAfter'] {
  if (order.length === 0) return null;
  const keyAt = new Map(block.key.positions.map((position, at) => [position, block.keyTexts[at]]));
  const texts = order.map(({ position }, at) => {
    const own = orderBy[at];
    if (!own) return keyAt.get(position);
    const collate = own.output !== null && own.collation?.explicit ? ` COLLATE ${own.collation.name}` : '';
    return `(${block.textOf(own)})${collate}`;
  });
  if (texts.includes(undefined)) return null;
  const suffix = orderByText(order, orderBy);
  return (values) => {
    const pages: Page[] = [];
    const place = (at: number): string => `?${block.firstParameter + at}`;
    for (let shared = order.length - 1; shared >= 0; shared--) {
      const prefix = texts.slice(0, shared).map((text, at) => `${text} IS ${place(at)}`);
      for (const next of behind(
        order[shared] as SortTerm,
        texts[shared] ?? '',
        values[shared] ?? null,
        place(shared),
      )) {
        pages.push({
          sql: block.where([...prefix, next].join(' AND ')) + suffix,
          values: values.slice(0, shared + 1),
        });
      }
    }
    return pages;
  };
}

/** What comes behind a value of one term: greater ones, or lesser ones, and NULLs at their end. */
function behind(
  { descending, nullsFirst }: SortTerm,
  text: string,
  value: DriverValue,
  place: string,
): string[] {
  if (value === null) return nullsFirst ? [`${text} IS NOT NULL`] : [];
  const others = `${text} ${descending ? '<' : '>'} ${place}`;
  return nullsFirst ? [others] : [others, `${text} IS NULL`];
}

function limitText({ limit, offset }: SelectModel): string | undefined {
  if (!limit) return undefined;
  const plain: Rendering = {};
  return `SELECT ${renderText(limit, plain)}, ${offset ? renderText(offset, plain) : '0'}`;
}
