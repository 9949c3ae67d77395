import { readOptions, requireSignal } from '../arguments.ts';
import { type FreshetError, InterfaceError, type OperationalError, ProgrammingError } from '../errors.ts';
import { outOfMemory } from '../memory.ts';
import type { Port } from './port.ts';
import { type CallerContext, insideTransaction, Scope, unknownCaller } from './scope.ts';
import {
  decodeError,
  isReplaced,
  lost,
  type ToDatabase,
  type ToEngine,
  type TransactionState,
} from './wire.ts';

export { lost } from './wire.ts';

/** What every call of an asynchronous database takes. */
export interface CallOptions {
  /** Ends the wait: the call rejects with the signal's reason. What the engine has begun, it may still finish. */
  readonly signal?: AbortSignal | undefined;
}

/** @throws ProgrammingError for another option than `signal`, or a signal that is none. */
export function callOptions(given: CallOptions | undefined): CallOptions | undefined {
  if (given === undefined) return undefined;
  const options = readOptions(given, 'options', ['signal']);
  if (options.signal !== undefined) requireSignal(options.signal);
  return options;
}

interface CallDetails extends CallOptions {
  /** The transaction that the call belongs to. */
  readonly within?: number | undefined;
  /** It is about something that one engine holds: see `epoch`. */
  readonly epoch?: number | undefined;
  /** It changes nothing, so that it can be made again when the engine has gone and come back. */
  readonly isRepeatable?: boolean;
  /** Gets the answer that comes in spite of an abort: what the call has opened is to be closed again. */
  readonly late?: (value: never) => void;
}

interface Pending {
  readonly name: string;
  readonly message: ToEngine;
  readonly isRepeatable: boolean;
  readonly epoch: number | undefined;
  isSent: boolean;
  /** The line that it was sent over, if that has a name. */
  line?: string | undefined;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** A write whose line was lost, and what it fails with if it may have been begun. */
interface Uncertain {
  readonly line: string;
  readonly error: unknown;
}

/** How a client gets to its engine, and back to it. */
export interface Connector {
  /** A line to an engine that is ready. Called again when the line was lost, if it `canReturn`. */
  connect(): Promise<Port>;
  readonly canReturn: boolean;
  /** The engine is this client's alone, and ends with it. */
  readonly isOwn: boolean;
  /** Nobody will ask for a line any more. */
  close(): Promise<void>;
}

/**
 * One side of a line to an engine: calls, and what the engine tells unasked.
 *
 * Guarantees: each call is settled once, and what was called in one turn goes in one message. A call that was
 * under way when the engine went away is made again if it only reads, or if the next engine knows that it was never
 * begun; else it fails, retryable. It is never carried out twice. The hard part is that end: `lost` may come at any
 * time, and twice.
 */
export class Client {
  /** In which transaction's function its callers are. */
  readonly context: CallerContext;
  readonly #connector: Connector;
  readonly #pending = new Map<number, Pending>();
  readonly #handlers = new Map<string, Set<(data: unknown) => void>>();
  readonly #onLost = new Set<(error: OperationalError) => void>();
  readonly #onReady = new Set<() => void>();
  readonly #afterMessages = new Set<() => void>();
  /** What to do with answers to calls that were aborted on their way. */
  readonly #late = new Map<number, (value: never) => void>();
  #end: Promise<void> | undefined;
  #outbox: ToEngine[] = [];
  #port: Port | undefined;
  #connecting: Promise<void> | undefined;
  #nextId = 1;
  #holds = 0;
  #isFlushing = false;
  #closed = false;
  #wasReady = false;
  /** Writes that the next engine knows the fate of, by the number of the call, in their order. */
  readonly #uncertain = new Map<number, Uncertain>();
  /** Why no engine can take the place of the one that was lost: what it held is gone. */
  #dead: FreshetError | undefined;
  /** As the engine said last. */
  transaction: TransactionState = 'none';
  /** The file isn't there any more that was opened: the engine has said so, or couldn't be started again for that. */
  wasReplaced = false;
  /** Rises whenever an engine is lost: what it held is gone, whatever numbers the next one gives. */
  epoch = 0;

  constructor(connector: Connector, context: CallerContext = unknownCaller) {
    this.#connector = connector;
    this.context = context;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Whether another engine can take the place of one that was lost. */
  get canReturn(): boolean {
    return this.#connector.canReturn;
  }

  /** @throws OperationalError inside of a transaction's function, for whose end the call would wait. */
  assertOutside(doing: string): void {
    if (!this.#closed && Scope.holdsCaller(this, this.context)) throw insideTransaction(doing);
  }

  /** Connects. @throws what keeps the engine from opening. */
  async ready(): Promise<void> {
    if (this.#port) return;
    if (this.#closed) throw closed('connect');
    if (this.#dead) throw this.#dead;
    if (this.#wasReady && !this.#connector.canReturn)
      throw lost('the engine went away, and what it held with it');
    this.#connecting ??= this.#connect()
      .catch((error: unknown) => {
        if (isReplaced(error)) this.#die(error as FreshetError);
        throw error;
      })
      .finally(() => {
        this.#connecting = undefined;
      });
    await this.#connecting;
  }

  call<R>(name: string, args: readonly unknown[], details: CallDetails = {}): Promise<R> {
    const { signal, within, epoch, isRepeatable = false, late } = details;
    if (this.#closed) return Promise.reject(closed(name));
    if (this.#dead) return Promise.reject(this.#dead);
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (epoch !== undefined && epoch !== this.epoch) return Promise.reject(lost('the engine went away'));
    return new Promise<R>((resolve, reject) => {
      const id = this.#nextId++;
      const abort = (): void => {
        const pending = this.#pending.get(id);
        if (!pending) return;
        this.#settled(id);
        this.#uncertain.delete(id);
        if (pending.isSent) {
          if (late) this.#late.set(id, late);
          this.#post({ kind: 'cancel', id });
        } else this.#outbox = this.#outbox.filter((one) => one.kind !== 'call' || one.id !== id);
        pending.reject(signal?.reason);
      };
      const done = (): void => signal?.removeEventListener('abort', abort);
      signal?.addEventListener('abort', abort, { once: true });
      const message: ToEngine = { kind: 'call', id, name, args, ...(within !== undefined && { within }) };
      this.#pending.set(id, {
        name,
        message,
        isRepeatable,
        epoch,
        isSent: false,
        resolve: (value) => {
          done();
          // The engine sends what the caller of `name` expects.
          resolve(value as R);
        },
        reject: (error) => {
          done();
          reject(error);
        },
      });
      this.#hold();
      this.#post(message);
    });
  }

  /** A message about what an engine holds, that isn't answered; where that has gone, it goes nowhere. */
  tell(epoch: number, name: string, ...args: readonly unknown[]): void {
    if (this.#port && epoch === this.epoch) this.#post({ kind: 'tell', name, args });
  }

  /** Calls `handler` for each event of that name; the result ends that. */
  on(name: string, handler: (data: unknown) => void): () => void {
    const handlers = this.#handlers.get(name) ?? new Set();
    this.#handlers.set(name, handlers.add(handler));
    return () => handlers.delete(handler);
  }

  /** Calls `call` when a message and all that it brought has been taken in. */
  afterMessages(call: () => void): () => void {
    this.#afterMessages.add(call);
    return () => this.#afterMessages.delete(call);
  }

  /** Calls `call` when the engine goes away, however that comes about; also when this side closes. */
  onLost(call: (error: OperationalError) => void): () => void {
    this.#onLost.add(call);
    return () => this.#onLost.delete(call);
  }

  /** Calls `call` when an engine has taken the place of the one that went away. */
  onReturn(call: () => void): () => void {
    this.#onReady.add(call);
    return () => this.#onReady.delete(call);
  }

  /** Asks for the engine, if it has gone, without a call. @throws what keeps it from coming. */
  async return(): Promise<void> {
    if (!this.#closed) await this.ready();
  }

  /** Rejects what is under way, and ends the line. A second call awaits the same end. */
  close(): Promise<void> {
    this.#end ??= this.#close();
    return this.#end;
  }

  async #close(): Promise<void> {
    this.#closed = true;
    this.#outbox = [];
    this.#uncertain.clear();
    for (const [id, pending] of [...this.#pending]) {
      this.#settled(id);
      pending.reject(closed(pending.name));
    }
    for (const call of [...this.#onLost]) call(lost('the database was closed'));
    // What the engine has to say at its end is heard.
    if (this.#connector.isOwn) await this.#farewell();
    this.#port?.close();
    this.#port = undefined;
    await this.#connector.close();
  }

  #farewell(): Promise<void> {
    const port = this.#port;
    if (!port) return Promise.resolve();
    return new Promise((resolve) => {
      const id = this.#nextId++;
      const message: ToEngine = { kind: 'call', id, name: 'close', args: [] };
      const end = (): void => resolve();
      const settles = { resolve: end, reject: end };
      this.#pending.set(id, {
        name: 'close',
        message,
        isRepeatable: false,
        epoch: undefined,
        isSent: true,
        ...settles,
      });
      this.#hold();
      port.post([message]);
    });
  }

  async #connect(): Promise<void> {
    const port = await this.#connector.connect();
    if (this.#closed) {
      port.close();
      throw closed('connect');
    }
    this.#port = port;
    port.listen({
      message: (message) => {
        if (this.#port === port) this.#receive(message as readonly ToDatabase[]);
      },
      lost: (reason) => {
        if (this.#port === port) this.#lose(reason);
      },
    });
    this.#port.hold(this.#holds > 0);
    const isReturn = this.#wasReady;
    this.#wasReady = true;
    if (isReturn) this.#renew();
    // Their order is kept: what waits goes behind what was under way.
    if (this.#uncertain.size > 0) this.#askFate(port);
    else this.#flush();
  }

  /** Finds out which of the writes that were under way were never begun, and makes those again. */
  #askFate(port: Port): void {
    const lines = [...new Set([...this.#uncertain.values()].map(({ line }) => line))];
    const id = this.#nextId++;
    const message: ToEngine = { kind: 'call', id, name: 'fate', args: [lines] };
    const settle = (begun: readonly (number | null)[]): void => {
      const again = this.#settleUncertain(new Map(lines.map((line, at) => [line, begun[at] ?? null])));
      this.#outbox = [...again, ...this.#outbox];
      this.#flush();
    };
    this.#pending.set(id, {
      name: 'fate',
      message,
      isRepeatable: false,
      // If this engine is lost as well, the next one is asked.
      epoch: this.epoch,
      isSent: true,
      resolve: (value) => settle(value as readonly (number | null)[]),
      reject: () => {
        if (this.#port === port && !this.#closed) settle([]);
      },
    });
    this.#hold();
    port.post([message]);
  }

  #settleUncertain(begun: ReadonlyMap<string, number | null>): ToEngine[] {
    const again: ToEngine[] = [];
    let isBarred = false;
    for (const [id, { line, error }] of [...this.#uncertain]) {
      this.#uncertain.delete(id);
      const pending = this.#pending.get(id);
      if (!pending) continue;
      const last = begun.get(line) ?? null;
      if (last !== null && id > last && !isBarred) {
        pending.isSent = false;
        again.push(pending.message);
        continue;
      }
      // What followed a BEGIN that isn't known to be made again must not be made without it.
      isBarred ||= !isPlainWrite(pending.message);
      this.#settled(id);
      pending.reject(error);
    }
    return again;
  }

  /** What listens to a new engine does so before the calls that waited for it, and those that are made again. */
  #renew(): void {
    const waiting = this.#outbox;
    this.#outbox = [];
    for (const call of [...this.#onReady]) call();
    this.#flush();
    this.#outbox = waiting;
  }

  #post(message: ToEngine): void {
    this.#outbox.push(message);
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    queueMicrotask(() => {
      this.#isFlushing = false;
      if (this.#outbox.length === 0 || this.#closed) return;
      if (this.#port) {
        if (this.#uncertain.size === 0) this.#flush();
      } else this.#connectFor();
    });
  }

  /** What waits fails with whatever keeps the engine from coming. */
  #connectFor(): void {
    this.ready().catch((error: unknown) => {
      const waiting = this.#outbox;
      this.#outbox = [];
      this.#settleUncertain(new Map());
      for (const message of waiting) {
        const pending = message.kind === 'call' ? this.#pending.get(message.id) : undefined;
        if (message.kind !== 'call' || !pending) continue;
        this.#settled(message.id);
        pending.reject(error);
      }
    });
  }

  #flush(): void {
    const list = this.#outbox;
    this.#outbox = [];
    if (list.length === 0) return;
    try {
      this.#port?.post(list);
    } catch {
      // One of them can't be cloned: the others go singly.
      for (const message of list) this.#postAlone(message);
    }
    for (const message of list) {
      const pending = message.kind === 'call' ? this.#pending.get(message.id) : undefined;
      if (!pending) continue;
      pending.isSent = true;
      pending.line = this.#port?.line;
    }
  }

  #postAlone(message: ToEngine): void {
    try {
      this.#port?.post([message]);
    } catch (cause) {
      const pending = message.kind === 'call' ? this.#pending.get(message.id) : undefined;
      if (message.kind !== 'call' || !pending) return;
      this.#settled(message.id);
      pending.reject(
        new ProgrammingError(
          `Cannot ${message.name}: an argument can't be sent to the engine's thread. Functions stay where they are; bind values.`,
          { code: 'PARAMETER', subcode: 'sql.parameter_type', cause },
        ),
      );
    }
  }

  #receive(list: readonly ToDatabase[]): void {
    for (const message of list) {
      if (message.kind === 'event') {
        for (const handler of [...(this.#handlers.get(message.name) ?? [])])
          guarded(() => handler(message.data));
        continue;
      }
      this.transaction = message.transaction;
      const pending = this.#pending.get(message.id);
      if (!pending) {
        const late = this.#late.get(message.id);
        this.#late.delete(message.id);
        // Whoever made the call knows what its answers are.
        if (late && message.kind === 'result') guarded(() => late(message.value as never));
        continue;
      }
      this.#settled(message.id);
      if (message.kind === 'result') pending.resolve(message.value);
      else {
        this.wasReplaced ||= isReplaced(message.error);
        pending.reject(decodeError(message.error));
      }
    }
    for (const call of this.#afterMessages) guarded(call);
  }

  #lose(reason: unknown): void {
    this.#port = undefined;
    this.#late.clear();
    this.epoch += 1;
    if (isReplaced(reason)) this.#die(reason as FreshetError);
    const isFull = isOutOfMemory(reason);
    const error = this.#dead ?? (isFull ? outOfMemory(reason) : lost('the engine went away', reason));
    this.transaction = 'none';
    const canReturn = this.#connector.canReturn && !this.#dead;
    // What has taken all of the memory would do so again.
    const canRepeat = canReturn && !isFull;
    const again: ToEngine[] = [];
    for (const [id, pending] of [...this.#pending]) {
      const { message, line } = pending;
      if (!pending.isSent && pending.epoch === undefined && canReturn) continue;
      if (pending.isSent && pending.isRepeatable && canRepeat) {
        pending.isSent = false;
        again.push(message.kind === 'call' ? { ...message, isAgain: true } : message);
        continue;
      }
      const isOwn = message.kind !== 'call' || message.within !== undefined || pending.epoch !== undefined;
      if (canRepeat && line !== undefined && !isOwn) {
        this.#uncertain.set(id, this.#uncertain.get(id) ?? { line, error });
        continue;
      }
      this.#settled(id);
      pending.reject(error);
    }
    this.#outbox = [
      ...again,
      ...this.#outbox.filter((one) => one.kind === 'call' && this.#pending.has(one.id)),
    ];
    for (const call of [...this.#onLost]) call(error as OperationalError);
    if (this.#outbox.length > 0 || this.#uncertain.size > 0) this.#connectFor();
  }

  /** Nothing can bring back what the engine held: every call fails with that, until this side is closed. */
  #die(error: FreshetError): void {
    this.#dead = error;
    this.wasReplaced = true;
    this.#outbox = [];
    this.#uncertain.clear();
    for (const [id, pending] of [...this.#pending]) {
      this.#settled(id);
      pending.reject(error);
    }
    void this.#connector.close();
  }

  #settled(id: number): void {
    this.#pending.delete(id);
    this.#holds -= 1;
    if (this.#holds === 0) this.#port?.hold(false);
  }

  #hold(): void {
    this.#holds += 1;
    if (this.#holds === 1) this.#port?.hold(true);
  }
}

/** What somebody else's code throws is reported as uncaught, and keeps nothing else from being taken in. */
function guarded(call: () => void): void {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

export function closed(doing: string): InterfaceError {
  return new InterfaceError(`Cannot ${doing}: the database is closed.`, { code: 'CLOSED' });
}

/** As Node names it: https://nodejs.org/api/errors.html */
const isOutOfMemory = (reason: unknown): boolean =>
  reason instanceof Error && 'code' in reason && reason.code === 'ERR_WORKER_OUT_OF_MEMORY';

const plainWrites = new Set(['INSERT', 'UPDATE', 'DELETE', 'REPLACE', 'WITH']);

/** It begins and ends no transaction. In doubt it does. */
function isPlainWrite(message: ToEngine): boolean {
  if (message.kind !== 'call' || message.name === 'exec') return false;
  const [sql] = message.args;
  return typeof sql === 'string' && plainWrites.has(sql.trimStart().split(/\s/, 1)[0]?.toUpperCase() ?? '');
}
