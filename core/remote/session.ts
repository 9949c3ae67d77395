import type { Port } from './port.ts';
import type { ToDatabase, ToEngine, TransactionState } from './wire.ts';

export interface SessionOwner {
  receive(list: readonly ToEngine[]): void;
  /** Once, when the line has ended, from whichever side. */
  ended(): void;
}

/** One database that an engine serves, seen from the engine: what it has open, and what it is to be told. */
export class Session {
  /** Calls that are under way, to be aborted. */
  readonly calls = new Map<number, AbortController>();
  /** The name of its line, if it has one. */
  readonly line: string | undefined;
  readonly #port: Port;
  readonly #owner: SessionOwner;
  readonly #resources = new Map<number, { close(): void }>();
  #out: ToDatabase[] = [];
  #nextResource = 1;
  #ended = false;

  constructor(port: Port, line: string | undefined, owner: SessionOwner) {
    this.line = line;
    this.#port = port;
    this.#owner = owner;
    port.listen({
      message: (message) => owner.receive(message as readonly ToEngine[]),
      lost: () => this.#end(),
    });
  }

  /** Keeps something open until it is closed by its number, or the session ends. */
  keep(resource: { close(): void }, id = this.#nextResource++): number {
    this.#resources.get(id)?.close();
    this.#resources.set(id, resource);
    return id;
  }

  resource(id: unknown): unknown {
    return this.#resources.get(id as number);
  }

  release(id: unknown): void {
    const resource = this.#resources.get(id as number);
    this.#resources.delete(id as number);
    resource?.close();
  }

  answer(id: number, value: unknown, transaction: TransactionState): void {
    this.#out.push({ kind: 'result', id, value, transaction });
  }

  fail(id: number, error: unknown, transaction: TransactionState): void {
    this.#out.push({ kind: 'error', id, error, transaction });
  }

  /** Tells the other side unasked, with the next answer or at the end of this turn. */
  emit(name: string, data: unknown): void {
    if (this.#ended) return;
    if (this.#out.length === 0) queueMicrotask(() => this.flush());
    this.#out.push({ kind: 'event', name, data });
  }

  /** Posts what has gathered. */
  flush(): void {
    if (this.#out.length === 0 || this.#ended) return;
    const list = this.#out;
    this.#out = [];
    this.#port.post(list);
  }

  close(): void {
    this.flush();
    this.#port.close();
    this.#end();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#out = [];
    for (const abort of this.calls.values()) abort.abort();
    this.calls.clear();
    const resources = [...this.#resources.values()];
    this.#resources.clear();
    for (const resource of resources) resource.close();
    this.#owner.ended();
  }
}
