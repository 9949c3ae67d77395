import { OperationalError, ProgrammingError } from '../errors.ts';
import { parseLocation, pathOfUrl } from '../location.ts';
import type { Database } from '../remote/database.ts';
import { withFreeLock } from './locks.ts';
import { folderOf, ownerLock, rootFolder } from './names.ts';
import { nameOf } from './open.ts';
import { startEngine } from './start-engine.ts';

/**
 * The database as a SQLite file, page by page, as it is when the first one is read. Until the stream has ended or is
 * cancelled, others' calls wait.
 */
export function exportDatabase(db: Database): ReadableStream<Uint8Array> {
  let pages: AsyncGenerator<{ data: Uint8Array }, void> | undefined;
  let end = (): Promise<void> => Promise.resolve();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (!pages) {
          const tx = await db.begin();
          end = () => tx.rollback();
          pages = tx.iterate<{ data: Uint8Array }>('SELECT data FROM sqlite_dbpage ORDER BY pgno');
        }
        try {
          const { done, value } = await pages.next();
          if (!done) {
            controller.enqueue(value.data);
            return;
          }
          controller.close();
        } catch (error) {
          controller.error(error);
        }
        await end();
      },
      async cancel() {
        await pages?.return();
        await end();
      },
    },
    { highWaterMark: 0 },
  );
}

/**
 * Takes a SQLite file in, as it comes, at a location that nothing is at. What is no SQLite file leaves nothing there.
 * @throws OperationalError when there is a database already, or a tab has it open.
 */
export async function importDatabase(location: string, file: ReadableStream<Uint8Array>): Promise<void> {
  await withFile(location, async (name) => {
    const engine = await startEngine({ name, location, options: { mode: 'create' }, imports: file });
    engine.port.close();
    await engine.closed;
  });
}

/** Deletes a database and everything in it; where there is none, nothing happens. */
export async function deleteDatabase(location: string): Promise<void> {
  await withFile(location, async (name) => {
    const root = await navigator.storage.getDirectory();
    try {
      const folder = await root.getDirectoryHandle(rootFolder);
      await folder.removeEntry(folderOf(name), { recursive: true });
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== 'NotFoundError') throw error;
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
  throw new OperationalError(`${location} is open, here or in another tab. Close it first.`, {
    code: 'BUSY',
    subcode: 'busy.open',
    retryable: true,
  });
}
