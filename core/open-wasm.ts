import { DatabaseSync } from './database-sync.ts';
import type { WasmSqlite } from './drivers/sqlite-wasm.ts';
import { Engine } from './engine.ts';
import { NotSupportedError } from './errors.ts';
import { parseLocation, pathOfUrl } from './location.ts';
import { type OpenOptions, readSettings } from './open-options.ts';

/** A database in the memory of the calling thread, on SQLite in WebAssembly. */
export function openInMemory({ driver }: WasmSqlite, location: string, options: OpenOptions): DatabaseSync {
  const { filename, query } = parseLocation(location, pathOfUrl);
  if (filename !== null) {
    throw new NotSupportedError(
      `Cannot open ${filename} in this thread: only databases in memory are. Files are opened by open().`,
      { code: 'NOT_SUPPORTED', subcode: 'not_supported.file' },
    );
  }
  const config = { ...readSettings(query, options), location, path: null, isNewFile: false };
  return new DatabaseSync(new Engine(driver, config, null));
}
