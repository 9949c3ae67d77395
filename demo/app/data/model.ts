export const statuses = ['backlog', 'todo', 'doing', 'review', 'done'] as const;
export type Status = (typeof statuses)[number];

export const statusNames: Readonly<Record<Status, string>> = {
  backlog: 'Backlog',
  todo: 'To do',
  doing: 'In progress',
  review: 'In review',
  done: 'Done',
};

/** From none to urgent, so that a higher number is more urgent. */
export const priorities = [0, 1, 2, 3, 4] as const;
export type Priority = (typeof priorities)[number];

export const priorityNames: Readonly<Record<Priority, string>> = {
  0: 'No priority',
  1: 'Low',
  2: 'Medium',
  3: 'High',
  4: 'Urgent',
};

export const tagNames = [
  'bug',
  'regression',
  'performance',
  'accessibility',
  'design',
  'docs',
  'security',
  'mobile',
  'api',
  'billing',
  'customer',
  'tech-debt',
] as const;

/** Row of `teams`. */
export interface Team {
  readonly id: number;
  readonly name: string;
  readonly color: string;
}

/** Row of `people`. */
export interface Person {
  readonly id: number;
  readonly name: string;
  readonly team_id: number;
  readonly avatar_hue: number;
}

/** Row of `issues` as lists show it. `meta` is the JSON text. */
export interface IssueRow {
  readonly id: number;
  readonly title: string;
  readonly status: Status;
  readonly priority: Priority;
  readonly team_id: number;
  readonly assignee_id: number | null;
  readonly position: number;
  readonly meta: string;
  readonly comment_count: number;
  readonly created: number;
  readonly updated: number;
}

/** Row of `issues`. */
export interface Issue extends IssueRow {
  readonly body: string;
}

export interface IssueMeta {
  tags: string[];
}

/** An issue as a recipe of `update` gets it: columns of JSON are values. */
export interface IssueDraft {
  title: string;
  body: string;
  status: Status;
  priority: Priority;
  team_id: number;
  assignee_id: number | null;
  position: number;
  meta: IssueMeta;
  updated: number;
}

/** Row of `comments` beside the name of its author. */
export interface Comment {
  readonly id: number;
  readonly author_id: number;
  readonly body: string;
  readonly created: number;
}

/** What people call an issue. */
export const issueName = (id: number): string => `FR-${id}`;

/** The tags in a `meta`; none where somebody has written something else there. */
export function tagsOf(meta: string): readonly string[] {
  try {
    const { tags } = JSON.parse(meta) as Partial<IssueMeta>;
    return Array.isArray(tags) ? tags.map(String) : [];
  } catch {
    return [];
  }
}
