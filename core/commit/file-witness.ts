import { statSync } from 'node:fs';
import type { DriverConnection, DriverStatement } from '../drivers/driver.ts';

/**
 * What one connection can tell of its file without reading data: whether others have committed, and whether
 * it still is the file at its path. It never waits for a lock: who looks many times a second must not.
 */
export class FileWitness {
  readonly #connection: DriverConnection;
  readonly #path: string | null;
  readonly #busyTimeoutMs: number;
  /** Which file it is, whatever its path: another one gets another identity. */
  readonly identity: string | null;
  readonly #dataVersion: DriverStatement;
  /** In WAL readers never wait, and the pragmas around each look would be wasted. */
  readonly #mayWait: boolean;
  #lastDataVersion: unknown;

  constructor(connection: DriverConnection, path: string | null, busyTimeoutMs: number) {
    this.#connection = connection;
    this.#path = path;
    this.#busyTimeoutMs = busyTimeoutMs;
    this.identity = path === null ? null : identityOf(path);
    this.#dataVersion = connection.prepare('PRAGMA main.data_version');
    this.#mayWait = path !== null && connection.prepare('PRAGMA main.journal_mode').get([])?.[0] !== 'wal';
    if (path !== null) this.#lastDataVersion = this.#dataVersion.get([])?.[0];
  }

  /** Whether another connection has committed since this was last asked. @throws when a lock is held. */
  sawForeignCommit(): boolean {
    if (this.#path === null) return false;
    const version = this.withoutWaiting(() => this.#dataVersion.get([])?.[0]);
    if (version === this.#lastDataVersion) return false;
    this.#lastDataVersion = version;
    return true;
  }

  /** The file was deleted, or another one is at its path. */
  get wasReplaced(): boolean {
    return this.#path !== null && identityOf(this.#path) !== this.identity;
  }

  /** Runs `call`, which fails at once where it would have waited for a lock. */
  withoutWaiting<R>(call: () => R): R {
    if (!this.#mayWait) return call();
    this.#connection.exec('PRAGMA busy_timeout = 0');
    try {
      return call();
    } finally {
      this.#connection.exec(`PRAGMA busy_timeout = ${this.#busyTimeoutMs}`);
    }
  }
}

/** The path is part of it: a file without inode numbers still is told from others. */
function identityOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true });
  return `${path}\u0000${stat?.dev}:${stat?.ino}`;
}
