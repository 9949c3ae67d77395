/**
 * What `freshet` has in browsers alone. It is here for its types: an editor or a compiler that doesn't resolve packages
 * as a bundler for browsers does sees these, and the page gets those of `index.browser.ts`.
 */
import type * as browser from './browser/open.ts';
import type * as transfer from './browser/transfer.ts';
import { NotSupportedError } from './errors.ts';

function refused(name: string, instead: string): NotSupportedError {
  return new NotSupportedError(`Cannot call ${name} here: it is for browsers. ${instead}`, {
    code: 'NOT_SUPPORTED',
    subcode: 'not_supported.browser_only',
  });
}

/** Loads SQLite for databases in the memory of the page, which `openSync` opens then. For browsers; elsewhere it rejects. */
export const loadWasm: typeof browser.loadWasm = async () => {
  throw refused('loadWasm()', 'On Node.js, openSync() needs no loading.');
};

/** Asks the browser to keep what is stored when space gets short. For browsers; elsewhere it rejects. */
export const persistStorage: typeof browser.persistStorage = async () => {
  throw refused('persistStorage()', 'On Node.js, a database is an ordinary file.');
};

/** How much this origin has stored, and how much it may, in bytes. For browsers; elsewhere it rejects. */
export const storageEstimate: typeof browser.storageEstimate = async () => {
  throw refused('storageEstimate()', 'On Node.js, ask the file system.');
};

export const exportDatabase: typeof transfer.exportDatabase = () => {
  throw refused('exportDatabase()', "On Node.js, copy the database with VACUUM INTO 'copy.db'.");
};

export const importDatabase: typeof transfer.importDatabase = async () => {
  throw refused('importDatabase()', 'On Node.js, open the file itself.');
};

export const deleteDatabase: typeof transfer.deleteDatabase = async () => {
  throw refused('deleteDatabase()', 'On Node.js, close the database and delete its file.');
};
