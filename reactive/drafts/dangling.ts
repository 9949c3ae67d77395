import type { WrittenTable } from '../../core/commit/written.ts';
import { foldName, quoteName } from '../../core/sql/identifier.ts';
import { assigned, cellOf, type Fragment, type Image, isExactly, joined } from './row-image.ts';
import { type Request, read, type Steps } from './steps.ts';
import type { Conflict } from './undo-conflict.ts';
import { conflictOf, type Target } from './undo-targets.ts';

interface ForeignKey {
  readonly child: string;
  readonly parent: string;
  /** Pairs of a child's column and the parent's that it refers to. */
  readonly columns: readonly (readonly [from: string, to: string])[];
}

/** A question whose answer tells that a target leaves a foreign key without its row. */
interface Check {
  readonly target: Target;
  readonly conflict: Conflict;
  readonly request: Request;
}

/**
 * Targets that leave a foreign key without its row: others' rows refer to one that has gone, or what a row refers to was
 * deleted by others. The commit would refuse that without saying which.
 */
export function* danglingOf(targets: readonly Target[]): Steps<Map<Target, Conflict>> {
  const keys = yield* foreignKeys();
  const checks = keys.flatMap((key) =>
    targets.flatMap((target) => [...asParent(key, target), ...asChild(key, target)]),
  );
  if (checks.length === 0) return new Map();
  const answers = yield checks.map(({ request }) => request);
  return new Map(
    checks
      .filter((_, at) => (answers[at]?.rows.length ?? 0) > 0)
      .map(({ target, conflict }) => [target, conflict]),
  );
}

/** What the row was under its old key: does a row refer to that, and no other has it now? */
function asParent({ child, parent, columns }: ForeignKey, target: Target): Check[] {
  const { row, current, goal } = target;
  if (current === null || !isNamed(row.table, parent)) return [];
  if (goal && columns.every(([, to]) => isKept(row.table, current, goal, to))) return [];
  const values = columns.map(([, to]) => cell(row.table, current, to));
  return [
    {
      target,
      conflict: conflictOf(row, 'referenced'),
      request: question([
        exists(
          child,
          columns.map(([from], at) => assigned(quoteName(from), values[at] ?? null)),
        ),
        absent(
          parent,
          columns.map(([, to], at) => assigned(quoteName(to), values[at] ?? null)),
        ),
      ]),
    },
  ];
}

/** What the row refers to as it is now: is it not there? */
function asChild({ child, parent, columns }: ForeignKey, target: Target): Check[] {
  const { row, current, goal } = target;
  if (goal === null || !isNamed(row.table, child)) return [];
  if (current && columns.every(([from]) => isKept(row.table, current, goal, from))) return [];
  const values = columns.map(([from]) => cell(row.table, goal, from));
  if (values.includes(null)) return [];
  return [
    {
      target,
      conflict: conflictOf(
        row,
        'orphaned',
        columns.map(([from]) => from),
      ),
      request: question([
        absent(
          parent,
          columns.map(([, to], at) => assigned(quoteName(to), values[at] ?? null)),
        ),
      ]),
    },
  ];
}

function* foreignKeys(): Steps<ForeignKey[]> {
  const rows = yield* read(
    `SELECT t.name, k.id, k."table", k."from",
       coalesce(k."to", (SELECT p.name FROM pragma_table_info(k."table") p WHERE p.pk = k.seq + 1))
     FROM main.sqlite_schema t, pragma_foreign_key_list(t.name) k WHERE t.type = 'table' ORDER BY t.name, k.id, k.seq`,
  );
  const keys = Map.groupBy(rows, ([child, id]) => `${String(id)} ${String(child)}`);
  return [...keys.values()].map((terms) => ({
    child: String(terms[0]?.[0]),
    parent: String(terms[0]?.[2]),
    columns: terms.map(([, , , from, to]) => [String(from), String(to)] as const),
  }));
}

function exists(table: string, terms: readonly Fragment[]): Fragment {
  const where = joined(terms, ' AND ');
  return {
    sql: `EXISTS (SELECT 1 FROM main.${quoteName(table)} WHERE ${where.sql})`,
    params: where.params,
  };
}

function absent(table: string, terms: readonly Fragment[]): Fragment {
  const { sql, params } = exists(table, terms);
  return { sql: `NOT ${sql}`, params };
}

function question(conditions: readonly Fragment[]): Request {
  const { sql, params } = joined(conditions, ' AND ');
  return { kind: 'read', sql: `SELECT 1 WHERE ${sql}`, params };
}

function isNamed(table: WrittenTable, name: string): boolean {
  return foldName(table.name) === foldName(name);
}

/** A foreign key may spell a column in another case. */
function cell(table: WrittenTable, image: Image, column: string) {
  const name = table.columns.find((one) => foldName(one) === foldName(column)) ?? column;
  return cellOf(table, image, name);
}

function isKept(table: WrittenTable, a: Image, b: Image, column: string): boolean {
  return isExactly(cell(table, a, column), cell(table, b, column));
}
