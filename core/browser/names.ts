import { folderOf } from './file-name.ts';

/** How tabs of one origin find each other over one database. */
export const ownerLock = (name: string): string => `freshet:${name}`;
/** Held by a tab's client for as long as it lives: who gets it knows that the client has gone. */
export const clientLocks = (name: string): string => `freshet:${name}:client:`;
export const clientLock = (name: string, client: string): string => `${clientLocks(name)}${client}`;
export const commonChannel = (name: string): string => `freshet:${name}`;
export const lineChannel = (name: string, line: string): string => `freshet:${name}:line:${line}`;

/** Where the files of a database are in the origin's private file system. */
export const rootFolder = '.freshet';
export const foldersOf = (name: string): readonly [string, string] => [rootFolder, folderOf(name)];

/** What is said on the common channel. */
export type TabMessage =
  /** A client looks for the owner, and listens on a line of its own. */
  | { readonly kind: 'hello'; readonly client: string; readonly line: string }
  /** An engine has opened the file: lines to another lead nowhere. */
  | { readonly kind: 'opened'; readonly engine: string }
  /** A client makes sure that its line is to the engine that has the file. */
  | { readonly kind: 'ask' }
  /** The answer. */
  | { readonly kind: 'here'; readonly engine: string }
  /** It is about to close it. */
  | { readonly kind: 'closing'; readonly engine: string };

/** What a page has an engine open, once its program is loaded. */
export interface BrowserTask {
  /** Null for a database in memory. */
  readonly name: string | null;
  readonly location: string;
  readonly options: object;
  /** The name of the page's own line. */
  readonly line?: string;
  /** A database file to be taken in before anything else; then nothing is opened. */
  readonly imports?: ReadableStream<Uint8Array>;
}

/** What a worker says beside what goes over its line. */
export type WorkerMessage =
  /** Its program and SQLite are there, and wait for a task. */
  | { readonly kind: 'loaded' }
  /** It has closed the file, and may be ended. */
  | { readonly kind: 'closed' };
