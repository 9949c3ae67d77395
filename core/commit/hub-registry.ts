import type { FileSystem } from '../file-system.ts';
import { Hub } from './hub.ts';

/** The hubs of this process by file: the one piece of state that all handles of a file share. */
const hubs = new Map<string, { readonly hub: Hub; handles: number }>();
let lastLsn = 0;
/** What is kept of it; see `keepLsn`. */
let kept: { ceiling: number; readonly write: (ceiling: number) => void } | undefined;

/** A minute, in numbers that the clock gives. */
const lease = 60_000_000;

/** Rises with every call, also when the clock doesn't, and past what an earlier process reached. */
function nextLsn(): number {
  lastLsn = Math.max(lastLsn + 1, Date.now() * 1000);
  if (kept && lastLsn >= kept.ceiling) {
    kept.ceiling = lastLsn + lease;
    kept.write(kept.ceiling);
  }
  return lastLsn;
}

/**
 * Makes commit numbers rise past those of an engine whose clock was ahead: they begin at what was kept, and a number
 * that they stay below for the next minute is kept again.
 */
export function keepLsn(reached: number, write: (ceiling: number) => void): void {
  lastLsn = Math.max(lastLsn, reached);
  kept = { ceiling: 0, write };
}

/**
 * The hub of a file, or one of its own for a database in memory (`path` null).
 * @param identity The same for all handles of a file, and another for a file that took its place.
 */
export function acquireHub(
  path: string | null,
  files: FileSystem | null,
  identity: string | null,
  pollIntervalMs: number,
): Hub {
  if (path === null || identity === null) return new Hub(null, null, nextLsn, pollIntervalMs);
  let shared = hubs.get(identity);
  if (!shared) {
    shared = { hub: new Hub(path, files, nextLsn, pollIntervalMs), handles: 0 };
    hubs.set(identity, shared);
  }
  shared.handles += 1;
  return shared.hub;
}

/** The last handle takes its hub with it. */
export function releaseHub(identity: string | null): void {
  const shared = identity === null ? undefined : hubs.get(identity);
  if (identity === null || !shared) return;
  shared.handles -= 1;
  if (shared.handles === 0) hubs.delete(identity);
}
