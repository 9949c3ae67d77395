import { requireFunction } from '../arguments.ts';
import type { Written } from '../commit/written.ts';
import { OperationalError } from '../errors.ts';
import { transactionUndone } from '../transaction-errors.ts';
import { Caller, type Sender } from './caller.ts';
import type { Scope } from './scope.ts';

interface TransactionCalls {
  /** Carries a call out within the transaction, whatever its state. */
  readonly sender: Sender;
  /** Ends it for the engine. */
  end(how: 'commit' | 'rollback'): Promise<void>;
}

/**
 * An open transaction, or a savepoint in it. Its methods are the database's; everybody else's calls wait until it has
 * ended: by `commit`, by `rollback`, or because SQLite rolled it back by itself. The handle that a function gets, of
 * `transaction` or `savepoint`, refuses once that function has ended.
 */
export class Transaction extends Caller implements AsyncDisposable {
  readonly #calls: TransactionCalls;
  readonly #scope: Scope;

  /** @internal Use `begin` or `transaction`. */
  constructor(calls: TransactionCalls, scope: Scope) {
    super(scoped(calls.sender, scope));
    this.#calls = calls;
    this.#scope = scope;
  }

  /** False once it has ended. SQL may have ended it, or SQLite itself: then the next call says so. */
  get isOpen(): boolean {
    return this.#scope.isOpen;
  }

  /** @internal What it has written so far, if the rows were asked for before it began. */
  written(): Promise<Written> {
    return this.#scope.enter('tell what it has written', undefined, () =>
      this.#calls.sender.send('written', [], undefined),
    );
  }

  /** After an error, a deferred constraint say, the transaction is still open: mend it or roll it back. */
  commit(): Promise<void> {
    return this.#end('commit');
  }

  /** Undoes what the transaction has done, and ends it. */
  rollback(): Promise<void> {
    return this.#end('rollback');
  }

  /**
   * Everything `fn` does, or nothing of it; the transaction goes on either way. Throws what `fn` throws. Savepoints
   * that overlap come one after another, and other calls of this handle wait for the end of `fn`; inside of it, call the
   * handle that it gets. In a browser, where a page can't tell who calls, they are refused instead of waiting.
   */
  async savepoint<R>(fn: (tx: Transaction) => R | Promise<R>): Promise<R> {
    requireFunction(fn, 'fn');
    return this.#scope.enter('set a savepoint', undefined, (scope) => this.#savepoint(scope, fn));
  }

  /** Rolls back what was neither committed nor rolled back. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.isOpen) return;
    await this.rollback().catch((error: unknown) => {
      // SQLite has done so.
      if (!(error instanceof OperationalError) || error.code !== 'TRANSACTION') throw error;
    });
  }

  #end(how: 'commit' | 'rollback'): Promise<void> {
    return this.#scope.enter(how === 'commit' ? 'commit' : 'roll back', undefined, async (scope) => {
      await this.#calls.end(how);
      scope.endAll('ended');
    });
  }

  async #savepoint<R>(scope: Scope, fn: (tx: Transaction) => R | Promise<R>): Promise<R> {
    const inner = scope.begin();
    // Few names are few statements to compile.
    const name = `freshet_${inner.depth}`;
    const run = (sql: string): Promise<void> => this.#calls.sender.send('savepoint', [sql], undefined);
    try {
      await run(`SAVEPOINT ${name}`);
      try {
        const result = await inner.run(() => fn(new Transaction(this.#calls, inner)));
        await inner.idle();
        inner.leave();
        if (scope.isUndone) throw transactionUndone('release the savepoint');
        // Its function may have ended the whole transaction, in SQL too.
        if (!scope.isOver) await run(`RELEASE ${name}`).catch(unlessEnded);
        return result;
      } catch (error) {
        inner.leave();
        // Where SQLite has rolled everything back there is nothing left to undo.
        if (!scope.isOver) {
          await run(`ROLLBACK TO ${name}`)
            .then(() => run(`RELEASE ${name}`))
            .catch(() => {});
        }
        throw error;
      }
    } finally {
      inner.end();
    }
  }
}

/** Calls of one scope, each in its turn. */
function scoped(sender: Sender, scope: Scope): Sender {
  return {
    send: (name, args, options) =>
      scope.enter(verbOf(name), options?.signal, () => sender.send(name, args, options)),
    read: (name, args, options) =>
      scope.enter(verbOf(name), options?.signal, () => sender.read(name, args, options)),
    open: (args, options) => scope.enter('iterate', options?.signal, () => sender.open(args, options)),
  };
}

/** For what has nothing left to do where SQL has ended the transaction. */
export function unlessEnded(error: unknown): void {
  if (!(error instanceof OperationalError) || error.subcode !== 'transaction.ended') throw error;
}

const verbs: Readonly<Record<string, string>> = { exec: 'execute', executeBatch: 'execute', first: 'query' };
export const verbOf = (call: string): string => verbs[call] ?? call;
