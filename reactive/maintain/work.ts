import type { LiveWork } from '../../core/commit/hub.ts';

/** Counts what is done, and tells the time for comparing costs, in milliseconds. */
export interface Work extends LiveWork {
  readonly now: () => number;
}
