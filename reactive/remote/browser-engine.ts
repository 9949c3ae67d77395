/** The program of an engine's worker in a browser: see `open`. */

import { holdLock } from '../../core/browser/locks.ts';
import {
  type BrowserTask,
  clientLock,
  closedMessage,
  commonChannel,
  folderOf,
  lineChannel,
  rootFolder,
  type TabMessage,
} from '../../core/browser/names.ts';
import { messagePort } from '../../core/browser/ports.ts';
import { DatabaseSync } from '../../core/database-sync.ts';
import { loadSqlite, type WasmSqlite, wasmDriver } from '../../core/drivers/sqlite-wasm.ts';
import { Engine } from '../../core/engine.ts';
import { DatabaseError, OperationalError } from '../../core/errors.ts';
import { parseLocation, pathOfUrl } from '../../core/location.ts';
import { type OpenOptions, readSettings } from '../../core/open-options.ts';
import { openInMemory } from '../../core/open-wasm.ts';
import type { Host } from '../../core/remote/host.ts';
import { writerOperations } from '../../core/remote/operations.ts';
import { type Greeting, hostOf, journalModeOf, serveStarter } from '../../core/remote/serve.ts';
import { encodeError, protocolVersion } from '../../core/remote/wire.ts';
import { liveOperations } from './live-operations.ts';

const acquireMs = 10_000;
const retryMs = 25;
const operations = { ...writerOperations, ...liveOperations };

/** The part of a worker's global scope that this program uses. */
const page = globalThis as unknown as {
  postMessage(message: unknown): void;
  addEventListener(
    type: 'message',
    listener: (event: MessageEvent) => void,
    options?: { once: boolean },
  ): void;
  removeEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
};

page.addEventListener('message', ({ data }) => void start(data as BrowserTask), { once: true });

async function start({ name, location, options, imports }: BrowserTask): Promise<void> {
  const engine = crypto.randomUUID();
  const port = messagePort(page);
  try {
    const wasm = await loadSqlite();
    const opened = name === null ? null : await installFiles(wasm, name);
    if (imports && opened && name !== null) await importFile(opened.pool, name, imports);
    const open = (handlers: Pick<OpenOptions, 'onError' | 'onWarning'>): DatabaseSync => {
      const given = { ...options, ...handlers };
      if (opened === null || name === null) return openInMemory(wasm, location, given);
      try {
        return openFile(wasm, opened, name, location, given, imports !== undefined);
      } catch (error) {
        // What was taken in and is no database after all stays nowhere.
        if (imports) opened.pool.unlink(`/${name}`);
        throw error;
      }
    };
    const host = hostOf(open, operations, { groupsCommits: name !== null, hasReaders: false });
    const greeting: Greeting = {
      kind: 'ready',
      protocol: protocolVersion,
      engine,
      journalMode: journalModeOf(host),
    };
    const tabs = name === null ? null : serveTabs(host, name, greeting, engine);
    port.post(greeting);
    serveStarter(host, port, () => {
      tabs?.close();
      host.close();
      opened?.pool.pauseVfs();
      page.postMessage(closedMessage);
    });
  } catch (error) {
    port.post({ kind: 'failed', error: encodeError(error) } satisfies Greeting);
  }
}

type Pool = Awaited<ReturnType<WasmSqlite['sqlite3']['installOpfsSAHPoolVfs']>>;

/** A VFS of the database's own, so that each database may have another owner. */
async function installFiles({ sqlite3 }: WasmSqlite, name: string): Promise<{ pool: Pool; vfs: string }> {
  const vfs = 'freshet';
  const directory = `${rootFolder}/${folderOf(name)}`;
  const until = Date.now() + acquireMs;
  for (;;) {
    try {
      const pool = await sqlite3.installOpfsSAHPoolVfs({
        name: vfs,
        directory,
        // Options that the types don't know: SQLite reports what is to be reported; a failed attempt isn't the last, and
        // must not delete the files, as the library would.
        ...{ verbosity: 0, forceReinitIfPreviouslyFailed: true, preserveOnInitFailure: true },
      });
      return { pool, vfs };
    } catch (error) {
      // The owner before has gone, and the browser is still closing its files.
      const isHeld = error instanceof Error && error.name === 'NoModificationAllowedError';
      if (isHeld && Date.now() < until) {
        await new Promise((resolve) => setTimeout(resolve, retryMs));
        continue;
      }
      throw new OperationalError(
        `Cannot open ${name}: the browser's private file system refused (${String(error)}).`,
        {
          code: 'IO',
          subcode: isHeld ? 'io.held' : 'io.storage',
          retryable: isHeld,
          cause: error,
        },
      );
    }
  }
}

async function importFile(pool: Pool, name: string, file: ReadableStream<Uint8Array>): Promise<void> {
  const path = `/${name}`;
  if (pool.getFileNames().includes(path)) throw cannotOpen(name, 'the file exists already', 'io.exists');
  const reader = file.getReader();
  try {
    // Its types know whole files only; it takes a function for one that comes in parts.
    const take = pool.importDb as unknown as (
      path: string,
      next: () => Promise<Uint8Array | undefined>,
    ) => Promise<number>;
    await take.call(pool, path, async () => (await reader.read()).value);
  } catch (cause) {
    await reader.cancel(cause).catch(() => {});
    throw new DatabaseError(`Cannot import ${name}: it is no whole SQLite database.`, {
      code: 'CORRUPTION',
      subcode: 'corruption.not_a_database',
      sqlstate: 'XX001',
      cause,
    });
  }
}

function cannotOpen(name: string, why: string, subcode: string): OperationalError {
  return new OperationalError(`Cannot open ${name}: ${why}.`, { code: 'IO', subcode, sqlstate: '58P01' });
}

function openFile(
  { sqlite3 }: WasmSqlite,
  { pool, vfs }: { pool: Pool; vfs: string },
  name: string,
  location: string,
  options: OpenOptions,
  isImported: boolean,
): DatabaseSync {
  const { query } = parseLocation(location, pathOfUrl);
  const settings = readSettings(query, options);
  const path = `/${name}`;
  const exists = pool.getFileNames().includes(path);
  if (exists && settings.mode === 'create' && !isImported) {
    throw cannotOpen(name, 'the file exists already, and mode is create', 'io.exists');
  }
  if (!exists && (settings.mode === 'open' || settings.readOnly)) {
    throw cannotOpen(name, 'there is no such file', 'io.not_found');
  }
  const driver = wasmDriver(sqlite3, vfs);
  const files = {
    ...driver,
    open(_: string, given: Parameters<typeof driver.open>[1]) {
      const connection = driver.open(path, given);
      // Nobody else has the file, so WAL needs no memory to share; and a commit is one write and one wait for the disk.
      connection.exec('PRAGMA locking_mode = EXCLUSIVE');
      if (!given.readOnly) connection.exec('PRAGMA journal_mode = WAL');
      return connection;
    },
  };
  // What the browser has taken, a crash of the tab leaves; that it is on the disk, only a full commit knows.
  const sync = settings.sync ?? 'full';
  const config = { ...settings, sync, location, path: null, isNewFile: false };
  return new DatabaseSync(new Engine(files, config, null));
}

/** Serves the clients of all tabs, each over a channel of its own. */
function serveTabs(host: Host, name: string, greeting: Greeting, engine: string): { close(): void } {
  const common = new BroadcastChannel(commonChannel(name));
  const lines = new Set<string>();
  const say = (message: TabMessage): void => common.postMessage(message);
  common.addEventListener('message', ({ data }: MessageEvent<TabMessage>) => {
    if (data.kind !== 'hello' || lines.has(data.line)) return;
    lines.add(data.line);
    const channel = new BroadcastChannel(lineChannel(name, data.line));
    const ended = new AbortController();
    const port = messagePort(channel, () => {
      ended.abort();
      channel.close();
      lines.delete(data.line);
    });
    port.post(greeting);
    host.connect(port);
    holdLock(clientLock(name, data.client), ended.signal).then(
      (lock) => {
        lock.release();
        port.lose(new Error('the tab has gone'));
      },
      () => {
        // The line has ended in another way.
      },
    );
  });
  say({ kind: 'opened', engine });
  return {
    close() {
      say({ kind: 'closing', engine });
      common.close();
    },
  };
}
