import type { DatabaseSync } from '../../core/database-sync.ts';
import { engineOf } from '../../core/engine-key.ts';
import { reportUncaught } from '../../core/open-options.ts';
import { type Database, errorHandlerOf } from '../../core/remote/database.ts';
import { systemClock } from './clock.ts';

/** A component may read an error in an effect, or be rendered later than those around it. */
const patienceMs = 200;

/**
 * The errors that were handed to components in a result, and whether a component has looked at them. One that none has
 * looked at is reported once: to the database's `onError`, or on the console where it has none.
 */
export class UnreadErrors {
  readonly #db: DatabaseSync | Database;
  readonly #known = new WeakSet<Error>();

  constructor(db: DatabaseSync | Database) {
    this.#db = db;
  }

  /** A component has looked at it, or it reaches the application in another way. */
  markRead(error: Error): void {
    this.#known.add(error);
  }

  /** Reports it, unless it is read soon or the result is called. `what` says what failed, and what to do. */
  expectRead(error: Error, what: string): () => void {
    if (this.#known.has(error)) return () => {};
    return systemClock.after(patienceMs, () => {
      if (this.#known.has(error)) return;
      this.#known.add(error);
      this.#report(error, what);
    });
  }

  #report(error: Error, what: string): void {
    const db = this.#db;
    const handler = engineOf in db ? db[engineOf].config.onError : db[errorHandlerOf];
    if (handler === reportUncaught) console.error(`${what}\n`, error);
    else if (engineOf in db) db[engineOf].reportError(error, { during: what });
    else handler(error, { during: what });
  }
}
