/**
 * From changed rows to the keys of an answer that they can affect.
 *
 * Guarantees a superset: every key whose rows may differ is found, from old images and new ones alike. Says
 * 'all' where no chain of equalities leads from the changed rows to a key. The hard part is what happens when
 * several rows of one result change together; see `subsetsOf`.
 */
import type { DriverValue } from '../../core/drivers/driver.ts';
import type { Affinity } from '../../core/sql/affinity.ts';
import { quoteName } from '../../core/sql/identifier.ts';
import { type Operand, onlyCore, partsOf, type Ref, type Relation, rowidColumn } from '../query/model.ts';
import { type Rendering, refName, renderRelation } from '../query/render.ts';
import { hasRowid, keyColumnIn, type Link, type Site, type Survey, throughRef } from './sites.ts';

/** Keys to be found: the values of some expressions over some sites. */
export interface Target {
  readonly operands: readonly Operand[];
}

/** A value of a changed row, to be bound. */
export interface ImageColumn {
  readonly site: Site;
  readonly column: number;
  /** How SQLite is told of the column's affinity, where the comparison would miss it. */
  readonly cast: 'numeric' | 'text' | null;
}

/** How keys are found from the images of some sites. */
export type Probe =
  /** The images hold the key. */
  | { readonly kind: 'direct'; readonly columns: readonly ImageColumn[] }
  | {
      readonly kind: 'query';
      readonly binds: readonly ImageColumn[];
      /** The statement for values that do or don't take their cast; hidden parameters come from `first` on. */
      readonly sql: (takesCast: readonly boolean[]) => string;
      /** Binds that NULL in them rules every key out. */
      readonly required: readonly number[];
      /** How many sites are read on the way. */
      readonly hops: number;
    }
  | { readonly kind: 'all'; readonly reason: string };

export interface ReachParts {
  readonly survey: Survey;
  /** The number of the first hidden parameter that a probe may use. */
  readonly firstParameter: number;
  readonly render: Rendering;
}

const none = (reason: string): Probe => ({ kind: 'all', reason });

/** The probe from the images of `bound` to a target; `nulls` are relations whose rows are missing. */
export function planProbe(
  parts: ReachParts,
  bound: readonly Site[],
  target: Target,
  nulls: readonly Relation[] = [],
): Probe {
  const { survey } = parts;
  const needed = sitesOf(survey, target.operands, nulls);
  if (needed === null) return none('a key depends on more than columns');
  for (const operand of target.operands) {
    if (!isValueSafe(operand)) {
      const about = sitesOf(survey, [operand]) ?? [];
      const missing = extendedIn(survey, [operand]).some((relation) => nulls.includes(relation));
      if (missing || about.some((site) => bound.includes(site))) return none('a key compares columns');
    }
  }
  const wanted = needed.filter((site) => !bound.includes(site));
  const direct = directKeys(survey, bound, target, wanted, nulls);
  if (direct) return direct;
  const joined = connect(survey, bound, wanted);
  if (!joined) return none('no equality leads from it to a key');
  return probeQuery(parts, bound, target, joined, nulls);
}

/** The images themselves hold the key, or equal it. */
function directKeys(
  { links }: Survey,
  bound: readonly Site[],
  target: Target,
  wanted: readonly Site[],
  nulls: readonly Relation[],
): Probe | null {
  if (nulls.length > 0) return null;
  const columns: ImageColumn[] = [];
  for (const operand of target.operands) {
    const ref = operand.ref && throughRef(operand.ref);
    if (!ref) return null;
    const own = bound.find((site) => site.relation === ref.relation);
    if (own) {
      columns.push({ site: own, column: keyColumnIn(ref), cast: null });
      continue;
    }
    const [only, ...others] = wanted;
    if (only?.relation !== ref.relation || others.length > 0 || bound.length > 1) return null;
    const link = links.find(
      ({ from, to, operand: key, column, collation }) =>
        from === bound[0] &&
        // Only of a rowid no text can be the value.
        (hasRowid(to) || collation === operand.collation?.name) &&
        to === only &&
        key.ref !== undefined &&
        sameColumn(throughRef(key.ref), ref) &&
        sameClass(affinityIn(from, column), operand.affinity) &&
        operand.affinity === 'integer',
    );
    if (!link) return null;
    columns.push({ site: link.from, column: link.column, cast: null });
  }
  return { kind: 'direct', columns };
}

function sameColumn(a: Ref | null, b: Ref): boolean {
  return a !== null && a.relation === b.relation && keyColumnIn(a) === keyColumnIn(b);
}

/** The sites that some expressions are about, `missing` rows left out; null if they hold SELECTs. */
export function sitesOf(
  survey: Survey,
  operands: readonly Operand[],
  missing: readonly Relation[] = [],
): Site[] | null {
  const found = new Set<Site>();
  const visit = (operand: Operand): boolean => {
    for (const part of partsOf(operand.text)) {
      if (part.kind === 'nested') return false;
      if (missing.includes(part.relation)) continue;
      const site = survey.sites.find(({ relation }) => relation === part.relation);
      if (site) {
        found.add(site);
        continue;
      }
      const output =
        part.relation.of.kind === 'select' && onlyCore(part.relation.of.select)?.outputs[part.column];
      if (!output || !visit(output)) return false;
    }
    return true;
  };
  return operands.every(visit) ? [...found] : null;
}

/**
 * The relations that some expressions name, directly or through SELECTs in FROM, in whose place a join may put
 * NULLs. A SELECT is one of its own: where its row is missing, a column is NULL whatever expression it shows.
 */
export function extendedIn({ extended }: Survey, operands: readonly Operand[]): Relation[] {
  const found = new Set<Relation>();
  const visit = ({ text }: Pick<Operand, 'text'>): void => {
    for (const part of partsOf(text)) {
      if (part.kind === 'nested') continue;
      const { relation, column } = part;
      if (extended.has(relation)) found.add(relation);
      const output = relation.of.kind === 'select' && onlyCore(relation.of.select)?.outputs[column];
      if (output) visit(output);
    }
  };
  for (const operand of operands) visit(operand);
  return [...found];
}

/** Its value is the same for a bound value as for a column that holds it. */
export function isValueSafe(operand: Operand): boolean {
  if (operand.compares) return false;
  for (const part of partsOf(operand.text)) {
    if (part.kind === 'nested') return false;
    if (part.relation.of.kind !== 'select') continue;
    const output = onlyCore(part.relation.of.select)?.outputs[part.column];
    if (output && !isValueSafe(output)) return false;
  }
  return true;
}

/** The sites that lead from the bound ones to all that are wanted, or null. */
function connect(survey: Survey, bound: readonly Site[], wanted: readonly Site[]): Site[] | null {
  const included: Site[] = [];
  const open = [...wanted];
  for (let goal = open.pop(); goal; goal = open.pop()) {
    if (included.includes(goal) || bound.includes(goal)) continue;
    if (goal.source.kind === 'function') {
      const arguments_ = argumentSites(survey, goal);
      if (!arguments_) return null;
      included.push(goal);
      open.push(...arguments_);
      continue;
    }
    const from = [...bound, ...included.filter(({ source }) => source.kind !== 'function')];
    const path = pathTo(survey.links, from, goal);
    if (!path) return null;
    for (const site of path) if (!included.includes(site)) included.push(site);
  }
  return included;
}

export function argumentSites(survey: Survey, site: Site): Site[] | null {
  const { of } = site.relation;
  if (of.kind !== 'function') return [];
  return sitesOf(
    survey,
    of.args.map((text) => ({ text, affinity: 'none', collation: null })),
  );
}

/** The shortest way by links, breadth first; without its beginning. */
function pathTo(links: readonly Link[], from: readonly Site[], goal: Site): Site[] | null {
  const came = new Map<Site, Site | null>(from.map((site) => [site, null]));
  const queue = [...from];
  for (let at = queue.shift(); at; at = queue.shift()) {
    if (at === goal) {
      const path: Site[] = [];
      for (let step: Site | null | undefined = at; step && !from.includes(step); step = came.get(step))
        path.push(step);
      return path.reverse();
    }
    for (const link of links) {
      const { from: a, to: b, isBinding, isMutual } = link;
      // A row depends on what binds it; that the goal is there as well is given.
      const next =
        a === at && (isBinding || isMutual) ? b : b === at && a === goal && isBinding ? a : undefined;
      if (!next || came.has(next)) continue;
      came.set(next, at);
      queue.push(next);
    }
  }
  return null;
}

function probeQuery(
  { survey, firstParameter, render }: ReachParts,
  bound: readonly Site[],
  target: Target,
  included: readonly Site[],
  nulls: readonly Relation[],
): Probe {
  const text = new BoundText(survey, bound);
  const written = target.operands.map((operand) => text.of(operand, nulls));
  const conditions: Pieces[] = [];
  for (const { from, column, to, operand, collation } of survey.links) {
    const isBound = bound.includes(from);
    if (!isBound && !included.includes(from)) continue;
    if (bound.includes(to) && !isBound && !operand.ref && isValueSafe(operand)) {
      // As a bound value `x COLLATE y` is no column any more, and the other side would convert it: then any row may do.
      if (operand.affinity !== 'none' && !sameClass(operand.affinity, affinityIn(from, column))) continue;
      const own = siteColumn({ kind: 'ref', relation: from.relation, column });
      conditions.push([own, ' = ', ...text.of(operand), ` COLLATE ${quoteName(collation)}`]);
      continue;
    }
    if (!included.includes(to)) continue;
    const own = isBound
      ? text.place(from, column, castFor(affinityIn(from, column), operand), true)
      : siteColumn({ kind: 'ref', relation: from.relation, column });
    conditions.push([...text.of(operand), ' = ', own, ` COLLATE ${quoteName(collation)}`]);
  }
  const ordered = [...included].sort(
    (a, b) => Number(a.source.kind === 'function') - Number(b.source.kind === 'function'),
  );
  const sources = ordered.map((site): Pieces => {
    const { of } = site.relation;
    if (of.kind !== 'function') return [renderRelation(site.relation, render)];
    const args = of.args.map((arg) => text.of({ text: arg }));
    return [`${of.name}(`, ...separated(args, ', '), `) AS ${site.relation.alias}`];
  });
  const head = sources.length > 0 ? 'SELECT DISTINCT ' : 'SELECT ';
  return {
    kind: 'query',
    ...text.statement(head, written, sources, conditions, firstParameter),
    hops: included.length,
  };
}

/** Text, and the numbers of values of images between. */
type Pieces = (string | number)[];

/** Writes statements in which the columns of some sites are the values of their images. */
export class BoundText {
  readonly #survey: Survey;
  readonly #bound: readonly Site[];
  readonly #binds: ImageColumn[] = [];
  readonly #required = new Set<number>();

  constructor(survey: Survey, bound: readonly Site[]) {
    this.#survey = survey;
    this.#bound = bound;
  }

  /** The place for an image's value. `required`: with NULL there nothing is found. */
  place(site: Site, column: number, cast: ImageColumn['cast'], required = false): number {
    const known = this.#binds.findIndex(
      (bind) => bind.site === site && bind.column === column && bind.cast === cast,
    );
    const at = known >= 0 ? known : this.#binds.push({ site, column, cast }) - 1;
    if (required) this.#required.add(at);
    return at;
  }

  /** An expression; columns of `missing` rows are NULL in it. */
  of(operand: Pick<Operand, 'text'>, missing: readonly Relation[] = []): Pieces {
    const list: Pieces = [];
    for (const part of operand.text) {
      if (typeof part === 'string') list.push(part);
      if (typeof part === 'string' || part.kind !== 'ref') continue;
      if (missing.includes(part.relation)) {
        list.push('NULL');
        continue;
      }
      const site = this.#survey.sites.find(({ relation }) => relation === part.relation);
      if (site && this.#bound.includes(site)) list.push(this.place(site, keyColumnIn(part), null));
      else if (site) list.push(siteColumn(part));
      else {
        const output =
          part.relation.of.kind === 'select' && onlyCore(part.relation.of.select)?.outputs[part.column];
        list.push('(', ...(output ? this.of(output, missing) : []), ')');
      }
    }
    return list;
  }

  statement(
    head: string,
    columns: readonly Pieces[],
    sources: readonly Pieces[],
    conditions: readonly Pieces[],
    firstParameter: number,
  ): Pick<Extract<Probe, { kind: 'query' }>, 'binds' | 'required' | 'sql'> {
    const binds = [...this.#binds];
    const sql = (casts: readonly boolean[]): string => {
      const piece = (one: string | number): string => {
        if (typeof one === 'string') return one;
        const value = `?${firstParameter + one}`;
        const { cast } = binds[one] as ImageColumn;
        if (!casts[one] || cast === null) return value;
        return `CAST(${value} AS ${cast === 'text' ? 'TEXT' : 'NUMERIC'})`;
      };
      const join = (list: Pieces): string => list.map(piece).join('');
      const from = sources.length > 0 ? ` FROM ${sources.map(join).join(', ')}` : '';
      const where = conditions.length > 0 ? ` WHERE ${conditions.map(join).join(' AND ')}` : '';
      return `${head}${columns.map(join).join(', ')}${from}${where}`;
    };
    return { binds, required: [...this.#required], sql: remembered(sql) };
  }
}

/** Texts that depend on some flags, written once each: mostly it is one. */
export function remembered(
  write: (flags: readonly boolean[]) => string,
): (flags: readonly boolean[]) => string {
  const known = new Map<string, string>();
  return (flags) => {
    const key = flags.join();
    const text = known.get(key) ?? write(flags);
    known.set(key, text);
    return text;
  };
}

function separated<T>(lists: readonly (readonly T[])[], separator: T): T[] {
  return lists.flatMap((list, at) => (at === 0 ? list : [separator, ...list]));
}

/** A column of a site by the site's own alias. */
function siteColumn(ref: Ref): string {
  const { of, alias } = ref.relation;
  if (of.kind === 'select' && ref.column === rowidColumn) return `${alias}."id"`;
  return refName(ref);
}

export function affinityIn({ relation }: Site, column: number): Affinity {
  return column === rowidColumn ? 'integer' : (relation.columns[column]?.affinity ?? 'none');
}

const isNumeric = (affinity: Affinity): boolean =>
  affinity === 'integer' || affinity === 'numeric' || affinity === 'real';

export function sameClass(a: Affinity, b: Affinity): boolean {
  return a === b || (isNumeric(a) && isNumeric(b));
}

/** What a bound value lacks of the column it comes from; nothing where the other side has the same affinity. */
function castFor(affinity: Affinity, other: Operand): ImageColumn['cast'] {
  if (sameClass(affinity, other.affinity)) return null;
  if (isNumeric(affinity)) return 'numeric';
  return affinity === 'text' ? 'text' : null;
}

/** A cast keeps a value of the column's own kind as it is; any other value goes without. */
export function takesCast(cast: ImageColumn['cast'], value: DriverValue): boolean {
  if (cast === 'numeric') return typeof value === 'bigint' || typeof value === 'number';
  return cast === 'text' && typeof value === 'string';
}

/** All subsets but the empty one. */
export function subsetsOf<T>(items: readonly T[]): T[][] {
  let sets: T[][] = [[]];
  for (const item of items) sets = sets.concat(sets.map((set) => set.concat([item])));
  return sets.slice(1);
}
