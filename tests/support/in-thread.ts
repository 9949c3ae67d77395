import { openSync } from '../../core/open-sync.ts';
import { Client } from '../../core/remote/client.ts';
import { Database } from '../../core/remote/database.ts';
import type { Host } from '../../core/remote/host.ts';
import { writerOperations } from '../../core/remote/operations.ts';
import type { Port, PortListener } from '../../core/remote/port.ts';
import { hostOf } from '../../core/remote/serve.ts';
import { liveOperations } from '../../reactive/remote/live-operations.ts';

/**
 * An asynchronous database in memory whose engine is in this thread, at the other end of a line: for environments,
 * such as jsdom's, in which no worker can be started from its address.
 */
export async function openInThread(): Promise<Database> {
  const [db] = await sharing(1);
  return db as Database;
}

/** So many that share one engine, as tabs do; it ends with the first that is closed. */
export function sharing(count: number): Promise<Database[]> {
  const host = hostOf(
    (handlers) => openSync(':memory:', handlers),
    { ...writerOperations, ...liveOperations },
    { groupsCommits: false, hasReaders: false },
  );
  return Promise.all(Array.from({ length: count }, () => connectedTo(host)));
}

async function connectedTo(host: Host): Promise<Database> {
  const [near, far] = line();
  host.connect(far);
  const client = new Client({
    connect: async () => near,
    canReturn: false,
    isOwn: false,
    close: async () => host.close(),
  });
  await client.ready();
  return new Database({
    location: ':memory:',
    client,
    readers: null,
    reportError(error) {
      throw error;
    },
  });
}

/** Two ends; what is posted at one arrives at the other, as a clone, in another turn. */
function line(): readonly [Port, Port] {
  const listeners: (PortListener | undefined)[] = [];
  let isOpen = true;
  const end = (here: 0 | 1): Port => ({
    post(message) {
      const clone: unknown = structuredClone(message);
      setImmediate(() => isOpen && listeners[1 - here]?.message(clone));
    },
    listen(listener) {
      listeners[here] = listener;
    },
    hold() {},
    close() {
      if (!isOpen) return;
      isOpen = false;
      listeners[1 - here]?.lost(undefined);
    },
  });
  return [end(0), end(1)];
}
