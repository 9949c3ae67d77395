import { readOptions, requireFunction, requireSignal, requireText, textList, texts } from '../arguments.ts';
import { beginText, type TransactionMode } from '../atomically.ts';
import type { Changeset } from '../commit/changeset.ts';
import type { ReactiveMetrics } from '../commit/hub.ts';
import { plainChangeset } from '../commit/plain-changeset.ts';
import { FreshetError, InterfaceError, ProgrammingError } from '../errors.ts';
import type { StatementCacheStats } from '../statement-cache.ts';
import { takeParams } from '../take-params.ts';
import type { Params } from '../values.ts';
import type { RangeBounds } from '../watches/range.ts';
import { takeBounds } from '../watches/take-bounds.ts';
import type { SubscriptionInfo, WatchOptions } from '../watches/watch.ts';
import { Caller, type Sender } from './caller.ts';
import { type CallOptions, type Client, callOptions } from './client.ts';
import { opened } from './opened.ts';
import type { ReaderPool } from './reader-pool.ts';
import { Scope } from './scope.ts';
import { Transaction, unlessEnded, verbOf } from './transaction.ts';
import { RemoteWatch } from './watch.ts';
import { decodeError, isLost, isReplaced, notHere } from './wire.ts';

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
 * may overtake a write that isn't awaited where an engine for reading runs beside. While a transaction is open, calls
 * outside of it wait, but for reads where an engine for reading runs beside: they answer from before the transaction.
 * BEGIN and SAVEPOINT in SQL are for scripts that end them: see `exec`.
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
      client.wasReplaced ||= isReplaced(error);
      parts.reportError(decodeError(error), { during });
    });
    client.onReturn(() => {
      if (this.#listening) this.#listening = this.#listen();
    });
  }

  /** As the engine said with its last answer. */
  get inTransaction(): boolean {
    return this[clientOf].transaction !== 'none';
  }

  /**
   * Waits until no other transaction is open, and then keeps everybody else waiting until it has ended: also if SQLite
   * rolls it back by itself.
   */
  async begin(mode: TransactionMode = 'deferred', options?: CallOptions): Promise<Transaction> {
    return (await this.#begin(mode, options, false)).tx;
  }

  /**
   * Commits when `fn` has resolved, rolls back when it rejects, and gives what it gives. Nobody else's calls come
   * between. Inside, call `tx`: a call of the database itself would wait for the end, and is refused; in a browser, where
   * a page can't tell who calls, it waits. Where `fn` ends the transaction itself, by `tx.commit()`, `tx.rollback()` or
   * in SQL, it stays ended, whatever `fn` does then.
   * @throws OperationalError (`transaction.undone`) when SQLite has rolled the transaction back after an error inside.
   */
  async transaction<R>(
    fn: (tx: Transaction) => R | Promise<R>,
    mode: TransactionMode = 'deferred',
    options?: CallOptions,
  ): Promise<R> {
    requireFunction(fn, 'fn');
    const { tx, scope, leave } = await this.#begin(mode, options, true);
    try {
      const result = await scope.run(() => fn(tx));
      await scope.idle();
      scope.leave();
      await leave('commit');
      return result;
    } catch (error) {
      scope.leave();
      await leave('rollback').catch(() => {});
      throw error;
    }
  }

  /** Nothing happens: a transaction of a `Database` is ended by its handle. A `DatabaseSync` may have one begun in SQL. */
  async commit(options?: CallOptions): Promise<void> {
    return this.#call('commit', [], callOptions(options));
  }

  /** Nothing happens, as for `commit`. */
  async rollback(options?: CallOptions): Promise<void> {
    return this.#call('rollback', [], callOptions(options));
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
    return this.#watch('watchQuery', [sql, takeParams(params)], options);
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
    this[clientOf].assertOutside('subscribe');
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
    return this.#call('metrics', [], { ...callOptions(options), isRepeatable: true });
  }

  /** The open watches, with what waits in their queues. */
  async reactiveSubscriptions(options?: CallOptions): Promise<SubscriptionInfo[]> {
    return this.#call('subscriptions', [], { ...callOptions(options), isRepeatable: true });
  }

  /** How the cache of compiled statements does. */
  async statementCacheStats(options?: CallOptions): Promise<StatementCacheStats> {
    return this.#call('cacheStats', [], { ...callOptions(options), isRepeatable: true });
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

  async #call<R>(
    name: string,
    args: readonly unknown[],
    details?: CallOptions & { readonly isRepeatable?: boolean },
  ): Promise<R> {
    const client = this[clientOf];
    client.assertOutside(verbOf(name));
    return client.call<R>(name, args, details);
  }

  /** `keepsOut`: the others wait for its handle's end even when SQLite ends it before. */
  async #begin(mode: TransactionMode, options: CallOptions | undefined, keepsOut: boolean) {
    beginText(mode);
    const { signal } = callOptions(options) ?? {};
    const client = this[clientOf];
    client.assertOutside('begin');
    const late = (begun: number): void => {
      client.call('rollback', [], { within: begun, epoch: client.epoch }).catch(() => {});
    };
    const within = await client.call<number>('begin', [mode, keepsOut], { signal, late });
    const { epoch } = client;
    const scope = new Scope(client, client.context);
    const noting = <R>(call: Promise<R>): Promise<R> =>
      call.catch((error: unknown) => {
        // The engine knows better whether it is open.
        if (error instanceof FreshetError) {
          if (error.subcode === 'transaction.undone') scope.endAll('undone');
          else if (endsTransaction.has(error.subcode)) scope.endAll('ended');
        }
        throw error;
      });
    const send = <R>(name: string, args: readonly unknown[], given: CallOptions | undefined): Promise<R> =>
      noting(client.call<R>(name, args, { signal: given?.signal, within, epoch }));
    const sender: Sender = {
      send,
      read: send,
      open: (args, given) => noting(opened(client, args, { signal: given?.signal, within, epoch })),
    };
    const end = (how: 'commit' | 'rollback'): Promise<void> => send(how, [], undefined);
    const leave = (how: 'commit' | 'rollback'): Promise<void> =>
      send<void>('leave', [how], undefined).catch(unlessEnded);
    return { tx: new Transaction({ sender, end }, scope), scope, leave };
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
    client.assertOutside('watch');
    const late = ({ watch }: { watch: number }): void => client.tell(client.epoch, 'watch:close', watch);
    const watch = await client.call<{ watch: number; id: number }>(name, [...args, sent], { signal, late });
    return new RemoteWatch(client, watch);
  }

  #listen() {
    const client = this[clientOf];
    this.#listening?.off();
    const off = client.on('changeset', (data) => {
      const isShared = this.#listeners.size > 1;
      for (const listener of [...this.#listeners]) {
        try {
          listener(plainChangeset(data as Changeset, isShared));
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

/** What an engine, or its end, says of a transaction that is over. */
const endsTransaction = new Set(['transaction.ended', 'connection.lost', 'memory.engine']);

/** Reads go to an engine that only reads, where there is one and the statement is for it. */
function senderOf({ client, readers }: DatabaseParts): Sender {
  let areUsable = true;
  client.on('readers', (data) => {
    areUsable = data === true;
  });
  client.onLost(() => {
    areUsable = true;
  });
  const pool = ([sql]: readonly unknown[]): ReaderPool | null =>
    // The writer alone knows that its file isn't there any more.
    client.isClosed || !areUsable || client.wasReplaced || !readers?.takes(sql) ? null : readers;
  /** A reader finds out when it opens the file: then the writer is to look, too. */
  const noting = (error: unknown): never => {
    if (isReplaced(error)) client.tell(client.epoch, 'lookAtFile');
    throw error;
  };
  return {
    send(name, args, options) {
      try {
        client.assertOutside(verbOf(name));
      } catch (error) {
        return Promise.reject(error);
      }
      return client.call(name, args, options);
    },
    async read<R>(name: string, args: readonly unknown[], options: CallOptions | undefined): Promise<R> {
      client.assertOutside(verbOf(name));
      // What doesn't go to a reader goes at once, in the order of the calls.
      const free = pool(args);
      const answer = free ? await free.call<R>(name, args, options).catch(noting) : notHere;
      if (answer !== notHere) return answer as R;
      // Whether it only reads is not known here: after a loss the engine that makes it again finds out.
      return client.call<R>(name, args, { ...options, isRepeatable: true });
    },
    async open(args, options) {
      client.assertOutside('iterate');
      if (client.isClosed)
        throw new InterfaceError('Cannot iterate: the database is closed.', { code: 'CLOSED' });
      const free = pool(args);
      const pages = free ? await free.open(args, options).catch(noting) : null;
      return pages ?? opened(client, args, options ?? {});
    },
  };
}
