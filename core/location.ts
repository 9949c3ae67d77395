import { closeSync, existsSync, openSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type FreshetError, OperationalError, ProgrammingError } from './errors.ts';
import type { OpenMode } from './open-options.ts';

export interface Location {
  /** As the operating system takes it; null in memory. */
  readonly filename: string | null;
  readonly query: readonly (readonly [string, string])[];
}

/** `:memory:`, the empty text and `memory://` mean memory; `file:` URLs may carry options; the rest is a path. */
export function parseLocation(location: string): Location {
  if (typeof location !== 'string') {
    throw new ProgrammingError(`A location is text, not ${location === null ? 'null' : typeof location}.`, {
      code: 'CONFIG',
      subcode: 'config.location',
    });
  }
  if (location === ':memory:' || location === '') return { filename: null, query: [] };
  const scheme = /^(memory|file):/i.exec(location)?.[1]?.toLowerCase();
  if (scheme === undefined) return { filename: location, query: [] };
  const [address = '', query = ''] = splitOnce(location, '?');
  const options = [...new URLSearchParams(query)];
  if (scheme === 'memory') return { filename: null, query: options };
  if (address.slice('file:'.length) === ':memory:') return { filename: null, query: options };
  return { filename: filenameOf(address), query: options };
}

function filenameOf(address: string): string {
  try {
    // `file:relative.db` is no URL with a host, but everybody's spelling of a path.
    if (!/^file:\//i.test(address)) return decodeURIComponent(address.slice('file:'.length));
    return fileURLToPath(address);
  } catch (error) {
    throw new ProgrammingError(`The location ${basename(address)} isn't a usable file URL.`, {
      code: 'CONFIG',
      subcode: 'config.location',
      cause: error,
    });
  }
}

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
  if (exists) return { path: realpathSync(filename), isNewFile: false };
  const folder = dirname(resolve(filename));
  if (!existsSync(folder)) throw cannotOpen(name, 'its folder does not exist', 'io.not_found');
  if (mode === 'create') claim(filename, name);
  return { path: join(realpathSync(folder), basename(resolve(filename))), isNewFile: true };
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

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
