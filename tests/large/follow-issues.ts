import { openSync } from '../../core/index.ts';
import type { Params } from '../../core/values.ts';
import { live } from '../../reactive/index.ts';
import { Random } from '../oracle/random.ts';
import { showRow } from '../oracle/values.ts';

const top50 = "SELECT * FROM issues WHERE status = 'open' ORDER BY created DESC LIMIT 50";

export interface FollowedIssues {
  readonly tier: string;
  /** Opening the file, planning and the first 50 rows. */
  readonly firstAnswerMs: number;
  readonly writes: number;
  readonly writesMs: number;
  readonly emissions: number;
  readonly comparisons: number;
  /** The first answer that wasn't what SQLite gives. */
  readonly difference: string | null;
}

/** A live top-50 of a large file, kept fresh through writes of which most meet the window, and compared now and then. */
export function followIssues(path: string, writes: number, seed: number): FollowedIssues {
  const random = new Random(seed);
  const start = performance.now();
  using db = openSync(path);
  const open = live(db, top50, [], { schedule: 'sync' });
  let emissions = 0;
  open.subscribe(() => emissions++);
  const firstAnswerMs = performance.now() - start;
  const tier = open.explain().tier;
  const last = Number(db.queryOne('SELECT max(id) AS id FROM issues')?.id);
  let difference: string | null = null;
  let comparisons = 0;
  const compare = (after: string): void => {
    comparisons++;
    const fresh = db.query(top50).map(showRow);
    const value = (open.value ?? []).map(showRow);
    const index = fresh.findIndex((row, i) => row !== value[i]);
    if (index >= 0 || fresh.length !== value.length)
      difference ??= `after ${after}: row ${index}: ${value[index]} instead of ${fresh[index]}`;
  };
  const shown = (): number => Number(random.pick(open.value ?? [])?.id ?? 1);
  const any = (): number => random.between(1, last);
  let newest = 1_000_000_000;
  const changes: readonly (readonly [weight: number, name: string, sql: string, params: () => Params])[] = [
    [3, 'closing', "UPDATE issues SET status = 'closed' WHERE id = ?", () => [shown()]],
    [2, 'reopening', "UPDATE issues SET status = 'open' WHERE id = ?", () => [any()]],
    [2, 'a new title', "UPDATE issues SET title = title || '!' WHERE id = ?", () => [shown()]],
    [2, 'a new date', 'UPDATE issues SET created = ? WHERE id = ?', () => [++newest, any()]],
    [1, 'deleting', 'DELETE FROM issues WHERE id = ?', () => [shown()]],
    [2, 'a new issue', "INSERT INTO issues VALUES (NULL, 'open', ?, 'new', 'text')", () => [++newest]],
  ];
  const weighted = changes.map((change) => [change[0], change] as const);
  const write = (): string => {
    const [, name, sql, params] = random.weighted(weighted);
    db.execute(sql, params());
    return name;
  };
  compare('opening');
  const begun = performance.now();
  for (let i = 0; i < writes && difference === null; i++) {
    const done = write();
    if (i % 10 === 0) compare(done);
  }
  compare('the last write');
  return {
    tier,
    firstAnswerMs,
    writes,
    writesMs: performance.now() - begun,
    emissions,
    comparisons,
    difference,
  };
}
