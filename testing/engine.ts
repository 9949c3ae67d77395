import type {
  Database,
  DatabaseSync,
  ExecuteResult,
  OpenOptions,
  Params,
  RawResult,
  Row,
  WatchEvent,
} from '../core/index.ts';

type Eventually<T> = T | Promise<T>;

/** What a `DatabaseSync` and a `Database` have in common, for those who await whatever comes. */
export interface TestedCaller {
  execute(sql: string, params?: Params): Eventually<ExecuteResult>;
  exec(script: string): Eventually<void>;
  query(sql: string, params?: Params): Eventually<Row[]>;
  queryOne(sql: string, params?: Params): Eventually<Row | null>;
  fetchOne(sql: string, params?: Params): Eventually<Row>;
  queryRaw(sql: string, params?: Params): Eventually<RawResult>;
  iterate(sql: string, params?: Params): Iterable<Row> | AsyncIterable<Row>;
  executeBatch(sql: string, paramsList: Iterable<Params>): Eventually<{ changes: number }>;
}

export interface TestedTransaction extends TestedCaller {
  readonly isOpen: boolean;
  commit(): Eventually<void>;
  rollback(): Eventually<void>;
}

export interface TestedWatch {
  next(options?: { timeoutMs?: number }): Promise<WatchEvent | null>;
  close(): void;
}

export interface TestedDatabase extends TestedCaller {
  readonly inTransaction: boolean;
  prepare(sql: string): Eventually<
    Pick<TestedCaller, never> & {
      execute(params?: Params): Eventually<ExecuteResult>;
      query(params?: Params): Eventually<Row[]>;
    }
  >;
  begin(): Eventually<TestedTransaction>;
  watchTable(tables: string): Eventually<TestedWatch>;
  watchQuery(sql: string, params?: Params): Eventually<TestedWatch>;
  changeStream(): Eventually<TestedWatch>;
  close(): Eventually<void>;
}

/** What an engine can, so that the suite knows what to expect; a gap that has closed fails the suite. */
export interface Capabilities {
  /** Calls return promises, and take signals. */
  readonly isAsync: boolean;
  /** What was written is there when the same location is opened again. */
  readonly persists: boolean;
}

/** An engine to be tested: how a database of it is opened. */
export interface TestedEngine {
  readonly name: string;
  readonly can: Capabilities;
  /** A new, empty database; with `location`, the one that was opened there before. */
  open(options?: OpenOptions, location?: string): Promise<DatabaseSync | Database>;
  /** A location that nothing is at; only of engines that persist. */
  newLocation?(): string;
}
