import { statSync } from 'node:fs';
import { type DatabaseSync, FreshetError, type OpenOptions, openSync } from '../core/index.ts';
import { CommandError } from './command-error.ts';

/** Why a plain path can't be opened, which SQLite doesn't tell; undefined for DSNs and when the file looks well. */
function reason(location: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]+:/i.test(location) || location.startsWith(':')) return undefined;
  try {
    return statSync(location).isDirectory() ? 'it is a directory' : undefined;
  } catch (error) {
    switch ((error as NodeJS.ErrnoException).code) {
      case 'ENOENT':
        return 'no such file. Check the path; the sqlite3 program can make a new database there';
      case 'ENOTDIR':
        return 'a part of the path is not a directory';
      case 'EACCES':
        return 'permission denied';
      default:
        return undefined;
    }
  }
}

/**
 * Opens an existing database so that nothing can be written into it.
 * @throws CommandError that says which file and why.
 */
export function openToRead(location: string, onError?: NonNullable<OpenOptions['onError']>): DatabaseSync {
  const known = reason(location);
  if (known !== undefined) throw new CommandError(`cannot open ${location}: ${known}.`);
  try {
    const db = openSync(location, { mode: 'open', readOnly: true, ...(onError && { onError }) });
    try {
      // SQLite opens any file; only reading tells whether it is a database.
      db.query('PRAGMA schema_version');
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  } catch (error) {
    if (!(error instanceof FreshetError)) throw error;
    const why =
      error.subcode === 'corruption.not_a_database'
        ? 'it is not an SQLite database (or an encrypted one)'
        : error.message;
    throw new CommandError(`cannot open ${location}: ${why.replace(/\.$/, '')}.`, { cause: error });
  }
}
