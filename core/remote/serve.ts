import type { ErrorHandler } from '../commit/hub.ts';
import type { DatabaseSync } from '../database-sync.ts';
import type { OpenOptions } from '../open-options.ts';
import { Host, type HostOptions, type Operations } from './host.ts';
import type { Port } from './port.ts';
import { encodeError } from './wire.ts';

/** What an engine says when it is open, or why it isn't. */
export type Greeting =
  | {
      readonly kind: 'ready';
      readonly protocol: number;
      readonly engine: string;
      readonly journalMode: string;
      /** Which file it has open, where another may come to stand in its place. */
      readonly file?: string | undefined;
      /** The same where its path and its identity are known. */
      readonly opened?: OpenedFile | null;
    }
  | { readonly kind: 'failed'; readonly error: unknown };

/** The file that an engine has opened. */
export interface OpenedFile {
  readonly path: string;
  readonly identity: string;
}

/** Options without what can't be sent. */
export type SentOptions = Omit<OpenOptions, 'onError' | 'onWarning'>;

/** A host whose engine's errors and warnings go to every database that it serves. */
export function hostOf(
  open: (handlers: Pick<Required<OpenOptions>, 'onError' | 'onWarning'>) => DatabaseSync,
  operations: Operations,
  options: HostOptions,
): Host {
  const tell = (name: string, data: unknown): void => {
    for (const session of host?.sessions ?? []) session.emit(name, data);
  };
  const onError: ErrorHandler = (error, { during }) => tell('error', { error: encodeError(error), during });
  let host: Host | undefined;
  host = new Host(
    open({ onError, onWarning: (message, type) => tell('warning', { message, type }) }),
    operations,
    options,
  );
  return host;
}

/** Serves the database that has started this engine: `ended` is called when it has ended its line. */
export function serveStarter(host: Host, port: Port, ended: () => void, line?: string): void {
  const own: Port = {
    ...port,
    listen: (listener) =>
      port.listen({
        ...listener,
        lost(reason) {
          listener.lost(reason);
          ended();
        },
      }),
  };
  host.connect(own, line);
}

export function fileOf({ engine: { config, fileIdentity } }: Host): OpenedFile | null {
  return config.path === null || fileIdentity === null ? null : { path: config.path, identity: fileIdentity };
}

export function journalModeOf({ engine }: Host): string {
  return String(engine.connection.prepare('PRAGMA main.journal_mode').get([])?.[0]);
}
