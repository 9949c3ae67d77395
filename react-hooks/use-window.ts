import { useCallback, useMemo, useState } from 'react';
import { ProgrammingError } from '../core/errors.ts';
import type { Columns, Params, Row } from '../core/index.ts';
import { RowRecognition } from '../reactive/store/row-recognition.ts';
import { windowOf } from '../reactive/store/window-query.ts';
import { resultOf, useAnswer } from './use-answer.ts';
import type { QueryOptions, QueryResult } from './use-query.ts';
import { useStableQuery } from './use-stable-query.ts';

/** As of `useQuery`, and which page of how many rows. */
export interface PagedOptions extends QueryOptions {
  /** Which page, from 0 on: a whole number. */
  readonly page: number;
  /** How many rows a page has: a whole number, 1 or greater. */
  readonly pageSize: number;
}

/** The rows of a page, and whether others follow. */
export interface PagedResult<T> extends QueryResult<T> {
  /** There are rows behind these. */
  readonly hasMore: boolean;
}

/** As of `useQuery`, and how many rows come at a time. */
export interface InfiniteOptions extends QueryOptions {
  /** How many rows are shown at first, and come with each `loadMore`: a whole number, 1 or greater. */
  readonly pageSize: number;
}

/** The rows so far, and a way to more of them. */
export interface InfiniteResult<T> extends PagedResult<T> {
  /** Shows the next rows. Does nothing while some are awaited, or when there are none. */
  readonly loadMore: () => void;
}

/** Rows, and whether there are more. */
interface Window<T> {
  readonly rows: readonly T[];
  readonly hasMore: boolean;
}

const noWindow: Window<never> = { rows: Object.freeze([]), hasMore: false };

/**
 * One page of a SELECT that has no LIMIT of its own. Give it an ORDER BY that leaves no ties, or rows that tie may be on
 * either page. It moves with every commit; the page before stays until another one is there.
 */
export function usePagedQuery<T extends Columns<T> = Row>(
  sql: string,
  params: Params | undefined,
  { page, pageSize, ...options }: PagedOptions,
): PagedResult<T> {
  checkWhole('usePagedQuery', 'page', page, 0);
  checkWhole('usePagedQuery', 'pageSize', pageSize, 1);
  checkWhole('usePagedQuery', 'page * pageSize', page * pageSize, 0);
  // One row more than is shown tells whether there are any.
  const bound = windowOf(sql, params, { limit: pageSize + 1, offset: page * pageSize });
  const query = useStableQuery<T>(bound.sql, bound.params, options.schedule);
  const select = useCallback((rows: readonly T[]) => firstOf(rows, pageSize), [pageSize]);
  const none: Window<T> = noWindow;
  const { enabled = true, throwErrors } = options;
  const answer = useAnswer('usePagedQuery', enabled ? query : null, select, none, throwErrors);
  return useMemo(() => resultOf(answer, answer.data), [answer]);
}

/**
 * The first rows of a SELECT that has no LIMIT of its own, and more with each `loadMore`. They move with every commit;
 * those that are shown stay, the same objects, while more are awaited. Other parameters begin with one page again.
 */
export function useInfiniteQuery<T extends Columns<T> = Row>(
  sql: string,
  params: Params | undefined,
  { pageSize, ...options }: InfiniteOptions,
): InfiniteResult<T> {
  checkWhole('useInfiniteQuery', 'pageSize', pageSize, 1);
  const { key } = useStableQuery<T>(sql, params, options.schedule);
  const [grown, setGrown] = useState<{ readonly key: unknown; readonly pages: number }>({ key, pages: 1 });
  const pages = grown.key === key ? grown.pages : 1;
  // Doubled each time it is used up: all in all a list of n rows is read twice, rather than n / pageSize times.
  const limit = pageSize * 2 ** Math.ceil(Math.log2(pages)) + 1;
  const bound = windowOf(sql, params, { limit, offset: 0 });
  const query = useStableQuery<T>(bound.sql, bound.params, options.schedule);
  const [recognition] = useState(() => new RowRecognition<T>());
  const select = useCallback(
    (rows: readonly T[]): Window<T> => {
      const { rows: shown, hasMore } = firstOf(rows, pages * pageSize);
      return { rows: recognition.show(shown, query), hasMore };
    },
    [recognition, query, pages, pageSize],
  );
  const none: Window<T> = noWindow;
  const { enabled = true, throwErrors } = options;
  const answer = useAnswer('useInfiniteQuery', enabled ? query : null, select, none, throwErrors);
  const canGrow = answer.status === 'ready' && answer.data.hasMore;
  return useMemo(
    () =>
      resultOf(answer, {
        ...answer.data,
        // Called twice before the next rendering, it asks for the same page.
        loadMore: () => canGrow && setGrown({ key, pages: pages + 1 }),
      }),
    [answer, canGrow, key, pages],
  );
}

function firstOf<T>(rows: readonly T[], count: number): Window<T> {
  return rows.length > count ? { rows: rows.slice(0, count), hasMore: true } : { rows, hasMore: false };
}

/** @throws ProgrammingError for what is no whole number, or less than `least`. */
function checkWhole(hook: string, name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  const message = `Cannot use ${hook} with ${name} ${String(value)}: give a whole number, ${least} or greater.`;
  throw new ProgrammingError(message, { code: 'CONFIG', subcode: 'config.option' });
}
