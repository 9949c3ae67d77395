import { quoteName } from '../../core/sql/identifier.ts';
import type { ChildPlan } from './query-plan.ts';

/** What stands in the outer query's text for the child's. `?owner` is the number of whose answer it is. */
export function readChild({ use, table, relation }: ChildPlan, owner: number): string {
  const from = `FROM temp.${quoteName(table)} WHERE "m" = ?${owner}`;
  if (use === 'exists') return `SELECT 1 ${from}`;
  const columns = relation.columns.map(({ affinity }, at) =>
    // A value without affinity mustn't get the one of a column without type.
    affinity === 'none' ? `+"c${at}" AS "c${at}"` : `"c${at}"`,
  );
  if (use === 'table') columns.push('"id"');
  return `SELECT ${columns.join(', ')} ${from}`;
}

/**
 * `x IN (SELECT c0 ...)` as look-ups in the child's index. Written as IN, SQLite would collect the whole answer
 * at each run. The order of the cases is that of SQLite's rules for NULL.
 */
export function lookUpChild({ table }: ChildPlan, owner: number, left: string, negated: boolean): string {
  const exists = (condition: string): string =>
    `EXISTS (SELECT 1 FROM temp.${quoteName(table)} AS "child" WHERE "child"."m" = ?${owner}${condition})`;
  const isIn =
    `CASE WHEN NOT ${exists('')} THEN 0 WHEN (${left}) IS NULL THEN NULL ` +
    `WHEN ${exists(` AND (${left}) = "child"."c0"`)} THEN 1 ` +
    `WHEN ${exists(' AND "child"."c0" IS NULL')} THEN NULL ELSE 0 END`;
  return negated ? `(NOT ${isIn})` : `(${isIn})`;
}

const types = {
  none: '',
  blob: '',
  text: 'TEXT',
  numeric: 'NUMERIC',
  integer: 'INTEGER',
  real: 'REAL',
} as const;

/** Columns as the child's SELECT has them: the same affinity, the same collation. */
export function createChild({ table, relation }: Pick<ChildPlan, 'table' | 'relation'>): string {
  const columns = relation.columns.map(
    ({ affinity, collation }, at) =>
      `"c${at}" ${types[affinity]} COLLATE ${quoteName(collation ?? 'BINARY')}`,
  );
  return `CREATE TEMP TABLE IF NOT EXISTS ${quoteName(table)} ("m" INTEGER, "id" INTEGER, ${columns.join(', ')}, PRIMARY KEY ("m", "id")) WITHOUT ROWID`;
}
