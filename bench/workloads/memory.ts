/** W8: what is retained once W1, W2 and W3 are hydrated, and what a live query of W4 costs at 10,000. */
import { fanOut } from './fan-out.ts';
import { aggregate, sorted, topK } from './queries.ts';
import type { Workload } from './workload.ts';

export const w8: Workload = {
  id: 'W8',
  title: 'W8 memory: retained after garbage collection',
  variants: ['W1-W3', 'W4 at 10000'],
  comments: false,
  measures: 'memory',
  queries: (variant) => (variant === 'W1-W3' ? [topK, sorted, aggregate] : fanOut(10_000)),
};
