import { Hub } from './hub.ts';

/** The hubs of this process by canonical path: the one piece of state that all handles of a file share. */
const hubs = new Map<string, { readonly hub: Hub; handles: number }>();
let lastLsn = 0;

/** Rises with every call, also when the clock doesn't, and past what an earlier process reached. */
function nextLsn(): number {
  lastLsn = Math.max(lastLsn + 1, Date.now() * 1000);
  return lastLsn;
}

/** The hub of a file, or one of its own for a database in memory (`path` null). */
export function acquireHub(path: string | null, pollIntervalMs: number): Hub {
  if (path === null) return new Hub(null, nextLsn, pollIntervalMs);
  let shared = hubs.get(path);
  if (!shared) {
    shared = { hub: new Hub(path, nextLsn, pollIntervalMs), handles: 0 };
    hubs.set(path, shared);
  }
  shared.handles += 1;
  return shared.hub;
}

/** The last handle takes its hub with it. */
export function releaseHub(hub: Hub): void {
  const shared = hub.path === null ? undefined : hubs.get(hub.path);
  if (!shared || shared.hub !== hub) return;
  shared.handles -= 1;
  if (shared.handles === 0) hubs.delete(shared.hub.path ?? '');
}
