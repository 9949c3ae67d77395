import type { Driver } from './drivers/driver.ts';
import type { FileSystem } from './file-system.ts';

/**
 * Call it before a database is opened for reading only. What it returns is to be called once that is closed again, and
 * removes the `-wal` and `-shm` that SQLite made in between.
 *
 * A connection that only reads makes these files for a database in WAL mode, and can't remove them. One that may write
 * removes them as the last that closes; it writes nothing where the `-wal` is empty, so only then is it opened. With
 * files that were there before, or that hold somebody's commits, nothing is done.
 */
export function walFilesRemover(driver: Driver, path: string, files: FileSystem): () => void {
  const wal = `${path}-wal`;
  const hadFiles = files.exists(wal) || files.exists(`${path}-shm`);
  return () => {
    if (hadFiles || !files.exists(wal) || files.size(wal) > 0) return;
    try {
      const connection = driver.open(path, { readOnly: false, busyTimeoutMs: 0 });
      try {
        connection.prepare('PRAGMA schema_version').get([]);
      } finally {
        connection.close();
      }
    } catch {
      // It may not be written, or another program has it: empty files do no harm.
    }
  };
}
