/** W4: N live queries that differ in a parameter (which repeats after 1,000); priority of one issue changes. */
import { type Data, ownerCount } from './data.ts';
import { Model } from './model.ts';
import { byOwner } from './queries.ts';
import { renameOwner } from './sorted-list.ts';
import type { Kind, Workload } from './workload.ts';
import { makeWrite, updateShape } from './write.ts';

const shape = updateShape('issues', 'priority');

export const w4: Workload = {
  id: 'W4',
  title: 'W4 fan-out: N live queries, one per owner, parameters repeat after 1,000',
  variants: ['100', '1000', '10000', '100000'],
  comments: false,
  measures: 'latency',
  queries: (variant) => fanOut(Number(variant)),
  kinds: (variant, data) => fanOutKinds(Number(variant), data),
};

export function fanOut(count: number) {
  return Array.from({ length: count }, (_, at) => byOwner(1 + (at % ownerCount)));
}

function fanOutKinds(count: number, data: Data): readonly Kind[] {
  const model = new Model(data);
  const watched = Math.min(count, ownerCount);
  const change = (inside: boolean) => {
    let id = model.anyIssue();
    while ((model.owner[id] ?? 0) <= watched !== inside) id = model.anyIssue();
    const priority = ((model.priority[id] ?? 0) + 1 + model.random(4)) % 5;
    model.priority[id] = priority;
    return makeWrite(shape, id, [priority], inside ? count / watched : 0);
  };
  return [
    { name: 'issue of a watched owner', inside: true, next: () => change(true) },
    // Where every owner is watched, what touches no answer is another table.
    watched < ownerCount
      ? { name: 'issue of another owner', inside: false, next: () => change(false) }
      : renameOwner(model),
  ];
}
