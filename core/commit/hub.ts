import type { FileSystem } from '../file-system.ts';
import type { SubscriptionInfo, Watch } from '../watches/watch.ts';
import type { WatchSpec } from '../watches/watch-spec.ts';
import type { Changeset } from './changeset.ts';
import type { ChangesetRecord } from './changeset-record.ts';
import { ExternalCommits } from './external-commits.ts';
import { plainChangeset } from './plain-changeset.ts';

/** Counters of a hub; all zero when nobody ever watched. */
export interface ReactiveMetrics {
  readonly active_watch_count: number;
  readonly table_watch_count: number;
  readonly range_watch_count: number;
  readonly query_watch_count: number;
  readonly change_stream_count: number;
  readonly events_published: number;
  readonly events_delivered: number;
  readonly events_dropped: number;
  readonly lagged_watch_count: number;
  readonly row_change_events_truncated: number;
  /** Live queries that follow changes, and those that are run again; equal ones count once. */
  readonly live_incremental_count: number;
  readonly live_reevaluated_count: number;
  /** Rows that are held for live queries. */
  readonly live_state_rows: number;
  /** Live queries that commits have made look at their answers. */
  readonly live_visits: number;
  /** Times that some rows of an answer were read anew, and times that all of it was, the first included. */
  readonly live_restricted_reevaluations: number;
  readonly live_full_reevaluations: number;
}

/** What a maintainer keeps up to date at the moment. */
export interface LiveFigures {
  readonly incremental: number;
  readonly reevaluated: number;
  readonly stateRows: number;
}

/** What keeping live queries up to date has taken so far. */
export interface LiveWork {
  visits: number;
  restricted: number;
  /** Statements that looked for the rows a change affects. */
  probes: number;
  whole: number;
}

export type ErrorHandler = (error: unknown, context: { readonly during: string }) => void;

/** One connection of a hub, as the hub sees it. */
export interface HubMember {
  readonly inTransaction: boolean;
  /** Makes the capture triggers those that `wantsRowsOf` asks for, now or when the transaction ends. */
  syncCapture(): void;
  /** Somebody watches again: what other programs have done until now is nobody's news. */
  startObserving(): void;
  /** Nothing is watched any more. */
  stopObserving(): void;
  /** The connection has attached or detached databases. */
  lookAtAttached(): void;
  /** Another connection of this process has changed the schema. */
  lookAtSchema(): void;
  /** Whether the file may hold a commit that this connection hasn't seen; without taking a lock. */
  readonly looksChanged: boolean;
  /** Whether another connection has committed since this was last asked; undefined while a lock hides it. */
  sawForeignCommit(): boolean | undefined;
  /** What a commit of another program looks like from here; undefined while a lock keeps it from telling. */
  describeExternalCommit(): ChangesetRecord | undefined;
  /** The file that was opened is no longer the one at its path. */
  fileWasReplaced(): boolean;
  reportError: ErrorHandler;
}

/** Keeps something up to date with every commit, before anybody is told of it. */
export interface Maintainer {
  /** Whether a change of this table can change anything here. */
  concerns(table: string): boolean;
  maintain(changeset: ChangesetRecord): void;
  figures(): LiveFigures;
  /** After every commit has been maintained; tells those who asked to be told within the commit. */
  deliver(): void;
}

interface Listener {
  readonly call: (changeset: Changeset) => void;
  readonly member: HubMember;
}

/**
 * Where the commits of all connections to one database meet those who want to know.
 *
 * Guarantees: every commit reaches every watch, maintainer and listener once, in commit order, after it is
 * readable and before the outermost committing call returns. Errors of listeners go to `reportError` and
 * never into the committing call. The hard part is re-entrancy: a listener's own commit is maintained and
 * queued to watches at once, and delivered to listeners after the current one.
 */
export class Hub {
  readonly path: string | null;
  readonly #nextLsn: () => number;
  readonly #members = new Set<HubMember>();
  readonly #watches = new Map<number, Watch>();
  readonly #listeners = new Set<Listener>();
  readonly #maintainers = new Set<Maintainer>();
  readonly #demand = new Map<string, number>();
  readonly #undelivered: ChangesetRecord[] = [];
  readonly #external: ExternalCommits;
  readonly liveWork: LiveWork = { visits: 0, restricted: 0, probes: 0, whole: 0 };
  #demandForAll = 0;
  #delivering = false;
  /** Of the last commit that was told; undefined at the beginning, which is no change. */
  #schemaCookie: number | undefined;
  /** A commit of another program was seen, and couldn't be told yet. */
  #isOwed = false;
  #isSpreading = false;
  #lastLsn = 0;
  /** The member that other programs' commits not told yet can be seen from; any, while it isn't known. */
  #witness: HubMember | undefined;
  #nextWatchId = 1;
  #nextEventId = 1;
  #published = 0;
  #delivered = 0;
  #dropped = 0;
  #truncated = 0;
  /** Somebody watches. Without, nothing is captured or counted. A field, for every write looks at it. */
  isActive = false;
  /** Rises whenever other tables' rows are wanted. */
  demandVersion = 0;

  constructor(path: string | null, files: FileSystem | null, nextLsn: () => number, pollIntervalMs: number) {
    this.path = path;
    this.#nextLsn = nextLsn;
    this.#external = new ExternalCommits(path, files, pollIntervalMs, () => this.checkForExternalCommits());
    this.#lastLsn = nextLsn();
  }

  get lastLsn(): number {
    return this.#lastLsn;
  }

  get memberCount(): number {
    return this.#members.size;
  }

  wantsRowsOf(table: string): boolean {
    return this.#demandForAll > 0 || this.#demand.has(table);
  }

  join(member: HubMember): void {
    this.#members.add(member);
    if (!this.isActive) return;
    member.startObserving();
    // What was committed before the newcomer looked for the first time is seen by the others only.
    this.checkForExternalCommits();
  }

  leave(member: HubMember): void {
    // What it alone has seen, and has not told yet, would be lost with it.
    if (this.#witness === member) {
      if (this.isActive && !member.inTransaction && member.sawForeignCommit() !== false) this.#isOwed = true;
      this.#witness = undefined;
    }
    this.#members.delete(member);
    if (this.#isOwed) this.checkForExternalCommits();
    for (const listener of this.#listeners) if (listener.member === member) this.#removeListener(listener);
    if (this.#members.size === 0) this.#external.stop();
  }

  allocateWatchId(): number {
    return this.#nextWatchId++;
  }

  addWatch(watch: Watch): void {
    this.#watches.set(watch.id, watch);
    this.#changeDemand(watch.spec.tables, 1);
  }

  removeWatch(watch: Watch): void {
    if (this.#watches.delete(watch.id)) this.#changeDemand(watch.spec.tables, -1);
  }

  /** The watch follows something else from now on. */
  changeWatch(watch: Watch, spec: WatchSpec): void {
    if (!this.#watches.has(watch.id)) return;
    const before = watch.spec.tables;
    watch.spec = spec;
    // The new demand first: what both want stays captured.
    this.#changeDemand(spec.tables, 1);
    this.#changeDemand(before, -1);
  }

  /** Calls `call` for every commit; the result ends that. */
  addListener(member: HubMember, call: (changeset: Changeset) => void): () => void {
    const listener = { call, member };
    this.#listeners.add(listener);
    this.#changeDemand(null, 1);
    return () => this.#removeListener(listener);
  }

  /** A maintainer wants the rows of these tables, or (`by` -1) one less does. */
  demandRows(tables: ReadonlySet<string>, by: 1 | -1): void {
    this.#changeDemand(tables, by);
  }

  addMaintainer(maintainer: Maintainer): void {
    this.#maintainers.add(maintainer);
    this.#activityChanged();
  }

  removeMaintainer(maintainer: Maintainer): void {
    this.#maintainers.delete(maintainer);
    this.#activityChanged();
  }

  /** Whether anybody follows this table; its rows may still be wanted beside those of another. */
  concerns(table: string): boolean {
    if (this.#listeners.size > 0 || this.wantsRowsOf(table)) return true;
    for (const maintainer of this.#maintainers) if (maintainer.concerns(table)) return true;
    return false;
  }

  /** A commit of tables that nobody follows: it counts, and that is all. */
  passOver(committer: HubMember): void {
    this.#lastLsn = this.#nextLsn();
    if (this.#watches.size > 0) {
      this.#nextEventId += 1;
      this.#published += 1;
    }
    if (this.#absorb(committer) && committer.sawForeignCommit()) this.#spreadExternal(committer);
    this.#drain();
  }

  /** A commit of `committer` that changed nothing: the other connections see it all the same. */
  noteEmptyCommit(committer: HubMember): void {
    if (this.isActive && this.#absorb(committer) && committer.sawForeignCommit()) {
      this.deliver(() => this.#spreadExternal(committer));
    }
  }

  /**
   * A commit of `committer` that is readable now, with no lock held. `local` is what only its connection can
   * see of it.
   */
  publish(changeset: ChangesetRecord, committer: HubMember, local?: ChangesetRecord): void {
    this.deliver(() => {
      const isShared = this.#absorb(committer);
      this.#spread(changeset);
      if (local) for (const maintainer of this.#maintainers) maintainer.maintain(local);
      if (isShared && committer.sawForeignCommit()) this.#spreadExternal(committer);
    });
  }

  /** Runs `call`, which may tell subscribers; what they commit meanwhile is delivered after it. */
  deliver(call: () => void): void {
    if (this.#delivering) {
      call();
      return;
    }
    this.#delivering = true;
    try {
      call();
    } finally {
      this.#delivering = false;
    }
    this.#drain();
  }

  /** A commit that only the committer's connection can see: of `temp`, or of an attached database. */
  publishLocally(changeset: ChangesetRecord): void {
    this.#number(changeset);
    for (const maintainer of this.#maintainers) maintainer.maintain(changeset);
    this.deliver(() => {
      for (const maintainer of [...this.#maintainers]) maintainer.deliver();
    });
  }

  /** Tells everybody if another program has committed. */
  checkForExternalCommits(): void {
    const member = this.#idleMember();
    if (!member || !this.isActive) return;
    // Each handle finds out for itself, for each has opened the file for itself.
    const replaced = [...this.#members].filter((one) => one.fileWasReplaced());
    if (replaced.length > 0) {
      if (replaced.length === this.#members.size) this.#external.stop();
      this.#spreadExternal(member);
    } else if (this.#isOwed || (member.looksChanged && member.sawForeignCommit())) {
      this.#spreadExternal(member);
    }
    this.#drain();
  }

  /** A maintainer saw data of another program's commit before the poll did. */
  noteExternalCommit(member: HubMember): void {
    // Where others commit without a pause, each look would lead to the next.
    if (this.#isSpreading) {
      this.#isOwed = true;
      this.#external.checkAgain();
      return;
    }
    this.#spreadExternal(member);
    this.#drain();
  }

  metrics(): ReactiveMetrics {
    const infos = this.subscriptions();
    const live = [...this.#maintainers].map((maintainer) => maintainer.figures());
    const total = (of: keyof LiveFigures): number => live.reduce((sum, figures) => sum + figures[of], 0);
    const count = (kind: SubscriptionInfo['kind']): number => infos.filter((i) => i.kind === kind).length;
    return {
      active_watch_count: infos.length,
      table_watch_count: count('table'),
      range_watch_count: count('range'),
      query_watch_count: count('query'),
      change_stream_count: count('change_stream'),
      events_published: this.#published,
      events_delivered: this.#delivered,
      events_dropped: this.#dropped,
      lagged_watch_count: infos.filter((i) => i.lagged).length,
      row_change_events_truncated: this.#truncated,
      live_incremental_count: total('incremental'),
      live_reevaluated_count: total('reevaluated'),
      live_state_rows: total('stateRows'),
      live_visits: this.liveWork.visits,
      live_restricted_reevaluations: this.liveWork.restricted,
      live_full_reevaluations: this.liveWork.whole,
    };
  }

  subscriptions(): SubscriptionInfo[] {
    return [...this.#watches.values()].map((watch) => watch.info());
  }

  #idleMember(): HubMember | undefined {
    if (this.#witness && !this.#witness.inTransaction) return this.#witness;
    for (const member of this.#members) if (!member.inTransaction) return member;
    return undefined;
  }

  /**
   * The other connections of this process see our commit as a foreign one: they take note of it now. A
   * program that commits before they have is still foreign to the committer, which is why it is asked after
   * them. Returns whether there are others.
   */
  #absorb(committer: HubMember): boolean {
    this.#witness = committer;
    if (this.path === null || this.#members.size === 1) return false;
    for (const member of this.#members) {
      // Inside a deferred transaction a look would start its snapshot early. Without it, the member later takes our
      // commit for another program's, which only widens.
      if (member !== committer && !member.inTransaction) member.sawForeignCommit();
    }
    return true;
  }

  /** `member` has seen that another program committed. What is committed meanwhile is told at the next check. */
  #spreadExternal(member: HubMember): void {
    this.#absorb(member);
    const changeset = member.describeExternalCommit();
    this.#isOwed = changeset === undefined;
    if (!changeset) return;
    const wasSpreading = this.#isSpreading;
    this.#isSpreading = true;
    try {
      this.#spread(changeset);
    } finally {
      this.#isSpreading = wasSpreading;
    }
    if (!member.sawForeignCommit()) return;
    this.#isOwed = true;
    this.#external.checkAgain();
  }

  /** Queues the commit to watches and brings maintainers up to date; calls no user code. */
  #spread(changeset: ChangesetRecord): void {
    this.#number(changeset);
    if (changeset.schema_changed) for (const member of this.#members) member.lookAtSchema();
    if (this.#watches.size > 0) this.#toWatches(changeset);
    // Before maintainers look: one of them may come upon a later commit of another program.
    this.#undelivered.push(changeset);
    for (const maintainer of this.#maintainers) maintainer.maintain(changeset);
  }

  #number(changeset: ChangesetRecord): void {
    this.#lastLsn = this.#nextLsn();
    changeset.commit_lsn = this.#lastLsn;
    // A connection may have come upon another program's DDL before that was told.
    if (this.#schemaCookie !== undefined && this.#schemaCookie !== changeset.schema_cookie) {
      changeset.schema_changed = true;
    }
    this.#schemaCookie = changeset.schema_cookie;
  }

  #toWatches(changeset: ChangesetRecord): void {
    const eventId = this.#nextEventId++;
    this.#published += 1;
    let truncated = false;
    for (const watch of this.#watches.values()) {
      if (!watch.spec.matches(changeset)) continue;
      truncated ||= watch.spec.truncates(changeset);
      const dropped = watch.push(eventId, changeset);
      if (dropped > 0) this.#dropped += dropped;
      else this.#delivered += 1;
    }
    if (truncated) this.#truncated += 1;
    for (const watch of [...this.#watches.values()])
      if (changeset.schema_changed || watch.spec.isDoubtful) watch.onSchemaChange?.(changeset);
  }

  #drain(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    try {
      for (let next = this.#undelivered.shift(); next; next = this.#undelivered.shift()) {
        for (const maintainer of [...this.#maintainers]) maintainer.deliver();
        if (this.#listeners.size === 0) continue;
        const { holdsBytes } = next;
        const shared = plainChangeset(next, holdsBytes);
        for (const listener of [...this.#listeners]) {
          if (!this.#listeners.has(listener)) continue;
          this.#call(listener, holdsBytes ? plainChangeset(next, true) : shared);
        }
      }
    } finally {
      this.#delivering = false;
    }
  }

  #call({ call, member }: Listener, changeset: Changeset): void {
    try {
      call(changeset);
    } catch (error) {
      member.reportError(error, { during: 'a listener of commits' });
    }
  }

  #removeListener(listener: Listener): void {
    if (this.#listeners.delete(listener)) this.#changeDemand(null, -1);
  }

  #changeDemand(tables: ReadonlySet<string> | null, by: 1 | -1): void {
    if (tables === null) {
      this.#demandForAll += by;
    } else {
      for (const table of tables) {
        const count = (this.#demand.get(table) ?? 0) + by;
        if (count > 0) this.#demand.set(table, count);
        else this.#demand.delete(table);
      }
    }
    this.demandVersion += 1;
    this.#activityChanged();
    for (const member of this.#members) member.syncCapture();
  }

  #activityChanged(): void {
    const isActive = this.#watches.size > 0 || this.#listeners.size > 0 || this.#maintainers.size > 0;
    if (isActive === this.isActive) return;
    this.isActive = isActive;
    if (isActive) {
      this.#schemaCookie = undefined;
      for (const member of this.#members) member.startObserving();
      this.#external.start();
    } else {
      for (const member of this.#members) member.stopObserving();
      this.#external.stop();
    }
  }
}
