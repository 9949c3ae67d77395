export {
  type AnyDatabase,
  DatabaseProvider,
  type DatabaseProviderProps,
  useDatabase,
} from './database-provider.tsx';
export type { QueryStatus } from './use-answer.ts';
export { type Mutation, useMutation } from './use-mutation.ts';
export {
  type QueryOneResult,
  type QueryOptions,
  type QueryResult,
  useLive,
  useQuery,
  useQueryOne,
} from './use-query.ts';
