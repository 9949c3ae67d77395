import type { DriverConnection, DriverStatement } from '../drivers/driver.ts';
import type { FileSystem } from '../file-system.ts';
import { quoteName } from '../sql/identifier.ts';

const quietMs = 10;
const patienceMs = 50;
const coarsenessMs = 20;

/** The state of a file by its time of writing. */
interface FileTime {
  readonly modified: number;
  /** A later write has another time. */
  readonly isSettled: boolean;
}

/**
 * What one connection can tell of its file without reading data: whether others have committed, and whether
 * it still is the file at its path. It never waits for a lock: who looks many times a second must not.
 */
export class FileWitness {
  readonly #connection: DriverConnection;
  readonly #path: string | null;
  readonly #files: FileSystem | null;
  /** Which file it is, whatever its path: another one gets another identity. */
  readonly identity: string | null;
  readonly #dataVersion: DriverStatement;
  readonly #busyTimeout: DriverStatement;
  #lastDataVersion: unknown;
  /** As it was before the last look that succeeded. */
  #looked: FileTime | undefined;
  /** As it is to be looked at; a look that meets a lock leaves it. */
  #toLookAt: FileTime | undefined;
  #writtenSince: number | undefined;

  /** `schema`: the database whose file it is. The first look at an attached one says nothing yet. */
  constructor(connection: DriverConnection, path: string | null, files: FileSystem | null, schema = 'main') {
    this.#connection = connection;
    this.#path = path;
    this.#files = files;
    this.identity = path === null || files === null ? null : files.identity(path);
    this.#dataVersion = connection.prepare(`PRAGMA ${quoteName(schema)}.data_version`);
    this.#busyTimeout = connection.prepare('PRAGMA busy_timeout');
    if (path !== null && schema === 'main') this.#lastDataVersion = this.#dataVersion.get([])?.[0];
  }

  /**
   * Whether it is time to look for other commits. Outside WAL a look takes a lock, and a program that wants
   * to commit meanwhile fails if it isn't patient: so nobody looks while the file is being written, nor when
   * it hasn't been since the last look. This asks the file system only, which knows of no locks.
   */
  get looksChanged(): boolean {
    if (this.#path === null || this.#files === null) return false;
    if (this.#files.exists(`${this.#path}-wal`)) return true;
    const modified = this.#files.modified(this.#path);
    const now = Date.now();
    if (modified === this.#looked?.modified && this.#looked.isSettled) return false;
    this.#writtenSince ??= now;
    if (now - modified < quietMs && now - this.#writtenSince < patienceMs) return false;
    // File times are coarse: what was written in the same instant after the look must be looked for again.
    this.#toLookAt = { modified, isSettled: now - modified > coarsenessMs };
    return true;
  }

  /** Whether another connection has committed since this was last asked. @throws when a lock is held. */
  sawForeignCommit(): boolean {
    if (this.#path === null) return false;
    const version = this.withoutWaiting(() => this.#dataVersion.get([])?.[0]);
    // The lock was free, so whatever was written before that time is committed or undone.
    if (this.#toLookAt) this.#looked = this.#toLookAt;
    this.#toLookAt = undefined;
    this.#writtenSince = undefined;
    if (version === this.#lastDataVersion) return false;
    this.#lastDataVersion = version;
    return true;
  }

  /** The file has no content, nor has its log. */
  get isEmpty(): boolean {
    if (this.#path === null || this.#files === null || this.#files.size(this.#path) > 0) return false;
    return this.#files.size(`${this.#path}-wal`) === 0;
  }

  /** The file was deleted, or another one is at its path. */
  get wasReplaced(): boolean {
    return this.#path !== null && this.#files !== null && this.#files.identity(this.#path) !== this.identity;
  }

  /** Runs `call`, which fails at once where it would have waited for a lock. */
  withoutWaiting<R>(call: () => R): R {
    if (this.#path === null) return call();
    const goOn = this.stopWaiting();
    try {
      return call();
    } finally {
      goOn();
    }
  }

  /** From now on nothing waits for a lock; the result takes that back. */
  stopWaiting(): () => void {
    // The user may have set another than was configured.
    const timeout = this.#busyTimeout.get([])?.[0];
    this.#connection.exec('PRAGMA busy_timeout = 0');
    return () => this.#connection.exec(`PRAGMA busy_timeout = ${timeout}`);
  }
}
