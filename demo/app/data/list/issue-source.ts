import type { SqlValue } from 'freshet';
import { live } from 'freshet/reactive';
import type { Database } from '../freshet.ts';
import { conditionsOf, type IssueFilter, idIn, matchOf, where } from '../issue-filter.ts';
import type { IssueRow } from '../model.ts';
import type { Key, KeyRange, ListSource } from './list-source.ts';

export const orders = ['newest', 'oldest', 'updated', 'priority', 'comments'] as const;
export type Order = (typeof orders)[number];

export const orderNames: Readonly<Record<Order, string>> = {
  newest: 'Newest',
  oldest: 'Oldest',
  updated: 'Recently changed',
  priority: 'Most urgent',
  comments: 'Most discussed',
};

/** Ids rise with time, so the newest is the highest. The id comes last in every order, which makes it total. */
const sortedBy: Readonly<Record<Order, readonly (keyof IssueRow)[]>> = {
  newest: ['id'],
  oldest: ['id'],
  updated: ['updated', 'id'],
  priority: ['priority', 'id'],
  comments: ['comment_count', 'id'],
};

export const rowColumns =
  'id title status priority team_id assignee_id position meta comment_count created updated'
    .split(' ')
    .map((column) => `issues.${column}`)
    .join(', ');

/** The issues that a filter leaves, in an order. */
export function issueSource(db: Database, filter: IssueFilter, order: Order): ListSource<IssueRow> {
  const { from, sql: conditions, params: given } = searched(filter);
  const columns = sortedBy[order];
  const descending = order !== 'oldest';
  const names = columns.map((column) => (column === 'id' ? from.id : `issues.${column}`));
  const compare = (operator: string): string =>
    names.length === 1
      ? `${names[0]} ${operator} ?`
      : `(${names.join(', ')}) ${operator} (${names.map(() => '?').join(', ')})`;
  const orderBy = names.map((name) => `${name} ${descending ? 'DESC' : 'ASC'}`).join(', ');

  const select = (range: KeyRange): { sql: string; params: SqlValue[] } => {
    const all = [...conditions];
    const params = [...given];
    if (range.from) {
      all.push(compare(descending ? '<=' : '>='));
      params.push(...range.from);
    }
    if (range.to) {
      all.push(compare(descending ? '>' : '<'));
      params.push(...range.to);
    }
    return { sql: `SELECT ${rowColumns} FROM ${from.tables} ${where(all)} ORDER BY ${orderBy}`, params };
  };

  return {
    count: live(db, `SELECT count(*) AS n FROM ${from.tables} ${where(conditions)}`, [...given], {
      schedule: 'frame',
    }),
    keyOf: (row): Key => columns.map((column) => row[column] as number),
    follow(range) {
      const { sql, params } = select(range);
      return live(db, sql, params, { schedule: 'frame' });
    },
    read(range, offset, limit, signal) {
      const { sql, params } = select(range);
      return db.query<IssueRow>(`${sql} LIMIT ? OFFSET ?`, [...params, limit, offset], { signal });
    },
  };
}

interface From {
  readonly tables: string;
  readonly id: string;
}

/** FTS5 gives its rows in the order of their ids, so that a page of a broad search reads no more than the page. */
const found: From = {
  tables: 'issues_search CROSS JOIN issues ON issues.id = issues_search.rowid',
  id: 'issues_search.rowid',
};
const table: From = { tables: 'issues', id: 'issues.id' };

function searched(filter: IssueFilter): { from: From; sql: readonly string[]; params: readonly SqlValue[] } {
  const { sql, params } = conditionsOf(filter);
  const id = idIn(filter.search);
  if (id !== null) return { from: table, sql: ['issues.id = ?', ...sql], params: [id, ...params] };
  const match = matchOf(filter.search);
  if (match === null) return { from: table, sql, params };
  return { from: found, sql: ['issues_search MATCH ?', ...sql], params: [match, ...params] };
}
