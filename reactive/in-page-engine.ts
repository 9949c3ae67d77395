/** What a page loads to run an engine in its own thread: see `loadWasm`. */
import type { DatabaseSync } from '../core/database-sync.ts';
import { loadSqliteInPage } from '../core/drivers/load-in-worker.ts';
import { engineOf, liveSourceKey } from '../core/engine-key.ts';
import type { OpenOptions } from '../core/open-options.ts';
import { openInMemory } from '../core/open-wasm.ts';
import { LiveRegistry } from './live-registry.ts';

export type OpenInPage = (location: string, options: OpenOptions) => DatabaseSync;

/** Loads SQLite; what it gives opens databases in memory. */
export async function loadInPage(): Promise<OpenInPage> {
  const wasm = await loadSqliteInPage();
  return (location, options) => {
    const db = openInMemory(wasm, location, options);
    const engine = db[engineOf];
    engine.attachments.set(liveSourceKey, LiveRegistry.of(engine));
    return db;
  };
}
