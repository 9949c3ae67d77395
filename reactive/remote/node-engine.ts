/** The program of an engine's thread on Node: see `open`. */
import { getHeapStatistics } from 'node:v8';
import { type MessagePort, parentPort, threadId } from 'node:worker_threads';
import type { DatabaseSync } from '../../core/database-sync.ts';
import { engineOf } from '../../core/engine-key.ts';
import type { EngineOrder, EngineTask } from '../../core/engine-threads.ts';
import { fileReplaced } from '../../core/file-replaced.ts';
import { nodeFileSystem } from '../../core/node-file-system.ts';
import type { OpenOptions } from '../../core/open-options.ts';
import { openSync } from '../../core/open-sync.ts';
import type { Host } from '../../core/remote/host.ts';
import { end, linePort } from '../../core/remote/node-ports.ts';
import { readerOperations, writerOperations } from '../../core/remote/operations.ts';
import { fileOf, type Greeting, hostOf, journalModeOf, serveStarter } from '../../core/remote/serve.ts';
import { encodeError, protocolVersion } from '../../core/remote/wire.ts';
import { liveOperations } from './live-operations.ts';

/** Those of this thread: they are of one file. */
const hosts = new Set<Host>();
const operations = { ...writerOperations, ...liveOperations };

parentPort?.on('message', (order: EngineOrder | typeof end) => {
  if (order === end) parentPort?.close();
  else serve(order.task, order.port);
});

function serve(task: EngineTask, messages: MessagePort): void {
  const port = linePort(messages);
  const greet = (greeting: Greeting): void => port.post(greeting);
  try {
    const host = hostOf((handlers) => openTask(task, handlers), task.reads ? readerOperations : operations, {
      groupsCommits: false,
      hasReaders: !task.reads,
      neighbours: hosts,
    });
    hosts.add(host);
    greet({
      kind: 'ready',
      protocol: protocolVersion,
      engine: String(threadId),
      journalMode: journalModeOf(host),
      opened: fileOf(host),
    });
    serveStarter(host, port, () => {
      hosts.delete(host);
      host.close();
    });
  } catch (error) {
    greet({ kind: 'failed', error: encodeError(error) });
  }
}

const gone = 'Cannot open: the database file was deleted or replaced. Open it again.';

const memory = {
  used: () => getHeapStatistics().used_heap_size,
  limit: getHeapStatistics().heap_size_limit,
};

/** Before it is opened, as SQLite may write to what it opens; and again, as the file may be replaced meanwhile. */
function openTask(
  { location, options, identity }: EngineTask,
  handlers: Pick<OpenOptions, 'onError' | 'onWarning'>,
): DatabaseSync {
  const [path] = identity?.split('\0') ?? [];
  if (path !== undefined && nodeFileSystem.exists(path) && nodeFileSystem.identity(path) !== identity)
    throw fileReplaced(gone);
  const db = openSync(location, { ...options, ...handlers });
  db[engineOf].memory = memory;
  if (identity === undefined || db[engineOf].fileIdentity === identity) return db;
  db.close();
  throw fileReplaced(gone);
}
