/** W1: the newest 50 open issues; priority and status of one issue change. */
import { type Data, statuses } from './data.ts';
import { Model } from './model.ts';
import { topK } from './queries.ts';
import type { Workload } from './workload.ts';
import { makeWrite, updateShape } from './write.ts';

const shape = updateShape('issues', 'priority', 'status');

export const w1: Workload = {
  id: 'W1',
  title: 'W1 top-k: newest 50 open of 100,000 issues',
  variants: [''],
  comments: false,
  measures: 'latency',
  queries: () => [topK],
  kinds: (_, data) => topKKinds(data),
};

function topKKinds(data: Data) {
  const model = new Model(data);
  const reach = () => model.reach(50, (id) => model.status[id] === 0);
  const change = (id: number, status: number, touched: number) => {
    const priority = ((model.priority[id] ?? 0) + 1 + model.random(4)) % 5;
    model.status[id] = status;
    model.priority[id] = priority;
    return makeWrite(shape, id, [priority, statuses[status] ?? 'open'], touched);
  };
  return [
    {
      name: 'issue inside the answer',
      inside: true,
      // An open one stays or leaves (and another takes its place), any other comes in: the answer keeps its reach.
      next: () => {
        const id = model.newest(model.random(reach()));
        const stays = model.status[id] !== 0 || model.random(2) === 0;
        return change(id, stays ? 0 : 1 + model.random(2), 1);
      },
    },
    {
      name: 'issue outside',
      inside: false,
      next: () => {
        const start = reach();
        const id = model.newest(start + model.random(data.created.length - 1 - start));
        return change(id, model.random(3), 0);
      },
    },
  ];
}
