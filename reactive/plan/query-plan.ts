import type { DriverValue } from '../../core/drivers/driver.ts';
import type { Collation } from '../../core/sql/collation.ts';
import type { CompoundKind } from '../query/model.ts';
import type { BlockPlan } from './block-plan.ts';
import type { Child } from './sites.ts';

/** How rows are sorted. */
export interface SortTerm {
  readonly position: number;
  readonly collation: Collation;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

/** Rows that follow another in order; hidden parameters come first. */
export interface Page {
  readonly sql: string;
  readonly values: readonly DriverValue[];
}

/** How a SELECT is kept up to date from the changes of its tables. */
export interface QueryPlan {
  readonly blocks: readonly BlockPlan[];
  readonly operators: readonly CompoundKind[];
  /** Of the columns of a compound that removes duplicates. */
  readonly equality: readonly Collation[];
  /** Empty: the order is open. */
  readonly order: readonly SortTerm[];
  /** ORDER BY with the terms that break ties, for the whole answer. */
  readonly orderBy: string;
  /** Pages of the rows behind one, best first, given its values by `order`; null where only the whole is in order. */
  readonly pagesAfter: ((values: readonly DriverValue[]) => readonly Page[]) | null;
  /** Statements that give LIMIT and OFFSET. */
  readonly limit: string | undefined;
  readonly children: readonly ChildPlan[];
  readonly visible: number;
  /** The number of the parameter that says whose rows of the children are read. */
  readonly owner: number;
}

/**
 * A SELECT inside of another that doesn't depend on it. Its answer is maintained for itself and kept in a TEMP
 * table, one for all parameters, from which the outer query reads it; its changes reach the outer query like a
 * table's.
 */
export interface ChildPlan extends Child {
  readonly plan: QueryPlan;
  readonly table: string;
}
