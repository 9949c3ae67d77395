import type { DatabaseSync } from '../database-sync.ts';
import { InterfaceError, NotSupportedError } from '../errors.ts';
import { parseLocation, pathOfUrl } from '../location.ts';
import { type OpenOptions, readSettings } from '../open-options.ts';
import { Client, type Connector, closed } from '../remote/client.ts';
import { Database } from '../remote/database.ts';
import { nameOf } from './file-name.ts';
import type { BrowserTask } from './names.ts';
import { startEngine } from './start-engine.ts';
import { TabConnector } from './tab-connector.ts';

/** How to open a database in a browser. */
export interface BrowserOpenOptions extends OpenOptions {
  /**
   * What to do where the browser keeps no files for this page (private windows, old browsers, insecure origins):
   * `error`, the default, refuses; `memory` opens a database that is gone with the page.
   */
  readonly withoutStorage?: 'error' | 'memory';
  /** Ends the wait for an engine: `open` rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Opens a database whose engine runs in a worker, in a file that persists in the origin's private file system. All tabs
 * of the origin that open the same location share one engine.
 * @param location A name, as `app.db`; or `:memory:`.
 * Waits 30 seconds at most for an engine, in this tab or another.
 * @throws NotSupportedError where the browser keeps no files for this page; OperationalError (`CONNECTION`) when no
 *   engine could be started; else as `openSync` does.
 */
export async function open(location: string, options: BrowserOpenOptions = {}): Promise<Database> {
  const { withoutStorage = 'error', signal, ...rest } = options;
  signal?.throwIfAborted();
  const { filename, query } = parseLocation(location, pathOfUrl);
  const { onError, onWarning } = readSettings(query, rest);
  const { onError: _, onWarning: __, ...sent } = rest;
  let name = filename === null ? null : nameOf(filename);
  if (name !== null) {
    const why = await whyNoStorage();
    if (why !== null && withoutStorage !== 'memory') {
      throw new NotSupportedError(
        `Cannot open ${location}: ${why}. Open it with withoutStorage: 'memory' to go on without keeping anything.`,
        { code: 'NOT_SUPPORTED', subcode: 'not_supported.storage' },
      );
    }
    if (why !== null) name = null;
  }
  signal?.throwIfAborted();
  const task: BrowserTask = { name, location: name === null ? ':memory:' : location, options: sent };
  const client = new Client(name === null ? new MemoryConnector(task) : new TabConnector({ ...task, name }));
  client.on('warning', (data) => {
    const { message, type } = data as { readonly message: string; readonly type: string };
    onWarning(message, type);
  });
  const abort = (): void => void client.close();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    await client.ready();
  } catch (error) {
    await client.close();
    throw signal?.aborted ? signal.reason : error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
  return new Database({ location: task.location, client, readers: null, reportError: onError });
}

/** The engine of one page, in memory. */
class MemoryConnector implements Connector {
  readonly canReturn = false;
  readonly isOwn = true;
  readonly #task: BrowserTask;
  readonly #abort = new AbortController();
  #closed: Promise<void> | undefined;

  constructor(task: BrowserTask) {
    this.#task = task;
  }

  async connect() {
    const engine = await startEngine(this.#task, this.#abort.signal);
    this.#closed = engine.closed;
    return engine.port;
  }

  async close(): Promise<void> {
    if (!this.#closed) this.#abort.abort(closed('connect'));
    await this.#closed;
  }
}

async function whyNoStorage(): Promise<string | null> {
  if (typeof Worker === 'undefined')
    return 'a shared or service worker can start no worker for its engine, and so keeps no files. Open it in the pages';
  if (!globalThis.isSecureContext) return 'this page is not a secure context (HTTPS or localhost)';
  if (!navigator.locks) return 'this browser has no Web Locks';
  if (!navigator.storage?.getDirectory) return 'this browser has no private file system';
  try {
    await navigator.storage.getDirectory();
    return null;
  } catch (error) {
    return `this browser keeps no files for this page (${String(error)})`;
  }
}

// The one library of this thread: to load it is asynchronous, to open a database is not.
let loaded: Promise<OpenInPage> | undefined;
let ready: OpenInPage | undefined;

type OpenInPage = (location: string, options: OpenOptions) => DatabaseSync;

/**
 * Loads SQLite for `openSync`, once. It isn't needed for `open`, whose worker loads its own.
 * @throws OperationalError (`CONNECTION`) that says why; called again, it tries again.
 */
export async function loadWasm(): Promise<void> {
  // The engine with its live queries, which a page that only opens databases in workers does without.
  loaded ??= import('../../reactive/in-page-engine.ts').then(({ loadInPage }) => loadInPage());
  const loading = loaded;
  try {
    ready = await loading;
  } catch (error) {
    if (loaded === loading) loaded = undefined;
    throw error;
  }
}

/** Opens a database in memory, in the calling thread. @throws InterfaceError before `await loadWasm()`. */
export function openSync(location: string, options: OpenOptions = {}): DatabaseSync {
  if (ready) return ready(location, options);
  throw new InterfaceError('Cannot open: SQLite is not loaded. Await loadWasm() first.', {
    code: 'CONFIG',
    subcode: 'config.not_loaded',
  });
}

/** Asks the browser not to evict this origin's files when space runs low. True if it promises. */
export async function persistStorage(): Promise<boolean> {
  return (await navigator.storage?.persist?.()) ?? false;
}

/** How much this origin stores and may store, in bytes, as the browser estimates; and whether it may be evicted. */
export async function storageEstimate(): Promise<{
  readonly usage: number | undefined;
  readonly quota: number | undefined;
  readonly isPersisted: boolean;
}> {
  const { usage, quota } = (await navigator.storage?.estimate?.()) ?? {};
  return { usage, quota, isPersisted: (await navigator.storage?.persisted?.()) ?? false };
}
