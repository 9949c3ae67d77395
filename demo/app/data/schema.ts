/** What a new database begins with. The search index and the numbers of comments are kept by triggers. */
export const tables = `
CREATE TABLE IF NOT EXISTS teams(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  color TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS people(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  team_id INTEGER NOT NULL REFERENCES teams,
  avatar_hue INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS issues(
  id INTEGER PRIMARY KEY,
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  status TEXT NOT NULL CHECK(status IN ('backlog','todo','doing','review','done')),
  priority INTEGER NOT NULL,
  team_id INTEGER NOT NULL REFERENCES teams,
  assignee_id INTEGER REFERENCES people,
  position REAL NOT NULL,
  meta JSON NOT NULL DEFAULT '{"tags":[]}',
  comment_count INTEGER NOT NULL DEFAULT 0,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL
);
-- No ON DELETE CASCADE: SQLite deletes by it before AFTER triggers run, so that a trigger on comments which writes
-- issues would cost every commit on issues its row detail.
CREATE TABLE IF NOT EXISTS comments(
  id INTEGER PRIMARY KEY,
  issue_id INTEGER NOT NULL REFERENCES issues,
  author_id INTEGER NOT NULL REFERENCES people,
  body TEXT NOT NULL,
  created INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS settings(
  name TEXT PRIMARY KEY,
  value NOT NULL
) WITHOUT ROWID;
CREATE VIRTUAL TABLE IF NOT EXISTS issues_search USING fts5(
  title, body, content = 'issues', content_rowid = 'id', detail = 'column'
);
CREATE TRIGGER IF NOT EXISTS issues_search_insert AFTER INSERT ON issues BEGIN
  INSERT INTO issues_search(rowid, title, body) VALUES (new.id, new.title, new.body);
END;
CREATE TRIGGER IF NOT EXISTS issues_search_delete AFTER DELETE ON issues BEGIN
  INSERT INTO issues_search(issues_search, rowid, title, body) VALUES ('delete', old.id, old.title, old.body);
END;
CREATE TRIGGER IF NOT EXISTS issues_search_update AFTER UPDATE OF title, body ON issues BEGIN
  INSERT INTO issues_search(issues_search, rowid, title, body) VALUES ('delete', old.id, old.title, old.body);
  INSERT INTO issues_search(rowid, title, body) VALUES (new.id, new.title, new.body);
END;
CREATE TRIGGER IF NOT EXISTS comments_count_insert AFTER INSERT ON comments BEGIN
  UPDATE issues SET comment_count = comment_count + 1 WHERE id = new.issue_id;
END;
CREATE TRIGGER IF NOT EXISTS comments_count_delete AFTER DELETE ON comments BEGIN
  UPDATE issues SET comment_count = comment_count - 1 WHERE id = old.issue_id;
END;
`;

/** Made once the rows are there. Each is an order that a list is read in, or what a count reads instead of the table. */
export const indexes: readonly string[] = [
  'CREATE INDEX IF NOT EXISTS comments_by_issue ON comments(issue_id, created)',
  'CREATE INDEX IF NOT EXISTS issues_by_update ON issues(updated, id)',
  'CREATE INDEX IF NOT EXISTS issues_by_priority ON issues(priority, id)',
  'CREATE INDEX IF NOT EXISTS issues_by_comments ON issues(comment_count, id)',
  'CREATE INDEX IF NOT EXISTS issues_on_board ON issues(status, position)',
  'CREATE INDEX IF NOT EXISTS issues_by_status ON issues(status, updated, id)',
  'CREATE INDEX IF NOT EXISTS issues_by_status_and_priority ON issues(status, priority, id)',
  'CREATE INDEX IF NOT EXISTS issues_by_team ON issues(team_id, updated, id)',
  'CREATE INDEX IF NOT EXISTS issues_by_assignee ON issues(assignee_id, updated, id)',
  'CREATE INDEX IF NOT EXISTS issues_by_facets ON issues(team_id, status, priority, assignee_id)',
];
