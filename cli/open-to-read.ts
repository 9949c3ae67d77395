import { accessSync, constants, statSync } from 'node:fs';
import { type DatabaseSync, FreshetError, type OpenOptions, openSync } from '../core/index.ts';
import { CommandError } from './command-error.ts';
import { errorMessage } from './error-message.ts';

/** Why a plain path can't be opened, which SQLite doesn't tell; undefined for DSNs and when the file looks well. */
function reason(location: string): string | undefined {
  if (/^(memory|file):/i.test(location) || location === '' || location === ':memory:') return undefined;
  try {
    if (statSync(location).isDirectory()) return 'it is a directory';
    accessSync(location, constants.R_OK);
    return undefined;
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

/** Why SQLite can't open a file, by the error's subcode. */
const reasons: Readonly<Record<string, string>> = {
  'corruption.not_a_database': 'it is not an SQLite database (or an encrypted one)',
  // https://sqlite.org/wal.html#readonly
  'readonly.wal':
    'it is in WAL mode, and its -shm file cannot be made beside it. Copy it, with its -wal file if there is one, to ' +
    'where you may write',
  'readonly.hot_journal':
    'a program died while it wrote. Its unfinished work must be rolled back first, and this command writes nothing. ' +
    'Open it once with a program that may write, such as sqlite3; do not remove the -journal file, and copy the file ' +
    'only together with it',
};

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
    const why = reasons[error.subcode] ?? errorMessage(error).replace(/\.$/, '');
    throw new CommandError(`cannot open ${location}: ${why}.`, { cause: error });
  }
}
