export interface Example {
  readonly name: string;
  readonly sql: string;
}

/** From what costs a commit nothing to what it makes run again. */
export const examples: readonly [Example, ...Example[]] = [
  {
    name: 'Top 20',
    sql: `SELECT id, title, status, priority, comment_count AS comments
FROM issues
WHERE status <> 'done'
ORDER BY updated DESC, id DESC
LIMIT 20`,
  },
  {
    name: 'Join and group',
    sql: `SELECT t.name AS team, count(*) AS open,
  sum(i.priority = 4) AS urgent, sum(i.comment_count) AS comments
FROM issues i JOIN teams t ON t.id = i.team_id
WHERE i.status <> 'done'
GROUP BY t.id
ORDER BY open DESC`,
  },
  {
    name: 'NOT EXISTS',
    sql: `-- In review, and nobody has said a word.
SELECT i.id, i.title, p.name AS assignee
FROM issues i LEFT JOIN people p ON p.id = i.assignee_id
WHERE i.status = 'review' AND i.priority >= 3
  AND NOT EXISTS (SELECT 1 FROM comments c WHERE c.issue_id = i.id)
ORDER BY i.updated DESC, i.id
LIMIT 100`,
  },
  {
    name: 'Window function',
    sql: `-- The two that each person touched last, of the urgent ones in progress.
SELECT person, nth, id, title FROM (
  SELECT p.name AS person, i.id, i.title,
    row_number() OVER (PARTITION BY i.assignee_id ORDER BY i.updated DESC, i.id) AS nth
  FROM issues i JOIN people p ON p.id = i.assignee_id
  WHERE i.status = 'doing' AND i.priority = 4
)
WHERE nth <= 2
ORDER BY person, nth`,
  },
  {
    name: 'Full-text search',
    sql: `SELECT i.id, i.title, i.status
FROM issues_search s JOIN issues i ON i.id = s.rowid
WHERE issues_search MATCH 'offline AND search'
ORDER BY i.id DESC
LIMIT 50`,
  },
  {
    name: 'Recursive CTE',
    sql: `-- Issues changed in each of the last twelve hours.
WITH RECURSIVE hour(ago, until) AS (
  SELECT 0, max(updated) FROM issues
  UNION ALL
  SELECT ago + 1, until - 3600000 FROM hour WHERE ago < 11
)
SELECT ago AS hours_ago, strftime('%H:%M', until / 1000, 'unixepoch') AS until_utc,
  (SELECT count(*) FROM issues WHERE updated > until - 3600000 AND updated <= until) AS changed
FROM hour`,
  },
  {
    name: 'A write',
    sql: `UPDATE issues SET priority = (priority + 1) % 5, updated = unixepoch('subsec') * 1000
WHERE id = 17`,
  },
];
