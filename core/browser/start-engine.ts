import { FreshetError, OperationalError } from '../errors.ts';
import type { Greeting } from '../remote/serve.ts';
import { decodeError, protocolVersion } from '../remote/wire.ts';
import type { BrowserTask, WorkerMessage } from './names.ts';
import { type LosablePort, messagePort } from './ports.ts';
import { noWorker, whyNoWorker } from './why-no-worker.ts';

/** How long a worker's program may take to come. Its WebAssembly has as long again. */
const loadMs = 30_000;

/** A line to an engine that has a database open. */
export interface OpenedLine {
  readonly port: LosablePort;
  readonly engine: string;
  readonly file: string | undefined;
}

/** A worker with an engine's program, that opens nothing before it is given a task. */
export interface EngineWorker {
  /** @throws what keeps it from coming. Then the worker is ended. */
  readonly loaded: Promise<void>;
  /** A line to the engine once it has opened the database. A task that was refused may be given again. */
  open(task: BrowserTask, signal?: AbortSignal): Promise<OpenedLine>;
  /** Ends the worker at once, whatever it is at. */
  terminate(): void;
  /** Resolves when the worker has closed the file, or has ended otherwise. */
  readonly closed: Promise<void>;
  /** The same at once: a line is lost before what waits for `closed` goes on. */
  readonly isClosed: boolean;
}

/** Starts a worker, and loads its program and SQLite. */
export function startWorker(): EngineWorker {
  const why = whyNoWorker();
  const { promise: closed, resolve: hasClosed } = Promise.withResolvers<void>();
  const { promise: loaded, resolve: hasLoaded, reject: hasFailed } = Promise.withResolvers<void>();
  loaded.catch(() => {});
  let worker: Worker;
  try {
    // Bundlers look for just this form. The program holds the live queries too, so it stands where those are.
    worker = why.starting(
      () =>
        new Worker(new URL('../../reactive/remote/browser-engine.js', import.meta.url), { type: 'module' }),
    );
  } catch (error) {
    why.end();
    hasFailed(why.of(error));
    hasClosed();
    const refuse = () => Promise.reject(why.of(error));
    return { loaded, open: refuse, terminate: () => {}, closed, isClosed: true };
  }
  let port: LosablePort | undefined;
  let isClosed = false;
  const end = (reason: unknown): void => {
    isClosed = true;
    why.end();
    clearTimeout(timer);
    worker.terminate();
    hasFailed(reason);
    port?.lose(reason);
    hasClosed();
  };
  const timer = setTimeout(
    () => end(noWorker(`its worker did not start within ${loadMs / 1000} seconds`)),
    loadMs,
  );
  worker.addEventListener('error', (event) => {
    event.preventDefault();
    void why.after(event).then(end);
  });
  worker.addEventListener('message', ({ data }: MessageEvent<WorkerMessage | Greeting | null>) => {
    // What comes over the line has a listener of its own.
    if (data?.kind === 'closed') end(new Error('The engine has closed its database'));
    else if (port === undefined && data?.kind === 'loaded') {
      clearTimeout(timer);
      why.end();
      hasLoaded();
    } else if (port === undefined && data?.kind === 'failed') end(decodeError(data.error));
  });
  return {
    loaded,
    closed,
    get isClosed() {
      return isClosed;
    },
    async open(task, signal) {
      await loaded;
      const line = messagePort(worker);
      port = line;
      const greeting = greeted(line, signal);
      worker.postMessage({ kind: 'task', task }, task.imports ? [task.imports] : []);
      return { port: line, ...(await greeting) };
    },
    terminate: () => end(new Error("The engine's worker was ended")),
  };
}

/** Starts an engine for one task. @throws what keeps it from opening; then the worker is ended. */
export async function startEngine(
  task: BrowserTask,
  signal?: AbortSignal,
): Promise<{ readonly port: LosablePort; readonly closed: Promise<void> }> {
  const worker = startWorker();
  const abort = (): void => worker.terminate();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const { port } = await worker.open(task, signal);
    return { port, closed: worker.closed };
  } catch (error) {
    worker.terminate();
    throw signal?.aborted ? signal.reason : error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

/** Waits until the engine at the other end says that it is open; gives its name, and its file's. @throws why it isn't. */
export async function greeted(
  port: LosablePort,
  signal?: AbortSignal,
): Promise<{ readonly engine: string; readonly file: string | undefined }> {
  const greeting = await new Promise<Greeting>((resolve, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    port.listen({
      message: (message) => resolve(message as Greeting),
      lost: (cause) =>
        reject(
          cause instanceof FreshetError
            ? cause
            : noWorker(`its worker ended before it had opened the database`, cause),
        ),
    });
  });
  if (greeting.kind === 'failed') throw decodeError(greeting.error);
  if (greeting.protocol === protocolVersion) return { engine: greeting.engine, file: greeting.file };
  const which =
    greeting.protocol > protocolVersion
      ? 'This page runs an older version of the application than the tab that has the database. Reload this page'
      : 'Another tab has the database, and runs an older version of the application. Reload that tab, or close it';
  throw new OperationalError(`Cannot open: ${which}.`, { code: 'CONNECTION', subcode: 'connection.version' });
}
