export { applyDelta } from './difference.ts';
export { createUndo } from './drafts/create-undo.ts';
export type { Recipe } from './drafts/edited-row.ts';
export type { OnConflict } from './drafts/revert.ts';
export type { RowKey } from './drafts/row-key.ts';
export type { Undo, Undone, UndoOptions, UndoUpdateOptions } from './drafts/undo.ts';
export { type Conflict, UndoConflictError } from './drafts/undo-conflict.ts';
export type { UndoState } from './drafts/undo-history.ts';
export { type UpdateOptions, type UpdateResult, update } from './drafts/update.ts';
export type {
  CommitInfo,
  Inspection,
  LiveQueryInfo,
  MaintenanceTotals,
  SlowQuery,
} from './inspect/inspection.ts';
export {
  type InspectOptions,
  type Inspector,
  inspect,
  type ObserveOptions,
  type QueryListOptions,
} from './inspect.ts';
export { type LiveOptions, live } from './live.ts';
export type { LiveDelta, RowDelta } from './live-delta.ts';
export type { ExplainNode, LiveExplain } from './live-explain.ts';
export { liveOne } from './live-one.ts';
export type { LiveQuery } from './live-query.ts';
export { type LiveSnapshots, liveSnapshot } from './live-snapshot.ts';
export type { Schedule } from './schedule.ts';
export { settled } from './settled.ts';
export type { FollowOptions, StreamEvent } from './store/change-log.ts';
export type { Clock } from './store/clock.ts';
export { createSnapshot, type SnapshotBuilder } from './store/create-snapshot.ts';
export type { DatabaseStatus } from './store/database-status.ts';
export type { EncodedValue, GivenAnswer, GivenAnswers, QuerySnapshot } from './store/given-answers.ts';
export type { KeyedRows } from './store/keyed-rows.ts';
export { type Keys, keysQuery } from './store/keys-query.ts';
export { liveQuery, type Query, rowsQuery } from './store/query.ts';
export type { QueryState, Source } from './store/query-entry.ts';
export { QueryStore, type QueryStoreOptions } from './store/query-store.ts';
export { watchEvents } from './watch-events.ts';
