import { isArray, reading, shown, wrongOption } from './arguments.ts';
import type { ErrorHandler } from './commit/hub.ts';
import { didYouMean } from './did-you-mean.ts';
import { foldName } from './sql/identifier.ts';
import type { IntMode } from './values.ts';

/** Whether the file must exist, must not exist, or may do either. */
export type OpenMode = 'open' | 'create' | 'openOrCreate';

/**
 * What a commit waits for: `full`, until its data is on the disk; `normal`, for the operating system, so that a crash of
 * the machine may take the last commits; `none`, for nothing, so that such a crash may damage the file.
 */
export type SyncMode = 'none' | 'normal' | 'full';

/** How to open a database. */
export interface OpenOptions {
  /** `open` refuses a missing file, `create` an existing one; `openOrCreate`, the default, takes both. */
  readonly mode?: OpenMode;
  /** Refuses every write; false by default. */
  readonly readOnly?: boolean;
  /** How long to wait for another connection's lock, in milliseconds; 5,000 by default. */
  readonly busyTimeoutMs?: number;
  /** How integers come back; `auto` by default: numbers when safe, else bigints. */
  readonly intMode?: IntMode;
  /** How often to look for commits of other programs when no file event tells, in milliseconds; 50 by default. */
  readonly pollIntervalMs?: number;
  /** How many compiled statements are kept; 128 by default. */
  readonly statementCacheSize?: number;
  /** How much a commit waits for the disk; `normal` by default in WAL, SQLite's `full` elsewhere. */
  readonly sync?: SyncMode;
  /** Further options as `key=value` pairs, separated by `;`, `,` or blanks. Options given by themselves win. */
  readonly options?: string;
  /**
   * Gets errors of listeners, of background work, and those in results of React hooks that no component reads. By default
   * they are reported as uncaught; those of hooks on the console.
   */
  readonly onError?: ErrorHandler;
  /** Gets warnings; `process.emitWarning` by default. */
  readonly onWarning?: (message: string, type: string) => void;
}

/** The settings in force, wherever they were given. */
export interface EffectiveConfig {
  readonly location: string;
  /** The canonical path, null for a database in memory. */
  readonly path: string | null;
  readonly isNewFile: boolean;
  readonly mode: OpenMode;
  readonly readOnly: boolean;
  readonly busyTimeoutMs: number;
  readonly intMode: IntMode;
  readonly pollIntervalMs: number;
  readonly statementCacheSize: number;
  readonly sync: SyncMode | undefined;
  readonly onError: ErrorHandler;
  readonly onWarning: (message: string, type: string) => void;
}

type Settings = Omit<EffectiveConfig, 'location' | 'path' | 'isNewFile'>;
type Setting = Exclude<keyof Settings, 'onError' | 'onWarning'>;

/** How each setting is read, from a string or from a value of its own type. */
const readers: { readonly [K in Setting]: (value: unknown, name: string) => Settings[K] } = {
  mode: oneOf('open', 'create', 'openOrCreate'),
  readOnly: boolean,
  busyTimeoutMs: wholeNumber(0),
  intMode: oneOf('auto', 'number', 'bigint'),
  pollIntervalMs: wholeNumber(1),
  statementCacheSize: wholeNumber(1),
  sync: oneOf('none', 'normal', 'full'),
};

/** What `onError` is where none was given. */
export function reportUncaught(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

const defaults: Settings = {
  mode: 'openOrCreate',
  readOnly: false,
  busyTimeoutMs: 5000,
  intMode: 'auto',
  pollIntervalMs: 50,
  statementCacheSize: 128,
  sync: undefined,
  onError: reportUncaught,
  onWarning(message, type) {
    if (typeof process === 'object') process.emitWarning(message, type);
    else console.warn(`${type}: ${message}`);
  },
};

/**
 * The settings that a DSN's query, an option string and an option object come to; later ones win.
 * @throws ProgrammingError for an unknown key or a value out of range, naming it.
 */
export function readSettings(query: Iterable<readonly [string, string]>, options: OpenOptions): Settings {
  const { options: text = '', onError, onWarning, ...own } = takeOptions(options);
  if (typeof text !== 'string') throw wrongOption(`Option options is ${shown(text)}: it must be a text.`);
  for (const [name, value] of Object.entries({ onError, onWarning })) {
    if (value !== undefined && typeof value !== 'function')
      throw wrongOption(`Option ${name} is ${shown(value)}: it must be a function.`);
  }
  return {
    ...defaults,
    ...readAll(query),
    ...readAll(pairs(text)),
    ...readAll(Object.entries(own).filter(([, value]) => value !== undefined)),
    ...(onError && { onError }),
    ...(onWarning && { onWarning }),
  };
}

/** A copy of the options' own properties. @throws ProgrammingError for what is no object or can't be read. */
export function takeOptions<T extends object>(options: T): T {
  if (options === null || typeof options !== 'object' || isArray(options))
    throw wrongOption(`Options are an object, not ${shown(options)}.`);
  return reading('Options', () => ({ ...options }));
}

function readAll(entries: Iterable<readonly [string, unknown]>): Partial<Settings> {
  const read: Record<string, unknown> = {};
  for (const [key, value] of entries) {
    const name = settingNamed(key);
    read[name] = readers[name](value, key);
  }
  return read as Partial<Settings>;
}

/** `busy_timeout_ms` and `busyTimeoutMs` are one key. */
function settingNamed(key: string): Setting {
  const plain = foldName(key.replaceAll('_', ''));
  const found = (Object.keys(readers) as Setting[]).find((name) => foldName(name) === plain);
  if (found) return found;
  const known = Object.keys(readers);
  throw wrongOption(`Unknown option ${key}.${didYouMean(key, known)} Known are ${known.join(', ')}.`);
}

function* pairs(text: string): Generator<[string, string]> {
  for (const pair of text.split(/[;,\s]+/)) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    if (at < 1) throw wrongOption(`Option ${pair} has no value: write ${pair.replace('=', '')}=value.`);
    yield [pair.slice(0, at), pair.slice(at + 1)];
  }
}

function oneOf<const T extends string>(...allowed: readonly T[]): (value: unknown, name: string) => T {
  return (value, name) => {
    const plain = typeof value === 'string' ? foldName(value.replaceAll('_', '')) : undefined;
    const found = allowed.find((one) => foldName(one) === plain);
    if (found !== undefined) return found;
    throw wrongOption(`Option ${name} is ${shown(value)}: it must be one of ${allowed.join(', ')}.`);
  };
}

function boolean(value: unknown, name: string): boolean {
  if (typeof value === 'boolean') return value;
  if (value === 'true' || value === '1' || value === 'on') return true;
  if (value === 'false' || value === '0' || value === 'off') return false;
  throw wrongOption(`Option ${name} is ${shown(value)}: it must be true or false.`);
}

function wholeNumber(min: number): (value: unknown, name: string) => number {
  return (value, name) => {
    const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
    if (typeof number === 'number' && Number.isInteger(number) && number >= min && number < 2 ** 31) {
      return number;
    }
    throw wrongOption(`Option ${name} is ${shown(value)}: it must be a whole number from ${min} on.`);
  };
}
