import { quoteName } from '../../core/sql/identifier.ts';
import type { Nested, Relation, SelectModel } from '../query/model.ts';
import type { QueryPlan } from './query-plan.ts';

/**
 * A SELECT inside of another that doesn't depend on it. Its answer is maintained for itself and kept in a TEMP
 * table, one for all parameters, from which the outer query reads it; its changes reach the outer query like a
 * table's.
 */
export interface ChildPlan {
  readonly use: 'table' | Nested['use'];
  readonly select: SelectModel;
  readonly plan: QueryPlan;
  readonly table: string;
  readonly relation: Relation;
}

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
  return `CREATE TEMP TABLE ${quoteName(table)} ("m" INTEGER, "id" INTEGER, ${columns.join(', ')}, PRIMARY KEY ("m", "id")) WITHOUT ROWID`;
}
