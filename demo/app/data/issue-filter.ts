import type { SqlValue } from 'freshet';
import type { Priority, Status } from './model.ts';

/** What a list of issues is narrowed to. An empty list of a kind takes all of that kind. */
export interface IssueFilter {
  readonly search: string;
  readonly statuses: readonly Status[];
  readonly priorities: readonly Priority[];
  readonly teams: readonly number[];
  /** Ids of people; 0 stands for nobody. */
  readonly assignees: readonly number[];
}

export type Facet = Exclude<keyof IssueFilter, 'search'>;

export const noFilter: IssueFilter = { search: '', statuses: [], priorities: [], teams: [], assignees: [] };

/** Conditions over `issues`, to be joined by AND. */
export interface Conditions {
  readonly sql: readonly string[];
  readonly params: readonly SqlValue[];
}

const columns: Readonly<Record<Facet, string>> = {
  statuses: 'status',
  priorities: 'priority',
  teams: 'team_id',
  assignees: 'assignee_id',
};

/** The conditions of all facets but `except`: what that one's own numbers are counted under. */
export function conditionsOf(filter: IssueFilter, except?: Facet): Conditions {
  const sql: string[] = [];
  const params: SqlValue[] = [];
  for (const facet of Object.keys(columns) as Facet[]) {
    const values: readonly SqlValue[] = filter[facet];
    if (facet === except || values.length === 0) continue;
    const column = `issues.${columns[facet]}`;
    const given = facet === 'assignees' ? values.filter((id) => id !== 0) : values;
    const either = [
      ...(given.length > 0 ? [`${column} IN (${given.map(() => '?').join(', ')})`] : []),
      ...(given.length < values.length ? [`${column} IS NULL`] : []),
    ];
    sql.push(either.length > 1 ? `(${either.join(' OR ')})` : (either[0] as string));
    params.push(...given);
  }
  return { sql, params };
}

export const where = (sql: readonly string[]): string => (sql.length > 0 ? `WHERE ${sql.join(' AND ')}` : '');

/** How many of the facets are in use. */
export const facetsIn = (filter: IssueFilter): number =>
  (Object.keys(columns) as Facet[]).filter((facet) => filter[facet].length > 0).length;

/** The issue that a search names, as `FR-12` or `12`. */
export function idIn(search: string): number | null {
  const found = /^\s*(?:fr-)?(\d{1,9})\s*$/i.exec(search);
  return found ? Number(found[1]) : null;
}

/** What people type, as FTS5 reads it: issues that have every word, each perhaps the beginning of a longer one. */
export function matchOf(search: string): string | null {
  const words = search.match(/[\p{L}\p{N}]+/gu);
  return words ? words.map((word) => `"${word}"*`).join(' ') : null;
}
