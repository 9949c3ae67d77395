import { OperationalError } from '../errors.ts';
import type { Greeting } from '../remote/serve.ts';
import { decodeError, protocolVersion } from '../remote/wire.ts';
import { type BrowserTask, closedMessage } from './names.ts';
import { type LosablePort, messagePort } from './ports.ts';

export interface StartedEngine {
  readonly port: LosablePort;
  /** Ends the worker at once, whatever it is at. */
  terminate(): void;
  /** Resolves when the worker says that it has closed the file. */
  readonly closed: Promise<void>;
}

/** Starts a worker with an engine. @throws what keeps it from opening; the signal's reason when it aborts before. */
export async function startEngine(task: BrowserTask, signal?: AbortSignal): Promise<StartedEngine> {
  // Bundlers look for just this form. The program holds the live queries too, so it stands where those are.
  const worker = new Worker(new URL('../../reactive/remote/browser-engine.js', import.meta.url), {
    type: 'module',
  });
  const { promise: closed, resolve: hasClosed } = Promise.withResolvers<void>();
  const port = messagePort(worker);
  worker.addEventListener('error', (event) => {
    event.preventDefault();
    port.lose(event.error ?? new Error(event.message || "The engine's worker failed"));
    worker.terminate();
    hasClosed();
  });
  worker.addEventListener('message', ({ data }) => {
    if (data !== closedMessage) return;
    worker.terminate();
    hasClosed();
  });
  try {
    worker.postMessage(task, task.imports ? [task.imports] : []);
    await greeted(port, signal);
  } catch (error) {
    // An engine that refuses has let go of the file; one that is not wanted any more must.
    worker.terminate();
    throw error;
  }
  return {
    port,
    closed,
    terminate() {
      worker.terminate();
      port.lose(new Error("The engine's worker was ended"));
      hasClosed();
    },
  };
}

/** Waits until the engine at the other end says that it is open; gives its name. @throws why it isn't. */
export async function greeted(port: LosablePort, signal?: AbortSignal): Promise<string> {
  const greeting = await new Promise<Greeting>((resolve, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    port.listen({
      message: (message) => resolve(message as Greeting),
      lost: (cause) =>
        reject(
          new OperationalError("The engine's worker could not be started.", {
            code: 'CONNECTION',
            subcode: 'connection.no_engine',
            retryable: true,
            cause,
          }),
        ),
    });
  });
  if (greeting.kind === 'failed') throw decodeError(greeting.error);
  if (greeting.protocol !== protocolVersion) {
    throw new OperationalError(
      'Cannot open: another tab runs another version of this application, and has the database. Reload that tab, or close it.',
      { code: 'CONNECTION', subcode: 'connection.version' },
    );
  }
  return greeting.engine;
}
