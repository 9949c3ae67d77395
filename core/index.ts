export type { TransactionMode } from './atomically.ts';
export type { BrowserOpenOptions } from './browser/open.ts';
export {
  deleteDatabase,
  exportDatabase,
  importDatabase,
  loadWasm,
  persistStorage,
  storageEstimate,
} from './browser-only.ts';
export type { ChangeSource, Changeset, RowChange } from './commit/changeset.ts';
export type { ReactiveMetrics } from './commit/hub.ts';
export { DatabaseSync } from './database-sync.ts';
export {
  DatabaseError,
  DataError,
  type Diagnostic,
  type ErrorCode,
  FreshetError,
  IntegrityError,
  InterfaceError,
  InternalError,
  NotSupportedError,
  OperationalError,
  ProgrammingError,
} from './errors.ts';
export { toJson } from './json.ts';
export { type AsyncOpenOptions, open } from './open.ts';
export type { EffectiveConfig, OpenMode, OpenOptions, SyncMode } from './open-options.ts';
export { openSync } from './open-sync.ts';
export type { RawResult, ReadOptions } from './reading.ts';
export { Caller, PreparedStatement, type ReadCallOptions } from './remote/caller.ts';
export type { CallOptions } from './remote/client.ts';
export { Database } from './remote/database.ts';
export type { Transaction } from './remote/transaction.ts';
export type { RemoteWatch } from './remote/watch.ts';
export { IndexedRow, type ReadRow, type RowMode, type RowShape } from './rows.ts';
export type { StatementCacheStats } from './statement-cache.ts';
export type { ExecuteResult, StatementSync } from './statement-sync.ts';
export type { TransactionSync } from './transaction-sync.ts';
export type { BindValue, Columns, IntMode, Params, Row, SqlValue } from './values.ts';
export type {
  ChangeEvent,
  ClosedEvent,
  InitialEvent,
  InvalidateEvent,
  LaggedEvent,
  TableChange,
  WatchEvent,
} from './watches/events.ts';
export type { RangeBounds } from './watches/range.ts';
export type { NextOptions, SubscriptionInfo, Watch, WatchOptions } from './watches/watch.ts';
