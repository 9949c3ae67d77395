/**
 * What a store must do to be measured. One adapter a store; each runs alone in a process of its own.
 *
 * Order of calls: `load` once; then `watch` and `writer` for whatever the workload needs; writes one after another,
 * each awaited. An adapter uses what its store documents as fastest and says so in `mode`; it may keep no answer of
 * its own that the store could have given.
 */
import type { Data } from './workloads/data.ts';
import type { Query, QueryName } from './workloads/queries.ts';
import type { Shape, Write } from './workloads/write.ts';

/**
 * A subscriber got the whole new answer: its adapter has read the answer's length and its first row. With
 * `Contender.told` 'every write', it is also called when nothing in the answer changed.
 */
export type Heard = (length: number, first: unknown) => void;

export interface Watched {
  /** The answer now, rows with the query's columns; called only when nothing is measured. */
  rows(): readonly object[];
  stop(): void | Promise<void>;
}

export interface Contender {
  /** Indexes, mode, and what stands for a subscription; printed under the tables. */
  readonly mode: string;
  /** Whether subscribers hear of every write to a table they read, or only of changed answers. */
  readonly told: 'every write' | 'changed answers';
  /** The queries that can't be asked, and why. */
  readonly cannot: Partial<Record<QueryName, string>>;
  load(data: Data, withComments: boolean): void | Promise<void>;
  /** Resolves once `heard` has been called with the first answer. */
  watch(query: Query, heard: Heard): Watched | Promise<Watched>;
  /** What can be prepared once for writes of a shape. The write is done when the call returns or resolves. */
  writer(shape: Shape): (write: Write) => unknown;
  /** Not timed: what an application would have at hand, like the documents it is about to change. */
  expect?(writes: readonly Write[]): void | Promise<void>;
  /** All of them, atomically or in whatever the store has for a batch. */
  transaction(writes: readonly Write[]): unknown;
  close(): void | Promise<void>;
}

/** Every adapter's module exports `create`. */
export interface ContenderModule {
  create(): Contender | Promise<Contender>;
}
