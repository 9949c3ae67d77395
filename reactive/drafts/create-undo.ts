import type { DatabaseSync } from '../../core/database-sync.ts';
import { Caller } from '../../core/remote/caller.ts';
import type { Database } from '../../core/remote/database.ts';
import { requireDatabase } from '../../core/require-database.ts';
import type { AnyDatabase, Undo, UndoOptions } from './undo.ts';
import { UndoAsync } from './undo-async.ts';
import { undoSettings } from './undo-settings.ts';
import { UndoSync } from './undo-sync.ts';

/**
 * Undo and redo of what is written through it. While it exists, rows of all tables are captured in commits.
 *
 * @throws ProgrammingError (`CONFIG`) for an option out of range.
 */
export function createUndo(db: DatabaseSync, options?: UndoOptions): Undo<DatabaseSync>;
export function createUndo(db: Database, options?: UndoOptions): Undo<Database>;
export function createUndo(db: AnyDatabase, options?: UndoOptions): Undo;
export function createUndo(db: AnyDatabase, options?: UndoOptions): Undo {
  requireDatabase(db);
  const settings = undoSettings(options);
  return (db instanceof Caller ? new UndoAsync(db, settings) : new UndoSync(db, settings)) as Undo;
}
