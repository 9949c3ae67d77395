import type { Watch, WatchEvent } from 'freshet';
import { expect } from 'vitest';

/** Longer than any event takes; a test that waits so long has failed. */
export const patience = 240_000;

/** Everything that is queued now. */
export async function drain(watch: Watch): Promise<WatchEvent[]> {
  const events: WatchEvent[] = [];
  for (let event = await watch.next(); event !== null; event = await watch.next()) events.push(event);
  return events;
}

/** The next event, which must be of this type. */
export async function take<T extends WatchEvent['type']>(
  watch: Watch,
  type: T,
): Promise<Extract<WatchEvent, { type: T }>> {
  const event = await watch.next({ timeoutMs: patience });
  expect(event?.type).toBe(type);
  return event as Extract<WatchEvent, { type: T }>;
}

/** A watch whose initial event has been read. */
export async function started(watch: Watch): Promise<Watch> {
  await take(watch, 'initial');
  return watch;
}
