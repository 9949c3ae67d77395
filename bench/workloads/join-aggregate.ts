/** W3: open issues and their priorities summed per team; an issue changes, or an owner changes team. */
import { type Data, ownerCount, statuses, teamCount } from './data.ts';
import { Model } from './model.ts';
import { aggregate } from './queries.ts';
import type { Kind, Workload } from './workload.ts';
import { makeWrite, updateShape } from './write.ts';

const issue = updateShape('issues', 'priority', 'status');
const team = updateShape('owners', 'team');
const name = updateShape('owners', 'name');

export const w3: Workload = {
  id: 'W3',
  title: 'W3 join and aggregate: open issues per team',
  variants: [''],
  comments: false,
  measures: 'latency',
  queries: () => [aggregate],
  kinds: (_, data) => aggregateKinds(data),
};

function aggregateKinds(data: Data): readonly Kind[] {
  const model = new Model(data);
  let count = 0;
  const change = (id: number, status: number, touched: number) => {
    const priority = ((model.priority[id] ?? 0) + 1 + model.random(4)) % 5;
    model.status[id] = status;
    model.priority[id] = priority;
    return makeWrite(issue, id, [priority, statuses[status] ?? 'open'], touched);
  };
  return [
    {
      name: 'issue that counts',
      inside: true,
      next: () => {
        const id = model.anyIssue();
        return change(id, model.status[id] === 0 ? model.random(3) : 0, 1);
      },
    },
    {
      name: 'issue that does not',
      inside: false,
      next: () => {
        let id = model.anyIssue();
        while (model.status[id] === 0) id = model.anyIssue();
        return change(id, 1 + model.random(2), 0);
      },
    },
    {
      name: "owner's team",
      inside: true,
      next: () => {
        const id = 1 + model.random(ownerCount);
        const next = ((model.team[id] ?? 0) + 1 + model.random(teamCount - 1)) % teamCount;
        model.team[id] = next;
        return makeWrite(team, id, [next], 1);
      },
    },
    {
      name: "owner's name",
      inside: false,
      next: () => makeWrite(name, 1 + model.random(ownerCount), [`Owner, renamed ${++count}`], 0),
    },
  ];
}
