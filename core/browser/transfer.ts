import { OperationalError, ProgrammingError } from '../errors.ts';
import { parseLocation, pathOfUrl } from '../location.ts';
import type { Database } from '../remote/database.ts';
import type { Transaction } from '../remote/transaction.ts';
import { nameOf } from './file-name.ts';
import { withFreeLock } from './locks.ts';
import { foldersOf, ownerLock } from './names.ts';
import { startEngine } from './start-engine.ts';

/** For how long a stream may be left alone, while it keeps other calls waiting. */
const idleMs = 30_000;

/** What an export has open. It knows nothing of its stream, so that one which was dropped is collected. */
class Export {
  readonly #db: Database;
  #tx: Promise<Transaction> | undefined;
  #pages: AsyncGenerator<{ data: Uint8Array }, void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #why: OperationalError | undefined;

  constructor(db: Database) {
    this.#db = db;
  }

  /** The next page; null at the end. */
  async next(): Promise<Uint8Array | null> {
    clearTimeout(this.#timer);
    if (this.#why) throw this.#why;
    try {
      this.#tx ??= this.#db.begin();
      const tx = await this.#tx;
      this.#pages ??= tx.iterate<{ data: Uint8Array }>('SELECT data FROM sqlite_dbpage ORDER BY pgno');
      const { done, value } = await this.#pages.next();
      if (!done) {
        this.#timer = setTimeout(() => void this.end(idle()).catch(() => {}), idleMs);
        return value.data;
      }
    } catch (error) {
      await this.end().catch(() => {});
      throw error;
    }
    await this.end();
    return null;
  }

  async end(why?: OperationalError): Promise<void> {
    clearTimeout(this.#timer);
    this.#why ??= why;
    const [tx, pages] = [this.#tx, this.#pages];
    this.#tx = undefined;
    this.#pages = undefined;
    await pages?.return();
    const begun = await tx?.catch(() => undefined);
    if (begun?.isOpen) await begun.rollback();
  }
}

const dropped = new FinalizationRegistry<Export>((given) => void given.end().catch(() => {}));

/**
 * The database as a SQLite file, page by page, as it is when the first one is read. Until the stream has ended, is
 * cancelled or dropped, others' calls wait; so one that isn't read for 30 seconds fails with `sql.idle`.
 */
export function exportDatabase(db: Database): ReadableStream<Uint8Array> {
  const pages = new Export(db);
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const page = await pages.next();
        if (page) controller.enqueue(page);
        else controller.close();
      },
      cancel: () => pages.end(),
    },
    { highWaterMark: 0 },
  );
  dropped.register(stream, pages);
  return stream;
}

/**
 * Takes a SQLite file in, as it comes, at a location that nothing is at. What is no whole SQLite file leaves nothing
 * there.
 * @param file A `Blob`, a `File` among them, or a stream.
 * @throws OperationalError when there is a database already, a tab has it open, or the stream breaks off.
 */
export async function importDatabase(
  location: string,
  file: Blob | ReadableStream<Uint8Array>,
): Promise<void> {
  const imports = streamOf(file);
  await withFile(location, async (name) => {
    const engine = await startEngine({ name, location, options: { mode: 'create' }, imports });
    engine.port.close();
    await engine.closed;
  });
}

function streamOf(file: unknown): ReadableStream<Uint8Array> {
  const refuse = (why: string): never => {
    throw new ProgrammingError(`Cannot import: ${why}.`, { code: 'CONFIG', subcode: 'config.option' });
  };
  if (file instanceof Blob) return file.stream();
  if (!(file instanceof ReadableStream)) return refuse('the file must be a Blob or a ReadableStream');
  if (file.locked) return refuse('the stream is locked to a reader. Release that, or pass another stream');
  return file;
}

/** Deletes a database and everything in it; where there is none, nothing happens. */
export async function deleteDatabase(location: string): Promise<void> {
  await withFile(location, async (name) => {
    const root = await navigator.storage.getDirectory();
    const [folders, folder] = foldersOf(name);
    try {
      await (await root.getDirectoryHandle(folders)).removeEntry(folder, { recursive: true });
    } catch (error) {
      const why = error instanceof DOMException ? error.name : '';
      // Held by a tab whose locks aren't seen from here.
      if (why === 'NoModificationAllowedError') throw isOpen(location);
      if (why !== 'NotFoundError') throw error;
    }
  });
}

async function withFile(location: string, call: (name: string) => Promise<void>): Promise<void> {
  const { filename } = parseLocation(location, pathOfUrl);
  if (filename === null) {
    throw new ProgrammingError('A database in memory is no file.', {
      code: 'CONFIG',
      subcode: 'config.location',
    });
  }
  const name = nameOf(filename);
  const done = await withFreeLock(ownerLock(name), async () => {
    await call(name);
    return true;
  });
  if (done) return;
  throw isOpen(location);
}

function isOpen(location: string): OperationalError {
  return new OperationalError(`${location} is open, here or in another tab. Close it first.`, {
    code: 'BUSY',
    subcode: 'busy.open',
    retryable: true,
  });
}

function idle(): OperationalError {
  const text = `Cannot export: the stream was not read for ${idleMs / 1000} seconds, and kept others waiting. Export again, and read on.`;
  return new OperationalError(text, {
    code: 'CANCELED',
    subcode: 'sql.idle',
    sqlstate: '57014',
    retryable: true,
  });
}
