/** The program of an engine's thread on Node: see `open`. */
import { parentPort, threadId, workerData } from 'node:worker_threads';
import type { EngineTask } from '../../core/open.ts';
import { openSync } from '../../core/open-sync.ts';
import { portToParent } from '../../core/remote/node-ports.ts';
import { readerOperations, writerOperations } from '../../core/remote/operations.ts';
import { type Greeting, hostOf, journalModeOf, serveStarter } from '../../core/remote/serve.ts';
import { encodeError, protocolVersion } from '../../core/remote/wire.ts';
import { liveOperations } from './live-operations.ts';

const { location, options, reads } = workerData as EngineTask;

if (parentPort) {
  const port = portToParent(parentPort);
  const greet = (greeting: Greeting): void => port.post(greeting);
  try {
    const operations = reads ? readerOperations : { ...writerOperations, ...liveOperations };
    const host = hostOf((handlers) => openSync(location, { ...options, ...handlers }), operations, {
      groupsCommits: false,
      hasReaders: !reads,
    });
    greet({
      kind: 'ready',
      protocol: protocolVersion,
      engine: String(threadId),
      journalMode: journalModeOf(host),
    });
    serveStarter(host, port, () => {
      host.close();
      port.close();
    });
  } catch (error) {
    greet({ kind: 'failed', error: encodeError(error) });
    port.close();
  }
}
