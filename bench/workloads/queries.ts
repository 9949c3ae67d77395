import type { TableName } from './data.ts';

export type QueryName = 'topK' | 'sorted' | 'aggregate' | 'byOwner' | 'relation';

/** A live query, in SQL for those who speak it; the others know what each name asks for. */
export interface Query {
  readonly name: QueryName;
  readonly sql: string;
  readonly params: readonly number[];
  readonly tables: readonly TableName[];
  /** What a row of the answer has, in the order in which answers are compared. */
  readonly columns: readonly string[];
  readonly ordered: boolean;
}

const issueColumns = ['id', 'owner_id', 'status', 'priority', 'created', 'title'];

export const topK: Query = {
  name: 'topK',
  sql: "SELECT * FROM issues WHERE status = 'open' ORDER BY created DESC LIMIT 50",
  params: [],
  tables: ['issues'],
  columns: issueColumns,
  ordered: true,
};

export const sorted: Query = {
  name: 'sorted',
  sql: 'SELECT * FROM issues ORDER BY created DESC',
  params: [],
  tables: ['issues'],
  columns: issueColumns,
  ordered: true,
};

export const aggregate: Query = {
  name: 'aggregate',
  sql: `SELECT o.team, count(*) n, sum(i.priority) p FROM issues i JOIN owners o ON o.id = i.owner_id
        WHERE i.status = 'open' GROUP BY o.team`,
  params: [],
  tables: ['issues', 'owners'],
  columns: ['team', 'n', 'p'],
  ordered: false,
};

export const relation: Query = {
  name: 'relation',
  sql: `SELECT i.*, o.name, (SELECT count(*) FROM comments c WHERE c.issue_id = i.id) n
        FROM issues i JOIN owners o ON o.id = i.owner_id
        WHERE i.priority = 4 ORDER BY i.created DESC LIMIT 50`,
  params: [],
  tables: ['issues', 'owners', 'comments'],
  columns: [...issueColumns, 'name', 'n'],
  ordered: true,
};

export function byOwner(owner: number): Query {
  return {
    name: 'byOwner',
    sql: 'SELECT * FROM issues WHERE owner_id = ?',
    params: [owner],
    tables: ['issues'],
    columns: issueColumns,
    ordered: false,
  };
}

/** SQL that makes the tables and their indexes; PostgreSQL takes it too. */
export function schema(withComments: boolean): readonly string[] {
  return [
    'CREATE TABLE owners(id INTEGER PRIMARY KEY, name TEXT, team INT)',
    'CREATE TABLE issues(id INTEGER PRIMARY KEY, owner_id INT, status TEXT, priority INT, created INT, title TEXT)',
    'CREATE INDEX issues_status_created ON issues(status, created)',
    'CREATE INDEX issues_owner ON issues(owner_id)',
    'CREATE INDEX issues_created ON issues(created)',
    ...(withComments
      ? [
          'CREATE TABLE comments(id INTEGER PRIMARY KEY, issue_id INT, body TEXT)',
          'CREATE INDEX comments_issue ON comments(issue_id)',
        ]
      : []),
  ];
}
