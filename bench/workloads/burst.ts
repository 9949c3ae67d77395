/** W6: one transaction changes priority and status of 10,000 issues while W1, W2 and W3 are live. */
import { statuses } from './data.ts';
import { Model } from './model.ts';
import { aggregate, sorted, topK } from './queries.ts';
import type { Workload } from './workload.ts';
import { makeWrite, updateShape } from './write.ts';

const shape = updateShape('issues', 'priority', 'status');
const rows = 10_000;

export const w6: Workload = {
  id: 'W6',
  title: 'W6 burst: one transaction of 10,000 row changes with W1, W2 and W3 live',
  variants: [''],
  comments: false,
  measures: 'burst',
  queries: () => [topK, sorted, aggregate],
  burst: (data) => {
    const model = new Model(data);
    return () =>
      Array.from({ length: rows }, () =>
        makeWrite(shape, model.anyIssue(), [model.random(5), statuses[model.random(3)] ?? 'open'], 3),
      );
  },
};
