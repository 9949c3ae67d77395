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

/**
 * The way from a tab to the engine of a database that all tabs of its origin share.
 *
 * One tab owns the file: the one that holds its Web Lock. It runs the engine; the others reach that over a
 * BroadcastChannel, and queue for the lock meanwhile. When the owner closes, crashes, is frozen or discarded, the
 * browser gives the lock to the next, which starts an engine and says so. The hard part is the time between: an engine
 * may open, here or elsewhere, while this tab is connecting to one that has gone.
 */
export class TabConnector implements Connector {
  readonly canReturn = true;
  readonly isOwn = false;
  readonly #task: BrowserTask & { readonly name: string };
  readonly #client = crypto.randomUUID();
  readonly #common: BroadcastChannel;
  #alive: Promise<HeldLock> | undefined;
  /** The engine that this tab runs, while it owns the file. */
  #own: StartedEngine | undefined;
  /** The attempt to own the file; ends when the tab is frozen, or the database closed. */
  #owning: { readonly done: Promise<void>; readonly abort: AbortController } | undefined;
  /** A line to another tab's engine, and the engine's name once it has answered. */
  #line: { readonly port: LosablePort; engine: string | undefined } | undefined;
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
    this.#alive ??= holdLock(clientLock(this.#task.name, this.#client));
    await this.#alive;
    if (this.#own) return this.#own.port;
    const { promise, resolve, reject } = Promise.withResolvers<Port>();
    this.#waiting = { resolve, reject };
    this.#owning ??= this.#startOwning();
    const line = this.#greetOwner();
    try {
      return await promise;
    } finally {
      this.#waiting = undefined;
      line.stop();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    document.removeEventListener('freeze', this.#freeze);
    removeEventListener('pagehide', this.#freeze);
    document.removeEventListener('resume', this.#resume);
    removeEventListener('pageshow', this.#resume);
    this.#thaw?.resolve();
    this.#waiting?.reject(new Error('the database was closed'));
    // The client has ended its line before, which makes an engine of ours close the file.
    this.#owning?.abort.abort(new Error('the database was closed'));
    await this.#owning?.done;
    this.#line?.port.close();
    this.#common.close();
    await this.#alive?.then((lock) => lock.release());
  }

  #startOwning() {
    const abort = new AbortController();
    const done = this.#ownWhile(abort.signal).catch((error: unknown) => {
      if (!abort.signal.aborted) this.#waiting?.reject(error);
    });
    void done.finally(() => {
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
        const engine = await startEngine(this.#task);
        if (signal.aborted && !this.#isClosed) engine.terminate();
        this.#own = engine;
        if (this.#isClosed) engine.port.close();
        else this.#waiting?.resolve(engine.port);
        await engine.closed;
      } finally {
        this.#own = undefined;
        lock.release();
      }
    }
  }

  /** Looks for the engine of another tab until one has answered, or this tab has one. */
  #greetOwner(): { stop(): void } {
    let stopped = false;
    const attempt = (): void => {
      if (stopped) return;
      const name = crypto.randomUUID();
      const channel = new BroadcastChannel(lineChannel(this.#task.name, name));
      const mine = messagePort(channel, () => channel.close());
      const again = setTimeout(() => {
        // Whoever was asked has gone, or there is nobody yet.
        mine.close();
        attempt();
      }, helloMs * 5);
      const hello: TabMessage = { kind: 'hello', client: this.#client, line: name };
      this.#common.postMessage(hello);
      const repeat = setInterval(() => this.#common.postMessage(hello), helloMs);
      const quiet = (): void => {
        clearTimeout(again);
        clearInterval(repeat);
      };
      stop = () => {
        quiet();
        if (this.#line?.port !== mine) mine.close();
      };
      greeted(mine).then(
        (engine) => {
          quiet();
          if (stopped) return;
          this.#line = { port: mine, engine };
          this.#waiting?.resolve(mine);
        },
        (error: unknown) => {
          quiet();
          // An engine that closes while it greets: there will be another one.
          if (!stopped && isConnectionLost(error)) setTimeout(attempt, helloMs);
          else this.#waiting?.reject(error);
        },
      );
    };
    let stop = (): void => {};
    attempt();
    return {
      stop() {
        stopped = true;
        stop();
      },
    };
  }

  #hear(message: TabMessage): void {
    const line = this.#line;
    if (!line?.engine) return;
    if (message.kind === 'opened' && message.engine !== line.engine) this.#loseLine('another tab took over');
    if (message.kind === 'closing' && message.engine === line.engine)
      this.#loseLine('the owner has closed it');
  }

  #loseLine(why: string): void {
    const line = this.#line;
    this.#line = undefined;
    line?.port.lose(new Error(why));
  }

  /** A frozen tab answers nobody: it gives the file up, and what it has under way. */
  readonly #freeze = (): void => {
    this.#thaw ??= Promise.withResolvers<void>();
    this.#owning?.abort.abort(new Error('the tab was frozen'));
    this.#own?.terminate();
    this.#loseLine('this tab was frozen');
  };

  readonly #resume = (): void => {
    this.#thaw?.resolve();
    this.#thaw = undefined;
  };
}

const isConnectionLost = (error: unknown): boolean =>
  error instanceof Error && 'subcode' in error && error.subcode === 'connection.no_engine';
