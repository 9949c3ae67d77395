/** W7: from subscribing to the whole answer, each time with a new live query. */
import { aggregate, relation, sorted, topK } from './queries.ts';
import type { Workload } from './workload.ts';

const queries = { W1: topK, W2: sorted, W3: aggregate, W5: relation };

export const w7: Workload = {
  id: 'W7',
  title: 'W7 first answer: a new live query until its subscriber has the rows',
  variants: Object.keys(queries),
  comments: (variant) => variant === 'W5',
  measures: 'first answer',
  queries: (variant) => [queries[variant as keyof typeof queries]],
};
