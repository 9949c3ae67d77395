import type { DatabaseSync } from '../core/database-sync.ts';
import { engineOf } from '../core/engine-key.ts';
import { clientOf, type Database } from '../core/remote/database.ts';
import { LiveRegistry } from './live-registry.ts';
import type { EngineSource, LiveSource } from './live-source.ts';
import { RemoteRegistry } from './remote/remote-registry.ts';

/** The live queries of a database, wherever its engine runs. */
export function sourceOf(db: DatabaseSync): EngineSource;
export function sourceOf(db: DatabaseSync | Database): LiveSource;
export function sourceOf(db: DatabaseSync | Database): LiveSource {
  return engineOf in db ? LiveRegistry.of(db[engineOf]) : RemoteRegistry.of(db[clientOf]);
}
