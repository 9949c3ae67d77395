import type { Data } from './data.ts';
import type { Query } from './queries.ts';
import type { Write } from './write.ts';

/** A kind of write, measured apart from the others. */
export interface Kind {
  readonly name: string;
  readonly inside: boolean;
  next(): Write;
}

/** Live queries and writes to them, independent of who answers. */
export interface Workload {
  readonly id: string;
  readonly title: string;
  /** Each runs in a process of its own. */
  readonly variants: readonly string[];
  readonly comments: boolean | ((variant: string) => boolean);
  readonly measures: 'latency' | 'burst' | 'first answer' | 'memory';
  /** What is asked, per variant. */
  queries(variant: string): readonly Query[];
  /** For `latency`: the kinds of write. */
  kinds?(variant: string, data: Data): readonly Kind[];
  /** For `burst`: the row changes of a transaction. */
  burst?(data: Data): () => readonly Write[];
}

export function needsComments(workload: Workload, variant: string): boolean {
  return typeof workload.comments === 'function' ? workload.comments(variant) : workload.comments;
}
