import type { DatabaseSync } from '../core/database-sync.ts';
import type { Database } from '../core/remote/database.ts';
import { requireDatabase } from '../core/require-database.ts';
import { sourceOf } from './source-of.ts';

/**
 * Resolves when every pending emission of the database's live queries has been delivered: first answers, and those of
 * every commit that was awaited before.
 */
export async function settled(db: DatabaseSync | Database): Promise<void> {
  requireDatabase(db);
  return sourceOf(db).settled();
}
