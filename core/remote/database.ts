import { readOptions, requireFunction, requireSignal, requireText, textList, texts } from '../arguments.ts';
import { beginText, type TransactionMode } from '../atomically.ts';
import type { Changeset } from '../commit/changeset.ts';
import type { ReactiveMetrics } from '../commit/hub.ts';
import { InterfaceError, ProgrammingError } from '../errors.ts';
import type { StatementCacheStats } from '../statement-cache.ts';
import type { Params } from '../values.ts';
import type { RangeBounds } from '../watches/range.ts';
import { takeBounds } from '../watches/take-bounds.ts';
import type { SubscriptionInfo, WatchOptions } from '../watches/watch.ts';
import { Caller, type Sender } from './caller.ts';
import { type CallOptions, type Client, callOptions } from './client.ts';
import { opened } from './opened.ts';
import type { ReaderPool } from './reader-pool.ts';
import { Transaction } from './transaction.ts';
import { RemoteWatch } from './watch.ts';
import { isLost, notHere } from './wire.ts';

/** How other parts of Freshet reach the engine of a database in another thread. */
export const clientOf: unique symbol = Symbol('freshet.client');

/** How they reach its `onError`. */
export const errorHandlerOf: unique symbol = Symbol('freshet.errorHandler');

export interface DatabaseParts {
  readonly location: string;
  readonly client: Client;
  /** Engines beside it that only read. */
  readonly readers: ReaderPool | null;
  readonly reportError: (error: unknown, context: { readonly during: string }) => void;
}

/**
 * A SQLite database whose engine, live queries included, runs in a thread of its own. The names are those of
 * `DatabaseSync`; calls return promises. Calls of one turn travel together and are carried out in order, but a read
 * may overtake a write that isn't awaited where an engine for reading runs beside. While a transaction is open, all
 * calls outside of it wait.
 */
export class Database extends Caller implements AsyncDisposable {
  /** @internal */
  readonly [clientOf]: Client;
  /** @internal */
  readonly [errorHandlerOf]: DatabaseParts['reportError'];
  readonly location: string;
  readonly #parts: DatabaseParts;
  readonly #listeners = new Set<(changeset: Changeset) => void>();
  #listening: { readonly opened: Promise<number>; readonly off: () => void } | undefined;

  /** @internal Use `open`. */
  constructor(parts: DatabaseParts) {
    super(senderOf(parts));
    const { client, location } = parts;
    this[clientOf] = client;
    this[errorHandlerOf] = parts.reportError;
    this.location = location;
    this.#parts = parts;
    client.on('error', (data) => {
      const { error, during } = data as { readonly error: unknown; readonly during: string };
      parts.reportError(error, { during });
    });
    client.onReturn(() => {
      if (this.#listening) this.#listening = this.#listen();
    });
  }

  /** As the engine said with its last answer. */
  get inTransaction(): boolean {
    return this[clientOf].transaction !== 'none';
  }

  /** Waits until no other transaction is open, and then keeps everybody else waiting until it has ended. */
  async begin(mode: TransactionMode = 'deferred', options?: CallOptions): Promise<Transaction> {
    beginText(mode);
    const { signal } = callOptions(options) ?? {};
    const client = this[clientOf];
    const late = (begun: number): void => {
      client.call('rollback', [], { within: begun, epoch: client.epoch }).catch(() => {});
    };
    const within = await client.call<number>('begin', [mode], { signal, late });
    const { epoch } = client;
    const send = <R>(name: string, args: readonly unknown[], given: CallOptions | undefined): Promise<R> =>
      client.call<R>(name, args, { signal: given?.signal, within, epoch });
    const sender: Sender = {
      send,
      read: send,
      open: (args, given) => opened(client, args, { signal: given?.signal, within, epoch }),
    };
    return new Transaction({ sender, end: (how) => send(how, [], undefined) });
  }

  /**
   * Commits when `fn` has resolved, rolls back when it rejects, and gives what it gives. Nobody else's calls come
   * between; inside, call `tx`: a call of the database itself would wait for the end.
   */
  async transaction<R>(
    fn: (tx: Transaction) => R | Promise<R>,
    mode: TransactionMode = 'deferred',
    options?: CallOptions,
  ): Promise<R> {
    requireFunction(fn, 'fn');
    const tx = await this.begin(mode, options);
    let result: R;
    try {
      result = await fn(tx);
    } catch (error) {
      // What SQLite has rolled back by itself is rolled back.
      if (tx.isOpen) await tx.rollback().catch(() => {});
      throw error;
    }
    if (!tx.isOpen) return result;
    try {
      await tx.commit();
    } catch (error) {
      await tx.rollback().catch(() => {});
      throw error;
    }
    return result;
  }

  /** Commits a transaction that was begun in SQL; without one nothing happens. */
  async commit(options?: CallOptions): Promise<void> {
    return this[clientOf].call('commit', [], callOptions(options));
  }

  /** Rolls a transaction back that was begun in SQL; without one nothing happens. */
  async rollback(options?: CallOptions): Promise<void> {
    return this[clientOf].call('rollback', [], callOptions(options));
  }

  /** Events for every commit that changes one of `tables`. */
  async watchTable(
    tables: string | readonly string[],
    options?: WatchOptions & CallOptions,
  ): Promise<RemoteWatch> {
    return this.#watch('watchTable', [textList(tables, 'tables')], options);
  }

  /** Events for changes of rows that lie in a range before or after. */
  async watchRange(
    table: string,
    range: RangeBounds,
    options?: WatchOptions & CallOptions,
  ): Promise<RemoteWatch> {
    requireText(table, 'table');
    return this.#watch('watchRange', [table, takeBounds(range)], options);
  }

  /** The answer of a SELECT, then events for every commit that may change it. */
  async watchQuery(sql: string, params?: Params, options?: WatchOptions & CallOptions): Promise<RemoteWatch> {
    requireText(sql, 'sql');
    return this.#watch('watchQuery', [sql, params], options);
  }

  /** Every commit from now on, or every commit that changes one of `tables`. */
  async changeStream(
    options?: WatchOptions & CallOptions & { readonly tables?: readonly string[] },
  ): Promise<RemoteWatch> {
    return this.#watch('changeStream', [], options, ['queueCapacity', 'signal', 'tables']);
  }

  /**
   * Calls `listener` for every commit from when this resolves, in commit order. Commits that were made while the
   * engine was being replaced by another are not told. What it throws goes to `onError`.
   */
  async subscribe(listener: (changeset: Changeset) => void): Promise<() => void> {
    if (typeof listener !== 'function') {
      throw new ProgrammingError('A listener of commits is a function.', {
        code: 'WATCH',
        subcode: 'watch.listener',
      });
    }
    // The same function twice is two listeners.
    const own = (changeset: Changeset): void => listener(changeset);
    this.#listeners.add(own);
    for (;;) {
      this.#listening ??= this.#listen();
      const listening = this.#listening;
      try {
        await listening.opened;
        break;
      } catch (error) {
        if (this.#listening === listening) this.#listening = undefined;
        listening.off();
        const { canReturn, isClosed } = this[clientOf];
        // The engine that takes over is asked instead.
        if (canReturn && !isClosed && isLost(error)) continue;
        this.#listeners.delete(own);
        throw error;
      }
    }
    return () => {
      if (!this.#listeners.delete(own) || this.#listeners.size > 0) return;
      const { opened = undefined, off = undefined } = this.#listening ?? {};
      this.#listening = undefined;
      off?.();
      const client = this[clientOf];
      opened?.then((id) => client.tell(client.epoch, 'unsubscribe', id)).catch(() => {});
    };
  }

  /** Figures for all watches and live queries of the database. */
  async reactiveMetrics(options?: CallOptions): Promise<ReactiveMetrics> {
    return this[clientOf].call('metrics', [], { ...callOptions(options), isRepeatable: true });
  }

  /** The open watches, with what waits in their queues. */
  async reactiveSubscriptions(options?: CallOptions): Promise<SubscriptionInfo[]> {
    return this[clientOf].call('subscriptions', [], { ...callOptions(options), isRepeatable: true });
  }

  /** How the cache of compiled statements does. */
  async statementCacheStats(options?: CallOptions): Promise<StatementCacheStats> {
    return this[clientOf].call('cacheStats', [], { ...callOptions(options), isRepeatable: true });
  }

  /**
   * Rolls an open transaction of this database back, ends its watches and live queries, and its engine if nobody
   * else uses that. Calls that are under way reject. A second call does nothing.
   */
  async close(): Promise<void> {
    await Promise.all([this.#parts.readers?.close(), this[clientOf].close()]);
  }

  /** Closes the database. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #watch(
    name: string,
    args: readonly unknown[],
    given: WatchCallOptions | undefined,
    known: readonly (keyof WatchCallOptions)[] = ['queueCapacity', 'signal'],
  ): Promise<RemoteWatch> {
    const { signal, tables, ...options } = readOptions(given, 'options', known);
    const sent = { ...options, ...(tables !== undefined && { tables: texts(tables, 'tables') }) };
    if (signal !== undefined) requireSignal(signal);
    const client = this[clientOf];
    const late = ({ watch }: { watch: number }): void => client.tell(client.epoch, 'watch:close', watch);
    const watch = await client.call<{ watch: number; id: number }>(name, [...args, sent], { signal, late });
    return new RemoteWatch(client, watch);
  }

  #listen() {
    const client = this[clientOf];
    this.#listening?.off();
    const off = client.on('changeset', (changeset) => {
      for (const listener of [...this.#listeners]) {
        try {
          listener(changeset as Changeset);
        } catch (error) {
          this.#parts.reportError(error, { during: 'a listener of commits' });
        }
      }
    });
    const opened = client.call<number>('subscribe', [], { epoch: client.epoch });
    // Somebody awaits it where that matters; after the loss of an engine nobody does.
    opened.catch(() => {});
    return { opened, off };
  }
}

interface WatchCallOptions extends WatchOptions, CallOptions {
  readonly tables?: readonly string[];
}

/** Reads go to an engine that only reads, where there is one and the statement is for it. */
function senderOf({ client, readers }: DatabaseParts): Sender {
  let hasTemp = false;
  client.on('temp', (data) => {
    hasTemp = data === true;
  });
  // A transaction that was begun in SQL, and TEMP objects, are the writer's alone.
  const pool = (): ReaderPool | null =>
    client.isClosed || hasTemp || client.transaction === 'ours' ? null : readers;
  return {
    send: (name, args, options) => client.call(name, args, options),
    async read<R>(name: string, args: readonly unknown[], options: CallOptions | undefined): Promise<R> {
      const answer = await pool()?.call<R | typeof notHere>(name, args, options);
      if (answer !== undefined && answer !== notHere) return answer;
      // Whether it only reads is not known here: after a loss the engine that makes it again finds out.
      return client.call<R>(name, args, { ...options, isRepeatable: true });
    },
    async open(args, options) {
      if (client.isClosed)
        throw new InterfaceError('Cannot iterate: the database is closed.', { code: 'CLOSED' });
      return (await pool()?.open(args, options)) ?? opened(client, args, options ?? {});
    },
  };
}
