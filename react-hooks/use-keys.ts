import { useCallback, useMemo, useSyncExternalStore } from 'react';
import type { Columns, Params, Row, SqlValue } from '../core/index.ts';
import { KeyedRows } from '../reactive/store/keyed-rows.ts';
import { type Keys, keysQuery } from '../reactive/store/keys-query.ts';
import { type Answer, resultOf, useAnswer } from './use-answer.ts';
import type { QueryOptions } from './use-query.ts';

/** The keys of an answer, and the rows that `useRow` reads by them. */
export interface KeysResult<K extends SqlValue, T> extends Keys<K, T>, Omit<Answer<unknown>, 'data'> {}

const noKeys: Keys<never, never> = { keys: Object.freeze([]), live: new KeyedRows() };
const same = <V>(value: V): V => value;

/**
 * The values of a column of a SELECT that tells its rows apart, in the order of the rows: the same array until rows come,
 * go or move. Draw each row by a component of its own that asks `useRow(live, key)`: a row that changes renders alone.
 */
export function useKeys<K extends SqlValue, T extends Columns<T> = Row>(
  sql: string,
  params: Params | undefined,
  key: Extract<keyof T, string>,
  options: QueryOptions = {},
): KeysResult<K, T> {
  const { enabled = true, throwErrors, schedule } = options;
  const given = keysQuery<K, T>(sql, params, key, schedule);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what has the same key is the same query.
  const query = useMemo(() => given, [given.key]);
  const none: Keys<K, T> = noKeys;
  const answer = useAnswer('useKeys', enabled ? query : null, same<Keys<K, T>>, none, throwErrors);
  return useMemo(() => resultOf(answer, answer.data), [answer]);
}

/** One row of `useKeys`; the component renders again when that row is another. Undefined when it has gone. */
export function useRow<T>(live: KeyedRows<T>, key: SqlValue): T | undefined;
/** The same where `useKeys` wasn't told the type of its rows. */
export function useRow<T extends Columns<T>>(live: KeyedRows<Row>, key: SqlValue): T | undefined;
export function useRow<T>(live: KeyedRows<T>, key: SqlValue): T | undefined {
  const row = (): T | undefined => live.row(key);
  return useSyncExternalStore(
    useCallback((listener) => live.subscribe(key, listener), [live, key]),
    row,
    row,
  );
}
