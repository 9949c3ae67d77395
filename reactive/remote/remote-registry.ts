import { InterfaceError } from '../../core/errors.ts';
import type { Client } from '../../core/remote/client.ts';
import { pause } from '../../core/remote/pause.ts';
import { decodeError, isPassing } from '../../core/remote/wire.ts';
import type { Params } from '../../core/values.ts';
import type { Recipient } from '../audience.ts';
import { Deliveries } from '../deliveries.ts';
import type { LiveExplain } from '../live-explain.ts';
import type { LiveSource } from '../live-source.ts';
import { paramsKey } from '../params-key.ts';
import type { LiveMessage, LiveOpened } from './live-wire.ts';
import { RemoteAnswer } from './remote-answer.ts';

/** Between attempts to reach an engine. */
const firstWaitMs = 250;
const longestWaitMs = 30_000;

const registries = new WeakMap<Client, RemoteRegistry>();

/**
 * The near end of all live queries of one database whose engine is in another thread.
 *
 * Guarantees that all of them show one commit: what one message tells is taken in before anybody hears of it. When
 * another engine takes over, each is asked for again, and its subscribers get the difference. The hard part is a
 * query that is closed, or asked for again, while its first answer is on its way.
 */
export class RemoteRegistry implements LiveSource<RemoteAnswer> {
  readonly #client: Client;
  readonly #byKey = new Map<string, RemoteAnswer>();
  readonly #byId = new Map<number, RemoteAnswer>();
  /** Those that were asked for and haven't been answered. */
  readonly #opening = new Map<
    RemoteAnswer,
    { readonly done: Promise<void>; readonly abort: AbortController }
  >();
  readonly #deliveries = new Deliveries(() => false);
  #nextId = 1;
  #isComingBack = false;

  static of(client: Client): RemoteRegistry {
    let registry = registries.get(client);
    if (!registry) {
      registry = new RemoteRegistry(client);
      registries.set(client, registry);
    }
    return registry;
  }

  private constructor(client: Client) {
    this.#client = client;
    client.on('live', (data) => this.#receive(data as LiveMessage));
    client.afterMessages(() => {
      this.#deliveries.tell('sync');
      this.#deliveries.schedule();
      this.#deliveries.settle();
    });
    client.onLost(() => {
      if (client.isClosed) this.#end();
      // Subscribers wait for answers without having called.
      else if (this.#byId.size > 0) queueMicrotask(() => void this.#comeBack());
    });
    client.onReturn(() => {
      for (const answer of this.#byId.values()) if (!this.#opening.has(answer)) this.#open(answer);
    });
  }

  subscribe(
    sql: string,
    params: Params | undefined,
    recipient: Recipient,
    opened: (answer: RemoteAnswer) => void,
  ): RemoteAnswer {
    if (this.#client.isClosed) {
      throw new InterfaceError('Cannot subscribe: the database is closed.', { code: 'CLOSED' });
    }
    const key = keyOf(sql, params);
    let answer = this.#byKey.get(key);
    if (!answer) {
      answer = new RemoteAnswer(this.#nextId++, sql, params);
      this.#byKey.set(key, answer);
      this.#byId.set(answer.id, answer);
      this.#open(answer);
    }
    opened(answer);
    answer.audience.seat(recipient);
    return answer;
  }

  unsubscribe(answer: RemoteAnswer, recipient: Recipient): void {
    answer.audience.unseat(recipient);
    if (!answer.audience.isEmpty || !this.#release(answer)) return;
    // It may be under way, or wait for its turn: then it isn't opened at all.
    this.#opening.get(answer)?.abort.abort();
    this.#client.tell(this.#client.epoch, 'live:close', answer.id);
  }

  explain(sql: string, params: Params | undefined): LiveExplain {
    const explain = this.#byKey.get(keyOf(sql, params))?.explain;
    if (explain) return explain;
    throw new InterfaceError(
      'Cannot explain yet: the engine is in another thread. Subscribe, and wait for the first answer.',
      { code: 'NOT_SUPPORTED', subcode: 'live.explain' },
    );
  }

  /** How many follow each of its answers. */
  audiences(): ReadonlyMap<number, number> {
    return new Map([...this.#byId].map(([id, { audience }]) => [id, audience.size]));
  }

  async settled(): Promise<void> {
    // Inside of a transaction's function they wait for its end.
    if (this.#opening.size > 0) this.#client.assertOutside('wait for live queries');
    while (this.#opening.size > 0) await Promise.all([...this.#opening.values()].map(({ done }) => done));
    if (this.#byId.size > 0 && !this.#client.isClosed) {
      await this.#client.call('live:settled', [], { isRepeatable: true }).catch(() => {});
    }
    await this.#deliveries.settled();
  }

  #open(answer: RemoteAnswer): void {
    const { id, sql, params } = answer;
    const abort = new AbortController();
    const client = this.#client;
    const call = client.call<LiveOpened>('live:open', [id, sql, params], {
      signal: abort.signal,
      epoch: client.epoch,
    });
    const done = call.then(
      ({ explain }) => {
        answer.explain = explain;
      },
      (error: unknown) => {
        // The engine that takes over is asked again.
        if (isPassing(error) && !client.isClosed && client.canReturn) void this.#comeBack();
        else if (this.#release(answer)) answer.audience.fail(error);
      },
    );
    const opening = { done, abort };
    this.#opening.set(answer, opening);
    void done.finally(() => {
      if (this.#opening.get(answer) === opening) this.#opening.delete(answer);
    });
  }

  /** Asks for an engine until there is one: what keeps it away may pass, and another tab may be able to start it. */
  async #comeBack(): Promise<void> {
    if (this.#isComingBack) return;
    this.#isComingBack = true;
    try {
      for (let waitMs = firstWaitMs; this.#byId.size > 0 && !this.#client.isClosed; waitMs *= 2) {
        try {
          // Whoever comes is asked for all answers: see `onReturn`.
          await this.#client.return();
          return;
        } catch (error) {
          if (!isPassing(error) || !this.#client.canReturn) {
            this.#failAll(error);
            return;
          }
          await pause(Math.min(waitMs, longestWaitMs));
        }
      }
    } finally {
      this.#isComingBack = false;
    }
  }

  #failAll(error: unknown): void {
    for (const answer of [...this.#byId.values()]) if (this.#release(answer)) answer.audience.fail(error);
  }

  #receive(message: LiveMessage): void {
    const answer = this.#byId.get(message.id);
    if (!answer) return;
    if (message.kind === 'error') {
      if (this.#release(answer)) answer.audience.fail(decodeError(message.error));
    } else if (message.kind === 'end') {
      if (this.#release(answer)) answer.audience.complete();
    } else if (answer.apply(message)) {
      this.#deliveries.add(answer);
    }
  }

  /** False if it was released before. */
  #release(answer: RemoteAnswer): boolean {
    if (!this.#byId.delete(answer.id)) return false;
    this.#byKey.delete(keyOf(answer.sql, answer.params as Params | undefined));
    this.#deliveries.delete(answer);
    return true;
  }

  #end(): void {
    for (const answer of [...this.#byId.values()]) if (this.#release(answer)) answer.audience.complete();
    this.#deliveries.end();
  }
}

const keyOf = (sql: string, params: Params | undefined): string => `${paramsKey(params)}${sql}`;
