import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync as BareDatabase } from 'node:sqlite';
import { type DatabaseSync, type OpenOptions, openSync } from 'freshet';
import { expect, onTestFinished } from 'vitest';

/** A folder that goes when the test has finished. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'freshet-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The path of a database that doesn't exist yet. */
export function temporaryFile(name = 'app.db'): string {
  return join(temporaryFolder(), name);
}

/**
 * A database that is closed when the test has finished. An error of background work that nobody asked for fails
 * the test, unless it brings an `onError` of its own.
 */
export function opened(location = ':memory:', options: OpenOptions = {}): DatabaseSync {
  const errors: unknown[] = [];
  const db = openSync(location, { onError: (error) => errors.push(error), ...options });
  onTestFinished(() => {
    db.close();
    expect([...new Set(errors.map(String))]).toEqual([]);
  });
  return db;
}

/**
 * Another program, as far as Freshet can tell: SQLite without Freshet, in this process, so that a test decides
 * to the statement when it commits.
 */
export function bare(path: string): BareDatabase {
  const db = new BareDatabase(path, { timeout: 0 });
  onTestFinished(() => {
    if (db.isOpen) db.close();
  });
  return db;
}

/** A file in one of the two journal modes, with what `script` creates. */
export function fileWith(script: string, journal: 'wal' | 'delete' = 'wal'): string {
  const path = temporaryFile();
  const db = new BareDatabase(path);
  db.exec(`PRAGMA journal_mode = ${journal}; ${script}`);
  db.close();
  return path;
}
