/** W2: all 100,000 issues held in order; one gets another title, or another place. */
import { type Data, ownerCount, unused } from './data.ts';
import { Model } from './model.ts';
import { sorted } from './queries.ts';
import type { Kind, Workload } from './workload.ts';
import { makeWrite, updateShape } from './write.ts';

const title = updateShape('issues', 'title');
const created = updateShape('issues', 'created');
const name = updateShape('owners', 'name');

export const w2: Workload = {
  id: 'W2',
  title: 'W2 whole sorted list: 100,000 issues held, newest first',
  variants: [''],
  comments: false,
  measures: 'latency',
  queries: () => [sorted],
  kinds: (_, data) => sortedKinds(data),
};

function sortedKinds(data: Data): readonly Kind[] {
  const model = new Model(data);
  const taken = new Set(data.created);
  let count = 0;
  const elsewhere = renameOwner(model);
  return [
    {
      name: 'title of an issue',
      inside: true,
      next: () => makeWrite(title, model.anyIssue(), [`Renamed ${++count}`], 1),
    },
    elsewhere,
    {
      name: 'move an issue',
      inside: true,
      next: () => makeWrite(created, model.anyIssue(), [unused(taken, model.random)], 1),
    },
    elsewhere,
  ];
}

/** A write to a table that the live query doesn't read. */
export function renameOwner(model: Model): Kind {
  let count = 0;
  return {
    name: 'row of another table',
    inside: false,
    next: () => makeWrite(name, 1 + model.random(ownerCount), [`Owner, renamed ${++count}`], 0),
  };
}
