import type { Database } from '../freshet.ts';
import { indexes, tables } from '../schema.ts';
import { commentRow, issueRow, type Plan, personRows, teamRows } from './rows.ts';

/** The version of a database that is whole; SQLite keeps it in the file's header. */
const complete = 1;
const seed = 20_260_601;
const [issueBatch, commentBatch] = [1000, 4000];

export type Step = 'tables' | 'issues' | 'comments' | 'indexes';

export interface Progress {
  readonly step: Step;
  readonly done: number;
  readonly total: number;
}

/** @throws Error for a database of a newer version of this page. */
export async function isComplete(db: Database): Promise<boolean> {
  const row = await db.queryOne<{ user_version: number }>('PRAGMA user_version');
  const version = row?.user_version ?? 0;
  // To fill it as this version does would lower the number, and spoil what the newer one has made.
  if (version > complete) throw new Error('A newer version of this page has been here. Reload it.');
  return version === complete;
}

/**
 * Fills the database. What an interrupted run has committed stays: every row follows from its number and the plan,
 * which is kept beside the rows, so the next run goes on behind the last one.
 * Each batch is a commit of its own; the rows of the next are made while the engine writes the last.
 */
export async function generate(
  db: Database,
  size: { readonly issues: number; readonly comments: number },
  onProgress: (progress: Progress) => void,
): Promise<void> {
  onProgress({ step: 'tables', done: 0, total: 1 });
  await db.exec(tables);
  const plan = await planOf(db, size);
  await db.transaction(async (tx) => {
    await tx.executeBatch('INSERT OR IGNORE INTO teams VALUES (?, ?, ?)', teamRows());
    await tx.executeBatch('INSERT OR IGNORE INTO people VALUES (?, ?, ?, ?)', personRows(plan.seed));
  });
  await fill(db, {
    table: 'issues',
    sql: `INSERT INTO issues(id, title, body, status, priority, team_id, assignee_id, position, meta, created, updated)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    total: plan.issues,
    batch: issueBatch,
    row: (id) => issueRow(id, plan),
    onProgress,
  });
  await fill(db, {
    table: 'comments',
    sql: 'INSERT INTO comments(id, issue_id, author_id, body, created) VALUES (?, ?, ?, ?, ?)',
    total: plan.comments,
    batch: commentBatch,
    row: (id) => commentRow(id, plan),
    onProgress,
  });
  for (const [done, sql] of indexes.entries()) {
    onProgress({ step: 'indexes', done, total: indexes.length + 1 });
    await db.execute(sql);
  }
  onProgress({ step: 'indexes', done: indexes.length, total: indexes.length + 1 });
  // A sample of each index tells the planner enough.
  await db.exec('PRAGMA analysis_limit = 1000; ANALYZE issues; ANALYZE comments;');
  await db.exec(`PRAGMA user_version = ${complete}`);
}

/** The plan of the run that began this database, or a new one. */
async function planOf(
  db: Database,
  { issues, comments }: { readonly issues: number; readonly comments: number },
): Promise<Plan> {
  const kept = await db.queryOne<{ value: string }>("SELECT value FROM settings WHERE name = 'plan'");
  if (kept) return JSON.parse(kept.value) as Plan;
  const plan: Plan = { issues, comments, seed, now: Date.now() };
  await db.execute("INSERT INTO settings VALUES ('plan', ?)", [JSON.stringify(plan)]);
  return plan;
}

interface Filling {
  readonly table: 'issues' | 'comments';
  readonly sql: string;
  readonly total: number;
  readonly batch: number;
  readonly row: (id: number) => readonly (string | number | null)[];
  readonly onProgress: (progress: Progress) => void;
}

async function fill(db: Database, filling: Filling): Promise<void> {
  const { table, sql, total, batch, row, onProgress } = filling;
  const last = await db.queryOne<{ id: number | null }>(`SELECT max(id) AS id FROM ${table}`);
  let written: Promise<unknown> = Promise.resolve();
  for (let done = last?.id ?? 0; done < total; done += batch) {
    const count = Math.min(batch, total - done);
    const rows = Array.from({ length: count }, (_, index) => row(done + index + 1));
    await written;
    onProgress({ step: table, done, total });
    written = db.executeBatch(sql, rows);
  }
  await written;
  onProgress({ step: table, done: total, total });
}
