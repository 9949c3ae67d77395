import { expect, test } from 'vitest';
import { patience } from '../tests/support/events.ts';
import { follow } from '../tests/support/following.ts';
import { opened } from '../tests/support/opening.ts';

const schema = `
  CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT, status TEXT);
  CREATE TABLE "my posts" (id INTEGER PRIMARY KEY, title TEXT);
  CREATE VIRTUAL TABLE search USING fts5(title, status UNINDEXED, content='posts', content_rowid='id');
  CREATE TRIGGER posts_i AFTER INSERT ON posts BEGIN INSERT INTO search(rowid, title) VALUES (new.id, new.title); END;
  CREATE TRIGGER posts_d AFTER DELETE ON posts BEGIN INSERT INTO search(search, rowid, title) VALUES ('delete', old.id, old.title); END;
  CREATE TRIGGER posts_u AFTER UPDATE OF title ON posts BEGIN
    INSERT INTO search(search, rowid, title) VALUES ('delete', old.id, old.title);
    INSERT INTO search(rowid, title) VALUES (new.id, new.title);
  END;
  CREATE VIEW published AS SELECT id, title FROM posts WHERE status = 'published';
  CREATE VIRTUAL TABLE over_view USING fts5(title, CONTENT = "published", content_rowid=id);
  CREATE VIRTUAL TABLE spaced USING fts5(title, cont = [my posts], content_rowid = 'id');
  CREATE VIRTUAL TABLE terms USING fts5vocab(search, row);
  CREATE VIRTUAL TABLE older USING fts4(title, content="my posts");
  CREATE VIRTUAL TABLE old USING fts4(title);
  CREATE VIRTUAL TABLE old_terms USING fts4aux('old');
  CREATE VIRTUAL TABLE own USING fts5(title);
  CREATE VIRTUAL TABLE none USING fts5(title, content='');
  INSERT INTO posts VALUES (1, 'a pear tree', 'draft');
  INSERT INTO "my posts" VALUES (1, 'first');
`;

const queries: readonly [sql: string, ...tables: string[]][] = [
  ["SELECT rowid, title, status FROM search WHERE search MATCH 'pear'", 'posts', 'search'],
  ['SELECT title FROM over_view', 'over_view', 'posts'],
  ['SELECT rowid, title FROM spaced', 'my posts', 'spaced'],
  ['SELECT term, cnt FROM terms ORDER BY term', 'posts', 'search', 'terms'],
  ['SELECT docid, title FROM older', 'my posts', 'older'],
  ['SELECT term, documents FROM old_terms', 'old', 'old_terms'],
  ['SELECT title FROM own', 'own'],
  ['SELECT rowid FROM none', 'none'],
  ['SELECT s.title, p.status FROM search AS s JOIN posts AS p ON p.id = s.rowid', 'posts', 'search'],
];

const writes = [
  "UPDATE posts SET status = 'published'",
  "INSERT INTO posts VALUES (2, 'apple', 'published'), (3, 'pear', 'draft')",
  "UPDATE posts SET title = 'pear and quince' WHERE id = 2",
  'INSERT INTO "my posts" VALUES (7, \'seventh\')',
  'UPDATE "my posts" SET title = \'other\' WHERE id = 1',
  "INSERT INTO old VALUES ('some old words')",
  "INSERT INTO own VALUES ('mine')",
  "INSERT INTO none(rowid, title) VALUES (4, 'kept nowhere')",
  'DELETE FROM posts WHERE id = 1',
];

test.each(queries)('%s follows what its tables read', (sql, ...tables) => {
  const db = opened();
  db.exec(schema);
  const answer = follow(db, sql, undefined, { schedule: 'sync' });
  expect(answer.query.explain().tables).toEqual(tables);
  for (const write of writes) {
    db.execute(write);
    expect(answer.errors, write).toEqual([]);
    answer.expectFresh();
  }
  expect(answer.snapshots.length).toBeGreaterThan(1);
});

test('a virtual table that shows the file depends on every commit', () => {
  const db = opened();
  db.exec('CREATE VIRTUAL TABLE pages USING dbstat(main); CREATE TABLE t (x)');
  const answer = follow(db, 'SELECT sum(pgsize) AS bytes FROM pages', undefined, { schedule: 'sync' });
  db.execute(
    'INSERT INTO t WITH RECURSIVE i(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM i LIMIT 5000) SELECT x FROM i',
  );
  answer.expectFresh();
  expect(answer.snapshots).toHaveLength(2);
});

test('watches of a full-text table report writes to what it takes its texts from', async () => {
  const db = opened();
  db.exec(schema);
  for (const watch of [
    db.watchTable('search'),
    db.watchTable('terms'),
    db.watchQuery('SELECT title FROM over_view'),
  ]) {
    await watch.next({ timeoutMs: patience });
    db.execute('UPDATE posts SET status = status');
    expect(await watch.next({ timeoutMs: patience })).toMatchObject({
      type: 'invalidate',
      tables: ['posts'],
    });
    watch.close();
  }
});

test('a full-text index over a view whose table is missing is followed, as a SELECT of it works', () => {
  const db = opened();
  db.exec(`
    CREATE VIEW published AS SELECT id, title FROM post WHERE status = 'published';
    CREATE VIRTUAL TABLE found USING fts5(title, content='published', content_rowid='id')`);
  const answer = follow(db, "SELECT rowid, title FROM found WHERE found MATCH 'pear'", [], {
    schedule: 'sync',
  });
  answer.expectFresh();
  db.exec(
    "CREATE TABLE post (id INTEGER PRIMARY KEY, title, status); INSERT INTO post VALUES (1, 'pear', 'published')",
  );
  db.execute("INSERT INTO found(found) VALUES ('rebuild')");
  expect(answer.errors).toEqual([]);
  answer.expectFresh();
});
