import { type DatabaseSync, openSync, type Params } from 'freshet';
import { live } from 'freshet/reactive';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rowText } from '../tests/support/replica.ts';
import { fillWithIssues } from '../tests/support/sized-issues.ts';
import {
  lacksCounters,
  recordStatements,
  type StatementRecorder,
  type StatementWork,
} from '../tests/support/statement-work.ts';

const sizes = [1_000, 10_000, 100_000] as const;

interface Sized {
  readonly size: number;
  readonly db: DatabaseSync;
  readonly recorder: StatementRecorder;
}

/** A change of one row. */
interface Change {
  readonly what: string;
  readonly sql: string;
  readonly params: Params;
}

/** Where the changes are made: an issue with all of its neighbours, and an id that no issue has. */
interface Place {
  readonly issue: number;
  readonly owner: number;
  readonly unused: number;
  /** Changes with every round, so that an update is one. */
  readonly round: number;
}

/** Changes of one row each that leave the tables as they were, titles, names and the like aside. */
type Changes = (at: Place) => Change[];

interface Construct {
  readonly name: string;
  readonly sql: string;
  readonly changes: Changes;
}

const update = (
  what: string,
  table: string,
  column: string,
  value: number | string | null,
  id: number,
): Change => ({
  what,
  sql: `UPDATE ${table} SET ${column} = ? WHERE id = ?`,
  params: [value, id],
});
const insertIssue = ({ unused, owner, round }: Place, created = unused * 10): Change => ({
  what: 'an issue comes',
  sql: "INSERT INTO issues VALUES (?, ?, 'open', 4, ?, ?, '[\"new\"]')",
  params: [unused, owner, created, `new ${round}`],
});
const deleteIssue = ({ unused }: Place): Change => ({
  what: 'an issue goes',
  sql: 'DELETE FROM issues WHERE id = ?',
  params: [unused],
});
const commentComes = (what: string, { unused, round }: Place, issue: number): Change => ({
  what,
  sql: 'INSERT INTO comments VALUES (?, ?, ?)',
  params: [unused * 3, issue, `new ${round}`],
});
const commentGoes = (what: string, { unused }: Place): Change => ({
  what,
  sql: 'DELETE FROM comments WHERE id = ?',
  params: [unused * 3],
});
const comesAndGoes: Changes = (at) => [insertIssue(at), deleteIssue(at)];
const title = ({ issue, round }: Place) =>
  update('a title changes', 'issues', 'title', `title ${round}`, issue);
const ownerMoves: Changes = ({ issue, owner }) => [
  update('an issue moves to another owner', 'issues', 'owner_id', owner + 1, issue),
  update('an issue moves to nobody', 'issues', 'owner_id', null, issue),
  update('an issue moves back', 'issues', 'owner_id', owner, issue),
];
const ownerRenamed = ({ owner, round }: Place) =>
  update('an owner is renamed', 'owners', 'name', `owner ${round}`, owner);
const ownerComesAndGoes: Changes = ({ unused, round }) => [
  { what: 'an owner comes', sql: 'INSERT INTO owners VALUES (?, ?, 3)', params: [unused, `new ${round}`] },
  { what: 'an owner goes', sql: 'DELETE FROM owners WHERE id = ?', params: [unused] },
];
const statusMoves: Changes = ({ issue }) => [
  update('an issue is closed', 'issues', 'status', 'closed', issue),
  update('an issue is opened', 'issues', 'status', 'open', issue),
];
const priorityMoves: Changes = ({ issue, round }) => [
  update('a priority changes', 'issues', 'priority', 10 + round, issue),
  update('a priority changes back', 'issues', 'priority', 0, issue),
];
const all =
  (...lists: readonly (Changes | ((at: Place) => Change))[]): Changes =>
  (at) =>
    lists.flatMap((list) => list(at));

/** At the other end of the tables: the newest open issue, behind which come three that are not. */
const atTheTop =
  (changes: Changes): Changes =>
  (at) =>
    changes({ ...at, issue: at.unused - 4, owner: (at.unused - 1) / 10 });

const commentMoves: Changes = (at) => [
  commentComes('a first comment comes', at, at.issue + 7),
  update('a comment is edited', 'comments', 'body', `edited ${at.round}`, at.unused * 3),
  update('a comment moves to an issue with others', 'comments', 'issue_id', at.issue, at.unused * 3),
  update('a comment moves to no issue', 'comments', 'issue_id', at.unused * 2, at.unused * 3),
  commentGoes('a comment goes', at),
];

const constructs: readonly Construct[] = [
  {
    name: 'a filter',
    sql: "SELECT id, title FROM issues WHERE status = 'open' AND title LIKE '%e%'",
    changes: all(title, statusMoves, comesAndGoes),
  },
  {
    name: 'top-k by an index',
    sql: 'SELECT id, title, created FROM issues ORDER BY created DESC LIMIT 50',
    changes: atTheTop(
      all(
        title,
        ({ issue }) => [
          update('an issue moves up', 'issues', 'created', issue * 10 + 15, issue),
          update('an issue moves out', 'issues', 'created', 1, issue),
          update('an issue moves in', 'issues', 'created', issue * 10, issue),
        ],
        comesAndGoes,
      ),
    ),
  },
  {
    name: 'top-k of a filter',
    sql: "SELECT * FROM issues WHERE status = 'open' ORDER BY created DESC LIMIT 50",
    changes: atTheTop(all(title, statusMoves, priorityMoves, comesAndGoes)),
  },
  {
    name: 'top-k that has to be filled again',
    sql: "SELECT id, title FROM issues WHERE status = 'open' ORDER BY created DESC LIMIT 5 OFFSET 2",
    changes: ({ unused }) => {
      const ids = Array.from({ length: 20 }, (_, block) =>
        [4, 7, 10].map((at) => unused - at - block * 10),
      ).flat();
      return ['closed', 'open'].flatMap((status) =>
        ids.map((id) => update(`${status} from the top`, 'issues', 'status', status, id)),
      );
    },
  },
  {
    name: 'a join',
    sql: 'SELECT i.id, i.title, o.name FROM issues i JOIN owners o ON o.id = i.owner_id',
    changes: all(title, ownerMoves, ownerRenamed, ownerComesAndGoes, comesAndGoes),
  },
  {
    name: 'a left join',
    sql: 'SELECT o.id, o.name, i.id AS issue, i.title FROM owners o LEFT JOIN issues i ON i.owner_id = o.id',
    changes: all(title, ownerMoves, ownerRenamed, ownerComesAndGoes, comesAndGoes),
  },
  {
    name: 'groups of one size',
    sql: 'SELECT owner_id, count(*) AS n, sum(priority) AS p, max(created) AS last FROM issues WHERE owner_id IS NOT NULL GROUP BY owner_id',
    changes: all(priorityMoves, ownerMoves, comesAndGoes),
  },
  {
    name: 'groups that grow with the table',
    sql: 'SELECT status, count(*) AS n, sum(priority) AS p FROM issues GROUP BY status',
    changes: all(priorityMoves, statusMoves, comesAndGoes),
  },
  {
    name: 'MIN and MAX of groups that grow with the table',
    sql: 'SELECT status, min(created) AS first, max(created) AS last FROM issues GROUP BY status',
    changes: all(statusMoves, comesAndGoes, atTheTop(statusMoves)),
  },
  {
    name: 'a grand total',
    sql: "SELECT count(*) AS n, sum(priority) AS p FROM issues WHERE status = 'open'",
    changes: all(priorityMoves, statusMoves, comesAndGoes),
  },
  {
    name: 'groups over a join',
    sql: 'SELECT o.id, o.name, count(*) AS n, sum(i.priority) AS p FROM issues i JOIN owners o ON o.id = i.owner_id GROUP BY o.id, o.name',
    changes: all(priorityMoves, ownerMoves, ownerRenamed, comesAndGoes),
  },
  {
    name: 'groups over a join that grow with the tables',
    sql: "SELECT o.team, count(*) AS n, sum(i.priority) AS p FROM issues i JOIN owners o ON o.id = i.owner_id WHERE i.status = 'open' GROUP BY o.team",
    changes: all(priorityMoves, statusMoves, ownerMoves, comesAndGoes, ({ owner }) => [
      update('an owner changes team', 'owners', 'team', (owner + 1) % 20, owner),
      update('an owner changes back', 'owners', 'team', owner % 20, owner),
    ]),
  },
  {
    name: 'a correlated count',
    sql: 'SELECT i.id, i.title, (SELECT count(*) FROM comments c WHERE c.issue_id = i.id) AS n FROM issues i',
    changes: all(title, comesAndGoes, commentMoves),
  },
  {
    name: 'a relation: join, correlated count and top-k',
    sql: 'SELECT i.*, o.name, (SELECT count(*) FROM comments c WHERE c.issue_id = i.id) AS n FROM issues i JOIN owners o ON o.id = i.owner_id WHERE i.priority = 4 ORDER BY i.created DESC LIMIT 50',
    changes: atTheTop(
      all(
        (at) => commentComes('a comment comes', at, at.issue - 2),
        (at) => commentGoes('a comment goes', at),
        ownerRenamed,
        (at) => title({ ...at, issue: at.issue - 2 }),
        comesAndGoes,
      ),
    ),
  },
  {
    name: 'EXISTS',
    sql: 'SELECT i.id, i.title FROM issues i WHERE EXISTS (SELECT 1 FROM comments c WHERE c.issue_id = i.id)',
    changes: all(title, comesAndGoes, commentMoves),
  },
  {
    name: 'NOT EXISTS',
    sql: 'SELECT i.id, i.title FROM issues i WHERE NOT EXISTS (SELECT 1 FROM comments c WHERE c.issue_id = i.id)',
    changes: all((at) => title({ ...at, issue: at.issue + 7 }), comesAndGoes, commentMoves),
  },
  {
    name: 'IN (SELECT)',
    sql: 'SELECT id, title FROM issues WHERE id IN (SELECT issue_id FROM comments)',
    changes: all(title, comesAndGoes, commentMoves),
  },
  {
    name: 'NOT IN (SELECT)',
    sql: 'SELECT id, title FROM issues WHERE id NOT IN (SELECT issue_id FROM comments)',
    changes: all((at) => title({ ...at, issue: at.issue + 7 }), comesAndGoes, commentMoves),
  },
  {
    name: 'a window by partition',
    sql: 'SELECT id, title, rank() OVER w AS place, sum(priority) OVER w AS so_far FROM issues WHERE owner_id > 0 WINDOW w AS (PARTITION BY owner_id ORDER BY created)',
    changes: all(title, priorityMoves, ownerMoves, comesAndGoes),
  },
  {
    name: 'DISTINCT',
    sql: 'SELECT DISTINCT owner_id FROM issues WHERE priority > 2',
    changes: all(
      ({ issue }) => [update('a priority drops', 'issues', 'priority', 1, issue + 3)],
      ({ issue }) => [update('a priority rises', 'issues', 'priority', 3, issue + 3)],
      ownerMoves,
      comesAndGoes,
    ),
  },
  {
    name: 'UNION',
    sql: "SELECT owner_id AS id FROM issues WHERE status = 'open' UNION SELECT id FROM owners WHERE team > 2",
    changes: all(statusMoves, ownerMoves, comesAndGoes, ownerComesAndGoes),
  },
  {
    name: 'a FULL JOIN of two tables',
    sql: 'SELECT o.id, o.name, i.id AS issue, i.title FROM owners o FULL JOIN issues i ON i.owner_id = o.id',
    changes: all(title, ownerMoves, ownerRenamed, ownerComesAndGoes, comesAndGoes),
  },
  {
    name: 'lateral json_each',
    sql: 'SELECT i.id, i.title, t.value AS tag FROM issues i, json_each(i.tags) t',
    changes: all(
      title,
      ({ issue, round }) => [update('tags change', 'issues', 'tags', `["t0","x${round}","z"]`, issue)],
      ({ issue }) => [update('no tag is left', 'issues', 'tags', '[]', issue)],
      ({ issue }) => [update('tags come back', 'issues', 'tags', '["t0","common"]', issue)],
      comesAndGoes,
    ),
  },
];

/** What one change made SQLite do. */
interface Work {
  readonly change: string;
  readonly statements: readonly StatementWork[];
}

/** The work of every change in a round, after rounds in which statements are compiled and indexes made. */
function workOf(
  { size, db, recorder }: Sized,
  { sql, changes }: Construct,
): { all: string; scanning: string } {
  const query = live(db, sql, undefined, { schedule: 'sync' });
  const subscription = query.subscribe();
  expect(query.explain().tier, query.explain().reason).toBe('incremental');
  try {
    const round = (number: number): Work[] => {
      const owner = size / 20 - 3;
      return changes({ issue: owner * 10 - 9, owner, unused: size + 1, round: number }).map((change) => ({
        change: change.what,
        statements: recorder.during(() => db.execute(change.sql, change.params), new Set([change.sql])),
      }));
    };
    round(0);
    round(1);
    const work = round(2);
    if (size === sizes[0]) {
      // Work that doesn't lead to the answer proves nothing.
      const texts = (query.value ?? []).map(rowText).sort();
      expect(texts).toEqual(db.query(sql).map(rowText).sort());
    }
    const scanning = work.map(({ change, statements }) => ({
      change,
      statements: statements.filter((one) => readsTooMuch(one, recorder)),
    }));
    // The statements' TEMP tables go with the query.
    return {
      all: textOf(work, recorder),
      scanning: textOf(
        scanning.filter(({ statements }) => statements.length > 0),
        recorder,
      ),
    };
  } finally {
    subscription.unsubscribe();
  }
}

/** Work as a text that names what is wrong with it, a line a statement. */
function textOf(work: readonly Work[], recorder: StatementRecorder): string {
  return work
    .flatMap(({ change, statements }) => [
      `-- ${change}`,
      ...statements.map(({ sql, runs, vmSteps }) => {
        const plan = recorder.plan(sql).replaceAll('\n', '; ').trim();
        return `${runs} runs, ${vmSteps} steps: ${sql}\n     ${plan}`;
      }),
    ])
    .join('\n');
}

/** Statements whose cost can't be that of a change. */
function readsTooMuch(
  { sql, fullscanSteps, autoindexRows }: StatementWork,
  recorder: StatementRecorder,
): boolean {
  return fullscanSteps > 0 || autoindexRows > 0 || recorder.readsAll(sql);
}

describe.skipIf(lacksCounters !== null)(
  `The statements that follow a change of one row${lacksCounters === null ? '' : ` (skipped: ${lacksCounters})`}`,
  () => {
    let databases: Sized[] = [];
    beforeAll(() => {
      databases = sizes.map((size) => {
        let db: DatabaseSync | undefined;
        const recorder = recordStatements(() => {
          db = openSync(':memory:');
        });
        if (!db) throw new Error('There is no database');
        fillWithIssues(db, size);
        return { size, db, recorder };
      });
    });
    afterAll(() => {
      for (const { db } of databases) db.close();
    });

    test.each(
      constructs,
    )('are the same whatever the size of the tables, and scan none: $name', (construct) => {
      const [small, ...larger] = databases.map((sized) => ({ ...sized, work: workOf(sized, construct) }));
      if (!small) throw new Error('There is no database');
      expect(small.work.scanning).toBe('');
      for (const { size, work } of larger) {
        expect(work.all, `${size} rows against ${small.size}`).toBe(small.work.all);
      }
    });
  },
);
