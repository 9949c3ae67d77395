import type { DatabaseSync } from 'freshet';

/**
 * A database of issues of which every ten look like every other ten: an owner, nine issues of its own and one of
 * nobody's, and nine comments on them. So the rows around one issue, group or partition are the same whatever the
 * size; only what goes by status, priority or team grows with the tables.
 */
export function fillWithIssues(db: DatabaseSync, size: number): void {
  db.exec(`
    CREATE TABLE owners (id INTEGER PRIMARY KEY, name TEXT, team INTEGER);
    CREATE TABLE issues (
      id INTEGER PRIMARY KEY, owner_id INTEGER, status TEXT, priority INTEGER, created INTEGER, title TEXT, tags TEXT
    );
    CREATE TABLE comments (id INTEGER PRIMARY KEY, issue_id INTEGER, body TEXT);
    CREATE INDEX owners_team ON owners (team);
    CREATE INDEX issues_owner ON issues (owner_id);
    CREATE INDEX issues_status ON issues (status, created);
    CREATE INDEX issues_priority ON issues (priority, created);
    CREATE INDEX issues_created ON issues (created);
    CREATE INDEX comments_issue ON comments (issue_id);
    WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${size - 1})
    INSERT INTO issues SELECT i + 1, iif(i % 10 = 9, NULL, i / 10 + 1),
      CASE i % 10 % 3 WHEN 0 THEN 'open' WHEN 1 THEN 'closed' ELSE 'wip' END,
      i % 10 % 5, (i + 1) * 10, 'issue ' || i, json_array('t' || i % 10, 'common')
    FROM n;
    INSERT INTO owners SELECT id / 10, 'owner ' || id / 10, id / 10 % 20 FROM issues WHERE id % 10 = 0;
    INSERT INTO comments SELECT id, id, 'first' FROM issues WHERE id % 10 IN (1, 2, 3, 4, 5, 6);
    INSERT INTO comments SELECT id + ${size}, id, 'second' FROM issues WHERE id % 10 IN (1, 3, 5);
  `);
}
