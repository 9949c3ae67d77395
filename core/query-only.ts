import type { DriverConnection } from './drivers/driver.ts';

/**
 * `PRAGMA query_only`, which is about the application's statements: SQLite would refuse those of Freshet's own, too, which
 * write to nothing but its TEMP triggers and tables.
 */
export class QueryOnly {
  readonly #connection: DriverConnection;
  #isOn = false;

  constructor(connection: DriverConnection) {
    this.#connection = connection;
  }

  /** A pragma was run. */
  look(): void {
    this.#isOn = this.#connection.prepare('PRAGMA query_only').get([])?.[0] === 1n;
  }

  /** Runs `call`, in which no code of the application runs, with the setting off. */
  lifted<R>(call: () => R): R {
    if (!this.#isOn) return call();
    this.#connection.exec('PRAGMA query_only = 0');
    this.#isOn = false;
    try {
      return call();
    } finally {
      this.#isOn = true;
      this.#connection.exec('PRAGMA query_only = 1');
    }
  }
}
