import { LRUCache } from 'lru-cache';
import type { ChangesetRecord } from '../core/commit/changeset-record.ts';
import type { Maintainer } from '../core/commit/hub.ts';
import type { Engine } from '../core/engine.ts';
import { FreshetError } from '../core/errors.ts';
import { bindParameters } from '../core/parameters.ts';
import { planStatement } from '../core/sql/statement-plan.ts';
import { exactKey } from '../core/sql/value-key.ts';
import type { DriverParams, DriverValue } from '../core/drivers/driver.ts';
import type { Params } from '../core/values.ts';
import { type LivePlan, planLive } from './live-plan.ts';
import type { LiveAnswer } from './maintain/live-answer.ts';
import { MaintainedQuery, OddLimit } from './maintain/maintained-query.ts';
import { netChanges } from './maintain/net-changes.ts';
import { ReevaluatedAnswer } from './maintain/reevaluated-answer.ts';
import type { Work } from './maintain/work.ts';
import { Materialisation, type Recipient } from './materialisation.ts';
import { ChildTables } from './plan/child-tables.ts';
import { type Schedule, scheduleFlush } from './schedule.ts';

const registryKey = Symbol('freshet.live');
const retryMs = 50;

/**
 * All live queries of one connection.
 *
 * Guarantees: after a commit every answer is computed in one read transaction before any subscriber is told,
 * so all of them show the same commit. Doesn't guarantee that they are computed while the connection's own
 * transaction is open: they wait for its end. The hard part is what happens during delivery: a subscriber
 * may write, subscribe, unsubscribe or close the database.
 */
export class LiveRegistry implements Maintainer {
  readonly #engine: Engine;
  readonly #materialisations = new Map<string, Materialisation>();
  readonly #plans = new LRUCache<string, LivePlan>({ max: 500 });
  readonly #scheduled = new Set<Schedule>();
  readonly #work: Work = { now: () => performance.now(), visits: 0, restricted: 0, probes: 0, whole: 0 };
  readonly #childTables: ChildTables;
  /** How many answers follow the rows of a table. */
  readonly #demand = new Map<string, number>();
  #nextOwner = 1n;
  #settling: (() => void)[] = [];
  #waiting = false;
  #afterIterations = false;
  #retry: ReturnType<typeof setTimeout> | undefined;

  static of(engine: Engine): LiveRegistry {
    const known = engine.attachments.get(registryKey);
    if (known instanceof LiveRegistry) return known;
    const registry = new LiveRegistry(engine);
    engine.attachments.set(registryKey, registry);
    engine.onClose(() => registry.#close());
    return registry;
  }

  private constructor(engine: Engine) {
    this.#engine = engine;
    this.#childTables = new ChildTables(engine);
  }

  /** Seats a recipient at the query's materialisation; the first one opens it. */
  subscribe(
    sql: string,
    params: Params | undefined,
    recipient: Recipient,
    opened: (materialisation: Materialisation) => void,
  ): Materialisation {
    this.#engine.assertOpen('subscribe');
    const bound = bindParameters(planStatement(sql).parameters, params);
    const values = Array.isArray(bound) ? bound : Object.entries(bound).flat();
    const key = `${sql}\u0000${exactKey(values)}`;
    let materialisation = this.#materialisations.get(key);
    if (!materialisation) {
      materialisation = new Materialisation({
        key,
        engine: this.#engine,
        planFor: () => this.#planFor(sql),
        open: (plan) => this.#open(plan, params, bound),
        closed: (plan) => plan.incremental && this.#childTables.release(plan.incremental.query),
        demand: (tables, by) => this.#changeDemand(tables, by),
      });
      // Registered before the first answer is read, so that no commit falls between.
      if (this.#materialisations.size === 0) this.#engine.hub.addMaintainer(this);
      this.#materialisations.set(key, materialisation);
      if (this.#engine.inTransaction) this.#refreshWhenIdle();
      else this.#hydrate(materialisation);
    }
    // The recipient may be told before this returns, and look at the query's value.
    opened(materialisation);
    const seated = materialisation;
    this.#engine.hub.deliver(() => seated.seat(recipient));
    return materialisation;
  }

  unsubscribe(materialisation: Materialisation, recipient: Recipient): void {
    materialisation.unseat(recipient);
    if (materialisation.isUnused) this.#release(materialisation);
  }

  explain(sql: string): LivePlan['explain'] {
    this.#engine.assertOpen('explain');
    return this.#planFor(sql).explain;
  }

  /** Resolves when nothing is left to be told. */
  settled(): Promise<void> {
    if (this.#scheduled.size === 0 && !this.#waiting && this.#retry === undefined) return Promise.resolve();
    return new Promise((resolve) => this.#settling.push(resolve));
  }

  concerns(table: string): boolean {
    for (const one of this.#materialisations.values()) if (one.follows(table)) return true;
    return false;
  }

  maintain(changeset: ChangesetRecord): void {
    const engine = this.#engine;
    // What is read now wouldn't be the state after this commit, or not only.
    const mustWait = engine.inTransaction || engine.isIterating;
    const following: Materialisation[] = [];
    let dirty = false;
    for (const materialisation of this.#materialisations.values()) {
      if (!materialisation.dependsOn(changeset)) continue;
      this.#work.visits += 1;
      if (!mustWait && materialisation.canFollow(changeset)) following.push(materialisation);
      else materialisation.isDirty = true;
      dirty = true;
    }
    if (dirty) this.#refreshDirty(following, changeset);
  }

  deliver(): void {
    for (const materialisation of [...this.#materialisations.values()]) materialisation.deliver('sync');
  }

  #planFor(sql: string): LivePlan {
    const known = this.#plans.get(sql);
    if (known?.generation === this.#engine.schemaGeneration) return known;
    const plan = planLive(this.#engine, sql, () => this.#childTables.nextName());
    this.#plans.set(sql, plan);
    return plan;
  }

  #hydrate(materialisation: Materialisation): void {
    let foreign = false;
    try {
      this.#engine.readConsistently((sawForeign) => {
        foreign = sawForeign;
        materialisation.refresh();
      });
    } catch (error) {
      if (!isRetryable(error)) {
        this.#release(materialisation);
        throw error;
      }
      this.#retryLater();
    } finally {
      if (foreign) this.#engine.hub.noteExternalCommit(this.#engine);
    }
  }

  /** An answer by the plan, or by running the query again where its parameters don't suit the plan. */
  #open(plan: LivePlan, params: Params | undefined, bound: DriverParams): LiveAnswer {
    const { intMode } = this.#engine.config;
    if (plan.incremental) {
      this.#childTables.acquire(plan.incremental.query);
      const values = plan.incremental.parameters.map((name): DriverValue => valueOf(bound, name));
      try {
        return new MaintainedQuery({
          plan: plan.incremental.query,
          parameters: values,
          columns: plan.columns,
          intMode,
          statements: plan.incremental.statements,
          owner: this.#nextOwner++,
          work: this.#work,
        });
      } catch (error) {
        this.#childTables.release(plan.incremental.query);
        if (!(error instanceof OddLimit)) throw error;
      }
    }
    const width = plan.columns.length;
    const positions = plan.hidden === null ? null : Array.from({ length: plan.hidden }, (_, at) => width + at);
    const key = positions && { positions, collations: positions.map(() => 'BINARY' as const) };
    return new ReevaluatedAnswer({ columns: plan.columns, intMode, key }, plan.ordered, () =>
      this.#engine.all(this.#engine.compile(plan.sql), params),
    );
  }

  #changeDemand(tables: ReadonlySet<string>, by: 1 | -1): void {
    for (const table of tables) {
      const count = (this.#demand.get(table) ?? 0) + by;
      if (count > 0) this.#demand.set(table, count);
      else this.#demand.delete(table);
      if (count === 0 || (count === 1 && by === 1)) this.#engine.hub.demandRows(table, by);
    }
  }

  #refreshDirty(following: readonly Materialisation[] = [], changeset?: ChangesetRecord): void {
    if (this.#engine.isClosed) return;
    if (this.#engine.inTransaction) {
      this.#refreshWhenIdle();
      return;
    }
    if (this.#engine.isIterating) this.#refreshAfterIterations();
    const failed: (() => void)[] = [];
    let foreign = false;
    try {
      this.#engine.readConsistently((sawForeign) => {
        foreign = sawForeign;
        const changes = foreign || !changeset ? null : netChanges(changeset);
        const toFollow = new Set(following);
        for (const materialisation of [...this.#materialisations.values()]) {
          const follows = changes !== null && toFollow.has(materialisation) && !materialisation.isDirty;
          if (!follows && !materialisation.isDirty && !foreign) continue;
          try {
            if (follows) materialisation.maintain(changes);
            else materialisation.refresh();
          } catch (error) {
            // Till it succeeds: what it has missed is gone by then.
            for (const one of following) one.isDirty = true;
            if (isRetryable(error)) throw error;
            failed.push(() => materialisation.fail(error));
            this.#release(materialisation);
          }
        }
      });
    } catch (error) {
      if (isRetryable(error)) this.#retryLater();
      else this.#failAll(error);
    }
    this.#childTables.sweep();
    this.#scheduleDeliveries();
    for (const fail of failed) fail();
    if (foreign) this.#engine.hub.noteExternalCommit(this.#engine);
  }

  /** Another connection holds a lock. The answers stay as they are till it lets go. */
  #retryLater(): void {
    if (this.#retry !== undefined) return;
    const retry = setTimeout(() => {
      this.#retry = undefined;
      this.#refreshDirty();
      this.#engine.hub.deliver(() => this.deliver());
      this.#settle();
    }, retryMs);
    // Where timers can, this one doesn't keep the process alive.
    if (typeof retry === 'object') retry.unref();
    this.#retry = retry;
  }

  #refreshWhenIdle(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    this.#engine.whenIdle(() => {
      this.#waiting = false;
      this.#refreshDirty();
      this.#engine.hub.deliver(() => this.deliver());
      this.#settle();
    });
  }

  /** What others have committed meanwhile is read then; which queries it concerns is forgotten by now. */
  #refreshAfterIterations(): void {
    if (this.#afterIterations) return;
    this.#afterIterations = true;
    this.#engine.afterIterations(() => {
      this.#afterIterations = false;
      for (const materialisation of this.#materialisations.values()) materialisation.isDirty = true;
      this.#refreshDirty();
      this.#engine.hub.deliver(() => this.deliver());
    });
  }

  #scheduleDeliveries(): void {
    for (const schedule of ['microtask', 'frame'] as const) {
      if (this.#scheduled.has(schedule)) continue;
      const awaited = [...this.#materialisations.values()].some((one) => one.awaits(schedule));
      if (!awaited) continue;
      this.#scheduled.add(schedule);
      scheduleFlush(schedule, () => {
        this.#scheduled.delete(schedule);
        for (const materialisation of [...this.#materialisations.values()]) materialisation.deliver(schedule);
        this.#settle();
      });
    }
  }

  #settle(): void {
    if (this.#scheduled.size > 0 || this.#waiting || this.#retry !== undefined) return;
    for (const resolve of this.#settling.splice(0)) resolve();
  }

  #release(materialisation: Materialisation): void {
    if (this.#materialisations.get(materialisation.key) !== materialisation) return;
    this.#materialisations.delete(materialisation.key);
    materialisation.close();
    if (this.#materialisations.size === 0) this.#engine.hub.removeMaintainer(this);
  }

  #failAll(error: unknown): void {
    for (const materialisation of [...this.#materialisations.values()]) {
      this.#release(materialisation);
      materialisation.fail(error);
    }
  }

  #close(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#waiting = false;
    for (const materialisation of [...this.#materialisations.values()]) {
      this.#release(materialisation);
      materialisation.complete();
    }
    for (const resolve of this.#settling.splice(0)) resolve();
  }
}

function valueOf(bound: DriverParams, name: string | number): DriverValue {
  return (bound as Readonly<Record<string | number, DriverValue>>)[name] ?? null;
}

function isRetryable(error: unknown): boolean {
  return error instanceof FreshetError && error.code === 'BUSY';
}
