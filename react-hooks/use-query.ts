import { useMemo } from 'react';
import type { Columns, Params, Row } from '../core/index.ts';
import type { LiveQuery } from '../reactive/live-query.ts';
import type { Schedule } from '../reactive/schedule.ts';
import { liveQuery } from '../reactive/store/query.ts';
import { type Answer, resultOf, useAnswer } from './use-answer.ts';
import { useStableQuery } from './use-stable-query.ts';

/** Whether a query is asked, what becomes of its errors, and when it is told. */
export interface QueryOptions {
  /** False asks nothing yet: what was shown stays. */
  readonly enabled?: boolean;
  /** Errors are thrown while rendering, for an error boundary. */
  readonly throwErrors?: boolean;
  /** When the component is told of a commit: see `live`. */
  readonly schedule?: Schedule;
}

/** The rows of an answer, and how fresh they are. */
export interface QueryResult<T> extends Omit<Answer<unknown>, 'data'> {
  /** Read-only; a row that did not change is the same object as before. */
  readonly rows: readonly T[];
}

/** The first row of an answer, and how fresh it is. */
export interface QueryOneResult<T> extends Omit<Answer<unknown>, 'data'> {
  /** The first row, or null. */
  readonly row: T | null;
}

const noRows: readonly never[] = Object.freeze([]);
const same = <V>(value: V): V => value;
const firstOf = <T>(rows: readonly T[]): T | null => rows[0] ?? null;

/**
 * The rows of a SELECT, as they are at the last commit. Equal queries of all components share one materialisation.
 * Other parameters may come with every rendering: the rows of before stay until the new answer is there.
 */
export function useQuery<T extends Columns<T> = Row>(
  sql: string,
  params?: Params,
  options: QueryOptions = {},
): QueryResult<T> {
  const { enabled = true, throwErrors, schedule } = options;
  const query = useStableQuery<T>(sql, params, schedule);
  const answer = useAnswer('useQuery', enabled ? query : null, same<readonly T[]>, noRows, throwErrors);
  return useMemo(() => resultOf(answer, { rows: answer.data }), [answer]);
}

/** The first row of a SELECT, or null. */
export function useQueryOne<T extends Columns<T> = Row>(
  sql: string,
  params?: Params,
  options: QueryOptions = {},
): QueryOneResult<T> {
  const { enabled = true, throwErrors, schedule } = options;
  const query = useStableQuery<T>(sql, params, schedule);
  const answer = useAnswer<readonly T[], T | null>(
    'useQueryOne',
    enabled ? query : null,
    firstOf,
    null,
    throwErrors,
  );
  return useMemo(() => resultOf(answer, { row: answer.data }), [answer]);
}

/**
 * The rows of a live query that the application made with `live`. One that is made while rendering is the same as the
 * one before if its database, SQL and parameters are.
 */
export function useLive<T>(
  live: LiveQuery<T>,
  options: { readonly throwErrors?: boolean } = {},
): QueryResult<T> {
  const given = liveQuery(live);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what has the same key, of one source, is the same query.
  const query = useMemo(() => given, [given.source, given.key]);
  const answer = useAnswer('useLive', query, same<readonly T[]>, noRows, options.throwErrors);
  return useMemo(() => resultOf(answer, { rows: answer.data }), [answer]);
}
