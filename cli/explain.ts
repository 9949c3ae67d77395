import type { DatabaseSync, Params } from '../core/index.ts';
import { live } from '../reactive/index.ts';
import { printable } from './cell.ts';
import { openToRead } from './open-to-read.ts';
import type { Terminal } from './output.ts';
import { type Parameter, toParams } from './parameters.ts';

export interface ExplainOptions {
  readonly param?: readonly Parameter[];
}

interface PlanStep {
  readonly id: number;
  readonly parent: number;
  readonly detail: string;
}

/** SQLite's own plan as an indented tree: https://sqlite.org/eqp.html */
function planText(db: DatabaseSync, sql: string, params: Params | undefined): string {
  const steps = db.query<PlanStep>(`EXPLAIN QUERY PLAN ${sql}`, params);
  const below = (parent: number, indent: string): string[] =>
    steps
      .filter((step) => step.parent === parent)
      .flatMap((step) => [`${indent}${printable(step.detail)}`, ...below(step.id, `${indent}  `)]);
  return below(0, '  ').join('\n');
}

/** `freshet explain`: how a live query of this SQL is kept fresh, and how SQLite answers it. */
export async function explain(
  { out }: Terminal,
  file: string,
  sql: string,
  options: ExplainOptions,
): Promise<void> {
  using db = openToRead(file);
  const params = toParams(options.param);
  const plan = planText(db, sql, params);
  out.write(`${live(db, sql, params).explain()}\n\n${out.paint('bold', "SQLite's plan")}\n${plan}\n`);
}
