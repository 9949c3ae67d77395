import type { DriverValue } from '../core/drivers/driver.ts';
import { describeCondition } from './fan-out/index-condition.ts';
import type { ExplainNode } from './live-explain.ts';
import { compileAll } from './maintain/block-conditions.ts';
import { indexCondition } from './maintain/site-watch.ts';
import type { BlockPlan, SitePlan } from './plan/block-plan.ts';
import type { ChildPlan, QueryPlan } from './plan/query-plan.ts';
import type { Site } from './plan/sites.ts';

/** A plan as a tree for people: operators, what each keeps, and how each table's changes find their rows. */
export function explainPlan(
  plan: QueryPlan,
  columns: readonly string[],
  parameters: readonly DriverValue[],
): ExplainNode {
  const blocks = plan.blocks.map((block) => explainBlock(block, plan, parameters));
  const [first, ...others] = blocks;
  let node: ExplainNode =
    first && others.length === 0
      ? first
      : { text: `${operators(plan)}; keeps the rows of each arm`, children: blocks };
  if (plan.order.length > 0) {
    node = { text: `order by ${orderTerms(plan, columns).join(', ')}`, children: [node] };
  }
  if (plan.limit !== undefined) {
    const kept =
      plan.blocks.length > 1 ? 'keeps all rows' : 'keeps the window and a margin of rows behind it';
    node = { text: `window by LIMIT and OFFSET; ${kept}`, children: [node] };
  }
  return node;
}

function operators({ operators: list }: QueryPlan): string {
  const names = { Union: 'UNION', UnionAll: 'UNION ALL', Except: 'EXCEPT', Intersect: 'INTERSECT' } as const;
  return [...new Set(list.map((operator) => names[operator]))].join(', ');
}

/** The user's terms, and the row key that breaks their ties. */
function orderTerms({ order, blocks }: QueryPlan, columns: readonly string[]): string[] {
  const key = new Set(blocks[0]?.key.positions);
  const terms = order.map(({ position, descending, collation }) => {
    const name = columns[position] ?? (key.has(position) ? 'row key' : 'an expression');
    return `${name}${collation === 'BINARY' ? '' : ` collate ${collation.toLowerCase()}`}${descending ? ' desc' : ''}`;
  });
  return [...new Set(terms)];
}

function explainBlock(block: BlockPlan, plan: QueryPlan, parameters: readonly DriverValue[]): ExplainNode {
  return {
    text: blockText(block, parameters),
    children: block.sites.map((site) => explainSite(site, block, plan, parameters)),
  };
}

function blockText(block: BlockPlan, parameters: readonly DriverValue[]): string {
  if (block.kind === 'rows') {
    const isFast = block.fastRows !== null && compileAll(block.fastRows.where, parameters) !== null;
    return isFast
      ? 'rows; made of the changed rows themselves; keeps its rows'
      : 'rows; those that a change affects are read anew by their keys; keeps its rows';
  }
  const name = block.kind === 'total' ? 'one group of all rows' : 'groups';
  const isKept =
    block.groups !== null &&
    [...block.groups.sites.values()].every(({ where }) => compileAll(where, parameters));
  return isKept
    ? `${name}; kept up by the rows that enter and leave; keeps their rows, and counts and sums of those touched`
    : block.kind === 'total'
      ? `${name}; read anew at each change; keeps its row`
      : `${name}; those that a change affects are read anew by their keys; keeps their rows`;
}

function explainSite(
  plan: SitePlan,
  block: BlockPlan,
  query: QueryPlan,
  parameters: readonly DriverValue[],
): ExplainNode {
  const { site, filters, presence } = plan;
  if (site.source.kind === 'child') {
    const { child } = site.source;
    const own = query.children.find((one) => one === child);
    return {
      text: `${childName(child.use)}, kept in a TEMP table; ${reachText(plan, block)}`,
      children: own ? [explainChild(own, parameters)] : [],
    };
  }
  const condition = indexCondition(filters, parameters);
  const entry =
    condition.kind === 'all' && presence
      ? 'changes of rows that it shows, and all that decide which it shows'
      : describeCondition(condition, imageNames(site));
  return { text: `${tableName(site)}: ${entry}; ${reachText(plan, block)}`, children: [] };
}

function explainChild({ plan }: ChildPlan, parameters: readonly DriverValue[]): ExplainNode {
  const names = Array.from({ length: plan.visible }, (_, at) => `column ${at + 1}`);
  return explainPlan(plan, names, parameters);
}

function childName(use: ChildPlan['use']): string {
  switch (use) {
    case 'in':
      return 'the set of an IN';
    case 'exists':
      return 'whether there are rows';
    case 'scalar':
      return 'the value of a subquery';
    default:
      return 'a SELECT in FROM';
  }
}

/** How the keys of affected rows are found. */
function reachText({ site, reaches }: SitePlan, block: BlockPlan): string {
  if (block.kind === 'total' || block.fastRows || (block.groups && block.kind === 'groups'))
    return 'by its images';
  const ways = reaches.flatMap((reach, at) => {
    if (reach === null) return [];
    if (reach.kind === 'self') return ['by its own key'];
    return block.probes(at, [site]).map((probe) => {
      if (probe.kind === 'direct') return 'by values of its images';
      return probe.kind === 'query' ? 'by a look-up from its images' : `the whole query (${probe.reason})`;
    });
  });
  return [...new Set(ways)].join(' and ') || 'the whole query';
}

function tableName({ source, relation }: Site): string {
  const name = source.kind === 'table' ? source.table.name : '';
  return relation.name === name || relation.name === '' ? name : `${name} as ${relation.name}`;
}

function imageNames({ source, relation }: Site): string[] {
  const names = relation.columns.map(({ name }) => name);
  return source.kind === 'table' && source.table.rowid !== null ? [source.table.rowid, ...names] : names;
}
