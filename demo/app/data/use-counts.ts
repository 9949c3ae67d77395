import { useQuery } from 'freshet/react-hooks';
import { useMemo } from 'react';
import { conditionsOf, type Facet, type IssueFilter, where } from './issue-filter.ts';

const columns: Readonly<Record<Facet, string>> = {
  statuses: 'status',
  priorities: 'priority',
  teams: 'team_id',
  assignees: 'assignee_id',
};

/**
 * How many issues there are for each value of a facet under the other facets, live. A search has no part in it: over
 * what FTS5 finds SQLite would have to read every issue at each commit. What nobody has counts as 0.
 */
export function useCounts<V extends string | number>(
  filter: IssueFilter,
  facet: Facet,
): ReadonlyMap<V, number> {
  const { sql, params } = conditionsOf(filter, facet);
  const { rows } = useQuery<{ readonly value: V | null; readonly n: number }>(
    `SELECT ${columns[facet]} AS value, count(*) AS n FROM issues ${where(sql)} GROUP BY ${columns[facet]}`,
    [...params],
    { schedule: 'frame' },
  );
  return useMemo(() => new Map(rows.map(({ value, n }) => [value ?? (0 as V), n])), [rows]);
}
