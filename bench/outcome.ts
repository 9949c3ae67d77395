import type { Distribution } from './statistics.ts';

/** How much work to do; `--quick` asks for less. */
export interface Effort {
  readonly writes: number;
  readonly warmUp: number;
  readonly bursts: number;
  readonly hydrations: number;
  /** A phase that takes longer ends early, with the samples it has. */
  readonly phaseSeconds: number;
}

/** What a child process is asked to do. */
export interface Task {
  readonly contender: string;
  readonly workload: string;
  readonly variant: string;
  readonly effort: Effort;
}

/** Microseconds, one line of a table: the contender's, and bare SQLite's beside it in the same process. */
export interface Measured {
  readonly name: string;
  readonly inside: boolean;
  readonly latency: Distribution;
  readonly floor: Distribution;
}

export type Outcome =
  | { readonly type: 'cannot'; readonly reason: string }
  | { readonly type: 'failed'; readonly reason: string }
  | {
      readonly type: 'done';
      readonly mode: string;
      /** What this contender left out of the workload. */
      readonly without: readonly string[];
      /** Answers that aren't SQLite's. */
      readonly wrong: readonly string[];
      readonly loadMs: number;
      /** All the workload's live queries, once. */
      readonly hydrateMs: number;
      readonly measured: readonly Measured[];
      readonly memory: readonly Memory[];
    };

export interface Memory {
  readonly name: string;
  /** JavaScript's heap and what hangs on it, after garbage collection; bytes. */
  readonly heap: number;
  /** The whole process; bytes. */
  readonly rss: number;
  readonly perQuery?: number;
}
