/**
 * The rows every contender gets: the same ones in every process, from one seed. Kept as columns of numbers, so
 * that what a process retains is the contender's and not the generator's; row objects are made as they are read.
 */

export const ownerCount = 1_000;
export const teamCount = 20;
export const issueCount = 100_000;
export const commentCount = 300_000;
export const statuses = ['open', 'closed', 'wip'] as const;
export const priorityCount = 5;

export interface Owner {
  readonly id: number;
  readonly name: string;
  readonly team: number;
}

export interface Issue {
  readonly id: number;
  readonly owner_id: number;
  readonly status: string;
  readonly priority: number;
  readonly created: number;
  readonly title: string;
}

export interface Comment {
  readonly id: number;
  readonly issue_id: number;
  readonly body: string;
}

export type TableName = 'owners' | 'issues' | 'comments';

/** Integers below `bound`, the same for the same seed (mulberry32). */
export type Random = (bound: number) => number;

export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  };
}

/** Columns by id; ids begin at 1, and index 0 is unused. */
export interface Data {
  readonly team: Uint8Array;
  readonly owner: Uint16Array;
  readonly status: Uint8Array;
  readonly priority: Uint8Array;
  /** Unique, so that ordering by it is total and there is one right answer. */
  readonly created: Uint32Array;
  readonly issueOfComment: Uint32Array;
}

const words = 'the login page forgets its cache when a slow reader retries two writes after midnight'.split(
  ' ',
);

export function makeData(seed = 20_251): Data {
  const random = seededRandom(seed);
  const data: Data = {
    team: new Uint8Array(ownerCount + 1),
    owner: new Uint16Array(issueCount + 1),
    status: new Uint8Array(issueCount + 1),
    priority: new Uint8Array(issueCount + 1),
    created: new Uint32Array(issueCount + 1),
    issueOfComment: new Uint32Array(commentCount + 1),
  };
  for (let id = 1; id <= ownerCount; id++) data.team[id] = id % teamCount;
  const taken = new Set<number>();
  for (let id = 1; id <= issueCount; id++) {
    data.owner[id] = 1 + random(ownerCount);
    data.status[id] = random(statuses.length);
    data.priority[id] = random(priorityCount);
    data.created[id] = unused(taken, random);
  }
  for (let id = 1; id <= commentCount; id++) data.issueOfComment[id] = 1 + random(issueCount);
  return data;
}

/** A moment nobody has, now taken. */
export function unused(taken: Set<number>, random: Random): number {
  for (;;) {
    const moment = random(1_000_000_000);
    if (taken.has(moment)) continue;
    taken.add(moment);
    return moment;
  }
}

export function* owners(data: Data): Generator<Owner> {
  for (let id = 1; id <= ownerCount; id++) yield { id, name: `Owner ${id}`, team: data.team[id] ?? 0 };
}

export function* issues(data: Data): Generator<Issue> {
  for (let id = 1; id <= issueCount; id++) {
    yield {
      id,
      owner_id: data.owner[id] ?? 0,
      status: statuses[data.status[id] ?? 0] ?? 'open',
      priority: data.priority[id] ?? 0,
      created: data.created[id] ?? 0,
      title: `Issue ${id}: ${words[id % words.length]} ${words[(id >> 4) % words.length]} ${words[(id >> 8) % words.length]}`,
    };
  }
}

export function* comments(data: Data): Generator<Comment> {
  for (let id = 1; id <= commentCount; id++) {
    yield { id, issue_id: data.issueOfComment[id] ?? 0, body: `Comment ${id} ${words[id % words.length]}` };
  }
}
