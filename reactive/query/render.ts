import { quoteName } from '../../core/sql/identifier.ts';
import {
  type Conjunct,
  type Core,
  type Joined,
  type Nested,
  type Ref,
  type Relation,
  rowidColumn,
  type SelectModel,
  type Text,
} from './model.ts';

/** How a statement made from a resolved query differs from the query. All of it is optional. */
export interface Rendering {
  /** Puts something else for a column. */
  readonly ref?: (ref: Ref) => string | undefined;
  /** Puts another SELECT for a whole one, such as one that reads its materialised answer. */
  readonly select?: (select: SelectModel) => string | undefined;
  /** Puts another expression for one that holds a SELECT. */
  readonly nested?: (nested: Nested, how: Rendering) => string | undefined;
  /** What a SELECT in FROM hands out beside its columns. */
  readonly exposed?: (relation: Relation) => readonly string[];
  /** Planned without its indexes, so that its rowid is used. */
  readonly notIndexed?: Relation | undefined;
}

export function renderText(text: Text, how: Rendering): string {
  let sql = '';
  for (const part of text) {
    if (typeof part === 'string') sql += part;
    else if (part.kind === 'ref') sql += how.ref?.(part) ?? refName(part);
    else sql += how.nested?.(part, how) ?? renderNested(part, how);
  }
  return sql;
}

function renderNested({ select, left }: Nested, how: Rendering): string {
  const sql = how.select?.(select) ?? renderSelect(select, how);
  return left ? `${renderText(left.text, how)}${left.negated ? ' NOT' : ''} IN (${sql})` : sql;
}

export function refName({ relation, column }: Ref): string {
  return `${relation.alias}.${columnName(relation, column)}`;
}

function columnName(relation: Relation, column: number): string {
  if (relation.of.kind === 'select') return `"c${column}"`;
  if (column !== rowidColumn) return quoteName(relation.columns[column]?.name ?? '');
  return (relation.of.kind === 'table' && relation.of.table.rowid) || 'rowid';
}

/** Columns are called c0, c1 and so on. */
export function renderSelect(select: SelectModel, how: Rendering, exposed: readonly string[] = []): string {
  const [first] = select.cores;
  let sql = first ? renderCore(first, how, exposed) : '';
  for (const [at, operator] of select.operators.entries()) {
    const core = select.cores[at + 1];
    if (core) sql += ` ${compound[operator]} ${renderCore(core, how)}`;
  }
  if (select.orderBy.length > 0) {
    const terms = select.orderBy.map((term) => {
      const expr = term.output === null ? renderText(term.text, how) : `${term.output + 1}`;
      const collate =
        term.output !== null && term.collation?.explicit ? ` COLLATE ${quoteName(term.collation.name)}` : '';
      return `${expr}${collate}${direction(term)}`;
    });
    sql += ` ORDER BY ${terms.join(', ')}`;
  }
  if (select.limit) sql += ` LIMIT ${renderText(select.limit, how)}`;
  if (select.offset) sql += ` OFFSET ${renderText(select.offset, how)}`;
  return sql;
}

const compound = { Union: 'UNION', UnionAll: 'UNION ALL', Except: 'EXCEPT', Intersect: 'INTERSECT' } as const;

export function direction(term: { readonly descending: boolean; readonly nullsFirst: boolean }): string {
  const order = term.descending ? ' DESC' : '';
  // SQLite's own place for NULLs is left unsaid: saying it can cost an index.
  if (term.nullsFirst !== term.descending) return order;
  return `${order} NULLS ${term.nullsFirst ? 'FIRST' : 'LAST'}`;
}

function renderCore(core: Core, how: Rendering, exposed: readonly string[] = []): string {
  if (core.values) return renderText(core.values, how);
  const outputs = core.outputs.map(({ text }, at) => `${renderText(text, how)} AS "c${at}"`);
  return `SELECT ${core.distinct ? 'DISTINCT ' : ''}${[...outputs, ...exposed].join(', ')}${renderTail(core, how)}`;
}

/** Everything from FROM on; `restriction` is one more condition. */
export function renderTail(
  core: Core,
  how: Rendering,
  restriction?: string,
  from: readonly Joined[] = core.from,
): string {
  const conditions = core.where.map((one) => `(${renderText(one.text, how)})`);
  if (restriction !== undefined) conditions.push(`(${restriction})`);
  let sql = from.length > 0 ? ` FROM ${renderFrom(from, how)}` : '';
  if (conditions.length > 0) sql += ` WHERE ${conditions.join(' AND ')}`;
  if (core.groupBy)
    sql += ` GROUP BY ${core.groupBy.map(({ text }) => groupTerm(renderText(text, how))).join(', ')}`;
  if (core.having) sql += ` HAVING ${renderText(core.having, how)}`;
  if (core.windowClause.length > 0) {
    const windows = core.windowClause.map(({ name, text }) => `${name} AS (${renderText(text, how)})`);
    sql += ` WINDOW ${windows.join(', ')}`;
  }
  return sql;
}

/** A bare integer in GROUP BY would be the number of a column. */
const groupTerm = (text: string): string =>
  /^[\s(+-]*\d+[\s)]*$/.test(text) ? `(${text}) IS NOT NULL` : text;

const joins = { inner: ' JOIN ', left: ' LEFT JOIN ', right: ' RIGHT JOIN ', full: ' FULL JOIN ' } as const;

function renderFrom(from: readonly Joined[], how: Rendering): string {
  let sql = '';
  for (const [at, { relation, join, on }] of from.entries()) {
    sql += `${at === 0 ? '' : joins[join]}${renderRelation(relation, how)}`;
    if (at > 0 && on.length > 0) sql += ` ON ${renderConjuncts(on, how)}`;
  }
  return sql;
}

export function renderConjuncts(conjuncts: readonly Conjunct[], how: Rendering): string {
  return conjuncts.map(({ text }) => `(${renderText(text, how)})`).join(' AND ');
}

export function renderRelation(relation: Relation, how: Rendering): string {
  const { of, alias } = relation;
  switch (of.kind) {
    case 'table':
      return `main.${quoteName(of.table.name)} AS ${alias}${relation === how.notIndexed ? ' NOT INDEXED' : ''}`;
    case 'function':
      return `${of.name}(${of.args.map((arg) => renderText(arg, how)).join(', ')}) AS ${alias}`;
    default: {
      const sql = how.select?.(of.select) ?? renderSelect(of.select, how, how.exposed?.(relation));
      return `(${sql}) AS ${alias}`;
    }
  }
}
