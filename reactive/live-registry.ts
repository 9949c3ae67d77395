import { LRUCache } from 'lru-cache';
import type { ChangesetRecord } from '../core/commit/changeset-record.ts';
import type { Maintainer } from '../core/commit/hub.ts';
import type { Engine } from '../core/engine.ts';
import { FreshetError } from '../core/errors.ts';
import { bindParameters } from '../core/parameters.ts';
import { planStatement } from '../core/sql/statement-plan.ts';
import { exactKey } from '../core/sql/value-key.ts';
import type { Params } from '../core/values.ts';
import { type LivePlan, planLive } from './live-plan.ts';
import { Materialisation, type Recipient } from './materialisation.ts';
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
      materialisation = new Materialisation(key, this.#engine, params, () => this.#planFor(sql));
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
    let dirty = false;
    for (const materialisation of this.#materialisations.values()) {
      if (!materialisation.dependsOn(changeset)) continue;
      materialisation.isDirty = true;
      dirty = true;
    }
    if (dirty) this.#refreshDirty();
  }

  deliver(): void {
    for (const materialisation of [...this.#materialisations.values()]) materialisation.deliver('sync');
  }

  #planFor(sql: string): LivePlan {
    const known = this.#plans.get(sql);
    if (known?.generation === this.#engine.schemaGeneration) return known;
    const plan = planLive(this.#engine, sql);
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

  #refreshDirty(): void {
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
        for (const materialisation of [...this.#materialisations.values()]) {
          if (!materialisation.isDirty && !foreign) continue;
          try {
            materialisation.refresh();
          } catch (error) {
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

function isRetryable(error: unknown): boolean {
  return error instanceof FreshetError && error.code === 'BUSY';
}
