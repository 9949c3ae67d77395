import type { DriverRow, DriverValue } from '../../core/drivers/driver.ts';
import type { EqualityKey } from '../../core/sql/collation.ts';
import type { IntMode, Row, SqlValue } from '../../core/values.ts';
import type { SitePlan } from '../plan/block-plan.ts';
import type { QueryPlan } from '../plan/query-plan.ts';
import type { Site } from '../plan/sites.ts';
import type { Statements } from '../plan/statements.ts';
import type { Snapshot } from '../result/snapshot.ts';
import { Answer, type AnswerChange, type Window } from './answer.ts';
import { Block } from './block.ts';
import type { Run, SiteChanges } from './block-delta.ts';
import { ChildTable } from './child-table.ts';
import { Compound } from './compound.ts';
import { type Entry, EntryMaker } from './entry.ts';
import type { LiveAnswer } from './live-answer.ts';
import type { NetChange } from './net-changes.ts';
import { readWindow } from './read-window.ts';
import type { Work } from './work.ts';

export interface QueryContext {
  readonly plan: QueryPlan;
  /** The values of the user's parameters, by number. */
  readonly parameters: readonly DriverValue[];
  readonly columns: readonly string[];
  readonly intMode: IntMode;
  readonly statements: Statements;
  /** Called before a child's table is written. */
  readonly beforeWrite: () => void;
  readonly owner: bigint;
  readonly work: Work;
}

interface KeptBlock {
  readonly block: Block;
  readonly answer: Answer;
}

/**
 * A query with its parameters, whose answer follows the changes of its tables.
 *
 * Guarantees that after `maintain` the answer is what SQLite would give now. Reads the database, so it is called
 * in a read transaction that holds the commit and nothing after it. The hard part is order: the SELECTs inside
 * are brought up to date before the ones around them, which read their TEMP tables.
 */
export class MaintainedQuery implements LiveAnswer {
  readonly #context: QueryContext;
  readonly #children: readonly ChildTable[];
  readonly answer: Answer;
  readonly #blocks: readonly KeptBlock[];
  readonly #compound: Compound | null;
  readonly #window: Window | null;
  #isLoaded = false;

  constructor(context: QueryContext) {
    this.#context = context;
    const { plan, parameters, statements, owner, work } = context;
    this.#children = plan.children.map(
      (child) =>
        new ChildTable(
          child,
          new MaintainedQuery({
            ...context,
            plan: child.plan,
            columns: Array.from({ length: child.plan.visible }, (_, at) => `c${at}`),
            // Types are kept as SQLite has them.
            intMode: 'bigint',
          }),
          statements,
          owner,
          context.beforeWrite,
        ),
    );
    const run: Run = (sql, more) => statements.all(sql, [...parameters, owner, ...more]);
    this.#window = plan.limit === undefined ? null : readWindow(run, plan.limit);
    if (plan.limit !== undefined && !this.#window) throw new OddLimit();
    const isCompound = plan.blocks.length > 1;
    const order = plan.order.length > 0 ? plan.order : 'open';
    const [first] = plan.blocks;
    const shape = (key: EntryMaker['shape']['key']) => ({
      columns: context.columns,
      intMode: context.intMode,
      key,
    });
    this.answer = new Answer(
      new EntryMaker(shape(isCompound ? null : (first?.key ?? null))),
      order,
      this.#window && { ...this.#window, keepsAll: isCompound },
    );
    this.#blocks = plan.blocks.map((block) => {
      const answer = isCompound ? new Answer(new EntryMaker(shape(block.key)), 'open', null) : this.answer;
      return { block: new Block(block, answer, run, work, parameters), answer };
    });
    this.#compound = isCompound ? new Compound(plan, this.answer) : null;
  }

  get snapshot(): Snapshot<Row> {
    return this.answer.snapshot;
  }

  /** Rows and groups that are held, those of SELECTs inside included. */
  get stateRows(): number {
    const own = this.#blocks.reduce(
      (sum, { answer }) => sum + answer.size,
      this.#compound ? this.answer.size : 0,
    );
    return this.#children.reduce((sum, child) => sum + child.query.stateRows, own);
  }

  /** Reads everything anew. */
  refresh(): void {
    for (const child of this.#children) {
      child.query.refresh();
      child.sync();
    }
    this.#refreshBlocks();
  }

  /** Every place where a table's rows come in, SELECTs inside included. */
  get sites(): readonly SitePlan[] {
    return this.#context.plan.blocks
      .flatMap(({ sites }) => sites.filter(({ site }) => site.source.kind === 'table'))
      .concat(this.#children.flatMap((child) => child.query.sites));
  }

  tellPresence(site: Site, changed: (key: EqualityKey, isPresent: boolean) => void): void {
    for (const { block } of this.#blocks) {
      const plan = block.plan.sites.find((one) => one.site === site);
      if (plan?.presence) block.tellPresence(plan.presence.key, changed);
    }
    for (const child of this.#children) child.query.tellPresence(site, changed);
  }

  maintain(changes: SiteChanges): void {
    const { blocks } = this.#context.plan;
    let everything = false;
    const childChanges = new Map<ChildTable, readonly NetChange[]>();
    for (const child of this.#children) {
      child.query.maintain(changes);
      const { size } = child;
      const list = child.sync();
      childChanges.set(child, list);
      everything ||= child.flips(list, size);
    }
    if (everything) {
      this.#refreshBlocks();
      return;
    }
    const results: AnswerChange[] = [];
    for (const [at, plan] of blocks.entries()) {
      const own = new Map<Site, readonly NetChange[]>();
      for (const { site } of plan.sites) {
        const { source } = site;
        if (source.kind === 'table') {
          const list = changes.get(site);
          if (list) own.set(site, list);
        } else if (source.kind === 'child') {
          const child = this.#children.find((one) => one.plan === source.child);
          const list = child && childChanges.get(child);
          if (list && list.length > 0) own.set(site, list);
        }
      }
      results.push(own.size > 0 ? this.#maintainBlock(at, own) : unchanged);
    }
    this.#compound?.apply(results);
  }

  /** Takes its rows out of the children's tables. */
  close(): void {
    for (const child of this.#children) {
      child.query.close();
      child.clear();
    }
  }

  #maintainBlock(at: number, changes: SiteChanges): AnswerChange {
    const one = this.#blocks[at];
    if (!one) return unchanged;
    const { block, answer } = one;
    if (answer.showsNothing) return unchanged;
    const delta = block.delta(changes);
    if (!delta) return this.#load(at);
    const found = delta.rows.map((row) => answer.maker.make(row as DriverRow));
    const change = answer.change(delta.removed, found);
    block.note(change);
    return answer.isShort ? this.#refill(at, change) : change;
  }

  /** A window that has run low takes in the rows behind what it knows. */
  #refill(at: number, change: AnswerChange): AnswerChange {
    const { block, answer } = this.#blocks[at] as KeptBlock;
    const { order, pagesAfter } = this.#context.plan;
    const { boundary, capacity } = answer;
    // Each object is one row's: those that a row has taken over are not free.
    const taken = new Set(change.added.map(({ origin }) => origin));
    const gone = change.removed.filter(({ origin }) => !taken.has(origin));
    if (!pagesAfter || !boundary || capacity === null) return this.#load(at, gone);
    const values = order.map(({ position }) => bindable(boundary.values[position] ?? null));
    const missing = capacity - answer.size;
    const rows = block.behind(pagesAfter(values), missing);
    const more = answer.extend(
      rows.map((row) => answer.maker.make(row)),
      rows.length < missing,
      gone,
    );
    block.note(more);
    return { removed: change.removed, added: [...change.added, ...more.added] };
  }

  #refreshBlocks(): void {
    const results = this.#blocks.map((_, at) => this.#load(at));
    this.#isLoaded = true;
    this.#compound?.apply(results);
  }

  /** `gone` have just been taken out. */
  #load(at: number, gone: readonly Entry[] = []): AnswerChange {
    const one = this.#blocks[at];
    if (!one) return unchanged;
    const { block, answer } = one;
    const order = this.#compound ? '' : this.#context.plan.orderBy;
    const read = (rows: number | null): DriverRow[] =>
      block.whole(block.plan.sql + order + (rows === null ? '' : ` LIMIT ${rows}`));
    let capacity = this.#isLoaded ? answer.capacity : answer.firstCapacity;
    let rows: DriverRow[];
    try {
      rows = read(capacity);
    } catch (error) {
      // A row of the margin may be one that can't be computed: a sum that overflows. The user's query doesn't get there.
      if (capacity === answer.firstCapacity) throw error;
      capacity = answer.firstCapacity;
      rows = read(capacity);
    }
    const change = answer.load(
      rows.map((row) => answer.maker.make(row)),
      capacity,
      gone,
    );
    block.forget();
    return change;
  }
}

/** LIMIT or OFFSET is no integer; SQLite has rules for that. */
export class OddLimit extends Error {}

/** Integers as SQLite has them: a whole number equals both. */
function bindable(value: SqlValue): DriverValue {
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
}

const unchanged: AnswerChange = { removed: [], added: [] };
