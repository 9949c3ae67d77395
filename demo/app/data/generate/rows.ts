import { type Priority, type Status, statuses, tagNames } from '../model.ts';
import { Random } from './random.ts';
import {
  areas,
  endings,
  familyNames,
  givenNames,
  middles,
  openings,
  places,
  remarks,
  teamNames,
  titles,
} from './words.ts';

/** How much there is to make, and from when on. */
export interface Plan {
  readonly issues: number;
  readonly comments: number;
  readonly seed: number;
  /** The present, when generation began: ms since 1970. */
  readonly now: number;
}

export const peopleCount = 200;
export const teamCount = teamNames.length;

const day = 86_400_000;
const span = 730 * day;
const [issueStream, commentStream, peopleStream] = [0, 1 << 24, 1 << 28];

export const teamRows = (): (readonly [number, string, string])[] =>
  teamNames.map(([name, color], index) => [index + 1, name, color]);

export function personRows(seed: number): (readonly [number, string, number, number])[] {
  const random = new Random(seed, peopleStream);
  return Array.from({ length: peopleCount }, (_, index) => {
    const given = givenNames[index % givenNames.length] as string;
    const family = familyNames[(index * 7 + Math.floor(index / givenNames.length)) % familyNames.length];
    return [index + 1, `${given} ${family}`, (index % teamCount) + 1, random.below(360)] as const;
  });
}

/** Row `id` of `issues`, in the order of its columns; the same for the same plan, whatever was made before. */
export function issueRow(id: number, plan: Plan): readonly (string | number | null)[] {
  const random = new Random(plan.seed, issueStream + id);
  const { created, updated } = timesOf(id, plan, random);
  const area = random.pick(areas);
  const age = (plan.now - created) / span;
  const status = random.weighted(statusesAt(age));
  const team = random.below(teamCount) + 1;
  const isAssigned = random.chance(status === 'backlog' ? 0.35 : 0.92);
  const member = random.below(peopleCount / teamCount) * teamCount + team;
  const tags = Array.from({ length: random.below(4) }, () => random.pick(tagNames));
  return [
    id,
    sentence(random.pick(titles), area, random),
    [openings, middles, endings].map((part) => sentence(random.pick(part), area, random)).join('\n\n'),
    status,
    random.weighted<Priority>([
      [0, 24],
      [1, 22],
      [2, 30],
      [3, 18],
      [4, 6],
    ]),
    team,
    isAssigned ? member : null,
    // The newest at the top of its column, with room between neighbours.
    -id * 1024,
    JSON.stringify({ tags: [...new Set(tags)] }),
    created,
    updated,
  ];
}

/** Row `id` of `comments`. Comments of one issue are near each other, as they are where people write them. */
export function commentRow(id: number, plan: Plan): readonly (string | number)[] {
  const random = new Random(plan.seed, commentStream + id);
  // In blocks of issues, most of them with few comments and some with many.
  const block = Math.min(plan.issues, 200);
  const blocks = Math.ceil(plan.issues / block);
  const first = Math.floor(((id - 1) / plan.comments) * blocks) * block;
  const size = Math.min(block, plan.issues - first);
  const issue = first + Math.floor(size * random.next() ** 1.8) + 1;
  const { created, updated } = timesOf(issue, plan, new Random(plan.seed, issueStream + issue));
  return [
    id,
    issue,
    random.below(peopleCount) + 1,
    sentence(random.pick(remarks), random.pick(areas), random),
    Math.floor(created + random.next() * (updated - created)),
  ];
}

/** `created` rises with the id, so that the newest issue is the one with the highest. */
function timesOf(id: number, plan: Plan, random: Random): { created: number; updated: number } {
  const step = span / plan.issues;
  const created = Math.floor(plan.now - span + (id - random.next()) * step);
  const updated = Math.floor(created + (plan.now - created) * random.next() ** 4);
  return { created, updated };
}

/** The share of each status at an age, from 0 (now) to 1: what is old is mostly done. */
function statusesAt(age: number): readonly (readonly [Status, number])[] {
  const isRecent = age < 0.12;
  const weights = isRecent ? [26, 26, 20, 12, 16] : [16, 7, 3, 2, 72];
  return statuses.map((status, index) => [status, weights[index] ?? 0]);
}

function sentence(pattern: string, area: string, random: Random): string {
  return pattern.replace('{area}', area).replace('{place}', () => random.pick(places));
}
