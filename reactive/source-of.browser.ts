/**
 * As source-of.ts, which bundlers for browsers replace by this one (package.json, `browser`): a page whose engines run in
 * workers doesn't load an engine.
 */
import type { DatabaseSync } from '../core/database-sync.ts';
import { engineOf, liveSourceKey } from '../core/engine-key.ts';
import { clientOf, type Database } from '../core/remote/database.ts';
import type { EngineSource, LiveSource } from './live-source.ts';
import { RemoteRegistry } from './remote/remote-registry.ts';

/** The live queries of a database, wherever its engine runs. */
export function sourceOf(db: DatabaseSync): EngineSource;
export function sourceOf(db: DatabaseSync | Database): LiveSource;
export function sourceOf(db: DatabaseSync | Database): LiveSource {
  // With the engine of this thread its live queries were loaded, too: see in-page-engine.ts.
  if (engineOf in db) return db[engineOf].attachments.get(liveSourceKey) as LiveSource;
  return RemoteRegistry.of(db[clientOf]);
}
