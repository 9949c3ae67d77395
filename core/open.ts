import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { shown, wrongOption } from './arguments.ts';
import { OperationalError } from './errors.ts';
import { parseLocation } from './location.ts';
import { type OpenOptions, readSettings, takeOptions } from './open-options.ts';
import { Client, type Connector } from './remote/client.ts';
import { Database } from './remote/database.ts';
import { portToWorker } from './remote/node-ports.ts';
import type { Port } from './remote/port.ts';
import { ReaderPool } from './remote/reader-pool.ts';
import type { Greeting, SentOptions } from './remote/serve.ts';
import { decodeError } from './remote/wire.ts';

/** How to open a database whose engine runs in a thread of its own. */
export interface AsyncOpenOptions extends OpenOptions {
  /**
   * How many engines may read beside the one that writes, each in a thread of its own, started when needed; 2 by
   * default. Only files in WAL have them.
   */
  readonly readers?: number;
  /** How long a read waits for one of them to be free, in milliseconds; 30,000 by default. */
  readonly acquireTimeoutMs?: number;
  /** In browsers: see `BrowserOpenOptions`. Node.js always has files. */
  readonly withoutStorage?: 'error' | 'memory';
}

/** What the thread of an engine is started with. */
export interface EngineTask {
  readonly location: string;
  readonly options: SentOptions;
  readonly reads: boolean;
}

// The program holds the live queries too, so it stands where those are; only its address is known here.
// `new URL(…, import.meta.url)` in one piece is what Vite takes for an asset of a page, in tests with a DOM too.
const here = import.meta.url;
const program = new URL(`../reactive/remote/node-engine${here.endsWith('.ts') ? '.ts' : '.js'}`, here);

/**
 * Opens a SQLite database whose engine runs in a thread of its own: nothing of it holds the event loop.
 * @param location As for `openSync`.
 * @throws as `openSync` does.
 */
export async function open(location: string, options: AsyncOpenOptions = {}): Promise<Database> {
  const { readers = 2, acquireTimeoutMs = 30_000, withoutStorage: _storage, ...rest } = takeOptions(options);
  for (const [name, value] of Object.entries({ readers, acquireTimeoutMs })) {
    if (Number.isInteger(value) && value >= 0 && value < 2 ** 31) continue;
    throw wrongOption(`Option ${name} is ${shown(value)}: it must be a whole number from 0 on.`);
  }
  const { filename, query } = parseLocation(location, fileURLToPath);
  const { onError, onWarning } = readSettings(query, rest);
  const { onError: _, onWarning: __, ...sent } = rest;
  const writer = new EngineThread({ location, options: sent, reads: false }, filename !== null);
  const client = new Client(writer);
  client.on('warning', (data) => {
    const { message, type } = data as { readonly message: string; readonly type: string };
    onWarning(message, type);
  });
  await client.ready();
  const hasReaders = filename !== null && writer.journalMode === 'wal' && readers > 0;
  const task: EngineTask = {
    location,
    options: { ...sent, mode: 'open', readOnly: true },
    reads: true,
  };
  const pool = hasReaders
    ? new ReaderPool(() => new Client(new EngineThread(task, false)), { size: readers, acquireTimeoutMs })
    : null;
  return new Database({ location, client, readers: pool, reportError: onError });
}

/** A thread with an engine, started when a line to it is asked for, and again if it was lost. */
class EngineThread implements Connector {
  readonly canReturn: boolean;
  readonly isOwn = true;
  #task: EngineTask;
  #worker: Worker | undefined;
  #exit: Promise<unknown> = Promise.resolve();
  journalMode = '';

  /** `canReturn`: what it holds outlives the thread. */
  constructor(task: EngineTask, canReturn: boolean) {
    this.#task = task;
    this.canReturn = canReturn;
  }

  async connect(): Promise<Port> {
    const worker = new Worker(program, { workerData: this.#task });
    this.#worker = worker;
    this.#exit = new Promise((resolve) => worker.once('exit', resolve));
    const port = portToWorker(worker);
    const greeting = await new Promise<Greeting>((resolve, reject) => {
      port.listen({
        message: (message) => resolve(message as Greeting),
        lost: (cause) =>
          reject(
            new OperationalError("The engine's thread could not be started.", {
              code: 'CONNECTION',
              subcode: 'connection.no_engine',
              cause,
            }),
          ),
      });
    });
    if (greeting.kind === 'failed') throw decodeError(greeting.error);
    // What is there now must be there when the thread is started again.
    this.#task = { ...this.#task, options: { ...this.#task.options, mode: 'open' } };
    this.journalMode = greeting.journalMode;
    return port;
  }

  async close(): Promise<void> {
    // Whoever awaits the end wants to see it.
    this.#worker?.ref();
    await this.#exit;
  }
}
