import { vi } from 'vitest';
import { patience } from './events.ts';

/** Waits until a check passes. */
export const eventually = <R>(check: () => R | Promise<R>): Promise<R> =>
  vi.waitFor(check, { timeout: patience, interval: 5 });
