import { oneOf } from '../core/arguments.ts';

const schedules = ['sync', 'microtask', 'frame'] as const;

/** When subscribers are told: within the commit, when the calling code has run to its end, or at a frame. */
export type Schedule = (typeof schedules)[number];

/** Calls `flush` once, at the time that the schedule says. */
export function scheduleFlush(schedule: Exclude<Schedule, 'sync'>, flush: () => void): void {
  if (schedule === 'microtask') queueMicrotask(flush);
  else if (typeof requestAnimationFrame === 'function') requestAnimationFrame(flush);
  else setTimeout(flush, 1000 / 60);
}

/** @throws ProgrammingError for anything else. */
export function checkSchedule(schedule: unknown): void {
  oneOf(schedule, 'schedule', schedules);
}
