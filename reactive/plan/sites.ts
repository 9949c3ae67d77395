import type { TableInfo } from '../../core/catalog.ts';
import {
  type Conjunct,
  type Core,
  type Joined,
  type JoinKind,
  type Nested,
  nestedOf,
  type Operand,
  onlyCore,
  partsOf,
  type Ref,
  type Relation,
  readsTables,
  relationsOf,
  rowidColumn,
  type SelectModel,
  type Text,
  Unresolved,
} from '../query/model.ts';
import { rowidAlias } from '../query/schema.ts';

/** A SELECT that stands by itself inside of another, whose answer is kept as a table. */
export interface Child {
  readonly use: 'table' | Nested['use'];
  readonly select: SelectModel;
  readonly relation: Relation;
}

/** One place in a block where rows of a table, or of a child's answer, come in. */
export interface Site {
  readonly relation: Relation;
  readonly source:
    | { readonly kind: 'table'; readonly table: TableInfo }
    | { readonly kind: 'child'; readonly child: Child }
    | { readonly kind: 'function' };
  /** It stands in FROM, perhaps inside of a SELECT there; else inside of an expression. */
  readonly isOuter: boolean;
  /** Rows may be extended by NULLs in its place. */
  readonly nullable: boolean;
  /** The SELECTs in FROM inside of which they may, and null for the one that all is in. */
  readonly nullableIn: ReadonlySet<Relation | null>;
  /** The SELECTs in FROM that it is inside of, the outermost first. */
  readonly path: readonly Relation[];
  /** The SELECTs in expressions that it is inside of, the outermost first. */
  readonly nest: readonly SelectModel[];
  /** Columns that decide which rows there are and in which order; the others only show. */
  readonly filters: Set<number>;
  readonly shows: Set<number>;
}

/**
 * `a = b` that must hold for a row of one site to matter to one of another. `from` is a plain column, so that
 * an image's value can be put in its place.
 */
export interface Link {
  readonly from: Site;
  readonly column: number;
  readonly to: Site;
  readonly operand: Operand;
  /** The collation that the comparison uses. */
  readonly collation: string;
  /** Without it a row of `from` doesn't matter at all; otherwise only rows of both together depend on it. */
  readonly isBinding: boolean;
  /** Of a FULL JOIN: rows of either side matter by themselves, and beside those of the other. */
  readonly isMutual: boolean;
}

interface Condition {
  readonly conjunct: Conjunct;
  /** The relation whose ON it is part of, where the rows of a side are kept without a match. */
  readonly right: Relation | null;
  /** Whose rows, or those of parts of it, it is about: a SELECT in FROM, or null for the one that all is in. */
  readonly about: (site: Site) => Relation | null;
  readonly join: JoinKind;
  /** The SELECT in an expression that it is part of. */
  readonly within: SelectModel | null;
}

/** A condition without which a row of the site matters to nothing. */
export interface SiteCondition {
  readonly site: Site;
  readonly conjunct: Conjunct;
}

export interface Survey {
  readonly conditions: readonly SiteCondition[];
  readonly sites: readonly Site[];
  /** Tables and SELECTs in FROM in whose place their join may put NULLs. */
  readonly extended: ReadonlySet<Relation>;
  readonly links: readonly Link[];
  readonly children: readonly Child[];
}

export interface SurveyParts {
  readonly core: Core;
  /** Texts beside the core's own that decide about order. */
  readonly order: readonly Text[];
  /** Plans a SELECT that stands by itself, to be kept as a table. */
  readonly makeChild: (select: SelectModel, use: Child['use']) => Child;
}

/** The column that stands for a ref once SELECTs in FROM are looked through; null for an expression. */
export function throughRef(ref: Ref): Ref | null {
  const { of } = ref.relation;
  if (of.kind !== 'select' || !isTransparent(of.select)) return ref;
  const output = onlyCore(of.select)?.outputs[ref.column];
  return output?.ref ? throughRef(output.ref) : null;
}

/** A SELECT in FROM whose rows are joins of rows: what happens to those can be followed through it. */
export function isTransparent(select: SelectModel): boolean {
  const core = onlyCore(select);
  if (!core || select.limit || core.distinct || core.aggregates || core.partitions.length > 0) return false;
  if (core.from.length === 0 || select.correlated.size > 0) return false;
  return core.from.every(({ join }) => join === 'inner' || join === 'left');
}

/** Finds every site of a block, what links them, and the SELECTs that are kept as tables of their own. */
export function survey({ core, order, makeChild }: SurveyParts): Survey {
  const sites: Site[] = [];
  const extended = new Set<Relation>();
  const links: Link[] = [];
  const siteOf = new Map<Relation, Site>();
  const children = new Map<SelectModel, Child>();
  const conditions: Condition[] = [];
  const seen = new Set<SelectModel>();
  const nest: SelectModel[] = [];

  const addSite = (
    relation: Relation,
    source: Site['source'],
    place: Pick<Site, 'isOuter' | 'nullable' | 'nullableIn' | 'path'>,
  ) => {
    const site: Site = { relation, source, ...place, nest: [...nest], filters: new Set(), shows: new Set() };
    sites.push(site);
    siteOf.set(relation, site);
  };

  const childOf = (select: SelectModel, use: Child['use']): Child => {
    const known = children.get(select);
    if (known) return known;
    if (select.correlated.size > 0) throw new Unresolved('a SELECT in FROM depends on the query around it');
    const child = makeChild(select, use);
    children.set(select, child);
    return child;
  };

  const visitFrom = (
    from: readonly Joined[],
    isOuter: boolean,
    path: readonly Relation[],
    around: ReadonlySet<Relation | null>,
  ) => {
    const scope = path.at(-1) ?? null;
    for (const [at, { relation, join, on }] of from.entries()) {
      const later = from.slice(at + 1);
      const isExtended =
        join === 'left' ||
        join === 'full' ||
        later.some((other) => other.join === 'right' || other.join === 'full');
      if (isExtended) extended.add(relation);
      const nullableIn = isExtended ? new Set([null, ...path]) : around;
      const isNullable = nullableIn.has(null);
      const place = { isOuter, nullable: isNullable, nullableIn, path };
      const { of } = relation;
      if (of.kind === 'table') {
        addSite(relation, { kind: 'table', table: of.table }, place);
      } else if (of.kind === 'function') {
        addSite(relation, { kind: 'function' }, place);
        for (const arg of of.args) visitText(arg, true);
      } else if (isTransparent(of.select)) {
        const inner = onlyCore(of.select) as Core;
        visitFrom(inner.from, isOuter, [...path, relation], nullableIn);
        visitCore(inner, isNullable ? relation : null, relation);
      } else if (isOuter || of.select.correlated.size === 0) {
        const child = childOf(of.select, 'table');
        addSite(relation, { kind: 'child', child }, place);
      } else {
        visitSelect(of.select);
      }
      for (const conjunct of on) {
        visitText(conjunct.text, true);
        conditions.push({
          conjunct,
          right: join === 'inner' ? null : relation,
          about: (site) =>
            join === 'inner' ? scope : (from.find((one) => isWithin(site, one.relation))?.relation ?? null),
          join,
          within: nest.at(-1) ?? null,
        });
      }
    }
  };

  /** The expressions of a core; its FROM has been visited. */
  const visitCore = (one: Core, within: Relation | null, scope: Relation | null, shows = false) => {
    for (const conjunct of one.where) {
      visitText(conjunct.text, true);
      conditions.push({
        conjunct,
        right: within,
        about: () => scope,
        join: within ? 'left' : 'inner',
        within: nest.at(-1) ?? null,
      });
    }
    for (const { text } of one.outputs) visitText(text, !shows);
    for (const { text } of one.groupBy ?? []) visitText(text, true);
    if (one.having) visitText(one.having, true);
    for (const { text } of one.windowClause) visitText(text, true);
  };

  const visitSelect = (select: SelectModel, isFilter = true) => {
    if (seen.has(select)) return;
    seen.add(select);
    nest.push(select);
    for (const one of select.cores) {
      visitFrom(one.from, false, [], new Set());
      visitCore(one, null, null, !isFilter);
    }
    for (const term of select.orderBy) visitText(term.text, isFilter);
    if (select.limit) visitText(select.limit, isFilter);
    if (select.offset) visitText(select.offset, isFilter);
    nest.pop();
  };

  const visitText = (text: Text, isFilter: boolean): void => {
    for (const part of partsOf(text)) {
      if (part.kind === 'ref') {
        note(part, isFilter);
      } else if (part.select.correlated.size === 0 && readsTables(part.select)) {
        const child = childOf(part.select, part.use);
        if (!siteOf.has(child.relation)) {
          addSite(
            child.relation,
            { kind: 'child', child },
            { isOuter: false, nullable: false, nullableIn: new Set(), path: [] },
          );
        }
        const site = siteOf.get(child.relation);
        if (isFilter) site?.filters.add(0);
        else site?.shows.add(0);
        linkIn(part.left?.operands ?? [], child);
      } else {
        visitSelect(part.select, isFilter);
      }
    }
  };

  const inLinks: { readonly left: readonly Operand[]; readonly child: Child }[] = [];
  const linkIn = (left: readonly Operand[], child: Child): void => {
    if (left.length > 0) inLinks.push({ left, child });
  };

  const note = (ref: Ref, isFilter: boolean): void => {
    const through = throughRef(ref);
    if (!through) return;
    const site = siteOf.get(through.relation);
    if (isFilter) site?.filters.add(columnIn(through));
    else site?.shows.add(columnIn(through));
  };

  visitFrom(core.from, true, [], new Set());
  visitCore(core, null, null, true);
  for (const text of order) visitText(text, true);

  const siteConditions: SiteCondition[] = [];
  // Only now every relation has its site.
  const site = (operand: Operand): { site: Site; column: number } | null => {
    const ref = operand.ref && throughRef(operand.ref);
    const owner = ref && siteOf.get(ref.relation);
    return owner ? { site: owner, column: columnIn(ref) } : null;
  };
  for (const { conjunct, right, about, join, within } of conditions) {
    const sole = soleSite({ text: conjunct.text, affinity: 'none', collation: null }, siteOf);
    // Where NULLs may stand for its rows, a condition behind the join can hold without them.
    if (sole && isSubject(sole, right, join, within) && !sole.nullableIn.has(about(sole)))
      siteConditions.push({ site: sole, conjunct });
    if (!conjunct.equals) continue;
    const [left, other] = conjunct.equals;
    const collation = comparisonCollation(left, other);
    if (collation === null) continue;
    for (const [a, b] of [
      [left, other],
      [other, left],
    ] as const) {
      const from = site(a);
      const to = soleSite(b, siteOf);
      if (!from || !to || from.site === to || from.site.source.kind === 'function') continue;
      if (to.source.kind === 'function') continue;
      // Where NULLs may stand for rows, an expression can make something of them.
      if (!b.ref && to.nullable) continue;
      // Of rows that it only looks at, a condition doesn't decide which there are.
      if (right !== null && !isWithin(from.site, right) && !isWithin(to, right)) continue;
      if (within !== null && !from.site.nest.includes(within) && !to.nest.includes(within)) continue;
      const isBinding = isSubject(from.site, right, join, within);
      links.push({
        from: from.site,
        column: from.column,
        to,
        operand: b,
        collation,
        isBinding,
        isMutual: join === 'full',
      });
    }
  }
  for (const { left, child } of inLinks) {
    const owner = siteOf.get(child.relation);
    for (const [at, operand] of left.entries()) {
      const to = soleSite(operand, siteOf);
      const column = child.relation.columns[at];
      if (!owner || !to || !column || to.source.kind === 'function') continue;
      const own: Operand = {
        text: [],
        affinity: column.affinity,
        collation: column.collation === null ? null : { name: column.collation, explicit: false },
      };
      const collation = comparisonCollation(operand, own);
      if (collation !== null)
        links.push({ from: owner, column: at, to, operand, collation, isBinding: true, isMutual: false });
    }
  }
  return { sites, extended, links, children: [...children.values()], conditions: siteConditions };
}

/** Whether rows of a site matter only where a condition holds. */
function isSubject(site: Site, right: Relation | null, join: JoinKind, within: SelectModel | null): boolean {
  if (join === 'full' || (within !== null && !site.nest.includes(within))) return false;
  return right === null || (join === 'left') === isWithin(site, right);
}

/** Whether its rows are told apart by an integer of SQLite's own. */
export function hasRowid({ source }: Site): boolean {
  return source.kind !== 'table' || source.table.rowid !== null;
}

/** The rowid by any of its names. */
function columnIn({ relation, column }: Ref): number {
  if (relation.of.kind !== 'table' || column === rowidColumn) return column;
  return rowidAlias(relation.of.table) === column ? rowidColumn : column;
}

export const keyColumnIn = columnIn;

function isWithin(site: Site, relation: Relation): boolean {
  return site.relation === relation || site.path.includes(relation);
}

/** The one site that an operand is about. */
function soleSite(operand: Operand, siteOf: ReadonlyMap<Relation, Site>): Site | null {
  if (nestedOf(operand.text).length > 0) return null;
  let sole: Site | null = null;
  for (const relation of relationsOf(operand.text)) {
    const found = siteOf.get(relation) ?? throughSite(operand, relation, siteOf);
    if (!found || (sole && sole !== found)) return null;
    sole = found;
  }
  return sole;
}

/** The one site behind all columns of a SELECT in FROM that an operand names. */
function throughSite(
  operand: Operand,
  relation: Relation,
  siteOf: ReadonlyMap<Relation, Site>,
): Site | undefined {
  const found = new Set<Site | undefined>();
  for (const part of partsOf(operand.text)) {
    if (part.kind !== 'ref' || part.relation !== relation) continue;
    const through = throughRef(part);
    found.add(through ? siteOf.get(through.relation) : undefined);
  }
  return found.size === 1 ? [...found][0] : undefined;
}

/** Null where it can't be told. https://sqlite.org/datatype3.html#collating_sequences */
export function comparisonCollation(left: Operand, right: Operand): string | null {
  const decides = left.collation?.explicit
    ? left.collation
    : right.collation?.explicit
      ? right.collation
      : (left.collation ?? right.collation);
  const name = decides?.name ?? 'BINARY';
  return name === 'unknown' ? null : name;
}
