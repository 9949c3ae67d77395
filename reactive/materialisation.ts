import type { Engine } from '../core/engine.ts';
import type { Params, Row } from '../core/values.ts';
import { Audience } from './audience.ts';
import type { LiveExplain } from './live-explain.ts';
import type { LivePlan } from './live-plan.ts';
import { type Entry, propertiesOf } from './maintain/entry.ts';
import type { LiveAnswer } from './maintain/live-answer.ts';
import type { NetChange } from './maintain/net-changes.ts';
import type { SiteWatch } from './maintain/site-watch.ts';
import type { Site } from './plan/sites.ts';
import type { Snapshot } from './result/snapshot.ts';

/** What a materialisation gets from those who keep it. */
export interface MaterialisationParts {
  readonly id: number;
  readonly key: string;
  readonly sql: string;
  readonly params: Params | undefined;
  readonly engine: Engine;
  readonly planFor: () => LivePlan;
  /** Whether a plan still holds. */
  readonly isCurrent: (plan: LivePlan) => boolean;
  /**
   * Has the query run again instead, if a plan's statements failed where its own text may not; gives what takes that
   * back. Undefined: the error is another.
   */
  readonly giveUp: (plan: LivePlan, error: unknown) => (() => void) | undefined;
  readonly explain: (plan: LivePlan) => LiveExplain;
  readonly open: (plan: LivePlan) => LiveAnswer;
  /** Has it found by the commits that concern it, until told otherwise. */
  readonly follow: (plan: LivePlan, answer: LiveAnswer) => FollowedSites;
  /** Its answer is another. */
  readonly changed: () => void;
}

interface FollowedSites {
  readonly watches: readonly SiteWatch<Materialisation>[];
  readonly unfollow: () => void;
}

/** Up to this many rows of an answer are compared one by one to see whether it looks as it did. */
const maxCompared = 1000;

/** Row by row, without a look at what the two share: small answers are as fast to compare. */
function sameRows(a: Snapshot<Row>, b: Snapshot<Row>): boolean {
  const [before, after] = [a.rows, b.rows];
  for (let at = 0; at < after.length; at++) {
    if (before[at] === after[at]) continue;
    if (!(a.item(at) as Entry).looksLike(b.item(at) as Entry)) return false;
  }
  return true;
}

/** Rows of an answer that was kept in another way: found again by what they show, each once. */
class Recollection {
  readonly #entries = new Map<string, Entry[]>();

  constructor(entries: readonly Entry[]) {
    // Taken from the end.
    for (const entry of entries.toReversed()) {
      const known = this.#entries.get(entry.content);
      if (known) known.push(entry);
      else this.#entries.set(entry.content, [entry]);
    }
  }

  take(entry: Entry): Entry | undefined {
    return this.#entries.get(entry.content)?.pop();
  }
}

/**
 * One query with one set of parameters, and everybody who follows it.
 *
 * Guarantees: the audience's answer is the one at the last commit that was maintained. Doesn't say when it is
 * told of that: see Deliveries. The hard part is identity across schedules: a row that came back to what some
 * recipient still holds must become that very object again.
 */
export class Materialisation {
  /** Rises from one that was opened to the next. */
  readonly id: number;
  readonly key: string;
  readonly audience: Audience;
  /** Commits that concerned it. */
  visits = 0;
  /** What its first answer took, in milliseconds. */
  hydrateMs = 0;
  readonly #parts: MaterialisationParts;
  /** Entries that were in the answer since the recipient that is furthest behind was told. */
  #retired: Entry[] = [];
  /** The same by what they show; made when first needed. */
  #retiredByContent: Map<string, Entry> | undefined;
  #plan: LivePlan | undefined;
  #answer: LiveAnswer | undefined;
  #followed: FollowedSites | undefined;
  #explained: { readonly plan: LivePlan; readonly explain: LiveExplain } | undefined;
  /** What the answer gave last; the audience's is that, or looks like it. */
  #latest: Snapshot<Row> | undefined;
  /** What was changed since the last look. */
  #removed: Entry[] = [];
  #added: Entry[] = [];

  constructor(parts: MaterialisationParts) {
    this.id = parts.id;
    this.key = parts.key;
    this.#parts = parts;
    this.audience = new Audience(() => parts.engine.hub.lastLsn);
  }

  get value(): readonly Row[] | undefined {
    return this.audience.current?.rows;
  }

  /** How it is kept up to date, once it is open. */
  get answer(): LiveAnswer | undefined {
    return this.#answer;
  }

  /** How it is kept up to date. */
  get plan(): LivePlan | undefined {
    return this.#plan;
  }

  get sql(): string {
    return this.#parts.sql;
  }

  get params(): Params | undefined {
    return this.#parts.params;
  }

  /** By the plan that it is kept up to date by, or would be. */
  explain(): LiveExplain {
    const plan = this.#plan ?? this.#parts.planFor();
    if (this.#explained?.plan !== plan) this.#explained = { plan, explain: this.#parts.explain(plan) };
    return this.#explained.explain;
  }

  /** Runs the query. @throws what SQLite says, and keeps the answer it had. */
  refresh(): void {
    if (this.#answer) {
      this.#refresh();
      return;
    }
    const begun = performance.now();
    this.#refresh();
    this.hydrateMs = performance.now() - begun;
  }

  #refresh(): void {
    if (!this.#answer || !this.#plan || !this.#parts.isCurrent(this.#plan)) this.#replan();
    for (const watch of this.#followed?.watches ?? []) watch.changes = [];
    try {
      this.#answer?.refresh();
    } catch (error) {
      const takeBack =
        this.#answer?.maintain && this.#plan ? this.#parts.giveUp(this.#plan, error) : undefined;
      if (!takeBack) throw error;
      this.#rerun(takeBack);
    }
    this.#settle();
  }

  #rerun(takeBack: () => void): void {
    try {
      this.#replan();
      this.#answer?.refresh();
    } catch (error) {
      // It is the query itself that fails.
      takeBack();
      throw error;
    }
  }

  /** Follows what its watches have noted of one commit. @throws what SQLite says; then it must be refreshed. */
  maintain(): void {
    const changes = new Map<Site, readonly NetChange[]>();
    for (const watch of this.#followed?.watches ?? []) {
      if (watch.changes.length === 0) continue;
      changes.set(watch.site, watch.changes);
      watch.changes = [];
    }
    this.#answer?.maintain?.(changes);
    this.#settle();
  }

  /** Everybody has been told, so nobody holds what went before. */
  told(): void {
    this.#retired = [];
    this.#retiredByContent = undefined;
  }

  close(): void {
    this.#answer?.close();
    this.#followed?.unfollow();
    this.#followed = undefined;
  }

  #replan(): void {
    const plan = this.#parts.planFor();
    const answer = this.#parts.open(plan);
    const before = this.#answer;
    const sameColumns = this.#plan && propertiesOf(this.#plan.columns) === propertiesOf(plan.columns);
    const recalled = before && sameColumns ? new Recollection(before.answer.entries()) : undefined;
    answer.answer.recall = (entry) => this.#recall(entry) ?? recalled?.take(entry);
    answer.answer.onChange = ({ removed, added }) => {
      this.#removed = this.#removed.concat(removed);
      this.#added = this.#added.concat(added);
    };
    // All of them go; those that come back are found among them.
    if (before) this.#removed = this.#removed.concat(before.answer.entries());
    this.close();
    this.#plan = plan;
    this.#answer = answer;
    this.#followed = this.#parts.follow(plan, answer);
  }

  /** A row that some recipient may still hold, and that looks like this one. */
  #recall(entry: Entry): Entry | undefined {
    if (this.#retired.length === 0) return undefined;
    this.#retiredByContent ??= new Map(this.#retired.map((one) => [one.content, one]));
    return this.#retiredByContent.get(entry.content);
  }

  /** Takes the answer over. A result that looks as it did is the very snapshot that it was. */
  #settle(): void {
    const snapshot = this.#answer?.snapshot;
    if (!snapshot || snapshot === this.#latest) return;
    const [removed, added] = [this.#removed, this.#added];
    this.#removed = [];
    this.#added = [];
    this.#latest = snapshot;
    const { audience } = this;
    const before = audience.current;
    const held = audience.isTold ? [before] : [...audience.held];
    const alike = held.find((one) => one && this.#looksLike(one, snapshot, removed, added));
    const current = alike ?? snapshot;
    // What went may have left the window before, and still be in what somebody was told last.
    if (!audience.isTold || current !== before) {
      this.#retired = this.#retired.concat(removed);
      this.#retiredByContent = undefined;
    }
    if (current !== before && audience.change(current)) this.#parts.changed();
  }

  #looksLike(
    one: Snapshot<Row>,
    snapshot: Snapshot<Row>,
    removed: readonly Entry[],
    added: readonly Entry[],
  ): boolean {
    if (one.size !== snapshot.size || (one.size > 0 && !this.#hasColumnsOf(one))) return false;
    // In a large answer a new row that nothing like it has left is proof enough.
    if (one.size <= maxCompared) return sameRows(one, snapshot);
    const [first] = added;
    if (first && this.audience.isTold && !removed.some((entry) => entry.looksLike(first))) return false;
    return one.equals(snapshot, (a, b) => a === b || (a as Entry).looksLike(b as Entry));
  }

  /** Rows of other columns are other rows, whatever they hold. */
  #hasColumnsOf(snapshot: Snapshot<Row>): boolean {
    const columns = (snapshot.item(0) as Entry).shape.columns;
    const { columns: own = [] } = this.#plan ?? {};
    return columns === own || propertiesOf(columns) === propertiesOf(own);
  }
}
