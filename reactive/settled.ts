import { type DatabaseSync, engineOf } from '../core/database-sync.ts';
import { LiveRegistry } from './live-registry.ts';

/** Resolves when every pending emission of the database's live queries has been delivered. */
export function settled(db: DatabaseSync): Promise<void> {
  return LiveRegistry.of(db[engineOf]).settled();
}
