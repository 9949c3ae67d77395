import { OperationalError } from '../errors.ts';
import { RecentlyUsed } from '../recently-used.ts';
import { planStatement } from '../sql/statement-plan.ts';
import type { Sender } from './caller.ts';
import { type CallOptions, type Client, closed } from './client.ts';
import { opened } from './opened.ts';
import { isLost, notHere } from './wire.ts';

export interface PoolOptions {
  readonly size: number;
  /** How long a read waits for an engine to be free. */
  readonly acquireTimeoutMs: number;
}

interface Waiting {
  resolve(client: Client): void;
  reject(error: unknown): void;
}

/**
 * Engines that only read a file, each in a thread of its own, beside the one that writes. They are started when they
 * are first needed. One whose read was aborted is replaced: nothing on Node stops SQLite in the midst of it.
 */
export class ReaderPool {
  readonly #start: () => Client;
  readonly #options: PoolOptions;
  readonly #idle: Client[] = [];
  readonly #all = new Set<Client>();
  readonly #waiting: Waiting[] = [];
  readonly #ending = new Set<Promise<void>>();
  readonly #taken = new RecentlyUsed<string, boolean>(512);
  #closed = false;

  constructor(start: () => Client, options: PoolOptions) {
    this.#start = start;
    this.#options = options;
  }

  /** Whether a statement may be one for readers, as its text tells: others don't wait for one to be free. */
  takes(sql: unknown): boolean {
    if (typeof sql !== 'string') return false;
    let taken = this.#taken.get(sql);
    if (taken === undefined) {
      taken = mayBeForReaders(sql);
      this.#taken.set(sql, taken);
    }
    return taken;
  }

  async call<R>(
    name: string,
    args: readonly unknown[],
    options: CallOptions = {},
  ): Promise<R | typeof notHere> {
    const client = await this.#acquire(options.signal);
    try {
      return await client.call<R>(name, args, options);
    } catch (error) {
      if (options.signal?.aborted || hasGone(error)) this.#discard(client);
      if (!options.signal?.aborted && isLost(error)) return notHere;
      throw error;
    } finally {
      this.#release(client);
    }
  }

  /** Null where the statement is not for readers. */
  async open(
    args: readonly unknown[],
    options: CallOptions = {},
  ): Promise<Awaited<ReturnType<Sender['open']>> | null> {
    const client = await this.#acquire(options.signal);
    try {
      const pages = await opened(client, args, options, () => this.#release(client));
      if ((pages.first as unknown) !== notHere) return pages;
    } catch (error) {
      if (options.signal?.aborted || hasGone(error)) this.#discard(client);
      if (options.signal?.aborted || !isLost(error)) {
        this.#release(client);
        throw error;
      }
    }
    this.#release(client);
    return null;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { reject } of [...this.#waiting]) reject(closed('read'));
    await Promise.all([...this.#all].map((client) => client.close()));
    this.#all.clear();
    await Promise.all(this.#ending);
  }

  #acquire(signal: AbortSignal | undefined): Promise<Client> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#closed) return Promise.reject(closed('read'));
    const idle = this.#idle.pop();
    if (idle) return Promise.resolve(idle);
    if (this.#all.size < this.#options.size) {
      const client = this.#start();
      this.#all.add(client);
      return Promise.resolve(client);
    }
    return this.#wait(signal);
  }

  #wait(signal: AbortSignal | undefined): Promise<Client> {
    const { size, acquireTimeoutMs } = this.#options;
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        const at = this.#waiting.indexOf(waiting);
        if (at >= 0) this.#waiting.splice(at, 1);
      };
      const abort = (): void => {
        leave();
        reject(signal?.reason);
      };
      const waiting: Waiting = {
        resolve(client) {
          leave();
          resolve(client);
        },
        reject(error) {
          leave();
          reject(error);
        },
      };
      const timer = setTimeout(
        () =>
          waiting.reject(
            new OperationalError(
              `Cannot read: all ${size} readers were busy for ${acquireTimeoutMs} ms. Raise \`readers\` or \`acquireTimeoutMs\`, or leave iterations earlier.`,
              { code: 'BUSY', subcode: 'busy.readers', retryable: true },
            ),
          ),
        acquireTimeoutMs,
      );
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.push(waiting);
    });
  }

  /** Another takes its place: this one ends when SQLite has come to the end of what it is at. */
  #discard(client: Client): void {
    this.#all.delete(client);
    const ending = client.close();
    this.#ending.add(ending);
    void ending.finally(() => this.#ending.delete(ending));
  }

  #release(client: Client): void {
    if (!this.#all.has(client) || this.#idle.includes(client)) {
      // One was ended: another may be started for whoever waits.
      if (this.#waiting.length > 0 && this.#all.size < this.#options.size && !this.#closed) {
        const started = this.#start();
        this.#all.add(started);
        this.#waiting[0]?.resolve(started);
      }
      return;
    }
    const next = this.#waiting[0];
    if (next) next.resolve(client);
    else this.#idle.push(client);
  }
}

/** Its thread has ended; where it ran out of memory, another one would, too. */
const hasGone = (error: unknown): boolean =>
  isLost(error) || (error instanceof OperationalError && error.subcode === 'memory.engine');

function mayBeForReaders(sql: string): boolean {
  try {
    const { kind, sys } = planStatement(sql);
    return kind === 'select' && !sys && !ofWriter.some((text) => sql.toLowerCase().includes(text));
  } catch {
    // The writer says what is wrong with it.
    return false;
  }
}

/** Where one of these is no name of the connection's state after all, the writer answers as well. */
const ofWriter = ['pragma_', 'sqlite_temp_', 'changes(', 'last_insert_rowid('];
