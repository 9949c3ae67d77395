import type { Client } from '../../core/remote/client.ts';
import { isLost } from '../../core/remote/wire.ts';
import type { Params } from '../../core/values.ts';
import type { Inspection } from '../inspect/inspection.ts';
import type { InspectionFeed, InspectionRequest } from '../inspect/inspection-feed.ts';
import type { LiveExplain } from '../live-explain.ts';
import type { Inspected } from './live-wire.ts';
import { RemoteRegistry } from './remote-registry.ts';

/**
 * Figures of an engine in another thread. Where another engine takes over, its figures begin anew with the next look.
 * To the engine a database is one subscriber of each of its queries; here it is known how many that stands for.
 */
export class RemoteFeed implements InspectionFeed {
  readonly #client: Client;
  readonly #registry: RemoteRegistry;
  readonly #slowMs: number;
  readonly #unlisten: () => void;
  #opened: { readonly feed: Promise<number>; readonly epoch: number } | undefined;
  #closed = false;

  constructor(client: Client, slowMs: number) {
    this.#client = client;
    this.#registry = RemoteRegistry.of(client);
    this.#slowMs = slowMs;
    this.#unlisten = client.onLost(() => {
      this.#opened = undefined;
    });
    // Who reads is told why it can't be opened.
    this.#open().feed.catch(() => {});
  }

  async read(request: InspectionRequest): Promise<Inspection> {
    try {
      return await this.#read(request);
    } catch (error) {
      if (!isLost(error) || this.#client.isClosed || !this.#client.canReturn) throw error;
      return this.#read(request);
    }
  }

  explain(sql: string, params: Params | undefined): Promise<LiveExplain> {
    return this.#client.call('live:explain', [sql, params], { isRepeatable: true });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unlisten();
    const opened = this.#opened;
    opened?.feed.then((feed) => this.#client.tell(opened.epoch, 'inspect:close', feed)).catch(() => {});
  }

  #open() {
    const { epoch } = this.#client;
    this.#opened ??= { epoch, feed: this.#client.call<number>('inspect:open', [this.#slowMs], { epoch }) };
    return this.#opened;
  }

  async #read(request: InspectionRequest): Promise<Inspection> {
    const { epoch, feed } = this.#open();
    const audiences = this.#registry.audiences();
    const args = [await feed, request, [...audiences.keys()]];
    const { inspection, own } = await this.#client.call<Inspected>('inspect:read', args, { epoch });
    const here = new Map(own.map(([query, answer]) => [query, audiences.get(answer) ?? 1]));
    const queries = inspection.queries.map((info) => {
      const count = here.get(info.id);
      return count === undefined ? info : { ...info, subscribers: info.subscribers - 1 + count };
    });
    return { ...inspection, queries };
  }
}
