export {
  type AnyDatabase,
  DatabaseProvider,
  type DatabaseProviderProps,
  useDatabase,
} from './database-provider.tsx';
export type { Answer, QueryStatus } from './use-answer.ts';
export { type ChangeStream, type ChangeStreamOptions, useChangeStream } from './use-change-stream.ts';
export { useDatabaseStatus } from './use-database-status.ts';
export { type KeysResult, useKeys, useRow } from './use-keys.ts';
export { type Mutation, useMutation } from './use-mutation.ts';
export {
  type QueryOneResult,
  type QueryOptions,
  type QueryResult,
  useLive,
  useQuery,
  useQueryOne,
} from './use-query.ts';
export { useSuspenseQuery } from './use-suspense-query.ts';
export { type TransactionOf, type TransactionRunner, useTransaction } from './use-transaction.ts';
export { useUndo } from './use-undo.ts';
export {
  type InfiniteOptions,
  type InfiniteResult,
  type PagedOptions,
  type PagedResult,
  useInfiniteQuery,
  usePagedQuery,
} from './use-window.ts';
