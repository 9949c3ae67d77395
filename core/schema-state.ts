import { Catalog } from './catalog.ts';
import type { DriverConnection, DriverStatement } from './drivers/driver.ts';

/** The schema as one connection last saw it. */
export class SchemaState {
  readonly catalog: Catalog;
  readonly #connection: DriverConnection;
  readonly #version: DriverStatement;
  readonly #onTemporaryLoss: () => void;
  #cookie: number;
  #generation = 0;

  /** `onTemporaryLoss` is called after SQLite has dropped every TEMP object of the connection. */
  constructor(connection: DriverConnection, onTemporaryLoss: () => void) {
    this.#onTemporaryLoss = onTemporaryLoss;
    this.#version = connection.prepare('PRAGMA main.schema_version');
    this.#connection = connection;
    this.catalog = new Catalog(connection);
    this.#cookie = this.#readCookie();
  }

  /** SQLite's schema version. */
  get cookie(): number {
    return this.#cookie;
  }

  /** Another number whenever statements may mean something else than before: `temp` and ATTACH count too. */
  get generation(): number {
    return this.#generation;
  }

  /** Looks at SQLite's schema version; true when it is another than at the last look. */
  cookieMoved(): boolean {
    const cookie = this.#readCookie();
    if (cookie === this.#cookie) return false;
    this.#cookie = cookie;
    return true;
  }

  /** As `cookieMoved`, without taking note of it. */
  get isStale(): boolean {
    return this.#readCookie() !== this.#cookie;
  }

  /** What is known of tables and statements no longer holds. */
  moved(): void {
    this.#generation += 1;
    this.catalog.refresh();
  }

  /** Statements may do something else than they were compiled for, though the tables are the same. */
  outdateStatements(): void {
    this.#generation += 1;
  }

  /**
   * Runs or compiles what may be a pragma. Changing `temp_store` or `temp_store_directory` drops every TEMP object,
   * and SQLite carries both out when it compiles them: https://sqlite.org/pragma.html#pragma_temp_store
   */
  noticingTemporaryLoss<R>(call: () => R): R {
    const before = this.#temporaryVersion();
    try {
      return call();
    } finally {
      if (this.#temporaryVersion() < before) this.#onTemporaryLoss();
    }
  }

  /** Compiled for each run: SQLite crashes where such a statement has outlived the TEMP objects. */
  #temporaryVersion(): number {
    return read(this.#connection.prepare('PRAGMA temp.schema_version'));
  }

  #readCookie(): number {
    return read(this.#version);
  }
}

function read(version: DriverStatement): number {
  return Number(version.get([])?.[0] ?? 0);
}
