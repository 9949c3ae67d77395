/** The program of an engine's worker in a browser: see `open`. */

import { FileGuard } from '../../core/browser/file-guard.ts';
import type { BrowserTask, WorkerMessage } from '../../core/browser/names.ts';
import { messagePort } from '../../core/browser/ports.ts';
import { type ServedTabs, serveTabs } from '../../core/browser/serve-tabs.ts';
import { StoredFile } from '../../core/browser/stored-file.ts';
import type { DatabaseSync } from '../../core/database-sync.ts';
import { loadSqliteInWorker } from '../../core/drivers/load-in-worker.ts';
import type { WasmSqlite } from '../../core/drivers/sqlite-wasm.ts';
import type { OpenOptions } from '../../core/open-options.ts';
import { openInMemory } from '../../core/open-wasm.ts';
import { writerOperations } from '../../core/remote/operations.ts';
import { type Greeting, hostOf, journalModeOf, serveStarter } from '../../core/remote/serve.ts';
import { encodeError, protocolVersion } from '../../core/remote/wire.ts';
import { liveOperations } from './live-operations.ts';

const loadMs = 30_000;
const operations = { ...writerOperations, ...liveOperations };

/** The part of a worker's global scope that this program uses. */
const page = globalThis as unknown as {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
  removeEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
};

const say = (message: WorkerMessage | Greeting): void => page.postMessage(message);
const sayWhy = (error: unknown): void => say({ kind: 'failed', error: encodeError(error) });

void loadSqliteInWorker(loadMs).then((wasm) => {
  const hear = ({ data }: MessageEvent): void => {
    if (data?.kind !== 'task') return;
    // The page may give a task again that was refused: what others hold now is free one day.
    start(wasm, data.task as BrowserTask).then(() => page.removeEventListener('message', hear), sayWhy);
  };
  page.addEventListener('message', hear);
  say({ kind: 'loaded' });
}, sayWhy);

async function start(wasm: WasmSqlite, { imports, ...task }: BrowserTask): Promise<void> {
  const { name } = task;
  const file = name === null ? null : await StoredFile.hold(wasm, name);
  try {
    if (imports) await file?.import(imports);
    serve(wasm, file, { ...task, isImported: imports !== undefined });
  } catch (error) {
    // What was taken in and is no database after all stays nowhere.
    if (imports && (error as { subcode?: string }).subcode !== 'io.exists') file?.unlink();
    file?.close();
    throw error;
  }
}

type ServedTask = Omit<BrowserTask, 'imports'> & { readonly isImported: boolean };

function serve(
  wasm: WasmSqlite,
  file: StoredFile | null,
  { name, location, options, line, isImported }: ServedTask,
): void {
  const engine = crypto.randomUUID();
  let tabs: ServedTabs | undefined;
  const open = (handlers: Pick<OpenOptions, 'onError' | 'onWarning'>): DatabaseSync => {
    const given = { ...options, ...handlers };
    return file ? file.open(location, given, isImported) : openInMemory(wasm, location, given);
  };
  const marks = { current: null as ReturnType<StoredFile['marks']> | null };
  const host = hostOf(open, operations, {
    groupsCommits: file !== null,
    hasReaders: false,
    begins: (of, id) => marks.current?.begin(of, id),
    fate(of) {
      tabs?.retire(of);
      return marks.current?.begun(of) ?? null;
    },
  });
  marks.current = file?.marks() ?? null;
  const greeting: Greeting = {
    kind: 'ready',
    protocol: protocolVersion,
    engine,
    journalMode: journalModeOf(host),
    file: file?.id,
  };
  const port = messagePort(page);
  let isOver = false;
  const end = (error?: unknown): void => {
    if (isOver) return;
    isOver = true;
    tabs?.close(error);
    if (error !== undefined) port.end(error);
    guard?.end();
    host.close();
    // In Chromium, closing a handle whose file was cleared away never returns. It goes with the worker.
    if (error === undefined) file?.close();
    say({ kind: 'closed' });
  };
  const guard = file && new FileGuard(() => file.isThere(), end);
  const guarded = guard ? guard.guarded(port) : port;
  if (name !== null && guard) {
    tabs = serveTabs({
      host,
      name,
      greeting,
      engine,
      guarded: (one) => guard.guarded(one),
      added: (one) => marks.current?.add(one),
      doubted: () => guard.doubt(),
    });
  }
  if (line !== undefined) marks.current?.add(line);
  port.post(greeting);
  // What was committed is acknowledged, if its file is there, before the line ends.
  serveStarter(host, guarded, () => void (guard?.passed() ?? Promise.resolve()).then(() => end()), line);
}
