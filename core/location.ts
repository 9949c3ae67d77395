import { ProgrammingError } from './errors.ts';

/** What a `file:` URL names where there are no files but a browser's own. @throws where a part of it names nothing. */
export function pathOfUrl(url: string): string {
  const { hostname, hash, pathname } = new URL(url);
  if (hostname !== '' || hash !== '') throw new Error('There is no host and no fragment; write # as %23');
  return decodeURIComponent(pathname);
}

export interface Location {
  /** As the operating system takes it; null in memory. */
  readonly filename: string | null;
  readonly query: readonly (readonly [string, string])[];
}

/**
 * `:memory:`, the empty text and `memory://` mean memory; `file:` URLs may carry options; the rest is a path.
 * `pathOf` is what the platform makes of a URL.
 */
export function parseLocation(location: string, pathOf: (url: string) => string): Location {
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
  return { filename: filenameOf(address, pathOf), query: options };
}

function filenameOf(address: string, pathOf: (url: string) => string): string {
  try {
    // `file:relative.db` is no URL with a host, but everybody's spelling of a path.
    if (!/^file:\//i.test(address)) return decodeURIComponent(address.slice('file:'.length));
    return pathOf(address);
  } catch (error) {
    throw new ProgrammingError(`The location ${address.replace(/^.*\//s, '')} isn't a usable file URL.`, {
      code: 'CONFIG',
      subcode: 'config.location',
      cause: error,
    });
  }
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
