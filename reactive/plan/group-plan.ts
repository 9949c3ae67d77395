import type { Collation } from '../../core/sql/collation.ts';
import { quoteName } from '../../core/sql/identifier.ts';
import { type AccumulatorKind, primingExpressions } from '../exact/accumulators.ts';
import type { Predicate } from '../exact/predicate.ts';
import { type Core, nestedOf, type Operand, type Output, relationsOf, type Text } from '../query/model.ts';
import { type Rendering, renderRelation, renderTail, renderText } from '../query/render.ts';
import {
  affinityIn,
  BoundText,
  type ImageColumn,
  isValueSafe,
  type Probe,
  remembered,
  sameClass,
} from './reach.ts';
import { comparisonCollation, keyColumnIn, type Site, type Survey, throughRef } from './sites.ts';

/** A value of a row that enters or leaves a group: of the changed row's image, or of the rows it is joined with. */
export type DeltaColumn =
  | { readonly from: 'image'; readonly column: ImageColumn }
  | { readonly from: 'row'; readonly position: number };

/** What a change of one site puts into groups and takes out of them. */
export interface SiteDelta {
  /** What the image itself must satisfy. */
  readonly where: readonly Predicate[];
  /** Reads the rows that an image is joined with; null: there are none to be read. */
  readonly query: Pick<Extract<Probe, { kind: 'query' }>, 'binds' | 'sql' | 'required'> | null;
  readonly group: readonly DeltaColumn[];
  readonly arguments: readonly (DeltaColumn | null)[];
}

/** Groups that are kept up by what enters and leaves them. */
export interface GroupPlan {
  readonly aggregates: readonly { readonly kind: AccumulatorKind; readonly collation: Collation }[];
  /** For each output: the group expression or the aggregate that it is. */
  readonly outputs: readonly ({ readonly group: number } | { readonly aggregate: number })[];
  readonly sites: ReadonlyMap<Site, SiteDelta>;
  /** Select-list texts that prime the aggregates, `count(*)` before all. */
  readonly priming: readonly string[];
  /** For each MIN and MAX: the statement that reads it alone, which an index may answer at once. */
  readonly extrema: readonly (((nulls: readonly boolean[]) => string) | null)[];
}

export interface GroupParts {
  readonly core: Core;
  readonly survey: Survey;
  readonly rendering: Rendering;
  readonly firstParameter: number;
  /** The condition as data, if JavaScript can tell it from an image of the site. */
  readonly predicate: (site: Site, conjunct: Core['where'][number]) => Predicate | null;
  readonly same: (a: Operand, b: Operand) => boolean;
  readonly known: (collation: string) => Collation;
}

/** Null where some output or condition asks for more. */
export function planGroups(parts: GroupParts): GroupPlan | null {
  const { core, survey, rendering } = parts;
  const groupBy = core.groupBy ?? [];
  if (!core.aggregates || core.having || core.distinct || core.partitions.length > 0) return null;
  if (core.from.some(({ join, relation }) => join !== 'inner' || relation.of.kind !== 'table')) return null;
  if (survey.sites.length !== core.from.length) return null;
  // Of values that are equal and spelt otherwise, only SQLite can show one that a row has.
  if (groupBy.some(({ collation }) => (collation?.name ?? 'BINARY') !== 'BINARY')) return null;
  const aggregates: { kind: AccumulatorKind; collation: Collation; argument: Operand | null }[] = [];
  const outputs: ({ group: number } | { aggregate: number })[] = [];
  for (const output of core.outputs) {
    const group = groupBy.findIndex((term) => parts.same(term, output));
    if (group >= 0) outputs.push({ group });
    else if (output.aggregate && isPlain(output)) {
      const { kind, argument } = output.aggregate;
      const collation = parts.known(argument?.collation?.name ?? 'BINARY');
      outputs.push({ aggregate: aggregates.push({ kind, collation, argument }) - 1 });
    } else return null;
  }
  const sites = new Map<Site, SiteDelta>();
  for (const site of survey.sites) {
    const delta = siteDelta(parts, site, groupBy, aggregates);
    if (!delta) return null;
    sites.set(site, delta);
  }
  const priming = aggregates.flatMap(({ kind, argument }) =>
    primingExpressions(kind, argument ? renderText(argument.text, rendering) : ''),
  );
  const ungrouped: Core = { ...core, groupBy: undefined };
  const keys = groupBy.map(({ text }) => renderText(text, rendering));
  const extrema = aggregates.map(({ kind, argument }) =>
    argument && (kind === 'min' || kind === 'max')
      ? remembered((nulls) => {
          const terms = keys.map((key, at) =>
            nulls[at] ? `${key} IS NULL` : `${key} = ?${parts.firstParameter + at}`,
          );
          const restriction = terms.length > 0 ? terms.join(' AND ') : undefined;
          return `SELECT ${kind}(${renderText(argument.text, rendering)})${renderTail(ungrouped, rendering, restriction)}`;
        })
      : null,
  );
  return { aggregates, outputs, sites, priming: ['count(*)', ...priming], extrema };
}

function isPlain({ aggregate }: Output): boolean {
  return !aggregate?.argument || nestedOf(aggregate.argument.text).length === 0;
}

function siteDelta(
  parts: GroupParts,
  site: Site,
  groupBy: readonly Operand[],
  aggregates: readonly { readonly argument: Operand | null }[],
): SiteDelta | null {
  const { core, survey, firstParameter } = parts;
  const text = new BoundText(survey, [site]);
  const others = survey.sites.filter((one) => one !== site);
  const where: Predicate[] = [];
  const conditions: (string | number)[][] = [];
  for (const conjunct of [...core.where, ...core.from.flatMap(({ on }) => on)]) {
    const about = relationsOf(conjunct.text);
    if (nestedOf(conjunct.text).length > 0) return null;
    if (!about.has(site.relation)) {
      if (about.size > 0) conditions.push(['(', ...text.of(conjunct), ')']);
      else return null;
      continue;
    }
    if (about.size === 1) {
      const predicate = parts.predicate(site, conjunct);
      if (!predicate) return null;
      where.push(predicate);
      continue;
    }
    const equality = equalityWith(site, conjunct.equals);
    if (!equality) return null;
    const { own, other, collation } = equality;
    const place = text.place(site, keyColumnIn(own), null, true);
    conditions.push([...text.of(other), ' = ', place, ` COLLATE ${quoteName(collation)}`]);
  }
  const columns: (string | number)[][] = [];
  const column = (operand: Operand): DeltaColumn | null => {
    const ref = operand.ref && throughRef(operand.ref);
    if (ref?.relation === site.relation)
      return { from: 'image', column: { site, column: keyColumnIn(ref), cast: null } };
    if (nestedOf(operand.text).length > 0 || (mentions(operand.text, site) && !isValueSafe(operand)))
      return null;
    return { from: 'row', position: columns.push(text.of(operand)) - 1 };
  };
  const group = groupBy.map(column);
  const values = aggregates.map(({ argument }) => (argument ? column(argument) : null));
  if (group.includes(null) || aggregates.some(({ argument }, at) => argument && !values[at])) return null;
  const sources = others.map(({ relation }) => [renderRelation(relation, parts.rendering)]);
  const isRead = sources.length > 0 || columns.length > 0;
  return {
    where,
    query: isRead
      ? text.statement('SELECT ', columns.length > 0 ? columns : [['1']], sources, conditions, firstParameter)
      : null,
    group: group as DeltaColumn[],
    arguments: values,
  };
}

function mentions(text: Text, { relation }: Site): boolean {
  return relationsOf(text).has(relation);
}

/** `own = other`, where the value of an image can stand for its column. */
function equalityWith(site: Site, equals: readonly [Operand, Operand] | undefined) {
  const [left, right] = equals ?? [];
  if (!left || !right) return null;
  const collation = comparisonCollation(left, right);
  for (const [own, other] of [
    [left, right],
    [right, left],
  ] as const) {
    const ref = own.ref && throughRef(own.ref);
    if (ref?.relation !== site.relation || relationsOf(other.text).has(site.relation) || collation === null)
      continue;
    if (!other.ref || !sameClass(affinityIn(site, ref.column), other.affinity)) continue;
    return { own: ref, other, collation };
  }
  return null;
}
