import { closeSync, existsSync, openSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type FreshetError, OperationalError } from './errors.ts';
import type { OpenMode } from './open-options.ts';

/**
 * Makes sure that the file may be opened in this mode, and tells its canonical path.
 * SQLite has no exclusive create, so the file system does it.
 */
export function prepareFile(
  filename: string,
  mode: OpenMode,
  readOnly: boolean,
): { readonly path: string; readonly isNewFile: boolean } {
  const name = basename(filename);
  if (filename.includes('\u0000')) throw cannotOpen(name, 'the path holds a NUL character', 'io.cannot_open');
  const exists = existsSync(filename);
  if (mode === 'create') {
    if (readOnly) throw cannotOpen(name, 'a new file opened read-only stays empty', 'io.cannot_open');
    if (exists) throw cannotOpen(name, 'the file exists already, and mode is create', 'io.exists');
  } else if (!exists && (mode === 'open' || readOnly)) {
    throw cannotOpen(name, 'there is no such file', 'io.not_found');
  }
  if (!exists && !existsSync(dirname(resolve(filename))))
    throw cannotOpen(name, 'its folder does not exist', 'io.not_found');
  if (!exists && mode === 'create') claim(filename, name);
  return { path: canonicalPath(filename), isNewFile: !exists };
}

/** One spelling for one file, also for one that is to be made; of a folder that isn't there, as it was given. */
export function canonicalPath(filename: string): string {
  try {
    if (existsSync(filename)) return realpathSync(filename);
    return join(realpathSync(dirname(resolve(filename))), basename(resolve(filename)));
  } catch {
    return resolve(filename);
  }
}

function claim(filename: string, name: string): void {
  try {
    closeSync(openSync(filename, 'wx'));
  } catch (error) {
    throw cannotOpen(name, 'it could not be created', 'io.cannot_open', error);
  }
}

function cannotOpen(name: string, why: string, subcode: string, cause?: unknown): FreshetError {
  return new OperationalError(`Cannot open ${name}: ${why}.`, {
    code: 'IO',
    subcode,
    sqlstate: '58P01',
    cause,
  });
}
