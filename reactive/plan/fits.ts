import type { QueryPlan } from './query-plan.ts';
import type { Statements } from './statements.ts';

/** Statements up to this length stay within SQLite's limits, except where a view or a `*` makes them long. */
const shortText = 4000;

/**
 * Whether SQLite takes the statements of a plan: their hidden columns, parameters and conditions may pass a limit
 * that the query itself keeps (https://sqlite.org/limits.html). Those that read a child's table can only be compiled
 * once it is there, so they aren't looked at.
 */
export function fitsLimits({ blocks, children, orderBy }: QueryPlan, statements: Statements): boolean {
  if (children.length > 0) return true;
  return blocks.every(({ sql, primed, indexes }) => {
    if (sql.length <= shortText) return true;
    const texts = indexes.flatMap(({ positions, point, set }) => [point(positions.map(() => false)), set]);
    return [sql + orderBy, primed, ...texts].every((text) => text === null || statements.compiles(text));
  });
}
