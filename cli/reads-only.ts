import type { DatabaseSync } from '../core/index.ts';
import { planStatement } from '../core/sql/statement-plan.ts';
import { CommandError } from './command-error.ts';

/** Pragmas that are named without a value and do something nevertheless. */
const acting = /^(optimize|incremental_vacuum|shrink_memory|wal_checkpoint)$/i;
/** Pragmas whose value says what is to be shown. */
const showing = /_(x?info|list|check)$/i;

/**
 * Refuses what may do more than read. The connection is read-only, but that stops no statement which writes elsewhere:
 * VACUUM INTO makes a file, and ATTACH opens another.
 * @throws CommandError that says what may be run.
 */
export function assertReadsOnly(db: DatabaseSync, sql: string): void {
  const { kind, pragma } = planStatement(sql);
  if (kind === 'select' || kind === 'explain') return;
  if (pragma && (pragma.hasValue ? showing.test(pragma.name) : !acting.test(pragma.name))) return;
  // What only SQLite can parse: if it is a mistake, SQLite has the words for it.
  if (kind === 'other') db.prepare(sql);
  throw new CommandError(
    'this command only reads, and this statement may do more. Use SELECT, VALUES, EXPLAIN or a PRAGMA that shows something; ' +
      'write with the sqlite3 program, or from your own code with openSync().',
  );
}
