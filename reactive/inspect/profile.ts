import type { ChangesetRecord } from '../../core/commit/changeset-record.ts';
import type { Params } from '../../core/values.ts';
import type { LiveExplain } from '../live-explain.ts';
import type { CommitInfo, MaintenanceTotals, SlowQuery } from './inspection.ts';

const maxCommits = 256;
const maxSlow = 100;

/** What is measured. */
export interface Measured {
  readonly sql: string;
  readonly params: Params | undefined;
  /** Undefined before its first answer. */
  readonly answer: unknown;
  explain(): LiveExplain;
}

export interface Cost {
  /** The round that `lastMs` is of. */
  round: number;
  lastMs: number;
  totalMs: number;
}

/**
 * What keeping live queries up to date costs, measured while somebody inspects.
 *
 * Guarantees bounds: so many commits, so many slow queries, two numbers for each open query. Doesn't know what
 * happened before it was made. A round is one commit, or one look at what had to wait: what a query costs in it
 * counts together, though it may be tried twice.
 */
export class Profile {
  readonly #now: () => number;
  readonly #lastLsn: () => number;
  /** One for each inspector; the lowest decides what is kept. */
  readonly #thresholds = new Set<{ readonly slowMs: number }>();
  readonly #costs = new WeakMap<Measured, Cost>();
  readonly #commits: CommitInfo[] = [];
  readonly #slow: SlowQuery[] = [];
  readonly #totals = { commits: 0, visits: 0, ms: 0 };
  #round = 0;

  constructor(now: () => number, lastLsn: () => number) {
    this.#now = now;
    this.#lastLsn = lastLsn;
  }

  get isWanted(): boolean {
    return this.#thresholds.size > 0;
  }

  get commits(): readonly CommitInfo[] {
    return [...this.#commits];
  }

  get totals(): MaintenanceTotals {
    return { ...this.#totals };
  }

  /** Somebody inspects, until the result is called. */
  want(slowMs: number): () => void {
    const threshold = { slowMs };
    this.#thresholds.add(threshold);
    return () => this.#thresholds.delete(threshold);
  }

  costOf(measured: Measured): Cost | undefined {
    return this.#costs.get(measured);
  }

  slowFrom(slowMs: number): readonly SlowQuery[] {
    return this.#slow.filter(({ ms }) => ms >= slowMs);
  }

  /** What costs come from now on is another round's. */
  beginRound(): void {
    this.#round += 1;
  }

  /** Runs what brings the queries up to date that a commit concerns. */
  commit({ commit_lsn, tables, wide, rowTotal }: ChangesetRecord, maintain: () => number): void {
    const begun = this.#now();
    const visited = maintain();
    const ms = this.#now() - begun;
    this.#totals.commits += 1;
    this.#totals.visits += visited;
    this.#totals.ms += ms;
    this.#commits.push({ lsn: commit_lsn, tables, rows: wide ? null : rowTotal, visited, ms });
    if (this.#commits.length > maxCommits) this.#commits.shift();
  }

  /** Runs what reads one query's first answer, or brings it up to date. */
  measure(measured: Measured, call: () => void): void {
    const during = measured.answer ? 'maintenance' : 'hydration';
    const begun = this.#now();
    try {
      call();
    } finally {
      const ms = this.#now() - begun;
      if (during === 'maintenance') this.#note(measured, ms);
      if (measured.answer && this.#isSlow(ms)) this.#noteSlow(measured, during, ms);
    }
  }

  #note(measured: Measured, ms: number): void {
    const cost = this.#costs.get(measured);
    if (!cost) {
      this.#costs.set(measured, { round: this.#round, lastMs: ms, totalMs: ms });
      return;
    }
    cost.lastMs = cost.round === this.#round ? cost.lastMs + ms : ms;
    cost.round = this.#round;
    cost.totalMs += ms;
  }

  #isSlow(ms: number): boolean {
    for (const { slowMs } of this.#thresholds) if (ms >= slowMs) return true;
    return false;
  }

  #noteSlow(measured: Measured, during: SlowQuery['during'], ms: number): void {
    const { sql, params } = measured;
    const lsn = this.#lastLsn();
    this.#slow.push({ sql, params, during, ms, lsn, at: Date.now(), explain: measured.explain() });
    if (this.#slow.length > maxSlow) this.#slow.shift();
  }
}
