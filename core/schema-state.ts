import { Catalog } from './catalog.ts';
import type { DriverConnection, DriverStatement } from './drivers/driver.ts';

/** The schema as one connection last saw it. */
export class SchemaState {
  readonly catalog: Catalog;
  readonly #version: DriverStatement;
  #cookie: number;
  #generation = 0;

  constructor(connection: DriverConnection) {
    this.#version = connection.prepare('PRAGMA main.schema_version');
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

  #readCookie(): number {
    return Number(this.#version.get([])?.[0] ?? 0);
  }
}
