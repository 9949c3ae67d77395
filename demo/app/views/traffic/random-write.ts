import type { BindValue } from 'freshet';

/** A statement that changes one issue, and leaves `mark` in what it wrote. */
export interface Write {
  readonly kind: 'status' | 'priority' | 'title' | 'comment';
  readonly sql: string;
  readonly params: readonly BindValue[];
  readonly id: number;
  readonly mark: number;
}

/** What there is to be written about: ids run from 1, and some may be missing. */
export interface Extent {
  readonly issues: number;
  readonly people: number;
}

const statuses = ['backlog', 'todo', 'doing', 'review', 'done'] as const;
const verbs = ['Mend', 'Speed up', 'Explain', 'Redraw', 'Test', 'Retire', 'Translate', 'Simplify'] as const;
const things = [
  'the sign-in page',
  'exports to CSV',
  'keyboard shortcuts',
  'the weekly report',
  'image uploads',
  'search by date',
  'the billing form',
  'offline mode',
] as const;
const remarks = [
  'I can see it here, too.',
  'Done on my branch, please have a look.',
  'Let us wait for the next release with this.',
  'The cause is in the cache, not in the query.',
  'Works for me since this morning.',
] as const;

/** A change as people make them: half are moves, a fifth comments. Each is a commit of its own. */
export function randomWrite({ issues, people }: Extent, mark: number, random: () => number): Write {
  const upTo = (count: number): number => 1 + Math.floor(random() * count);
  const one = <T>(list: readonly [T, ...T[]]): T => list[upTo(list.length) - 1] ?? list[0];
  const id = upTo(issues);
  const kind = random();
  const update = (column: Exclude<Write['kind'], 'comment'>, value: BindValue): Write => ({
    kind: column,
    sql: `UPDATE issues SET ${column} = ?, updated = ? WHERE id = ?`,
    params: [value, mark, id],
    id,
    mark,
  });
  if (kind < 0.5) return update('status', one(statuses));
  if (kind < 0.7) return update('priority', upTo(5) - 1);
  if (kind < 0.8) return update('title', `${one(verbs)} ${one(things)}`);
  return {
    kind: 'comment',
    // An issue that has been deleted gets none, and that is no error.
    sql: `INSERT INTO comments(issue_id, author_id, body, created)
          SELECT id, ?, ?, ? FROM issues WHERE id = ?`,
    params: [upTo(people), one(remarks), mark, id],
    id,
    mark,
  };
}
