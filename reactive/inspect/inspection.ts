import type { ReactiveMetrics } from '../../core/commit/hub.ts';
import type { Params } from '../../core/values.ts';
import type { LiveExplain } from '../live-explain.ts';

/** One open answer: equal live queries share it, and count as subscribers of it. Times are in milliseconds. */
export interface LiveQueryInfo {
  /** Its own as long as it is open, and no other's of the same engine. */
  readonly id: number;
  readonly sql: string;
  readonly params: Params | undefined;
  readonly tier: LiveExplain['tier'];
  /** Why it isn't of the first tier. */
  readonly reason?: string;
  /** Rows that subscribers see. */
  readonly rows: number;
  /** Rows that are held for it, those of SELECTs inside included. */
  readonly stateRows: number;
  /** Commits that concerned it since it was opened. */
  readonly visits: number;
  readonly subscribers: number;
  /** Spent on it at the last commit that visited it; 0 before one has, while somebody inspects. */
  readonly lastCommitMs: number;
  /** Spent on it at all commits since somebody inspects. */
  readonly totalMs: number;
  /** What its first answer took; 0 before that is there. */
  readonly hydrateMs: number;
  readonly explain: LiveExplain;
}

/** What one commit asked of the live queries. */
export interface CommitInfo {
  readonly lsn: number;
  readonly tables: readonly string[];
  /** Rows it changed; null where that isn't known. */
  readonly rows: number | null;
  /** Live queries it concerned. A change of the schema concerns all. */
  readonly visited: number;
  /** Spent on finding them and bringing them up to date. */
  readonly ms: number;
}

/** A live query that took long once. */
export interface SlowQuery {
  readonly sql: string;
  readonly params: Params | undefined;
  readonly during: 'hydration' | 'maintenance';
  readonly ms: number;
  /** The last commit then. */
  readonly lsn: number;
  /** When, in milliseconds since 1970. */
  readonly at: number;
  readonly explain: LiveExplain;
}

/** Sums over all commits since somebody inspects; the difference of two says what happened between. */
export interface MaintenanceTotals {
  readonly commits: number;
  readonly visits: number;
  readonly ms: number;
}

/** What is known at one moment. */
export interface Inspection {
  /** In the order in which they were opened. */
  readonly queries: readonly LiveQueryInfo[];
  /** The last 256, in commit order. */
  readonly commits: readonly CommitInfo[];
  /** The last 100 at or above `slowMs`, in the order in which they ended. */
  readonly slow: readonly SlowQuery[];
  readonly totals: MaintenanceTotals;
  readonly metrics: ReactiveMetrics;
}
