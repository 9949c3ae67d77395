import type { DriverRow, DriverValue } from '../../core/drivers/driver.ts';
import { compositeKey, type EqualityKey, equalityKeyOf } from '../../core/sql/collation.ts';
import { type Accumulator, primeAccumulator } from '../exact/accumulators.ts';
import type { BlockPlan } from '../plan/block-plan.ts';
import type { DeltaColumn, GroupPlan, SiteDelta } from '../plan/group-plan.ts';
import type { Site } from '../plan/sites.ts';
import type { Answer } from './answer.ts';
import { compileAll } from './block-conditions.ts';
import type { BlockDelta, Run } from './block-delta.ts';
import type { Entry } from './entry.ts';
import { imageValue } from './images.ts';
import type { NetChange } from './net-changes.ts';
import type { Work } from './work.ts';

interface GroupState {
  readonly values: readonly DriverValue[];
  rows: bigint;
  readonly accumulators: Accumulator[];
  exact: boolean;
}

/**
 * The groups of a block, kept up by the rows that enter and leave them.
 *
 * Guarantees: what it tells of a group is what SQLite computes over it. A group's state is read when it is first
 * touched, and read again whenever its aggregates can't be told exactly. The hard part is not here but in which
 * rows enter and leave: one site's images, joined with the others as they are after the commit.
 */
export class Groups {
  readonly #block: BlockPlan;
  readonly #plan: GroupPlan;
  readonly #answer: Answer;
  readonly #run: Run;
  readonly #work: Work;
  readonly #states = new Map<EqualityKey, GroupState>();
  readonly #filters = new Map<Site, (image: DriverRow) => boolean>();

  private constructor(block: BlockPlan, plan: GroupPlan, answer: Answer, run: Run, work: Work) {
    this.#block = block;
    this.#plan = plan;
    this.#answer = answer;
    this.#run = run;
    this.#work = work;
  }

  /** Null where the block's groups, with these parameters, can't be kept. */
  static of(
    block: BlockPlan,
    answer: Answer,
    run: Run,
    work: Work,
    parameters: readonly DriverValue[],
  ): Groups | null {
    if (!block.groups) return null;
    const groups = new Groups(block, block.groups, answer, run, work);
    for (const [site, { where }] of block.groups.sites) {
      const filter = compileAll(where, parameters);
      if (!filter) return null;
      groups.#filters.set(site, filter);
    }
    return groups;
  }

  get size(): number {
    return this.#states.size;
  }

  /** What changes of one site make of the groups. Null: that can't be told. */
  delta(site: Site, changes: readonly NetChange[]): BlockDelta | null {
    const delta = this.#plan.sites.get(site);
    const filter = this.#filters.get(site);
    if (!delta || !filter) return null;
    const touched = new Map<EqualityKey, GroupState | null>();
    const read = this.#reader(site, delta);
    for (const { before, after } of changes) {
      if (before && filter(before)) this.#apply(delta, before, site, read(before), -1, touched);
      if (after && filter(after)) this.#apply(delta, after, site, read(after), 1, touched);
    }
    return this.#settle(touched);
  }

  /** Somebody else has looked after these groups, or after all. */
  forget(keys?: Iterable<EqualityKey>): void {
    if (!keys) this.#states.clear();
    else for (const key of keys) this.#states.delete(key);
  }

  /** The rows that an image is joined with; those of equal values are read once. */
  #reader(site: Site, { query }: SiteDelta): (image: DriverRow) => readonly DriverRow[] {
    if (!query) return () => single;
    const known = new Map<EqualityKey, readonly DriverRow[]>();
    const sql = query.sql(query.binds.map(() => false));
    const [bind, ...others] = query.binds;
    return (image) => {
      const values = query.binds.map(({ column }) => imageValue(site, image, column));
      // NULL equals nothing.
      if (query.required.some((at) => values[at] === null)) return none;
      const key =
        bind && others.length === 0
          ? `${typeof values[0]}${String(equalityKeyOf(values[0] ?? null, 'BINARY'))}`
          : values.map((value) => `${typeof value}${String(value)}`).join('\0');
      let rows = known.get(key);
      if (!rows) {
        rows = this.#run(sql, values);
        known.set(key, rows);
        this.#work.probes += 1;
      }
      return rows;
    };
  }

  #apply(
    { group, arguments: columns }: SiteDelta,
    image: DriverRow,
    site: Site,
    rows: readonly DriverRow[],
    sign: 1 | -1,
    touched: Map<EqualityKey, GroupState | null>,
  ): void {
    const collations = this.#block.key.collations;
    for (const row of rows) {
      const value = (column: DeltaColumn): DriverValue =>
        column.from === 'image'
          ? imageValue(site, image, column.column.column)
          : (row[column.position] ?? null);
      const values = group.map(value);
      const key = compositeKey(values, collations);
      let state = touched.get(key);
      if (state === undefined) {
        state = this.#states.get(key) ?? null;
        // Without a state it is read whole, as it is after the commit.
        touched.set(key, state ?? this.#unknown(values));
      }
      if (!state) continue;
      state.rows += BigInt(sign);
      for (const [at, accumulator] of state.accumulators.entries()) {
        const column = columns[at];
        const argument = column ? value(column) : null;
        state.exact = (sign > 0 ? accumulator.add(argument) : accumulator.remove(argument)) && state.exact;
      }
    }
  }

  /** A group of which only the key is known. */
  #unknown(values: readonly DriverValue[]): GroupState {
    return { values, rows: -1n, accumulators: [], exact: false };
  }

  #settle(touched: ReadonlyMap<EqualityKey, GroupState | null>): BlockDelta {
    const removed = new Set<Entry>();
    const rows: DriverRow[] = [];
    const unread: [EqualityKey, GroupState][] = [];
    for (const [key, state] of touched) {
      const entry = this.#answer.get(key);
      if (entry) removed.add(entry);
      if (!state) continue;
      this.#readExtrema(state);
      const isTold = state.exact && state.accumulators.every(({ exact }) => exact) && state.rows >= 0n;
      if (isTold && state.accumulators.length === this.#plan.aggregates.length) {
        if (state.rows > 0n || this.#block.kind === 'total') rows.push(this.#row(state, entry));
        else this.#states.delete(key);
        continue;
      }
      unread.push([key, state]);
    }
    // Of most groups one read of all is cheaper.
    const all =
      unread.length > maxReadAlone && unread.length * 4 > this.#answer.size ? this.#readAll() : null;
    for (const [key, { values }] of unread) {
      this.#states.delete(key);
      const row = all ? all.get(key) : this.#read(values);
      if (row) rows.push(this.#prime(key, values, row));
    }
    return { removed, rows };
  }

  /** A minimum or maximum that has left is read by itself: beside other aggregates it would cost the group. */
  #readExtrema(state: GroupState): void {
    if (state.exact || state.rows <= 0n || state.accumulators.length === 0) return;
    const nulls = state.values.map((value) => value === null);
    for (const [at, accumulator] of state.accumulators.entries()) {
      const sql = accumulator.exact ? null : this.#plan.extrema[at];
      const { kind = 'count', collation = 'BINARY' } = this.#plan.aggregates[at] ?? {};
      if (!sql) continue;
      this.#work.probes += 1;
      const [row] = this.#run(sql(nulls), state.values);
      state.accumulators[at] = primeAccumulator(kind, collation, [row?.[0] ?? null]);
    }
    state.exact = state.accumulators.every(({ exact }) => exact);
  }

  /** A group as it is now, with what its aggregates go on from. */
  #read(values: readonly DriverValue[]): DriverRow | undefined {
    this.#work.restricted += 1;
    const [index] = this.#block.indexes;
    const [row] = index
      ? this.#run(index.primed(values.map((value) => value === null)), values)
      : this.#run(this.#block.primed, []);
    return row;
  }

  #readAll(): ReadonlyMap<EqualityKey, DriverRow> {
    this.#work.whole += 1;
    const { positions, collations } = this.#block.key;
    const keyOf = (row: DriverRow): EqualityKey =>
      compositeKey(
        positions.map((at) => row[at]),
        collations,
      );
    return new Map(this.#run(this.#block.primed, []).map((row) => [keyOf(row), row]));
  }

  /** Goes on from what was read of a group; gives its row. */
  #prime(key: EqualityKey, values: readonly DriverValue[], row: DriverRow): DriverRow {
    let at = this.#width;
    const [rows = 0n] = row.slice(at++);
    const accumulators = this.#plan.aggregates.map(({ kind, collation }) => {
      const width = kind === 'sum' || kind === 'total' || kind === 'avg' ? 4 : 1;
      const own = row.slice(at, at + width);
      at += width;
      return primeAccumulator(kind, collation, own);
    });
    const exact = accumulators.every((accumulator) => accumulator.exact);
    if (exact) this.#states.set(key, { values, rows: BigInt(rows as bigint), accumulators, exact: true });
    return row.slice(0, this.#width);
  }

  /** Columns of a row without what primes it. */
  get #width(): number {
    return this.#block.visible + this.#block.key.positions.length;
  }

  #row(state: GroupState, entry: Entry | undefined): DriverRow {
    const { positions } = this.#block.key;
    const group = (at: number): DriverValue => {
      // The spelling that was shown stays.
      const shown = entry?.values[positions[at] ?? 0];
      return shown === undefined || typeof shown === 'number' ? (state.values[at] ?? null) : shown;
    };
    const row = this.#plan.outputs.map((output) =>
      'group' in output ? group(output.group) : (state.accumulators[output.aggregate]?.result() ?? null),
    );
    return [...row, ...positions.map((_, at) => group(at))];
  }
}

/** So many groups are read each by itself. */
const maxReadAlone = 3;

const none: readonly DriverRow[] = [];
/** An image by itself. */
const single: readonly DriverRow[] = [[]];
