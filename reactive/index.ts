export { applyDelta } from './difference.ts';
export { type LiveOptions, live } from './live.ts';
export type { LiveDelta, RowDelta } from './live-delta.ts';
export type { LiveExplain } from './live-explain.ts';
export { liveOne } from './live-one.ts';
export type { LiveQuery } from './live-query.ts';
export type { Schedule } from './schedule.ts';
export { settled } from './settled.ts';
export { watchEvents } from './watch-events.ts';
