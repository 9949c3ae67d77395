import { keepLsn } from '../commit/hub-registry.ts';
import { DatabaseSync } from '../database-sync.ts';
import { type Folder, isFull, OpfsPool } from '../drivers/opfs-pool.ts';
import { installOpfsVfs } from '../drivers/opfs-vfs.ts';
import { type WasmSqlite, wasmDriver } from '../drivers/sqlite-wasm.ts';
import { Engine } from '../engine.ts';
import { DatabaseError, FreshetError, OperationalError, ProgrammingError } from '../errors.ts';
import { parseLocation, pathOfUrl } from '../location.ts';
import { type OpenOptions, readSettings } from '../open-options.ts';
import { nameOf, pathOf } from './file-name.ts';
import { foldersOf } from './names.ts';
import { SessionMarks } from './session-marks.ts';

const acquireMs = 10_000;
const soonMs = 10;
const lateMs = 250;
const vfs = 'freshet';
/** SQLite's flag of a main database file. */
const mainDatabase = 0x100;

/** The files of one database, held open: no other engine can open them. */
export class StoredFile {
  readonly #wasm: WasmSqlite;
  readonly #pool: OpfsPool;
  readonly #name: string;
  readonly #path: string;
  readonly #vfs: { uninstall(): void };

  private constructor(wasm: WasmSqlite, pool: OpfsPool, name: string) {
    this.#wasm = wasm;
    this.#pool = pool;
    this.#name = name;
    this.#path = pathOf(name);
    // Files that SQL names, in ATTACH say, stand beside the database.
    this.#vfs = installOpfsVfs(wasm.sqlite3, vfs, pool, (text) =>
      text === this.#path ? text : pathOf(nameOf(text)),
    );
  }

  /** @throws OperationalError: `io.held` after 10 seconds in which another engine held them, `io.full`, `io.storage`. */
  static async hold(wasm: WasmSqlite, name: string): Promise<StoredFile> {
    const until = performance.now() + acquireMs;
    for (let waitMs = soonMs; ; waitMs = Math.min(lateMs, waitMs * 1.5)) {
      try {
        const root = (await navigator.storage.getDirectory()) as unknown as Folder;
        return new StoredFile(wasm, await OpfsPool.open(root, foldersOf(name)), name);
      } catch (error) {
        // The owner before has gone, and the browser is still closing its files.
        const isHeld = error instanceof DOMException && error.name === 'NoModificationAllowedError';
        if (isHeld && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, waitMs));
        else throw storageError(`Cannot open ${name}`, error, isHeld);
      }
    }
  }

  /** Takes a SQLite file in. What is none, or not whole, leaves nothing. */
  async import(file: ReadableStream<Uint8Array>): Promise<void> {
    if (this.#pool.get(this.#path)) throw this.#cannotOpen('the file exists already', 'io.exists');
    const reader = file.getReader();
    try {
      await this.#pool.fill(this.#path, mainDatabase, (put) => takeIn(this.#name, reader, put));
    } catch (error) {
      await reader.cancel(error).catch(() => {});
      throw error instanceof FreshetError ? error : storageError(`Cannot import ${this.#name}`, error, false);
    }
  }

  open(location: string, options: OpenOptions, isImported: boolean): DatabaseSync {
    const { query } = parseLocation(location, pathOfUrl);
    const settings = readSettings(query, options);
    const path = this.#path;
    const exists = this.#pool.get(path) !== undefined;
    if (exists && settings.mode === 'create' && !isImported) {
      throw this.#cannotOpen('the file exists already, and mode is create', 'io.exists');
    }
    if (!exists && (settings.mode === 'open' || settings.readOnly)) {
      throw this.#cannotOpen('there is no such file', 'io.not_found');
    }
    const driver = wasmDriver(this.#wasm.sqlite3, vfs);
    const files = {
      ...driver,
      open: (_: string, given: Parameters<typeof driver.open>[1]) => {
        const connection = driver.open(path, given);
        this.#keepLsn();
        // No other engine has the file, so WAL needs no memory to share; and a commit is one write and one wait for the disk.
        connection.exec('PRAGMA locking_mode = EXCLUSIVE');
        if (!given.readOnly) connection.exec('PRAGMA journal_mode = WAL');
        return connection;
      },
    };
    // What the browser has taken, a crash of the tab leaves; that it is on the disk, only a full commit knows.
    const sync = settings.sync ?? 'full';
    const config = { ...settings, sync, location, path: null, isNewFile: false };
    const database = new DatabaseSync(new Engine(files, config, null));
    void this.#pool.grow();
    return database;
  }

  /** Which file it is: another one that takes its place has another name. */
  get id(): string | undefined {
    return this.#pool.get(this.#path)?.name;
  }

  marks(): SessionMarks {
    return new SessionMarks(this.#pool, this.#path);
  }

  isThere(): Promise<boolean> {
    return this.#pool.isThere(this.#path);
  }

  unlink(): void {
    this.#pool.delete(this.#path);
  }

  /** Lets go of the files, whatever has them open. */
  close(): void {
    this.#vfs.uninstall();
    this.#pool.close();
  }

  #keepLsn(): void {
    const kept = new DataView(this.#pool.readNote(this.#path, 0, 8).buffer).getFloat64(0);
    keepLsn(Number.isSafeInteger(kept) && kept > 0 ? kept : 0, (ceiling) => {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setFloat64(0, ceiling);
      this.#pool.writeNote(this.#path, 0, bytes);
    });
  }

  #cannotOpen(why: string, subcode: string): OperationalError {
    const text = `Cannot open ${this.#name}: ${why}.`;
    return new OperationalError(text, { code: 'IO', subcode, sqlstate: '58P01' });
  }
}

async function takeIn(
  name: string,
  reader: ReadableStreamDefaultReader<Uint8Array>,
  put: (bytes: Uint8Array, at: number) => void,
): Promise<void> {
  const header = new Uint8Array(100);
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw new OperationalError(
        `Cannot import ${name}: its stream broke off after ${size} bytes (${String(cause)}). Nothing was kept; import it again.`,
        { code: 'IO', subcode: 'io.import', sqlstate: '58030', retryable: true, cause },
      );
    });
    if (done) break;
    if (!(value instanceof Uint8Array)) {
      throw new ProgrammingError(`Cannot import ${name}: its stream must give Uint8Arrays.`, {
        code: 'PARAMETER',
        subcode: 'sql.parameter_type',
      });
    }
    if (size < header.length) header.set(value.subarray(0, header.length - size), size);
    if (size + value.length >= magic.length && !isSqlite(header))
      throw noDatabase(name, 'it is no SQLite database');
    put(value, size);
    size += value.length;
  }
  if (!isSqlite(header)) throw noDatabase(name, 'it is no SQLite database');
  const view = new DataView(header.buffer);
  const pageSize = view.getUint16(16) === 1 ? 65_536 : view.getUint16(16);
  // SQLite counts pages only where this says so.
  const pages = view.getUint32(24) === view.getUint32(92) ? view.getUint32(28) : 0;
  if (size < 512 || size % 512 !== 0 || size < pages * pageSize)
    throw noDatabase(name, `it is cut short, at ${size} bytes`);
  // A database that comes alone comes without a WAL.
  put(Uint8Array.of(1, 1), 18);
}

const magic = new TextEncoder().encode('SQLite format 3\0');
const isSqlite = (header: Uint8Array): boolean => magic.every((byte, at) => header[at] === byte);

function noDatabase(name: string, why: string): DatabaseError {
  return new DatabaseError(`Cannot import ${name}: ${why}.`, {
    code: 'CORRUPTION',
    subcode: 'corruption.not_a_database',
    sqlstate: 'XX001',
  });
}

function storageError(doing: string, cause: unknown, isHeld: boolean): OperationalError {
  if (isFull(cause)) {
    const text = `${doing}: the browser grants this site no more storage. Delete something, or ask for more.`;
    return new OperationalError(text, { code: 'FULL', subcode: 'io.full', sqlstate: '53100', cause });
  }
  const why = isHeld
    ? 'another engine holds its files'
    : `the browser's private file system refused (${String(cause)})`;
  return new OperationalError(`${doing}: ${why}.`, {
    code: 'IO',
    subcode: isHeld ? 'io.held' : 'io.storage',
    retryable: isHeld,
    cause,
  });
}
