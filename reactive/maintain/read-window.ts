import type { QueryPlan } from '../plan/query-plan.ts';
import type { Window } from './answer.ts';
import type { Run } from './block-delta.ts';

/** What LIMIT and OFFSET come to; null where one of them is no integer: SQLite has rules for that. */
export function readWindow(run: Run, sql: string): Window | null {
  const [[limit = null, offset = null] = []] = run(sql, []);
  if (typeof limit !== 'bigint' || typeof offset !== 'bigint') return null;
  return {
    limit: limit < 0n ? null : Number(limit),
    offset: offset < 0n ? 0 : Number(offset),
    keepsAll: false,
  };
}

/** Whether the window of a query, or of a SELECT inside of it, is none that can be followed. */
export function hasOddLimit({ limit, children }: QueryPlan, run: Run): boolean {
  const isOdd = limit !== undefined && readWindow(run, limit) === null;
  return isOdd || children.some(({ plan }) => hasOddLimit(plan, run));
}
