import { requireFunction } from '../arguments.ts';
import type { Written } from '../commit/written.ts';
import { OperationalError } from '../errors.ts';
import { Caller, type Sender } from './caller.ts';

interface TransactionCalls {
  /** Carries a call out within the transaction. */
  readonly sender: Sender;
  /** Ends it for the engine. */
  end(how: 'commit' | 'rollback'): Promise<void>;
}

/**
 * An open transaction. Its methods are the database's; everybody else's calls wait until it has ended: by
 * `commit`, by `rollback`, or because SQLite rolled it back by itself.
 */
export class Transaction extends Caller implements AsyncDisposable {
  readonly #calls: TransactionCalls;
  #isOpen = true;
  #nextSavepoint = 1;

  /** @internal Use `begin` or `transaction`. */
  constructor(calls: TransactionCalls) {
    super(calls.sender);
    this.#calls = calls;
  }

  /** False once it was committed or rolled back. SQLite may have ended it before: then the next call says so. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** @internal What it has written so far, if the rows were asked for before it began. */
  written(): Promise<Written> {
    return this.#calls.sender.send('written', [], undefined);
  }

  /** After an error, a deferred constraint say, the transaction is still open: mend it or roll it back. */
  async commit(): Promise<void> {
    this.#assertOpen('commit');
    await this.#calls.end('commit');
    this.#isOpen = false;
  }

  /** Undoes what the transaction has done, and ends it. */
  async rollback(): Promise<void> {
    this.#assertOpen('roll back');
    await this.#calls.end('rollback');
    this.#isOpen = false;
  }

  /** Everything `fn` does, or nothing of it; the transaction goes on either way. Throws what `fn` throws. */
  async savepoint<R>(fn: (tx: Transaction) => R | Promise<R>): Promise<R> {
    this.#assertOpen('set a savepoint');
    requireFunction(fn, 'fn');
    const name = `freshet_${this.#nextSavepoint++}`;
    const run = (sql: string): Promise<void> => this.#calls.sender.send('savepoint', [sql], undefined);
    await run(`SAVEPOINT ${name}`);
    try {
      const result = await fn(this);
      await run(`RELEASE ${name}`);
      return result;
    } catch (error) {
      if (this.#isOpen) {
        // Where SQLite has rolled everything back there is nothing left to undo.
        await run(`ROLLBACK TO ${name}`)
          .then(() => run(`RELEASE ${name}`))
          .catch(() => {});
      }
      throw error;
    }
  }

  /** Rolls back what was neither committed nor rolled back. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isOpen) await this.rollback();
  }

  #assertOpen(doing: string): void {
    if (this.#isOpen) return;
    throw new OperationalError(`Cannot ${doing}: the transaction has ended. Begin another one.`, {
      code: 'TRANSACTION',
      subcode: 'transaction.ended',
      sqlstate: '25000',
    });
  }
}
