/** What grace times run by. */
export interface Clock {
  /** Calls `call` once, `ms` milliseconds from now, unless what it gives is called before. */
  after(ms: number, call: () => void): () => void;
}

/** Timers take no longer time: they would fire at once. */
const longestMs = 2 ** 31 - 1;

/** The time of day. Its timers don't keep a process alive. */
export const systemClock: Clock = {
  after(ms, call) {
    const timer: ReturnType<typeof setTimeout> | number = setTimeout(call, Math.min(ms, longestMs));
    if (typeof timer === 'object') timer.unref();
    return () => clearTimeout(timer);
  },
};
