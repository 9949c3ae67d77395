import type { QueryPlan } from './query-plan.ts';

/** https://sqlite.org/limits.html */
const maxColumns = 2000;
const maxParameters = 32_766;
/** More than the values of keys, images and pages that a statement takes beside the user's. */
const spareParameters = 200;

/**
 * Whether a plan's hidden columns and parameters stay within SQLite's limits, which the query itself keeps. Rarer
 * limits show when its statements are run: then the query is run again instead.
 */
export function fitsLimits({ blocks, owner }: QueryPlan): boolean {
  return owner <= maxParameters - spareParameters && blocks.every(({ width }) => width <= maxColumns);
}
