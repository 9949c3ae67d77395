import type { DriverRow, DriverValue } from '../../core/drivers/driver.ts';
import { compositeKey, type EqualityKey, isInt64, mayBeAltered } from '../../core/sql/collation.ts';
import type { BlockPlan, FastRows, KeyIndex, PresenceKey, SitePlan } from '../plan/block-plan.ts';
import { keyColumns } from '../plan/plan-block.ts';
import type { Page } from '../plan/query-plan.ts';
import { type ImageColumn, type Probe, subsetsOf, takesCast } from '../plan/reach.ts';
import { hasRowid, type Site } from '../plan/sites.ts';
import type { Answer, AnswerChange } from './answer.ts';
import { compileAll, compileSome } from './block-conditions.ts';
import type { BlockDelta, Run, SiteChanges } from './block-delta.ts';
import type { Entry } from './entry.ts';
import { Groups } from './groups.ts';
import { imageValue } from './images.ts';
import type { NetChange } from './net-changes.ts';
import { PresentKeys } from './presence.ts';
import type { Work } from './work.ts';

/** Keys of one index, each once. */
type Keys = Map<EqualityKey, readonly DriverValue[]>;

/** Changed occurrences beyond which the subsets of them are too many. */
const maxChangedSites = 3;
const maxCombinations = 10_000;
/** Up to so many keys are read one by one, whatever they seem to cost: the first measurements mean little. */
const alwaysByKey = 16;

/**
 * One SELECT core with its parameters: finds which rows of its answer a commit can have changed, and reads them
 * anew. Guarantees that what it gives back replaces everything that differs; null: read everything.
 */
export class Block {
  readonly plan: BlockPlan;
  readonly #run: Run;
  readonly #work: Work;
  readonly #answer: Answer;
  /** Entries by the key of an index; made when first needed. */
  readonly #byKey: (Map<EqualityKey, Set<Entry>> | null)[];
  readonly #plans: ReadonlyMap<Site, SitePlan>;
  readonly #present: PresentKeys[] = [];
  #wholeCost = 1;
  #keyCost = 0.005;

  /** What an image must satisfy to matter, as far as JavaScript can tell. */
  readonly #filters: ReadonlyMap<Site, (image: DriverRow) => boolean>;
  readonly #groups: Groups | null;
  readonly #fast: ((image: DriverRow) => boolean) | null;

  constructor(plan: BlockPlan, answer: Answer, run: Run, work: Work, parameters: readonly DriverValue[]) {
    this.plan = plan;
    this.#fast = compileAll(plan.fastRows?.where, parameters);
    this.#answer = answer;
    this.#run = run;
    this.#work = work;
    this.#groups = Groups.of(plan, answer, run, work, parameters);
    this.#byKey = plan.indexes.map(() => null);
    this.#plans = new Map(plan.sites.map((one) => [one.site, one]));
    this.#filters = new Map(plan.sites.map(({ site, filters }) => [site, compileSome(filters, parameters)]));
  }

  /** Reads everything by `sql`, which is the plan's own with an order and a limit, perhaps. */
  whole(sql: string): DriverRow[] {
    const start = this.#work.now();
    const rows = this.#run(sql, []);
    this.#wholeCost = average(this.#wholeCost, this.#work.now() - start);
    this.#work.whole += 1;
    return rows;
  }

  /** The rows behind one, `limit` at most. */
  behind(pages: readonly Page[], limit: number): DriverRow[] {
    let rows: DriverRow[] = [];
    for (const { sql, values } of pages) {
      if (rows.length >= limit) break;
      this.#work.restricted += 1;
      rows = rows.concat(this.#run(`${sql} LIMIT ${limit - rows.length}`, values));
    }
    return rows;
  }

  delta(changes: SiteChanges): BlockDelta | null {
    const kept = this.#keptGroups(changes);
    if (kept) return kept;
    if (this.plan.kind === 'total') return null;
    if (this.#fast && this.plan.fastRows) return this.#fastDelta(changes, this.plan.fastRows, this.#fast);
    const affected = this.#affected(changes);
    if (affected === null) return null;
    const count = affected.reduce((sum, keys) => sum + keys.size, 0);
    if (count * this.#keyCost > this.#wholeCost * 0.7 && count > alwaysByKey) return null;
    const removed = new Set<Entry>();
    let rows: DriverRow[] = [];
    const start = this.#work.now();
    for (const [at, keys] of affected.entries()) {
      if (keys.size === 0) continue;
      this.#groups?.forget(keys.keys());
      for (const key of keys.keys()) for (const entry of this.#entriesOf(at, key)) removed.add(entry);
      rows = rows.concat(this.#rowsOf(this.plan.indexes[at] as KeyIndex, keys));
    }
    if (count > 0) this.#keyCost = average(this.#keyCost, (this.#work.now() - start) / count);
    return { removed, rows };
  }

  /** Groups that take in one site's changes without being read. */
  #keptGroups(changes: SiteChanges): BlockDelta | null {
    const [only, ...others] = changes;
    if (!this.#groups || !only || others.length > 0) return null;
    return this.#groups.delta(...only);
  }

  /** Rows as their images have them: nothing has to be read. */
  #fastDelta(
    changes: SiteChanges,
    { site, columns }: FastRows,
    matches: (image: DriverRow) => boolean,
  ): BlockDelta {
    const removed = new Set<Entry>();
    const rows: DriverRow[] = [];
    const { positions, collations } = this.plan.key;
    for (const { before, after } of changes.get(site) ?? []) {
      if (before) {
        const values = positions.map((position) => before[columns[position] ?? 0]);
        const entry = this.#answer.get(compositeKey(values, collations));
        if (entry) removed.add(entry);
      }
      if (after && matches(after)) rows.push(columns.map((at) => after[at] ?? null));
    }
    return { removed, rows };
  }

  /** Tells from now on which rows of a joined table the answer holds. */
  tellPresence(key: PresenceKey, changed: (key: EqualityKey, isPresent: boolean) => void): void {
    this.#present.push(new PresentKeys(key, changed));
  }

  /** Keeps the reverse indexes true to the answer. */
  note(change: AnswerChange): void {
    const { removed, added } = change;
    for (const present of this.#present) present.apply(change);
    for (const [at, index] of this.#byKey.entries()) {
      if (!index) continue;
      for (const entry of removed) {
        const key = this.#indexKey(at, entry);
        const entries = index.get(key);
        if (entries?.delete(entry) && entries.size === 0) index.delete(key);
      }
      for (const entry of added) put(index, this.#indexKey(at, entry), entry);
    }
  }

  /** The answer was loaded anew. */
  forget(): void {
    this.#groups?.forget();
    this.#byKey.fill(null);
    for (const present of this.#present) present.reset(this.#answer.entries());
  }

  // ---------------------------------------------------------------- keys

  #affected(changes: SiteChanges): Keys[] | null {
    const affected: Keys[] = this.plan.indexes.map(() => new Map());
    /** By index: what was changed there, for keys that several rows make together. */
    const together: Site[][] = this.plan.indexes.map(() => []);
    for (const [site, list] of changes) {
      const plan = this.#plans.get(site);
      if (!plan) continue;
      for (const [at, reach] of plan.reaches.entries()) {
        const keys = affected[at] as Keys;
        if (reach?.kind === 'self') {
          const rest = at === 0 ? list : this.#shownKeys(at, plan, list, affected[0] as Keys);
          this.#ownKeys(at, site, reach.columns, rest, keys);
        } else if (reach?.kind === 'images') {
          if (this.plan.indexes[at]?.anchor === null) together[at]?.push(site);
          else if (!this.#imageKeys(at, [site], changes, keys, plan.onlyShows)) return null;
        }
      }
    }
    for (const [at, sites] of together.entries()) {
      if (sites.length > maxChangedSites) return null;
      for (const bound of subsetsOf(sites)) {
        if (!this.#imageKeys(at, bound, changes, affected[at] as Keys, false)) return null;
      }
    }
    return affected;
  }

  #imagesOf(site: Site, changes: readonly NetChange[]): DriverRow[] {
    const matters = this.#filters.get(site);
    const images: DriverRow[] = [];
    for (const { before, after } of changes) {
      if (before && (!matters || matters(before))) images.push(before);
      if (after && (!matters || matters(after))) images.push(after);
    }
    return images;
  }

  /**
   * Of a joined table's row of which only what it shows has changed, the rows that show it are known: they are
   * read by the first table's keys, for SQLite may find no good way from this one's. Gives the other changes.
   */
  #shownKeys(at: number, plan: SitePlan, list: readonly NetChange[], keys: Keys): readonly NetChange[] {
    const [first] = this.plan.indexes;
    const { presence, site } = plan;
    if (!presence || site.nullable || !first?.set) return list;
    return list.filter(({ before, after }) => {
      if (!before || !after || presence.deciding.some((place) => !Object.is(before[place], after[place])))
        return true;
      const own = keyColumns(site).map(({ column }) => imageValue(site, after, column));
      for (const entry of this.#entriesOf(at, compositeKey(own, presence.key.collations))) {
        const value = entry.values[first.positions[0] ?? 0] ?? null;
        const key = typeof value === 'number' ? BigInt(value) : value;
        keys.set(compositeKey([key], first.collations), [key]);
      }
      return false;
    });
  }

  #ownKeys(at: number, site: Site, columns: readonly number[], list: readonly NetChange[], keys: Keys): void {
    const { collations } = this.plan.indexes[at] as KeyIndex;
    for (const { before, after } of list) {
      for (const image of [before, after]) {
        if (!image) continue;
        const values = columns.map((column) => imageValue(site, image, column));
        keys.set(compositeKey(values, collations), values);
      }
    }
  }

  /** False: every key may be affected. */
  #imageKeys(
    at: number,
    bound: readonly Site[],
    changes: SiteChanges,
    keys: Keys,
    onlyKnown: boolean,
  ): boolean {
    const { collations, anchor } = this.plan.indexes[at] as KeyIndex;
    const lists = bound.map((site) => this.#imagesOf(site, changes.get(site) ?? []));
    const combinations = lists.reduce((product, list) => product * list.length, 1);
    if (combinations > maxCombinations) return false;
    const note = (values: readonly DriverValue[]): void => {
      const key = compositeKey(values, collations);
      if (!onlyKnown || this.#entriesOf(at, key).size > 0) keys.set(key, values);
    };
    for (const probe of this.plan.probes(at, bound)) {
      if (probe.kind === 'all') return false;
      // Distinct values need only one look.
      const seen = new Set<string>();
      for (const images of product(lists)) {
        const values = valuesOf(probe.kind === 'direct' ? probe.columns : probe.binds, bound, images);
        if (values.some(mayBeAltered)) return false;
        if (probe.kind === 'direct') {
          const key = anchor ? (hasRowid(anchor) ? rowidOf(values) : withoutNull(values)) : values;
          if (key) note(key);
          continue;
        }
        if (combinations > 2) {
          const text = values.map((value) => `${typeof value}${String(value)}`).join('\0');
          if (seen.has(text)) continue;
          seen.add(text);
        }
        for (const found of this.#probe(probe, values)) note(found);
      }
    }
    return true;
  }

  #probe(probe: Extract<Probe, { kind: 'query' }>, values: readonly DriverValue[]): DriverRow[] {
    // NULL equals nothing.
    if (probe.required.some((at) => values[at] === null)) return [];
    this.#work.probes += 1;
    return this.#run(
      probe.sql(probe.binds.map(({ cast }, at) => takesCast(cast, values[at] ?? null))),
      values,
    );
  }

  // ---------------------------------------------------------------- rows

  #rowsOf(index: KeyIndex, keys: Keys): DriverRow[] {
    this.#work.restricted += 1;
    if (index.set !== null && keys.size > 3) {
      const list = `[${[...keys.values()].map(([key]) => String(key)).join()}]`;
      return this.#run(index.set, [list]);
    }
    return [...keys.values()].flatMap((values) =>
      this.#run(index.point(values.map((value) => value === null)), values),
    );
  }

  #entriesOf(at: number, key: EqualityKey): ReadonlySet<Entry> {
    const { indexes, key: rowKey } = this.plan;
    const positions = indexes[at]?.positions ?? [];
    if (
      positions.length === rowKey.positions.length &&
      positions.every((one, i) => one === rowKey.positions[i])
    ) {
      const entry = this.#answer.get(key);
      return entry ? new Set([entry]) : nobody;
    }
    return this.#index(at).get(key) ?? nobody;
  }

  #index(at: number): Map<EqualityKey, Set<Entry>> {
    const known = this.#byKey[at];
    if (known) return known;
    const index = new Map<EqualityKey, Set<Entry>>();
    for (const entry of this.#answer.entries()) put(index, this.#indexKey(at, entry), entry);
    this.#byKey[at] = index;
    return index;
  }

  #indexKey(at: number, { values }: Entry): EqualityKey {
    const { positions, collations } = this.plan.indexes[at] as KeyIndex;
    return compositeKey(
      positions.map((position) => values[position]),
      collations,
    );
  }
}

/** Of a table without rowid no row has NULL in its key: there it stands for a row that is missing. */
const withoutNull = (values: readonly DriverValue[]): readonly DriverValue[] | null =>
  values.includes(null) ? null : values;

/** A value that a rowid may equal, as that rowid. */
function rowidOf([value]: readonly DriverValue[]): readonly DriverValue[] | null {
  if (typeof value === 'bigint') return [value];
  return typeof value === 'number' && isInt64(value) ? [BigInt(value)] : null;
}

const nobody: ReadonlySet<Entry> = new Set();

function put(index: Map<EqualityKey, Set<Entry>>, key: EqualityKey, entry: Entry): void {
  const entries = index.get(key);
  if (entries) entries.add(entry);
  else index.set(key, new Set([entry]));
}

function valuesOf(
  columns: readonly ImageColumn[],
  bound: readonly Site[],
  images: readonly DriverRow[],
): DriverValue[] {
  return columns.map(({ site, column }) => imageValue(site, images[bound.indexOf(site)] ?? [], column));
}

function* product(lists: readonly (readonly DriverRow[])[]): Generator<readonly DriverRow[]> {
  const [first, ...others] = lists;
  if (!first) {
    yield [];
    return;
  }
  for (const image of first) for (const rest of product(others)) yield [image, ...rest];
}

const average = (known: number, seen: number): number => known * 0.8 + seen * 0.2;
