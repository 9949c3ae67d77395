import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DatabaseSync } from './database-sync.ts';
import { nodeSqlite } from './drivers/node-sqlite.ts';
import { Engine } from './engine.ts';
import { parseLocation } from './location.ts';
import { nodeFileSystem } from './node-file-system.ts';
import { type OpenOptions, readSettings } from './open-options.ts';
import { prepareFile } from './prepare-file.ts';

/**
 * Opens a SQLite database in the calling thread. A new file gets WAL; an existing one keeps its journal mode.
 * @param location `:memory:`, the empty text or `memory://` for a database in memory; a path; or a `file:`
 *   URL, whose query may carry options: `file:///data/app.db?mode=open&busy_timeout_ms=100`.
 * @throws OperationalError when the file can't be opened in this mode, ProgrammingError for a wrong option.
 */
export function openSync(location: string, options: OpenOptions = {}): DatabaseSync {
  const { filename, query } = parseLocation(location, fileURLToPath);
  const settings = readSettings(query, options);
  if (filename === null) {
    return new DatabaseSync(
      // Files can be attached to it.
      new Engine(nodeSqlite, { ...settings, location, path: null, isNewFile: false }, nodeFileSystem),
    );
  }
  const file = prepareFile(filename, settings.mode, settings.readOnly);
  try {
    return new DatabaseSync(new Engine(nodeSqlite, { ...settings, location, ...file }, nodeFileSystem));
  } catch (error) {
    // The file that `create` claimed is nobody's.
    if (settings.mode === 'create') rmSync(file.path, { force: true });
    throw error;
  }
}
