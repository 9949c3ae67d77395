import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type DatabaseSync, type EffectiveConfig, type OpenOptions, openSync } from 'freshet';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bare, fileWith, opened, temporaryFile, temporaryFolder } from '../tests/support/opening.ts';
import { thrownBy } from '../tests/support/thrown.ts';

const notes = 'CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT)';

/** Writes a note through one handle, closes it, and tells what another handle finds. */
function reopened(location: string): unknown[] {
  const first = openSync(location);
  first.exec(`${notes}; INSERT INTO notes VALUES (1, 'kept')`);
  first.close();
  const second = openSync(location, { mode: 'open' });
  try {
    return second.query('SELECT * FROM notes');
  } finally {
    second.close();
  }
}

/** Until the test has finished, relative names belong to an empty folder. */
function inTemporaryFolder(): void {
  const home = process.cwd();
  process.chdir(temporaryFolder());
  onTestFinished(() => process.chdir(home));
}

function configOf(db: DatabaseSync): Omit<EffectiveConfig, 'location' | 'onError' | 'onWarning'> {
  const { location: _location, onError: _onError, onWarning: _onWarning, ...config } = db.effectiveConfig;
  return config;
}

describe('locations', () => {
  it.each([
    ':memory:',
    '',
    'memory://',
  ])('%j opens a database in memory, which no other handle shares', (location) => {
    inTemporaryFolder();
    const first = opened(location);
    const second = opened(location);
    first.exec(notes);
    expect(first.query('SELECT name FROM sqlite_schema')).toEqual([{ name: 'notes' }]);
    expect(second.query('SELECT name FROM sqlite_schema')).toEqual([]);
    expect(first.location).toBe(location);
    expect(first.effectiveConfig.path).toBeNull();
    expect(readdirSync('.')).toEqual([]);
  });

  it("SQLite's own spelling of memory as a URI, file::memory:, opens a database in memory", () => {
    inTemporaryFolder();
    const db = opened('file::memory:');
    expect(db.effectiveConfig.path).toBeNull();
  });

  it('a relative path persists across reopening', () => {
    expect(reopened(relative('.', temporaryFile()))).toEqual([{ id: 1, body: 'kept' }]);
  });

  it('a file:// URL persists across reopening', () => {
    expect(reopened(pathToFileURL(temporaryFile()).href)).toEqual([{ id: 1, body: 'kept' }]);
  });

  it('file: before a relative path persists across reopening', () => {
    expect(reopened(`file:${relative('.', temporaryFile())}`)).toEqual([{ id: 1, body: 'kept' }]);
  });

  it.each([
    'with blank.db',
    '100%.db',
    'what?.db',
    'a#b.db',
    'it\'s "quoted".db',
    'größe 🌊.db',
    'no-extension',
    ':memory:.db',
    'memory',
  ])('a file named %j is the same file as a path and as a URL', (name) => {
    const path = temporaryFile(name);
    expect(reopened(path)).toEqual([{ id: 1, body: 'kept' }]);
    expect(existsSync(path)).toBe(true);
    const db = opened(pathToFileURL(path).href, { mode: 'open' });
    expect(db.query('SELECT * FROM notes')).toEqual([{ id: 1, body: 'kept' }]);
    expect(bare(path).prepare('SELECT body FROM notes').get()).toEqual({ body: 'kept' });
  });

  it('all spellings of one file have one canonical path, through symbolic links too', () => {
    const folder = temporaryFolder();
    const path = join(folder, 'app.db');
    openSync(path).close();
    symlinkSync(path, join(folder, 'link.db'));
    mkdirSync(join(folder, 'sub'));
    const spellings = [
      path,
      relative('.', path),
      pathToFileURL(path).href,
      join(folder, 'link.db'),
      `${folder}/sub/../app.db`,
    ];
    const paths = spellings.map((location) => opened(location).effectiveConfig.path);
    expect(new Set(paths)).toEqual(new Set([realpathSync(path)]));
  });

  it('the location stays as it was given', () => {
    const location = `${pathToFileURL(temporaryFile()).href}?busy_timeout_ms=7`;
    expect(opened(location).location).toBe(location);
  });

  it.each([
    ['a folder', () => temporaryFolder()],
    ['a missing folder', () => join(temporaryFolder(), 'missing', 'app.db')],
    ['a folder that is a file', () => join(fileWith(''), 'app.db')],
    ['a path with a NUL character', () => join(temporaryFolder(), 'a\u0000b.db')],
    ['a name longer than the file system allows', () => temporaryFile('n'.repeat(5000))],
  ])('%s is refused as an OperationalError that names no folder', (_what, location) => {
    const path = location();
    for (const mode of ['open', 'create', 'openOrCreate'] as const) {
      const error = thrownBy(() => openSync(path, { mode }));
      expect(error).toMatchObject({ name: 'OperationalError', code: 'IO', retryable: false });
      expect(error.message).not.toContain('/');
    }
  });

  it.each([
    'file://elsewhere/app.db',
    'file:///a%2Fb.db',
    'file:%zz',
    'file:///%zz',
  ])('the unusable URL %j is refused as a ProgrammingError', (location) => {
    expect(thrownBy(() => openSync(location))).toMatchObject({
      code: 'CONFIG',
      subcode: 'config.location',
    });
  });

  it('a file that is no database is refused as corrupt, and left alone', () => {
    const path = temporaryFile();
    writeFileSync(path, 'This is a letter, not a database. '.repeat(100));
    const before = readFileSync(path);
    expect(thrownBy(() => openSync(path))).toMatchObject({
      name: 'DatabaseError',
      code: 'CORRUPTION',
      subcode: 'corruption.not_a_database',
    });
    expect(readFileSync(path).equals(before)).toBe(true);
  });
});

describe('mode', () => {
  it('create rejects an existing file, and leaves it alone', () => {
    const path = fileWith(`${notes}; INSERT INTO notes VALUES (1, 'mine')`);
    const error = thrownBy(() => openSync(path, { mode: 'create' }));
    expect(error).toMatchObject({ name: 'OperationalError', code: 'IO', subcode: 'io.exists' });
    expect(error.message).toContain(basename(path));
    expect(opened(path).query('SELECT body FROM notes')).toEqual([{ body: 'mine' }]);
  });

  it('create rejects an empty file and a link to nowhere, too', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'empty.db'), '');
    symlinkSync(join(folder, 'nowhere.db'), join(folder, 'link.db'));
    expect(thrownBy(() => openSync(join(folder, 'empty.db'), { mode: 'create' })).subcode).toBe('io.exists');
    expect(thrownBy(() => openSync(join(folder, 'link.db'), { mode: 'create' })).code).toBe('IO');
    expect(existsSync(join(folder, 'nowhere.db'))).toBe(false);
  });

  it('create makes a missing file', () => {
    const path = temporaryFile();
    opened(path, { mode: 'create' }).exec(notes);
    expect(bare(path).prepare('SELECT count(*) AS n FROM notes').get()).toEqual({ n: 0 });
  });

  it('open rejects a missing file, and makes none', () => {
    const path = temporaryFile();
    const error = thrownBy(() => openSync(path, { mode: 'open' }));
    expect(error).toMatchObject({ name: 'OperationalError', code: 'IO', subcode: 'io.not_found' });
    expect(error.message).toContain(basename(path));
    expect(existsSync(path)).toBe(false);
  });

  it('open takes an existing file', () => {
    expect(opened(fileWith(notes), { mode: 'open' }).query('SELECT * FROM notes')).toEqual([]);
  });

  it('openOrCreate, the default, takes both', () => {
    for (const options of [{}, { mode: 'openOrCreate' }] as const) {
      const path = temporaryFile();
      openSync(path, options).close();
      expect(existsSync(path)).toBe(true);
      expect(opened(path, options).effectiveConfig.mode).toBe('openOrCreate');
    }
  });

  it('a read-only handle reads, refuses every write, and makes no file', () => {
    const path = fileWith(`${notes}; INSERT INTO notes VALUES (1, 'mine')`);
    const db = opened(path, { readOnly: true });
    expect(db.query('SELECT body FROM notes')).toEqual([{ body: 'mine' }]);
    for (const sql of ["INSERT INTO notes VALUES (2, 'x')", 'DELETE FROM notes', 'CREATE TABLE more (x)']) {
      expect(thrownBy(() => db.execute(sql))).toMatchObject({ name: 'OperationalError', code: 'READONLY' });
    }
    expect(db.queryOne('SELECT count(*) AS n FROM notes')).toEqual({ n: 1 });
    const missing = temporaryFile();
    expect(thrownBy(() => openSync(missing, { readOnly: true })).subcode).toBe('io.not_found');
    expect(thrownBy(() => openSync(missing, { readOnly: true, mode: 'create' })).code).toBe('IO');
    expect(existsSync(missing)).toBe(false);
  });
});

describe('a file', () => {
  const journalOf = (db: DatabaseSync): unknown => db.queryOne('PRAGMA journal_mode');

  it.each(['openOrCreate', 'create'] as const)('that %s makes gets WAL and synchronous NORMAL', (mode) => {
    const db = opened(temporaryFile(), { mode });
    expect(journalOf(db)).toEqual({ journal_mode: 'wal' });
    expect(db.queryOne('PRAGMA synchronous')).toEqual({ synchronous: 1 });
  });

  it.each(['wal', 'delete'] as const)('that exists keeps its journal mode %s', (journal) => {
    const path = fileWith(notes, journal);
    const db = openSync(path);
    db.execute("INSERT INTO notes VALUES (1, 'x')");
    expect(journalOf(db)).toEqual({ journal_mode: journal });
    db.close();
    expect(bare(path).prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: journal });
  });

  it.each([
    'wal',
    'delete',
  ] as const)('in mode %s is not changed by opening, reading and watching it', (journal) => {
    const path = fileWith(`${notes}; INSERT INTO notes VALUES (1, 'x')`, journal);
    const before = readFileSync(path);
    const db = openSync(path);
    db.subscribe(() => {});
    db.watchTable('notes');
    db.query('SELECT * FROM notes');
    for (const row of db.iterate('SELECT * FROM notes')) expect(row).toEqual({ id: 1, body: 'x' });
    db.prepare('INSERT INTO notes VALUES (?, ?)');
    db.transaction((tx) => tx.query('SELECT * FROM notes'));
    db.close();
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(join(path, '..'))).toEqual([basename(path)]);
  });

  it('has its foreign keys enforced, as a database in memory has', () => {
    for (const location of [':memory:', temporaryFile()]) {
      expect(opened(location).queryOne('PRAGMA foreign_keys')).toEqual({ foreign_keys: 1 });
    }
  });
});

describe('options', () => {
  const spellings: readonly [name: string, dsn: string, text: string, object: OpenOptions][] = [
    ['mode', 'mode=create', 'mode=create', { mode: 'create' }],
    ['mode in snake case', 'mode=open_or_create', 'mode=OPENORCREATE', { mode: 'openOrCreate' }],
    ['busyTimeoutMs', 'busyTimeoutMs=7', 'busy_timeout_ms=7', { busyTimeoutMs: 7 }],
    ['intMode', 'int_mode=bigint', 'intMode=bigint', { intMode: 'bigint' }],
    ['pollIntervalMs', 'poll_interval_ms=9', 'pollIntervalMs=9', { pollIntervalMs: 9 }],
    ['statementCacheSize', 'statementCacheSize=3', 'statement_cache_size=3', { statementCacheSize: 3 }],
    ['sync', 'sync=full', 'sync=full', { sync: 'full' }],
    ['readOnly', 'read_only=false', 'readOnly=off', { readOnly: false }],
    [
      'several at once',
      'busy_timeout_ms=7&int_mode=number&sync=none',
      'busyTimeoutMs=7; intMode=number, sync=none',
      { busyTimeoutMs: 7, intMode: 'number', sync: 'none' },
    ],
  ];

  it.each(
    spellings,
  )('DSN query parameters, option string and option object produce the same effective config: %s', (_name, dsn, text, object) => {
    const configs = [
      (url: string) => opened(`${url}?${dsn}`),
      (url: string) => opened(url, { options: text }),
      (url: string) => opened(url, object),
    ].map((open) => {
      const { path: _path, ...config } = configOf(open(pathToFileURL(temporaryFile()).href));
      return config;
    });
    expect(configs[0]).toMatchObject(object);
    expect(configs[1]).toEqual(configs[0]);
    expect(configs[2]).toEqual(configs[0]);
  });

  it('may be parameters of memory:// too, and separated by blanks, commas and semicolons', () => {
    const expected = configOf(opened(':memory:', { busyTimeoutMs: 7, intMode: 'bigint' }));
    expect(configOf(opened('memory://?busy_timeout_ms=7&int_mode=bigint'))).toEqual(expected);
    for (const options of [
      'busyTimeoutMs=7 intMode=bigint',
      ' busyTimeoutMs=7,intMode=bigint ',
      'busyTimeoutMs=7;;\n intMode=bigint;',
    ]) {
      expect(configOf(opened('', { options }))).toEqual(expected);
    }
  });

  it('have the documented defaults', () => {
    expect(configOf(opened())).toEqual({
      path: null,
      isNewFile: false,
      mode: 'openOrCreate',
      readOnly: false,
      busyTimeoutMs: 5000,
      intMode: 'auto',
      pollIntervalMs: 50,
      statementCacheSize: 128,
      sync: undefined,
    });
  });

  it('given as undefined are not given', () => {
    const options = { busyTimeoutMs: undefined, mode: undefined, onError: undefined } as never;
    expect(configOf(opened('', options))).toEqual(configOf(opened()));
  });

  it('win by themselves over the option string, and that over the DSN', () => {
    const all = opened('memory://?busy_timeout_ms=1', { options: 'busyTimeoutMs=2', busyTimeoutMs: 3 });
    const two = opened('memory://?busy_timeout_ms=1', { options: 'busyTimeoutMs=2' });
    expect([all, two].map((db) => db.effectiveConfig.busyTimeoutMs)).toEqual([3, 2]);
  });

  it('reach SQLite', () => {
    const db = opened(temporaryFile(), { options: 'busyTimeoutMs=123 sync=full' });
    expect(db.queryOne('PRAGMA busy_timeout')).toEqual({ timeout: 123 });
    expect(db.queryOne('PRAGMA synchronous')).toEqual({ synchronous: 2 });
  });

  const unknown = ['busyTimeout', '__proto__', 'constructor', 'cache', 'path', 'onError', 'x'];

  it.each(unknown)('an unknown key is an error that names it: %s', (key) => {
    const path = temporaryFile();
    const opens: (() => DatabaseSync)[] = [
      () => openSync(`${pathToFileURL(path).href}?${key}=open`),
      () => openSync(path, { options: `${key}=open` }),
    ];
    // As a key of the object itself, onError is known.
    if (key !== 'onError') opens.push(() => openSync(path, JSON.parse(`{"${key}": "open"}`)));
    for (const open of opens) {
      const error = thrownBy(open);
      expect(error).toMatchObject({ name: 'ProgrammingError', code: 'CONFIG', subcode: 'config.option' });
      expect(error.message).toContain(key);
    }
    expect(existsSync(path)).toBe(false);
  });

  it.each([
    ['busyTimeoutMs', ['-1', '1.5', 'soon', '', '99999999999', 'NaN', 'Infinity']],
    ['pollIntervalMs', ['0', '-1', 'x']],
    ['statementCacheSize', ['0', '-1', '1e3']],
    ['mode', ['', 'append', 'rw']],
    ['intMode', ['', 'text']],
    ['sync', ['', 'extra', '3']],
    ['readOnly', ['', 'yes', '2']],
  ])('a value of %s that is out of range is an error that names the key', (key, values) => {
    for (const value of values) {
      for (const open of [
        () => openSync(`memory://?${key}=${value}`),
        () => openSync('', { options: `${key}=${value}` }),
        () => openSync('', { [key]: value } as OpenOptions),
      ]) {
        const error = thrownBy(open);
        expect(error).toMatchObject({ code: 'CONFIG', subcode: 'config.option' });
        expect(error.message).toContain(key);
      }
    }
  });

  it.each([
    null,
    Number.NaN,
    -1,
    0.5,
    2 ** 31,
    Number.POSITIVE_INFINITY,
    7n,
    {},
    [],
  ])('a busyTimeoutMs of %s is an error', (busyTimeoutMs) => {
    expect(thrownBy(() => openSync('', { busyTimeoutMs } as never)).code).toBe('CONFIG');
  });

  it('that name a key without a value are an error', () => {
    for (const options of ['sync', '=full', 'sync=full;mode']) {
      expect(thrownBy(() => openSync('', { options })).code).toBe('CONFIG');
    }
  });
});
