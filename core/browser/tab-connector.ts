import { InterfaceError, type OperationalError } from '../errors.ts';
import type { Connector } from '../remote/client.ts';
import { pause } from '../remote/pause.ts';
import type { Port } from '../remote/port.ts';
import { isPassing } from '../remote/wire.ts';
import { filesReplaced } from './file-guard.ts';
import { type HeldLock, holdLock, isHeld } from './locks.ts';
import {
  type BrowserTask,
  clientLock,
  clientLocks,
  commonChannel,
  lineChannel,
  ownerLock,
  type TabMessage,
} from './names.ts';
import { type LosablePort, messagePort } from './ports.ts';
import { type EngineWorker, greeted, type OpenedLine, startWorker } from './start-engine.ts';
import { noWorker } from './why-no-worker.ts';

const helloMs = 200;
/** How often a tab makes sure that its line leads to the owner. */
const askMs = 2000;
/** How long a tab that has an engine elsewhere leaves its own worker for later: the page loads first. */
const standbyMs = 2000;
/** How long an owner may take to answer before a worker is loaded all the same. */
const answerMs = 300;
/** How long a tab looks for an engine before it gives up. */
const connectMs = 30_000;
/** Between attempts to start an engine. */
const firstWaitMs = 500;
const longestWaitMs = 30_000;

interface Owning {
  readonly done: Promise<void>;
  readonly abort: AbortController;
}

/**
 * The way from a tab to the engine of a database that all tabs of its origin share.
 *
 * One tab owns the file: the one that holds its Web Lock, and the file itself. It runs the engine; the others reach that
 * over a BroadcastChannel. Each of them has a worker loaded, and queues for the lock with it: so one that can't load
 * (offline, or after a deployment that took its program away) never has the lock, and one that can takes over at once.
 * When the owner closes, crashes, is frozen or discarded, the browser gives the lock to the next. The hard part is the
 * time between: an engine may open, here or elsewhere, while this tab is connecting to one that has gone, is frozen, or
 * closes. And tabs that were open when the site's data was cleared have locks of their own: there the file decides,
 * which one engine at a time can hold.
 */
export class TabConnector implements Connector {
  readonly canReturn = true;
  readonly isOwn = false;
  readonly #client = crypto.randomUUID();
  readonly #common: BroadcastChannel;
  #task: BrowserTask & { readonly name: string };
  #alive: Promise<HeldLock> | undefined;
  /** The worker that this tab has loaded, to be its engine when it owns the file. */
  #worker: EngineWorker | undefined;
  /** The line to the engine that this tab runs, while it owns the file. */
  #own: LosablePort | undefined;
  /** The attempt to own the file; ends when the tab is frozen, or the database closed. */
  #owning: Owning | undefined;
  /** A line to another tab's engine, and that engine's name. */
  #line: { readonly port: LosablePort; readonly engine: string } | undefined;
  /** The file that was open at first. */
  #file: string | undefined;
  #waiting: { resolve(port: Port): void; reject(error: unknown): void } | undefined;
  /** Why this tab could not start an engine last. */
  #why: unknown;
  /** Aborts what waits for a better time. */
  #wake = new AbortController();
  #thaw: PromiseWithResolvers<void> | undefined;
  readonly #asking: ReturnType<typeof setInterval>;
  #isClosed = false;

  constructor(task: BrowserTask & { readonly name: string }) {
    this.#task = task;
    this.#common = new BroadcastChannel(commonChannel(task.name));
    this.#common.addEventListener('message', ({ data }: MessageEvent<TabMessage>) => this.#hear(data));
    // An engine's last greeting may come after the next one has said that it is open: channels keep no order among them.
    this.#asking = setInterval(() => {
      if (this.#line) this.#common.postMessage({ kind: 'ask' } satisfies TabMessage);
    }, askMs);
    this.#listen('addEventListener');
  }

  async connect(): Promise<Port> {
    await this.#thaw?.promise;
    this.#assertOpen();
    this.#alive ??= holdLock(clientLock(this.#task.name, this.#client));
    await this.#alive;
    this.#assertOpen();
    if (this.#own && !this.#worker?.isClosed) return this.#own;
    const { promise, resolve, reject } = Promise.withResolvers<Port>();
    this.#waiting = { resolve, reject };
    this.#owning ??= this.#startOwning();
    this.#rouse();
    const stop = this.#greetOwner();
    const timer = setTimeout(() => reject(this.#why ?? unanswered(this.#task.location)), connectMs);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting = undefined;
      stop();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#asking);
    this.#listen('removeEventListener');
    this.#thaw?.resolve();
    this.#waiting?.reject(closed());
    // An engine that the client has never talked to is closed, too.
    this.#own?.close();
    this.#owning?.abort.abort(closed());
    await this.#owning?.done;
    this.#line?.port.close();
    this.#common.close();
    await this.#alive?.then((lock) => lock.release());
  }

  /** A page is frozen, and thaws. In a worker nothing says so. */
  #listen(how: 'addEventListener' | 'removeEventListener'): void {
    if (typeof document === 'undefined') return;
    document[how]('freeze', this.#freeze);
    globalThis[how]('pagehide', this.#hide as EventListener);
    document[how]('resume', this.#resume);
    globalThis[how]('pageshow', this.#resume);
  }

  #assertOpen(): void {
    if (this.#isClosed) throw closed();
  }

  /** Ends what waits for a better time: it may be now. */
  #rouse(): void {
    this.#wake.abort();
    this.#wake = new AbortController();
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

  /** Loads a worker, waits for the lock, runs an engine while it holds it; and again when that ends. */
  async #ownWhile(signal: AbortSignal): Promise<void> {
    let waitMs = firstWaitMs;
    while (!signal.aborted) {
      try {
        await this.#untilNeeded(signal);
        const worker = startWorker();
        this.#worker = worker;
        await unlessAborted(worker.loaded, signal);
        const lock = await holdLock(ownerLock(this.#task.name), signal);
        try {
          this.#loseLine('another tab owned the database, and has gone');
          await this.#run(worker, signal);
        } finally {
          this.#own = undefined;
          worker.terminate();
          lock.release();
        }
        waitMs = firstWaitMs;
      } catch (error) {
        this.#worker?.terminate();
        if (signal.aborted || !isPassing(error)) throw error;
        await this.#passOver(error);
        await this.#rest(waitMs, signal);
        waitMs = Math.min(waitMs * 2, longestWaitMs);
      }
    }
  }

  async #run(worker: EngineWorker, signal: AbortSignal): Promise<void> {
    const line = crypto.randomUUID();
    const opened = await worker.open({ ...this.#task, line }, signal);
    const port = { ...opened.port, line };
    if (!this.#isSameFile(opened)) {
      port.close();
      throw filesReplaced();
    }
    this.#own = port;
    this.#why = undefined;
    // One that was found while the file was held elsewhere.
    this.#loseLine('this tab has taken over');
    this.#waiting?.resolve(port);
    await worker.closed;
  }

  /** While another tab's engine is there, and answers, this tab's own is only for later. */
  async #untilNeeded(signal: AbortSignal): Promise<void> {
    if (!this.#line && (await this.#isOwned())) await this.#rest(answerMs, signal);
    if (this.#line) await this.#rest(standbyMs, signal);
    signal.throwIfAborted();
  }

  #isOwned(): Promise<boolean> {
    return isHeld((name) => name === ownerLock(this.#task.name));
  }

  /** Waits for a better time. Without a place in the queue, that the owner has gone is seen from its lock alone. */
  async #rest(ms: number, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const until = AbortSignal.any([signal, this.#wake.signal, over.signal]);
    const resting = pause(ms, until);
    // Where it is free although an engine answers, that one's locks are not seen from here.
    if (this.#line && (await this.#isOwned()) && !until.aborted) {
      holdLock(ownerLock(this.#task.name), until).then(
        (lock) => {
          lock.release();
          this.#loseLine('another tab owned the database, and has gone');
        },
        () => {},
      );
    }
    await resting;
    over.abort();
  }

  /** This tab can't start an engine now. If another might, its answer is waited for. */
  async #passOver(error: unknown): Promise<void> {
    this.#why = error;
    const { name } = this.#task;
    const mine = clientLock(name, this.#client);
    const hasOthers = await isHeld((other) => other.startsWith(clientLocks(name)) && other !== mine);
    if (!hasOthers) this.#waiting?.reject(error);
  }

  /** Looks for the engine of another tab until one has answered, or the result is called. */
  #greetOwner(): () => void {
    let quiet = (): void => {};
    let isOver = false;
    const attempt = (): void => {
      const name = crypto.randomUUID();
      const channel = new BroadcastChannel(lineChannel(this.#task.name, name));
      const port = { ...messagePort(channel, () => channel.close()), line: name };
      const hello: TabMessage = { kind: 'hello', client: this.#client, line: name };
      this.#common.postMessage(hello);
      // Each engine answers a line once; there may be none yet, or another one soon.
      const repeat = setInterval(() => this.#common.postMessage(hello), helloMs);
      quiet = () => {
        clearInterval(repeat);
        if (this.#line?.port !== port) port.close();
      };
      greeted(port).then(
        ({ engine, file }) => {
          if (isOver) return;
          if (!this.#isSameFile({ file })) {
            this.#waiting?.reject(filesReplaced());
            return;
          }
          this.#line = { port, engine };
          this.#waiting?.resolve(port);
          this.#rouse();
        },
        (error: unknown) => {
          quiet();
          if (isOver) return;
          // One that closes while it greets: there will be another.
          if (isPassing(error)) attempt();
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

  /** False for a file that has replaced it. That file is there: opening the database again finds it. */
  #isSameFile({ file }: Pick<OpenedLine, 'file'>): boolean {
    this.#file ??= file;
    this.#task = { ...this.#task, options: { ...this.#task.options, mode: 'open' } };
    return this.#file === file;
  }

  #hear(message: TabMessage): void {
    const line = this.#line;
    // This tab may be next, or have waited for a time when it can be.
    if (message.kind === 'closing') this.#rouse();
    if (!line) return;
    const isOther = message.kind === 'opened' || message.kind === 'here';
    if (isOther && message.engine !== line.engine) this.#loseLine('another tab took over');
    if (message.kind === 'closing' && message.engine === line.engine)
      this.#loseLine('the owner has closed it');
  }

  #loseLine(why: string): void {
    const line = this.#line;
    this.#line = undefined;
    line?.port.lose(new Error(why));
    if (line) this.#rouse();
  }

  /** A frozen tab answers nobody: it gives the file up, its place in the queue, and what it has under way. */
  readonly #freeze = (): void => {
    this.#thaw ??= Promise.withResolvers<void>();
    this.#owning?.abort.abort(new Error('the tab was frozen'));
    this.#worker?.terminate();
    this.#loseLine('this tab was frozen');
  };

  /** A page that is kept to be shown again is frozen. One that is left is not: what it has just called may be done yet. */
  readonly #hide = (event: PageTransitionEvent): void => {
    if (event.persisted) this.#freeze();
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

const unanswered = (location: string): OperationalError =>
  noWorker(
    `neither this tab nor another has opened ${location} within ${connectMs / 1000} seconds. Another tab may be busy, or unable to load; close it, or try again`,
  );

function unlessAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
    if (signal.aborted) abort();
  });
}
