import { oneOf } from '../core/arguments.ts';

const schedules = ['sync', 'microtask', 'frame'] as const;

/** When subscribers are told: within the commit, when the calling code has run to its end, or at a frame. */
export type Schedule = (typeof schedules)[number];

const frameMs = 1000 / 60;

/** Calls `flush` once, at the time that the schedule says. */
export function scheduleFlush(schedule: Exclude<Schedule, 'sync'>, flush: () => void): void {
  if (schedule === 'microtask') queueMicrotask(flush);
  else if (typeof requestAnimationFrame === 'function') atFrame(flush);
  else setTimeout(flush, frameMs);
}

/** A page that isn't shown has no frames, and is notified all the same; also one that is hidden before its next frame. */
function atFrame(flush: () => void): void {
  const isHidden = (): boolean => typeof document !== 'undefined' && document.visibilityState === 'hidden';
  if (isHidden()) {
    setTimeout(flush, frameMs);
    return;
  }
  const hide = (): void => {
    if (!isHidden()) return;
    cancelAnimationFrame(frame);
    end();
  };
  const end = (): void => {
    globalThis.document?.removeEventListener('visibilitychange', hide);
    flush();
  };
  const frame = requestAnimationFrame(end);
  globalThis.document?.addEventListener('visibilitychange', hide);
}

/** @throws ProgrammingError for anything else. */
export function checkSchedule(schedule: unknown): void {
  oneOf(schedule, 'schedule', schedules);
}
