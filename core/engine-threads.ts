import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { OperationalError } from './errors.ts';
import type { Connector } from './remote/client.ts';
import { end, type LosablePort, linePort } from './remote/node-ports.ts';
import type { Port } from './remote/port.ts';
import type { Greeting, OpenedFile, SentOptions } from './remote/serve.ts';
import { decodeError } from './remote/wire.ts';

/** What an engine's thread is to open. */
export interface EngineTask {
  readonly location: string;
  readonly options: SentOptions;
  readonly reads: boolean;
  /** The file that must be there: one that took its place is refused. */
  readonly identity?: string | undefined;
}

/** A task, and the end of its line. */
export interface EngineOrder {
  readonly task: EngineTask;
  readonly port: MessagePort;
}

// The program holds the live queries too, so it stands where those are; only its address is known here.
// `new URL(…, import.meta.url)` in one piece is what Vite takes for an asset of a page, in tests with a DOM too.
const here = import.meta.url;
const program = new URL(`../reactive/remote/node-engine${here.endsWith('.ts') ? '.ts' : '.js'}`, here);

/** A thread with engines: one for each line to it. It ends with the last of them. */
class EngineThread {
  readonly exit: Promise<unknown>;
  readonly #worker = new Worker(program);
  readonly #lines = new Set<LosablePort>();
  readonly #ended: () => void;
  #isEnding = false;

  constructor(ended: () => void) {
    this.#ended = ended;
    const worker = this.#worker;
    this.exit = new Promise((resolve) => worker.once('exit', resolve));
    const lose = (reason: unknown): void => {
      this.#leave();
      const lines = [...this.#lines];
      this.#lines.clear();
      for (const line of lines) line.lose(reason);
    };
    worker.on('error', lose);
    worker.on('exit', (code) => lose(new Error(`The engine's thread ended with code ${code}`)));
    // Its lines keep the process alive, while somebody awaits an answer.
    worker.unref();
  }

  /** A line to an engine that has got this task. */
  connect(task: EngineTask): LosablePort {
    const { port1, port2 } = new MessageChannel();
    const line = linePort(port1);
    this.#lines.add(line);
    this.#worker.postMessage({ task, port: port2 } satisfies EngineOrder, [port2]);
    return line;
  }

  /** Resolves when the line has ended, and the thread with the last one. */
  async end(line: LosablePort): Promise<void> {
    this.#lines.delete(line);
    if (this.#lines.size > 0) return;
    this.#leave();
    this.#worker.postMessage(end);
    // Whoever awaits the end wants to see it.
    this.#worker.ref();
    await this.exit;
  }

  #leave(): void {
    if (!this.#isEnding) this.#ended();
    this.#isEnding = true;
  }
}

// The handles of one file share a thread, and so the hub in it, as those of `openSync` do: see `hub-registry.ts`.
const threads = new Map<string, EngineThread>();

function threadFor(path: string | null): EngineThread {
  if (path === null) return new EngineThread(() => {});
  const known = threads.get(path);
  if (known) return known;
  const thread = new EngineThread(() => {
    if (threads.get(path) === thread) threads.delete(path);
  });
  threads.set(path, thread);
  return thread;
}

/** A line to an engine in another thread, which is started when it is asked for, and again if it was lost. */
export class EngineLine implements Connector {
  readonly canReturn: boolean;
  readonly isOwn = true;
  /** What the engine has opened; null for a database in memory. */
  file: OpenedFile | null = null;
  journalMode = '';
  readonly #sharedBy: string | null;
  #task: EngineTask;
  #thread: EngineThread | undefined;
  #line: LosablePort | undefined;

  /**
   * @param sharedBy The path of the file whose handles share a thread; null for a thread of its own.
   * @param canReturn What it holds outlives the thread.
   */
  constructor(task: EngineTask, sharedBy: string | null, canReturn: boolean) {
    this.#task = task;
    this.#sharedBy = sharedBy;
    this.canReturn = canReturn;
  }

  async connect(): Promise<Port> {
    const thread = threadFor(this.#sharedBy);
    const line = thread.connect(this.#task);
    this.#thread = thread;
    this.#line = line;
    const greeting = await new Promise<Greeting>((resolve, reject) => {
      line.listen({
        message: (message) => resolve(message as Greeting),
        lost: (cause) => reject(notStarted(cause)),
      });
    });
    if (greeting.kind === 'failed') {
      line.close();
      await thread.end(line);
      throw decodeError(greeting.error);
    }
    this.journalMode = greeting.journalMode;
    this.file = greeting.opened ?? null;
    // What is there now must be there when the thread is started again.
    const options = { ...this.#task.options, mode: 'open' } as const;
    this.#task = { ...this.#task, options, identity: greeting.opened?.identity };
    return line;
  }

  async close(): Promise<void> {
    if (this.#thread && this.#line) await this.#thread.end(this.#line);
  }
}

function notStarted(cause: unknown): OperationalError {
  return new OperationalError("The engine's thread could not be started.", {
    code: 'CONNECTION',
    subcode: 'connection.no_engine',
    cause,
  });
}
