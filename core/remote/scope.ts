import { OperationalError } from '../errors.ts';
import { transactionEnded, transactionUndone } from '../transaction-errors.ts';

/** In which transaction's function a call is made. */
export interface CallerContext {
  /** Runs `fn`, and whatever it goes on to await, inside of `scope`. */
  run<R>(scope: Scope, fn: () => R): R;
  /** The innermost scope that is running the caller; undefined outside, and where that can't be told. */
  readonly current: Scope | undefined;
  /** Whether `current` can be relied on. */
  readonly isKnown: boolean;
}

/** Of a platform that doesn't follow a call through what it awaits. */
export const unknownCaller: CallerContext = {
  run: (_scope, fn) => fn(),
  current: undefined,
  isKnown: false,
};

/** What has become of a transaction or savepoint. */
type State = 'open' | 'ended' | 'undone';

/**
 * An open transaction, or a savepoint in it, as the side of its callers sees it: which calls belong to it, and when.
 *
 * Guarantees that the calls of a scope don't get into a savepoint of another function: while a savepoint is open, they
 * wait for its end. A call that is made inside of the savepoint's function by an outer handle belongs to the
 * savepoint, as it does on a `DatabaseSync`. Where the platform can't tell who calls, such calls are refused instead of
 * waiting, for they might wait for themselves.
 */
export class Scope {
  /** The line to the database that it is a transaction of. */
  readonly client: object;
  readonly #context: CallerContext;
  readonly #parent: Scope | undefined;
  /** Whose function this one was begun in, of whatever database. */
  readonly #outer: Scope | undefined;
  #state: State = 'open';
  #child: Scope | undefined;
  #waiting: (() => void)[] = [];
  #isRunning = false;

  constructor(client: object, context: CallerContext, parent?: Scope) {
    this.client = client;
    this.#context = context;
    this.#parent = parent;
    // One whose function has ended holds nobody any more, and would be the first of an endless chain.
    let outer = context.current;
    while (outer && !outer.#isRunning) outer = outer.#outer;
    this.#outer = outer;
  }

  /** Of a savepoint: it has not ended, and neither has what it is in. */
  get isOpen(): boolean {
    return this.#state === 'open' && (this.#parent?.isOpen ?? true);
  }

  /** How many savepoints deep it is. */
  get depth(): number {
    return this.#parent ? this.#parent.depth + 1 : 0;
  }

  /** Runs the function of a transaction or savepoint. */
  async run<R>(fn: () => R | Promise<R>): Promise<R> {
    this.#isRunning = true;
    try {
      return await this.#context.run(this, fn);
    } finally {
      this.#isRunning = false;
    }
  }

  /** Whether the caller is inside of the function of a transaction of this database that has not been ended in it. */
  static holdsCaller(client: object, context: CallerContext): boolean {
    for (let scope = context.current; scope; scope = scope.#outer) {
      if (scope.client === client && scope.#isRunning && scope.#root.#state !== 'ended') return true;
    }
    return false;
  }

  /** Makes a call when it is its turn. `call` gets the scope that the caller is in: this one, or one inside. */
  enter<R>(doing: string, signal: AbortSignal | undefined, call: (scope: Scope) => Promise<R>): Promise<R> {
    const scope = this.#scopeOfCaller();
    const refusal = scope.refusal(doing);
    if (refusal) return Promise.reject(refusal);
    if (!scope.#child) return call(scope);
    if (!this.#context.isKnown) return Promise.reject(insideSavepoint(doing));
    return scope.#turn(signal, () => {
      const refused = scope.refusal(doing);
      return refused ? Promise.reject(refused) : call(scope);
    });
  }

  /** Begins a savepoint; nothing else of this scope comes until it has ended. */
  begin(): Scope {
    this.#child = new Scope(this.client, this.#context, this);
    return this.#child;
  }

  /** Waits for the savepoints that were begun in it, and not awaited. */
  async idle(): Promise<void> {
    if (this.#child) await this.#turn(undefined, () => Promise.resolve());
  }

  /** Calls are refused from now on. */
  leave(state: 'ended' | 'undone' = 'ended'): void {
    if (this.#state === 'open') this.#state = state;
    this.#proceed();
  }

  /** It has ended for the engine, too: what waited outside has its turn. */
  end(): void {
    this.leave();
    const parent = this.#parent;
    if (!parent || parent.#child !== this) return;
    parent.#child = undefined;
    parent.#proceed();
  }

  /** The whole transaction has ended. */
  endAll(state: 'ended' | 'undone'): void {
    this.#root.leave(state);
  }

  /** Whether the whole transaction has ended, by whatever. */
  get isOver(): boolean {
    return this.#root.#state !== 'open';
  }

  /** SQLite has rolled the whole transaction back. */
  get isUndone(): boolean {
    return this.#root.#state === 'undone';
  }

  refusal(doing: string): OperationalError | undefined {
    if (this.#root.#state === 'undone') return transactionUndone(doing);
    if (this.#root.#state === 'ended') return transactionEnded(doing);
    return this.isOpen ? undefined : transactionEnded(doing, 'savepoint');
  }

  get #root(): Scope {
    return this.#parent ? this.#parent.#root : this;
  }

  #scopeOfCaller(): Scope {
    for (let scope = this.#context.current; scope && scope !== this; scope = scope.#outer) {
      if (scope.isOpen && scope.#isWithin(this)) return scope;
    }
    return this;
  }

  #isWithin(other: Scope): boolean {
    for (let scope = this.#parent; scope; scope = scope.#parent) if (scope === other) return true;
    return false;
  }

  /** Calls have their turns in the order in which they came, one after another in the same instant. */
  #turn<R>(signal: AbortSignal | undefined, call: () => Promise<R>): Promise<R> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#waiting = this.#waiting.filter((one) => one !== go);
        reject(signal?.reason);
      };
      const go = (): void => {
        signal?.removeEventListener('abort', abort);
        call().then(resolve, reject);
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.push(go);
    });
  }

  #proceed(): void {
    while (!this.#child || !this.isOpen) {
      const next = this.#waiting.shift();
      if (!next) return;
      next();
    }
  }
}

function insideSavepoint(doing: string): OperationalError {
  return new OperationalError(
    `Cannot ${doing}: a savepoint of this transaction is open. Inside of its function call the handle that the function gets; outside, await its end.`,
    { code: 'TRANSACTION', subcode: 'transaction.savepoint', sqlstate: '3B002' },
  );
}

/** A call of the database that would wait for the end of the function that it is made in. */
export function insideTransaction(doing: string): OperationalError {
  return new OperationalError(
    `Cannot ${doing}: the call comes from inside of a transaction of this database, for whose end it would wait. Call \`tx\`, the handle that the transaction's function gets.`,
    { code: 'TRANSACTION', subcode: 'transaction.inside', sqlstate: '25001' },
  );
}
