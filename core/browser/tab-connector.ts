import { InterfaceError } from '../errors.ts';
import type { Connector } from '../remote/client.ts';
import type { Port } from '../remote/port.ts';
import { type HeldLock, holdLock } from './locks.ts';
import {
  type BrowserTask,
  clientLock,
  commonChannel,
  lineChannel,
  ownerLock,
  type TabMessage,
} from './names.ts';
import { type LosablePort, messagePort } from './ports.ts';
import { greeted, type StartedEngine, startEngine } from './start-engine.ts';

const helloMs = 200;

interface Owning {
  readonly done: Promise<void>;
  readonly abort: AbortController;
}

/**
 * The way from a tab to the engine of a database that all tabs of its origin share.
 *
 * One tab owns the file: the one that holds its Web Lock. It runs the engine; the others reach that over a
 * BroadcastChannel, and queue for the lock meanwhile. When the owner closes, crashes, is frozen or discarded, the
 * browser gives the lock to the next, which starts an engine and says so. The hard part is the time between: an engine
 * may open, here or elsewhere, while this tab is connecting to one that has gone, is frozen, or closes.
 */
export class TabConnector implements Connector {
  readonly canReturn = true;
  readonly isOwn = false;
  readonly #client = crypto.randomUUID();
  readonly #common: BroadcastChannel;
  #task: BrowserTask & { readonly name: string };
  #alive: Promise<HeldLock> | undefined;
  /** The engine that this tab runs, while it owns the file. */
  #own: StartedEngine | undefined;
  /** The attempt to own the file; ends when the tab is frozen, or the database closed. */
  #owning: Owning | undefined;
  /** A line to another tab's engine, and that engine's name. */
  #line: { readonly port: LosablePort; readonly engine: string } | undefined;
  #waiting: { resolve(port: Port): void; reject(error: unknown): void } | undefined;
  #thaw: PromiseWithResolvers<void> | undefined;
  #isClosed = false;

  constructor(task: BrowserTask & { readonly name: string }) {
    this.#task = task;
    this.#common = new BroadcastChannel(commonChannel(task.name));
    this.#common.addEventListener('message', ({ data }: MessageEvent<TabMessage>) => this.#hear(data));
    document.addEventListener('freeze', this.#freeze);
    addEventListener('pagehide', this.#freeze);
    document.addEventListener('resume', this.#resume);
    addEventListener('pageshow', this.#resume);
  }

  async connect(): Promise<Port> {
    await this.#thaw?.promise;
    this.#assertOpen();
    this.#alive ??= holdLock(clientLock(this.#task.name, this.#client));
    await this.#alive;
    this.#assertOpen();
    if (this.#own) return this.#own.port;
    const { promise, resolve, reject } = Promise.withResolvers<Port>();
    this.#waiting = { resolve, reject };
    this.#owning ??= this.#startOwning();
    const stop = this.#greetOwner();
    try {
      return await promise;
    } finally {
      this.#waiting = undefined;
      stop();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    document.removeEventListener('freeze', this.#freeze);
    removeEventListener('pagehide', this.#freeze);
    document.removeEventListener('resume', this.#resume);
    removeEventListener('pageshow', this.#resume);
    this.#thaw?.resolve();
    this.#waiting?.reject(closed());
    // An engine that the client has never talked to is closed, too.
    this.#own?.port.close();
    this.#owning?.abort.abort(closed());
    await this.#owning?.done;
    this.#line?.port.close();
    this.#common.close();
    await this.#alive?.then((lock) => lock.release());
  }

  #assertOpen(): void {
    if (this.#isClosed) throw closed();
  }

  /** After the attempt before has ended. */
  #startOwning(): Owning {
    const abort = new AbortController();
    const before = this.#owning?.done ?? Promise.resolve();
    const done = before
      .then(() => this.#ownWhile(abort.signal))
      .catch((error: unknown) => {
        if (!abort.signal.aborted) this.#waiting?.reject(error);
      })
      .then(() => {
        if (this.#owning?.abort === abort) this.#owning = undefined;
      });
    return { done, abort };
  }

  /** Waits for the lock, runs an engine while it holds it, and begins again if that fails by itself. */
  async #ownWhile(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const lock = await holdLock(ownerLock(this.#task.name), signal);
      try {
        // Whoever had the file has gone.
        this.#loseLine('another tab owned the database, and has gone');
        const engine = await startEngine(this.#task, signal);
        this.#isThere();
        this.#own = engine;
        this.#waiting?.resolve(engine.port);
        await engine.closed;
      } finally {
        this.#own = undefined;
        lock.release();
      }
    }
  }

  /** Looks for the engine of another tab until one has answered, or the result is called. */
  #greetOwner(): () => void {
    let quiet = (): void => {};
    let isOver = false;
    const attempt = (): void => {
      const name = crypto.randomUUID();
      const channel = new BroadcastChannel(lineChannel(this.#task.name, name));
      const port = messagePort(channel, () => channel.close());
      const hello: TabMessage = { kind: 'hello', client: this.#client, line: name };
      this.#common.postMessage(hello);
      // Each engine answers a line once; there may be none yet, or another one soon.
      const repeat = setInterval(() => this.#common.postMessage(hello), helloMs);
      quiet = () => {
        clearInterval(repeat);
        if (this.#line?.port !== port) port.close();
      };
      greeted(port).then(
        (engine) => {
          if (isOver) return;
          this.#isThere();
          this.#line = { port, engine };
          this.#waiting?.resolve(port);
        },
        (error: unknown) => {
          quiet();
          if (isOver) return;
          // One that closes while it greets: there will be another.
          if (isGone(error)) attempt();
          else this.#waiting?.reject(error);
        },
      );
    };
    attempt();
    return () => {
      isOver = true;
      quiet();
    };
  }

  /** The file is there: whoever opens it again finds it. */
  #isThere(): void {
    this.#task = { ...this.#task, options: { ...this.#task.options, mode: 'open' } };
  }

  #hear(message: TabMessage): void {
    const line = this.#line;
    if (!line) return;
    if (message.kind === 'opened' && message.engine !== line.engine) this.#loseLine('another tab took over');
    if (message.kind === 'closing' && message.engine === line.engine)
      this.#loseLine('the owner has closed it');
  }

  #loseLine(why: string): void {
    const line = this.#line;
    this.#line = undefined;
    line?.port.lose(new Error(why));
  }

  /** A frozen tab answers nobody: it gives the file up, its place in the queue, and what it has under way. */
  readonly #freeze = (): void => {
    this.#thaw ??= Promise.withResolvers<void>();
    this.#owning?.abort.abort(new Error('the tab was frozen'));
    this.#own?.terminate();
    this.#loseLine('this tab was frozen');
  };

  readonly #resume = (): void => {
    const thaw = this.#thaw;
    this.#thaw = undefined;
    if (!thaw || this.#isClosed) return;
    // Whoever is connecting needs a place in the queue again.
    if (this.#alive) this.#owning = this.#startOwning();
    thaw.resolve();
  };
}

const closed = (): InterfaceError =>
  new InterfaceError('Cannot connect: the database is closed.', { code: 'CLOSED' });

const isGone = (error: unknown): boolean =>
  error instanceof Error && 'subcode' in error && error.subcode === 'connection.no_engine';
