import { type Collation, collationNamed } from '../../core/sql/collation.ts';
import { quoteName } from '../../core/sql/identifier.ts';
import {
  type Core,
  type Joined,
  nestedOf,
  type Operand,
  type OrderTerm,
  partsOf,
  type Relation,
  type ResolvedQuery,
  rowidColumn,
  type Text,
  Unresolved,
} from '../query/model.ts';
import { type Names, predicateOf } from '../query/predicates.ts';
import { type Rendering, renderTail, renderText } from '../query/render.ts';
import type { BlockPlan, FastRows, KeyIndex, PresenceKey, Reach, SitePlan } from './block-plan.ts';
import { planGroups } from './group-plan.ts';
import { extendedIn, type Probe, planProbe, type ReachParts, remembered, subsetsOf } from './reach.ts';
import {
  hasRowid,
  keyColumnIn,
  type Site,
  type Survey,
  type SurveyParts,
  survey,
  throughRef,
} from './sites.ts';

export interface BlockParts {
  readonly core: Core;
  readonly orderBy: readonly OrderTerm[];
  readonly makeChild: SurveyParts['makeChild'];
  readonly render: (surveyed: Survey) => Rendering;
  readonly query: Pick<ResolvedQuery, 'bindings' | 'numbers' | 'likes'>;
  /** The number of the first parameter that is not the user's. */
  readonly firstParameter: number;
}

/** @throws Unresolved where nothing better than running it again is known. */
export function planBlock(parts: BlockParts): BlockPlan {
  const { core, orderBy } = parts;
  const surveyed = survey({ core, order: orderBy.map(({ text }) => text), makeChild: parts.makeChild });
  const hidden = new HiddenColumns(core.outputs.length);
  const shape = blockShape(core, surveyed, hidden);
  const sortPositions = orderBy.map((term) => {
    if (term.output !== null) return term.output;
    if (core.distinct) throw new Unresolved('DISTINCT is ordered by something that it does not show');
    return hidden.add(term);
  });
  const rendering: Rendering = {
    ...parts.render(surveyed),
    exposed: (relation) => exposedKeys(surveyed, relation),
  };
  const outputs = core.outputs.map(({ text }, at) => `${renderText(text, rendering)} AS "c${at}"`);
  const head = `SELECT ${core.distinct ? 'DISTINCT ' : ''}${[...outputs, ...hidden.columns(rendering)].join(', ')}`;
  const whole = head + renderTail(core, rendering);
  const groups = planGroups({
    core,
    survey: surveyed,
    rendering,
    firstParameter: parts.firstParameter,
    predicate: (site, { expr }) => (expr && predicateOf(expr, imageNames(site, parts.query))) ?? null,
    same: sameOperand,
    known,
  });
  const canKeepGroups = groups !== null && orderBy.every(({ output }) => output !== null);
  const priming = (groups?.priming ?? []).map((text) => `, ${text}`).join('');
  const indexes = shape.indexes.map((index) =>
    keyIndex(index, core, head, priming, rendering, parts.firstParameter),
  );
  const probes = new Map<string, readonly Probe[]>();
  const reachParts: ReachParts = {
    survey: surveyed,
    firstParameter: parts.firstParameter,
    render: rendering,
  };
  return {
    kind: shape.kind,
    sql: whole,
    visible: core.outputs.length,
    width: core.outputs.length + hidden.columns(rendering).length + (groups?.priming.length ?? 0),
    key: { positions: shape.key, collations: shape.keyCollations },
    keyTexts: (shape.keyTexts ?? []).map((text) => text(rendering)),
    where: (condition) => head + renderTail(core, rendering, condition),
    textOf: ({ text }) => renderText(text, rendering),
    indexes,
    sites: surveyed.sites
      .filter(({ source }) => source.kind !== 'function')
      .map((site) => sitePlan(site, shape, reachParts, parts.query)),
    survey: surveyed,
    groups: canKeepGroups ? groups : null,
    primed: head + priming + renderTail(core, rendering),
    fastRows: fastRows(core, surveyed, shape, orderBy, parts.query),
    sortPositions,
    firstParameter: parts.firstParameter,
    probes(at, bound) {
      const key = `${at}:${bound.map(({ relation }) => relation.id).join()}`;
      const known = probes.get(key);
      if (known) return known;
      const { target = [], anchor = null } = shape.indexes[at] ?? {};
      const variants = anchor ? [[]] : nullVariants(surveyed, target);
      const made =
        variants === null
          ? [tooMany]
          : variants.map((nulls) => planProbe(reachParts, bound, { operands: target }, nulls));
      probes.set(key, made);
      return made;
    },
  };
}

/**
 * Which rows may be missing while a key is made of the others: those on nullable sides. A change there moves
 * rows between a key and the same key with NULLs in their place. Null: there are too many ways.
 */
function nullVariants(surveyed: Survey, target: readonly Operand[]): Relation[][] | null {
  const extended = extendedIn(surveyed, target);
  return extended.length > maxExtended ? null : [[], ...subsetsOf(extended)];
}

/** Twice the probes with each. */
const maxExtended = 6;
const tooMany: Probe = { kind: 'all', reason: 'too many of the rows that a key is made of may be missing' };

/** Columns beside the user's. */
class HiddenColumns {
  readonly #first: number;
  readonly #texts: ((how: Rendering) => string)[] = [];

  constructor(first: number) {
    this.#first = first;
  }

  add(operand: Pick<Operand, 'text'>): number {
    return this.addText((how) => renderText(operand.text, how));
  }

  addText(text: (how: Rendering) => string): number {
    this.#texts.push(text);
    return this.#first + this.#texts.length - 1;
  }

  columns(how: Rendering): string[] {
    return this.#texts.map((text, at) => `${text(how)} AS "h${at}"`);
  }
}

interface IndexShape {
  readonly positions: readonly number[];
  readonly collations: readonly Collation[];
  /** The key's expressions, as text in the core. */
  readonly texts: readonly ((how: Rendering) => string)[];
  readonly target: readonly Operand[];
  readonly anchor: Site | null;
}

interface Shape {
  /** Where the keys of what FROM joins stand. */
  readonly siteKeys?: ReadonlyMap<Site, PresenceKey>;
  readonly keyTexts?: readonly ((how: Rendering) => string)[];
  readonly kind: BlockPlan['kind'];
  readonly key: readonly number[];
  readonly keyCollations: readonly Collation[];
  readonly indexes: readonly IndexShape[];
}

function blockShape(core: Core, surveyed: Survey, hidden: HiddenColumns): Shape {
  if (surveyed.sites.every(({ source }) => source.kind === 'function'))
    throw new Unresolved('it reads no table');
  const windowed = core.partitions.length > 0;
  if (core.distinct && (core.aggregates || windowed)) throw new Unresolved('DISTINCT over groups or windows');
  if (windowed) return windowShape(core, surveyed, hidden);
  if (core.aggregates) {
    refuseConverting(core);
    if (!core.groupBy) return { kind: 'total', key: [], keyCollations: [], indexes: [] };
    const index = groupIndex(core.groupBy, hidden);
    return { kind: 'groups', key: index.positions, keyCollations: index.collations, indexes: [index] };
  }
  if (core.distinct) {
    const index = expressionIndex(
      core.outputs,
      core.outputs.map((_, at) => at),
    );
    return { kind: 'groups', key: index.positions, keyCollations: index.collations, indexes: [index] };
  }
  return rowShape(core, surveyed, hidden);
}

/**
 * Over groups, a comparison in a subquery that converts a text of the group converts it for good: SQLite then
 * shows a number, and a key that is no longer the rows'.
 */
function refuseConverting({ having, outputs }: Core): void {
  for (const text of [...(having ? [having] : []), ...outputs.map((output) => output.text)]) {
    for (const { left, select } of nestedOf(text)) {
      const inner = select.cores[0]?.outputs ?? [];
      if (left?.operands.some((operand, at) => mayConvert(operand, inner[at])))
        throw new Unresolved(converting);
      for (const core of select.cores) {
        const conditions = [...core.where, ...core.from.flatMap(({ on }) => on)];
        for (const { equals, text: condition } of conditions) {
          const [a, b] = equals ?? [];
          if (
            a?.ref && b?.ref
              ? mayConvert(a, b) || mayConvert(b, a)
              : mentionsText(condition, select.correlated)
          )
            throw new Unresolved(converting);
        }
      }
    }
  }
}

const converting = 'a subquery over groups compares columns of different affinity';
const isText = ({ affinity }: Pick<Operand, 'affinity'>) =>
  affinity === 'text' || affinity === 'blob' || affinity === 'none';

function mayConvert(operand: Operand, other: Operand | undefined): boolean {
  return isText(operand) && operand.affinity !== other?.affinity;
}

function mentionsText(text: Text, outer: ReadonlySet<Relation>): boolean {
  return [...partsOf(text)].some((part) => {
    return (
      part.kind === 'ref' &&
      outer.has(part.relation) &&
      isText(part.relation.columns[part.column] ?? { affinity: 'integer' })
    );
  });
}

function rowShape(core: Core, surveyed: Survey, hidden: HiddenColumns): Shape {
  const outer = core.from.length > 2 && core.from.some(({ join }) => join === 'right' || join === 'full');
  if (outer) throw new Unresolved('a RIGHT or FULL JOIN of more than two tables');
  const { positions, collations, indexes, siteKeys, keyTexts } = rowKeys(surveyed, hidden);
  const isFull = core.from.some(({ join }) => join === 'full');
  const anchored = indexes.filter(({ anchor }) => anchor && (isFull || !anchor.nullable));
  if (anchored.length === 0) throw new Unresolved('no table of it has rows in every row of the answer');
  return { kind: 'rows', key: positions, keyCollations: collations, indexes: anchored, siteKeys, keyTexts };
}

/** Keys of all that FROM joins; unique together. */
function rowKeys(surveyed: Survey, hidden: HiddenColumns) {
  const positions: number[] = [];
  const collations: Collation[] = [];
  const indexes: IndexShape[] = [];
  const siteKeys = new Map<Site, PresenceKey>();
  const keyTexts: (() => string)[] = [];
  const isAlone = surveyed.sites.length === 1;
  for (const site of surveyed.sites.filter(({ isOuter }) => isOuter)) {
    const columns = keyColumns(site);
    const texts = columns.map((column, at) => () => keyText(site, column, at, isAlone));
    const own = texts.map((text) => hidden.addText(text));
    positions.push(...own);
    keyTexts.push(...texts);
    collations.push(...columns.map(({ collation }) => collation));
    if (site.source.kind === 'function') continue;
    siteKeys.set(site, { positions: own, collations: columns.map(({ collation }) => collation) });
    const target = columns.map(
      ({ column, collation, collate }): Operand => ({
        text: [{ kind: 'ref', relation: site.relation, column }, collate],
        ref: { kind: 'ref', relation: site.relation, column },
        affinity: column === rowidColumn ? 'integer' : (site.relation.columns[column]?.affinity ?? 'none'),
        collation: { name: collation, explicit: false },
      }),
    );
    indexes.push({
      positions: own,
      collations: columns.map((one) => one.collation),
      texts,
      target,
      anchor: site,
    });
  }
  return { positions, collations, indexes, siteKeys, keyTexts };
}

interface KeyColumn {
  readonly name: string;
  readonly column: number;
  /** By which the table's key tells rows apart. */
  readonly collation: Collation;
  /** COLLATE, where the column compares by another collation. */
  readonly collate: string;
}

/** The columns that identify a row of a site. */
export function keyColumns({ source, relation }: Site): readonly KeyColumn[] {
  if (source.kind === 'child') return [rowidKey('"id"')];
  if (source.kind === 'function') return [rowidKey('rowid')];
  const { table } = source;
  if (table.rowid !== null) return [rowidKey(table.rowid)];
  return table.primaryKey.map((name, at) => {
    const column = table.columns.findIndex((one) => one.name === name);
    const collation = known(table.keyCollations[at] ?? 'BINARY');
    const isOwn = relation.columns[column]?.collation === collation;
    return { name: quoteName(name), column, collation, collate: isOwn ? '' : ` COLLATE ${collation}` };
  });
}

const rowidKey = (name: string): KeyColumn => ({
  name,
  column: rowidColumn,
  collation: 'BINARY',
  collate: '',
});

/**
 * A key column as the top of the block sees it. SQLite 3.53 takes `a.id = b.id` under one collation and `a.id = 'x'`
 * under another for `b.id = 'x'`; an expression it leaves alone, and searches by no index.
 */
function keyText(site: Site, { name, collate }: KeyColumn, at: number, isAlone: boolean): string {
  const [outermost] = site.path;
  const own = outermost
    ? `${outermost.alias}."k${site.relation.id}_${at}"`
    : `${site.relation.alias}.${name}`;
  return collate === '' || isAlone ? own + collate : `+${own}${collate}`;
}

/** What a SELECT in FROM hands out so that the keys inside of it can be seen. */
function exposedKeys(surveyed: Survey, relation: Relation): string[] {
  return surveyed.sites.flatMap((site) => {
    const at = site.path.indexOf(relation);
    if (at < 0) return [];
    const next = site.path[at + 1];
    return keyColumns(site).map(({ name }, i) => {
      const own = `"k${site.relation.id}_${i}"`;
      return next ? `${next.alias}.${own} AS ${own}` : `${site.relation.alias}.${name} AS ${own}`;
    });
  });
}

function groupIndex(groupBy: readonly Operand[], hidden: HiddenColumns): IndexShape {
  return expressionIndex(
    groupBy,
    groupBy.map((operand) => hidden.add(operand)),
  );
}

function expressionIndex(operands: readonly Operand[], positions: readonly number[]): IndexShape {
  return {
    positions,
    collations: operands.map(({ collation }) => known(collation?.name ?? 'BINARY')),
    texts: operands.map((operand) => (how) => renderText(operand.text, how)),
    target: operands,
    anchor: null,
  };
}

function windowShape(core: Core, surveyed: Survey, hidden: HiddenColumns): Shape {
  if (core.from.some(({ join }) => join === 'right' || join === 'full'))
    throw new Unresolved('window functions over a RIGHT or FULL JOIN');
  const [first = [], ...others] = core.partitions;
  const common = first.filter((operand) =>
    others.every((list) => list.some((other) => sameOperand(operand, other))),
  );
  if (common.length === 0) throw new Unresolved('its window functions have no common PARTITION BY');
  if (core.aggregates) {
    const { groupBy } = core;
    if (!groupBy || !common.every((operand) => groupBy.some((term) => sameOperand(operand, term))))
      throw new Unresolved('a window over groups is not partitioned by what they are grouped by');
    const key = groupIndex(groupBy, hidden);
    const index = groupIndex(common, hidden);
    return { kind: 'groups', key: key.positions, keyCollations: key.collations, indexes: [index] };
  }
  const { positions, collations } = rowKeys(surveyed, hidden);
  return { kind: 'groups', key: positions, keyCollations: collations, indexes: [groupIndex(common, hidden)] };
}

function sameOperand(a: Operand, b: Operand): boolean {
  if (a.ref && b.ref) return a.ref.relation === b.ref.relation && a.ref.column === b.ref.column;
  return (
    a.text.length === b.text.length &&
    a.text.every((part, at) => {
      const other = b.text[at];
      if (typeof part === 'string' || typeof other === 'string' || !other) return part === other;
      return (
        part.kind === 'ref' &&
        other.kind === 'ref' &&
        part.relation === other.relation &&
        part.column === other.column
      );
    })
  );
}

export function known(collation: string): Collation {
  const named = collationNamed(collation);
  if (named) return named;
  throw new Unresolved('a collation that is not known decides about equality');
}

function keyIndex(
  { positions, collations, texts, anchor }: IndexShape,
  core: Core,
  head: string,
  priming: string,
  rendering: Rendering,
  firstParameter: number,
): KeyIndex {
  const from = anchor ? anchoredFrom(core, anchor) : core.from;
  const keys = texts.map((text) => text(rendering));
  const isInteger = anchor !== null && keys.length === 1 && hasRowid(anchor);
  // SQLite carries a constant over from `b = ?` into `a = b`, and then doesn't sort a window by `a`, which may be
  // another value under its affinity: in a window's query `=` would be wrong.
  const equals = core.partitions.length > 0 ? 'IS' : '=';
  const tail = (nulls: readonly boolean[]): string => {
    const terms = keys.map((key, at) =>
      nulls[at] ? `${key} IS NULL` : `${key} ${equals} ?${firstParameter + at}`,
    );
    return renderTail(core, rendering, terms.join(' AND '), from);
  };
  const notIndexed = anchor?.source.kind === 'table' ? anchor.relation : undefined;
  return {
    positions,
    collations,
    anchor,
    point: remembered((nulls) => head + tail(nulls)),
    primed: remembered((nulls) => head + priming + tail(nulls)),
    set: isInteger
      ? head +
        renderTail(
          core,
          { ...rendering, notIndexed },
          `${keys[0]} IN (SELECT value FROM json_each(?${firstParameter}))`,
          from,
        )
      : null,
  };
}

/**
 * FROM as it is searched for one table's rows: restricted to rows of the other side, SQLite would read all of
 * the one that a RIGHT or FULL JOIN extends.
 */
function anchoredFrom(core: Core, anchor: Site): readonly Joined[] {
  const [left, right] = core.from;
  if (!left || !right || core.from.length > 2 || (right.join !== 'right' && right.join !== 'full'))
    return core.from;
  const isRight = anchor.relation === right.relation || anchor.path[0] === right.relation;
  return isRight
    ? [
        { relation: right.relation, join: 'inner', on: [] },
        { relation: left.relation, join: 'left', on: right.on },
      ]
    : [left, { ...right, join: 'left' }];
}

function sitePlan(
  site: Site,
  { indexes, siteKeys }: Shape,
  parts: ReachParts,
  query: BlockParts['query'],
): SitePlan {
  const isAnchor = indexes.some(({ anchor }) => anchor === site);
  // The rows of one anchor hold all that depends on a site that leads to it: the nearest will do.
  const nearest = isAnchor ? -1 : nearestAnchor(site, indexes, parts);
  return {
    site,
    onlyShows: !site.isOuter && site.filters.size === 0,
    filters: parts.survey.conditions
      .filter((condition) => condition.site === site)
      .map(({ conjunct }) => conjunct.expr && predicateOf(conjunct.expr, imageNames(site, query)))
      .filter((predicate) => predicate != null),
    used: [...new Set([...site.filters, ...site.shows, ...keyColumns(site).map(({ column }) => column)])].map(
      (column) => imagePlace(site, column),
    ),
    presence: presenceOf(site, siteKeys),
    reaches: indexes.map(({ anchor }, at): Reach | null => {
      if (anchor === site) return { kind: 'self', columns: keyColumns(site).map(({ column }) => column) };
      // Where either side may be missing, a row that goes leaves the other side's alone.
      if (anchor === null || at === nearest || anchor.nullable) return { kind: 'images' };
      return null;
    }),
  };
}

function presenceOf(site: Site, siteKeys: Shape['siteKeys']): SitePlan['presence'] {
  const key = siteKeys?.get(site);
  if (!key || siteKeys?.size === 1) return null;
  const deciding = [...site.filters, ...keyColumns(site).map(({ column }) => column)];
  return {
    key,
    deciding: [...new Set(deciding)].map((column) => imagePlace(site, column)),
    // Where NULLs take its place, a row that goes lets another in.
    byKeyWhenGone: !site.nullable,
  };
}

function nearestAnchor(site: Site, indexes: readonly IndexShape[], parts: ReachParts): number {
  const costs = indexes.map(({ anchor, target }) => {
    if (!anchor) return Number.POSITIVE_INFINITY;
    const probe = planProbe(parts, [site], { operands: target });
    if (probe.kind === 'all') return Number.MAX_SAFE_INTEGER;
    return probe.kind === 'direct' ? 0 : probe.hops;
  });
  return costs.indexOf(Math.min(...costs));
}

/** Where a column stands in a row image, which begins with the rowid where there is one. */
export function imagePlace({ source }: Site, column: number): number {
  return column + (source.kind === 'table' && source.table.rowid === null ? 0 : 1);
}

function imageNames(site: Site, { bindings, numbers, likes }: BlockParts['query']): Names {
  return {
    likes,
    column(node) {
      const bound = bindings.get(node);
      const ref = bound && throughRef(bound);
      if (ref?.relation !== site.relation) return undefined;
      const column = site.relation.columns[ref.column];
      const collation = collationNamed(column?.collation ?? 'BINARY');
      if (!collation) return undefined;
      const affinity = ref.column === rowidColumn ? 'integer' : (column?.affinity ?? 'none');
      return { kind: 'column', index: imagePlace(site, keyColumnIn(ref)), affinity, collation };
    },
    parameter: (node) => numbers.get(node),
  };
}

/** One table, whose columns are shown as they are, under conditions that JavaScript can tell. */
function fastRows(
  core: Core,
  surveyed: Survey,
  shape: Shape,
  orderBy: readonly OrderTerm[],
  query: BlockParts['query'],
): FastRows | null {
  const [site, ...others] = surveyed.sites;
  if (
    !site ||
    others.length > 0 ||
    shape.kind !== 'rows' ||
    site.source.kind !== 'table' ||
    site.path.length > 0
  )
    return null;
  const hidden = orderBy.filter(({ output }) => output === null);
  const shown = [...core.outputs.map(({ ref }) => ref), ...hidden.map(({ ref }) => ref)];
  const columns = shown.map((ref) => (ref ? imagePlace(site, keyColumnIn(ref)) : -1));
  const keys = keyColumns(site).map(({ column }) => imagePlace(site, column));
  columns.splice(core.outputs.length, 0, ...keys);
  const where = core.where.map(({ expr }) => expr && predicateOf(expr, imageNames(site, query)));
  if (columns.includes(-1) || where.some((one) => one == null)) return null;
  return { site, where: where.filter((one) => one != null), columns };
}
