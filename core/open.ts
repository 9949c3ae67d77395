import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { shown, wrongOption } from './arguments.ts';
import { EngineLine, type EngineTask } from './engine-threads.ts';
import { parseLocation } from './location.ts';
import { nodeCallerContext } from './node-caller-context.ts';
import { type OpenOptions, readSettings, takeOptions } from './open-options.ts';
import { canonicalPath } from './prepare-file.ts';
import { Client } from './remote/client.ts';
import { Database } from './remote/database.ts';
import { ReaderPool } from './remote/reader-pool.ts';
import type { OpenedFile, SentOptions } from './remote/serve.ts';

/** How to open a database whose engine runs in a thread of its own. */
export interface AsyncOpenOptions extends OpenOptions {
  /**
   * How many engines may read beside the one that writes, each in a thread of its own, started when needed; 2 by
   * default. Only files in WAL have them.
   */
  readonly readers?: number;
  /** How long a read waits for one of them to be free, in milliseconds; 30,000 by default. */
  readonly acquireTimeoutMs?: number;
  /** In browsers: see `BrowserOpenOptions`. Node.js always has files. */
  readonly withoutStorage?: 'error' | 'memory';
}

/**
 * Opens a SQLite database whose engine runs in a thread of its own: nothing of it holds the event loop.
 * @param location As for `openSync`.
 * @throws as `openSync` does.
 */
export async function open(location: string, options: AsyncOpenOptions = {}): Promise<Database> {
  const { readers = 2, acquireTimeoutMs = 30_000, withoutStorage: _storage, ...rest } = takeOptions(options);
  for (const [name, value] of Object.entries({ readers, acquireTimeoutMs })) {
    if (Number.isInteger(value) && value >= 0 && value < 2 ** 31) continue;
    throw wrongOption(`Option ${name} is ${shown(value)}: it must be a whole number from 0 on.`);
  }
  const { filename, query } = parseLocation(location, fileURLToPath);
  const { onError, onWarning } = readSettings(query, rest);
  const { onError: _, onWarning: __, ...sent } = rest;
  const isFile = filename !== null;
  // Where the process stands now is where the file is, wherever it goes later.
  const task: EngineTask = {
    location: isFile ? addressOf(resolve(filename), query) : location,
    options: sent,
    reads: false,
  };
  const writer = new EngineLine(task, isFile ? canonicalPath(filename) : null, isFile);
  const client = new Client(writer, nodeCallerContext);
  client.on('warning', (data) => {
    const { message, type } = data as { readonly message: string; readonly type: string };
    onWarning(message, type);
  });
  await client.ready();
  const { file } = writer;
  const hasReaders = file !== null && writer.journalMode === 'wal' && readers > 0;
  const pool = hasReaders
    ? new ReaderPool(() => new Client(readerOf(file)), { size: readers, acquireTimeoutMs })
    : null;

  /** Whatever the path leads to by then, it reads the writer's file. */
  function readerOf({ path, identity }: OpenedFile): EngineLine {
    const options: SentOptions = { ...sent, mode: 'open', readOnly: true };
    return new EngineLine({ location: addressOf(path, query), options, reads: true, identity }, null, false);
  }

  return new Database({ location, client, readers: pool, reportError: onError });
}

/** A path as a location, with what the location that was given says after `?`. */
function addressOf(path: string, query: readonly (readonly [string, string])[]): string {
  const { href } = pathToFileURL(path);
  return query.length === 0 ? href : `${href}?${new URLSearchParams(query.map((pair) => [...pair]))}`;
}
