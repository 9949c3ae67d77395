/** W5: 50 urgent issues with their owner's name and number of comments; a comment comes, an issue changes. */
import { commentCount, type Data } from './data.ts';
import { Model } from './model.ts';
import { relation } from './queries.ts';
import type { Kind, Workload } from './workload.ts';
import { insertShape, makeWrite, updateShape } from './write.ts';

const comment = insertShape('comments', 'id', 'issue_id', 'body');
const issue = updateShape('issues', 'priority', 'title');
const urgent = 4;

export const w5: Workload = {
  id: 'W5',
  title: 'W5 relation: 50 urgent issues, their owners and 300,000 comments counted',
  variants: [''],
  comments: true,
  measures: 'latency',
  queries: () => [relation],
  kinds: (_, data) => relationKinds(data),
};

function relationKinds(data: Data): readonly Kind[] {
  const model = new Model(data);
  const reach = () => model.reach(50, (id) => model.priority[id] === urgent);
  const outside = (start: number) => model.newest(start + model.random(data.created.length - 1 - start));
  let nextComment = commentCount + 1;
  let renamed = 0;
  const add = (issueId: number, touched: number) => {
    const id = nextComment++;
    return makeWrite(comment, id, [id, issueId, `Comment ${id}`], touched);
  };
  const change = (id: number, priority: number, touched: number) => {
    model.priority[id] = priority;
    return makeWrite(issue, id, [priority, `Renamed ${++renamed}`], touched);
  };
  return [
    {
      name: 'comment on an issue inside',
      inside: true,
      next: () => {
        const end = reach();
        let id = model.newest(model.random(end));
        while (model.priority[id] !== urgent) id = model.newest(model.random(end));
        return add(id, 1);
      },
    },
    {
      name: 'comment on one outside',
      inside: false,
      next: () => add(outside(reach()), 0),
    },
    {
      name: 'issue inside the answer',
      inside: true,
      next: () => {
        const id = model.newest(model.random(reach()));
        const stays = model.priority[id] !== urgent || model.random(2) === 0;
        return change(id, stays ? urgent : model.random(urgent), 1);
      },
    },
    {
      name: 'issue outside',
      inside: false,
      next: () => change(outside(reach()), model.random(5), 0),
    },
  ];
}
