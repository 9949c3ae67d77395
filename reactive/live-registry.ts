import type { ChangesetRecord } from '../core/commit/changeset-record.ts';
import type { LiveFigures, Maintainer } from '../core/commit/hub.ts';
import type { DriverParams } from '../core/drivers/driver.ts';
import type { Engine } from '../core/engine.ts';
import { aboutSql, FreshetError } from '../core/errors.ts';
import { RecentlyUsed } from '../core/recently-used.ts';
import { exactKey } from '../core/sql/value-key.ts';
import type { Params } from '../core/values.ts';
import type { Recipient } from './audience.ts';
import { Deliveries } from './deliveries.ts';
import type { InspectionFeed } from './inspect/inspection-feed.ts';
import { Profile } from './inspect/profile.ts';
import { registryFeed } from './inspect/registry-feed.ts';
import type { LiveExplain } from './live-explain.ts';
import {
  explainLive,
  type LivePlan,
  planLive,
  readsClock,
  valuesOf,
  withoutIncremental,
} from './live-plan.ts';
import type { EngineSource } from './live-source.ts';
import { ClockColumns } from './maintain/clock-columns.ts';
import { Followers } from './maintain/followers.ts';
import type { LiveAnswer } from './maintain/live-answer.ts';
import { MaintainedQuery, OddLimit } from './maintain/maintained-query.ts';
import { ReevaluatedAnswer } from './maintain/reevaluated-answer.ts';
import { SiteWatch } from './maintain/site-watch.ts';
import type { Work } from './maintain/work.ts';
import { Materialisation } from './materialisation.ts';
import { ChildTables } from './plan/child-tables.ts';

const registryKey = Symbol('freshet.live');
const retryMs = 50;

/** Answers can't be maintained from what was captured: another program has committed, too. */
const foreignCommit = new Error('Another program has committed');

/**
 * All live queries of one connection.
 *
 * Guarantees: after a commit every answer is computed in one read transaction before any subscriber is told,
 * so all of them show the same commit. Doesn't guarantee that they are computed while the connection's own
 * transaction is open: they wait for its end. The hard part is what happens during delivery: a subscriber
 * may write, subscribe, unsubscribe or close the database.
 */
export class LiveRegistry implements Maintainer, EngineSource<Materialisation> {
  readonly #engine: Engine;
  readonly #materialisations = new Map<string, Materialisation>();
  readonly #plans = new RecentlyUsed<string, LivePlan>(100);
  readonly #followers: Followers<Materialisation>;
  readonly #childTables: ChildTables;
  readonly #clock: ClockColumns;
  readonly #work: Work;
  /** They must be read anew. */
  readonly #outdated = new Set<Materialisation>();
  readonly #deliveries = new Deliveries(() => this.#waiting || this.#retry !== undefined);
  /** While somebody inspects. */
  #profile: Profile | undefined;
  /** Begins the read transaction in which answers are maintained. */
  #begin: (() => boolean) | undefined;
  #nextOwner = 1n;
  #nextId = 1;
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
    // One count for all connections of a database.
    this.#work = Object.assign(engine.hub.liveWork, { now: () => performance.now() });
    this.#childTables = new ChildTables(engine);
    this.#followers = new Followers(engine);
    this.#clock = new ClockColumns(engine, () => this.#materialisations.size > 0);
  }

  /** Seats a recipient at the query's materialisation; the first one opens it. */
  subscribe(
    sql: string,
    params: Params | undefined,
    recipient: Recipient,
    opened: (materialisation: Materialisation) => void,
  ): Materialisation {
    this.#engine.assertOpen('subscribe');
    const bound = this.#engine.bind(this.#engine.planOf(sql), params);
    const values = Array.isArray(bound) ? bound : Object.entries(bound).flat();
    const key = `${sql}\u0000${exactKey(values)}`;
    let materialisation = this.#materialisations.get(key);
    if (!materialisation) {
      materialisation = this.#materialise(key, sql, params, bound);
      // Registered before the first answer is read, so that no commit falls between.
      if (this.#materialisations.size === 0) this.#engine.hub.addMaintainer(this);
      this.#materialisations.set(key, materialisation);
      if (this.#engine.inTransaction) {
        this.#outdated.add(materialisation);
        this.#refreshWhenIdle();
      } else this.#hydrate(materialisation);
    }
    // The recipient may be told before this returns, and look at the query's value.
    opened(materialisation);
    const seated = materialisation;
    this.#engine.hub.deliver(() => seated.audience.seat(recipient));
    return materialisation;
  }

  unsubscribe(materialisation: Materialisation, recipient: Recipient): void {
    materialisation.audience.unseat(recipient);
    if (materialisation.audience.isEmpty) this.#release(materialisation);
  }

  explain(sql: string, params: Params | undefined): LiveExplain {
    this.#engine.assertOpen('explain');
    return explainLive(this.#planFor(sql), this.#engine.bind(this.#engine.planOf(sql), params));
  }

  /** Measures from now on, until the feed is closed. */
  inspect(slowMs: number): InspectionFeed {
    const engine = this.#engine;
    engine.assertOpen('inspect');
    this.#profile ??= new Profile(this.#work.now, () => engine.hub.lastLsn);
    // So that commits are seen which no live query follows.
    engine.hub.addMaintainer(this);
    return registryFeed({
      engine,
      profile: this.#profile,
      slowMs,
      opened: () => this.#materialisations.values(),
      explain: (sql, params) => this.explain(sql, params),
      closed: (profile) => {
        if (this.#profile !== profile || profile.isWanted) return;
        this.#profile = undefined;
        this.#leaveIfIdle();
      },
    });
  }

  figures(): LiveFigures {
    const open = [...this.#materialisations.values()];
    const incremental = open.filter(({ answer }) => answer?.maintain).length;
    return {
      incremental,
      reevaluated: open.length - incremental,
      stateRows: open.reduce((sum, { answer }) => sum + (answer?.stateRows ?? 0), 0),
    };
  }

  /** Resolves when nothing is left to be told. */
  settled(): Promise<void> {
    return this.#deliveries.settled();
  }

  // ---------------------------------------------------------------- commits

  concerns(table: string): boolean {
    // One whose first answer is still to come may read any table.
    if (this.#outdated.size > 0 || this.#followers.concerns(table)) return true;
    return this.#profile !== undefined || this.#clock.follows(table);
  }

  maintain(changeset: ChangesetRecord): void {
    if (this.#profile) this.#profile.commit(changeset, () => this.#takeIn(changeset));
    else this.#takeIn(changeset);
  }

  deliver(): void {
    this.#deliveries.tell('sync');
  }

  /** How many it concerns. */
  #takeIn(changeset: ChangesetRecord): number {
    const engine = this.#engine;
    if (changeset.schema_changed) {
      this.#clock.forget();
      for (const one of this.#materialisations.values()) this.#outdated.add(one);
      this.#refresh(new Set());
      return this.#materialisations.size;
    }
    // What could be read now wouldn't be the state after this commit.
    const byRow = !engine.inTransaction && !engine.isIterating;
    if (this.#clock.note(changeset, byRow)) this.#refreshTimes();
    const { noted, outdated } = this.#followers.concerned(changeset, byRow);
    const visited = noted.size + outdated.size;
    this.#work.visits += visited;
    for (const one of noted) one.visits += 1;
    for (const one of outdated) {
      one.visits += 1;
      this.#outdated.add(one);
    }
    if (noted.size > 0 || this.#outdated.size > 0) this.#refresh(noted);
    return visited;
  }

  /** Those whose times may be read from the clock now: they look again how they are kept up to date. */
  #refreshTimes(): void {
    for (const one of this.#materialisations.values()) {
      const columns = one.plan?.incremental?.clock.columns ?? [];
      if (columns.length > 0) this.#outdated.add(one);
    }
  }

  /** Brings those up to date that are outdated, and those whose watches have noted changes. */
  #refresh(noted: ReadonlySet<Materialisation>): void {
    if (this.#engine.isClosed) return;
    if (this.#engine.inTransaction) {
      this.#refreshWhenIdle();
      return;
    }
    if (this.#engine.isIterating) this.#refreshAfterIterations();
    this.#profile?.beginRound();
    const failed: (() => void)[] = [];
    let foreign = false;
    try {
      this.#readOnDemand((begin) => {
        this.#begin = begin;
        const refreshAll = (): void => {
          foreign = true;
          this.#clock.forget();
          for (const one of this.#materialisations.values()) this.#outdated.add(one);
        };
        if (this.#outdated.size > 0 && begin()) refreshAll();
        try {
          for (const one of noted)
            if (!this.#outdated.has(one)) this.#attempt(one, () => this.#maintain(one), failed);
        } catch (error) {
          if (error !== foreignCommit) throw error;
          refreshAll();
        }
        this.#begin = undefined;
        for (const one of [...this.#outdated]) this.#attempt(one, () => one.refresh(), failed);
      });
    } catch (error) {
      // Till it succeeds: what they have missed is gone by then.
      for (const one of noted) this.#outdated.add(one);
      if (isRetryable(error)) this.#retryLater();
      else this.#failAll(error);
    }
    this.#begin = undefined;
    this.#childTables.sweep();
    this.#childTables.restoreChanges();
    this.#deliveries.schedule();
    for (const fail of failed) fail();
    if (foreign) this.#engine.hub.noteExternalCommit(this.#engine);
  }

  #readOnDemand(read: (begin: () => boolean) => void): void {
    this.#engine.queryOnly.lifted(() => this.#engine.readOnDemand(read));
  }

  /** What was captured doesn't explain what another program has done meanwhile. */
  #beforeRead(): void {
    if (this.#begin?.()) throw foreignCommit;
  }

  /** What can't be computed may lie outside of the answer: then the user's query, read whole, doesn't fail. */
  #maintain(materialisation: Materialisation): void {
    try {
      materialisation.maintain();
    } catch (error) {
      if (error === foreignCommit || isRetryable(this.#translated(error))) throw error;
      materialisation.refresh();
    }
  }

  #attempt(materialisation: Materialisation, call: () => void, failed: (() => void)[]): void {
    try {
      if (this.#profile) this.#profile.measure(materialisation, call);
      else call();
      this.#outdated.delete(materialisation);
    } catch (thrown) {
      if (thrown === foreignCommit) throw thrown;
      const error = aboutSql(this.#translated(thrown), materialisation.sql);
      if (isRetryable(error)) throw error;
      failed.push(() => materialisation.audience.fail(error));
      this.#release(materialisation);
    }
  }

  /** SQLite's own errors as Freshet's. */
  #translated(thrown: unknown): unknown {
    try {
      return this.#engine.guard(() => {
        throw thrown;
      });
    } catch (error) {
      return error;
    }
  }

  /** Another connection holds a lock. The answers stay as they are till it lets go. */
  #retryLater(): void {
    if (this.#retry !== undefined) return;
    const retry = setTimeout(() => {
      this.#retry = undefined;
      this.#refreshAndTell();
      this.#deliveries.settle();
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
      this.#refreshAndTell();
      this.#deliveries.settle();
    });
  }

  /** What others have committed meanwhile is read then; which queries it concerns is forgotten by now. */
  #refreshAfterIterations(): void {
    if (this.#afterIterations) return;
    this.#afterIterations = true;
    this.#engine.afterIterations(() => {
      this.#afterIterations = false;
      for (const one of this.#materialisations.values()) this.#outdated.add(one);
      this.#refreshAndTell();
    });
  }

  #refreshAndTell(): void {
    this.#refresh(new Set());
    this.#engine.hub.deliver(() => this.deliver());
  }

  // ---------------------------------------------------------------- materialisations

  #planFor(sql: string): LivePlan {
    const known = this.#plans.get(sql);
    if (known && this.#isCurrent(known)) return known;
    const plan = planLive(this.#engine, sql, {
      nextTable: () => this.#childTables.nextName(),
      beforeRead: () => this.#beforeRead(),
      clock: this.#clock,
    });
    this.#plans.set(sql, plan);
    return plan;
  }

  #giveUp(sql: string, plan: LivePlan, error: unknown): (() => void) | undefined {
    if (!isOfStatement(error)) return undefined;
    this.#plans.set(sql, withoutIncremental(plan));
    return () => this.#plans.set(sql, plan);
  }

  #isCurrent({ generation, incremental }: LivePlan): boolean {
    return (
      generation === this.#engine.schemaGeneration && this.#clock.areClean(incremental?.clock.columns ?? [])
    );
  }

  #materialise(key: string, sql: string, params: Params | undefined, bound: DriverParams): Materialisation {
    const made: Materialisation = new Materialisation({
      id: this.#nextId++,
      key,
      sql,
      params,
      engine: this.#engine,
      planFor: () => this.#planFor(sql),
      isCurrent: (plan) => this.#isCurrent(plan),
      giveUp: (plan, error) => this.#giveUp(sql, plan, error),
      explain: (plan) => explainLive(plan, bound),
      open: (plan) => this.#open(plan, params, bound),
      follow: (plan, answer) => this.#follow(made, plan, answer, bound),
      changed: () => this.#deliveries.add(made),
    });
    return made;
  }

  /** An answer by the plan, or by running the query again where its parameters don't suit the plan. */
  #open(plan: LivePlan, params: Params | undefined, bound: DriverParams): LiveAnswer {
    const { intMode } = this.#engine.config;
    const parameters = valuesOf(plan, bound);
    if (plan.incremental && !readsClock(plan, parameters)) {
      const { query, statements } = plan.incremental;
      this.#childTables.acquire(query);
      try {
        return new MaintainedQuery({
          plan: query,
          parameters,
          columns: plan.columns,
          intMode,
          statements,
          beforeWrite: () => this.#childTables.rememberChanges(),
          owner: this.#nextOwner++,
          work: this.#work,
        });
      } catch (error) {
        this.#childTables.release(query);
        if (!(error instanceof OddLimit)) throw error;
      }
    }
    const width = plan.columns.length;
    const { sql, hidden } = plan.keyed();
    const positions = hidden === null ? null : Array.from({ length: hidden }, (_, at) => width + at);
    const key = positions && { positions, collations: positions.map(() => 'BINARY' as const) };
    return new ReevaluatedAnswer({ columns: plan.columns, intMode, key }, plan.ordered, () => {
      this.#work.whole += 1;
      return this.#engine.all(this.#engine.compile(sql), params);
    });
  }

  /** Has the materialisation found by commits that concern it; the watches note what they find. */
  #follow(owner: Materialisation, plan: LivePlan, answer: LiveAnswer, bound: DriverParams) {
    const values = plan.incremental ? valuesOf(plan, bound) : [];
    const watches = answer.sites.map((site) => new SiteWatch(owner, site, values));
    const following = { tables: plan.tables, everything: plan.readsEverything, watches };
    this.#followers.add(owner, following);
    for (const watch of watches) {
      if (!watch.presence) continue;
      answer.tellPresence(watch.site, (key, isPresent) => this.#followers.setPresent(watch, key, isPresent));
    }
    const unfollow = (): void => {
      this.#followers.remove(owner, following);
      if (answer.maintain && plan.incremental) this.#childTables.release(plan.incremental.query);
    };
    return { watches, unfollow };
  }

  #hydrate(materialisation: Materialisation): void {
    let foreign = false;
    try {
      this.#engine.queryOnly.lifted(() =>
        this.#engine.readConsistently((sawForeign) => {
          foreign = sawForeign;
          if (this.#profile) this.#profile.measure(materialisation, () => materialisation.refresh());
          else materialisation.refresh();
        }),
      );
    } catch (error) {
      if (!isRetryable(error)) {
        this.#release(materialisation);
        throw error;
      }
      this.#outdated.add(materialisation);
      this.#retryLater();
    } finally {
      this.#childTables.restoreChanges();
      if (foreign) this.#engine.hub.noteExternalCommit(this.#engine);
    }
  }

  #release(materialisation: Materialisation): void {
    if (this.#materialisations.get(materialisation.key) !== materialisation) return;
    this.#materialisations.delete(materialisation.key);
    this.#outdated.delete(materialisation);
    this.#deliveries.delete(materialisation);
    try {
      this.#engine.queryOnly.lifted(() => this.#engine.guard(() => materialisation.close()));
    } catch (error) {
      // Its rows in TEMP tables stay: nothing reads them any more.
      this.#engine.reportError(error, { during: 'closing a live query' });
    }
    this.#childTables.restoreChanges();
    this.#leaveIfIdle();
  }

  #leaveIfIdle(): void {
    if (this.#materialisations.size > 0) return;
    this.#clock.forget();
    if (!this.#profile) this.#engine.hub.removeMaintainer(this);
  }

  #failAll(error: unknown): void {
    for (const materialisation of [...this.#materialisations.values()]) {
      this.#release(materialisation);
      materialisation.audience.fail(this.#translated(error));
    }
  }

  #close(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#waiting = false;
    this.#profile = undefined;
    for (const materialisation of [...this.#materialisations.values()]) {
      this.#release(materialisation);
      materialisation.audience.complete();
    }
    this.#deliveries.end();
  }
}

/** SQLite doesn't take a statement, or not with so many values. */
function isOfStatement(error: unknown): boolean {
  return error instanceof FreshetError && (error.code === 'SQL' || error.subcode === 'value.too_big');
}

function isRetryable(error: unknown): boolean {
  return error instanceof FreshetError && error.retryable;
}
