import { act, cleanup, configure, render } from '@testing-library/react';
import { type Database, type DatabaseSync, open, openSync } from 'freshet';
import { DatabaseProvider } from 'freshet/react-hooks';
import { type Clock, settled } from 'freshet/reactive';
import { Component, type ReactNode } from 'react';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { patience } from './events.ts';

configure({ asyncUtilTimeout: patience });

export type AnyDatabase = Database | DatabaseSync;

/** Both kinds of database, each with the tables that the tests ask. */
export const kinds = [
  { kind: 'DatabaseSync', make: async (): Promise<AnyDatabase> => filled(openSync(':memory:')) },
  { kind: 'Database', make: async (): Promise<AnyDatabase> => filled(await open(':memory:')) },
] as const;

export interface Task {
  readonly id: number;
  readonly title: string;
  readonly done: number;
}

/** Five tasks, of which those with even numbers are done. */
async function filled<D extends AnyDatabase>(db: D): Promise<D> {
  opened.push(db);
  await db.exec(`
    CREATE TABLE tasks(id INTEGER PRIMARY KEY, title TEXT NOT NULL, done INTEGER NOT NULL);
    INSERT INTO tasks SELECT value, 'task ' || value, value % 2 = 0 FROM json_each('[1, 2, 3, 4, 5]');
  `);
  return db;
}

export function filledSync(): DatabaseSync {
  const db = openSync(':memory:');
  void filled(db);
  return db;
}

const opened: AnyDatabase[] = [];

/** Closes what a test has opened, and fails it for what React complains of. */
export function checkEachTest(): void {
  beforeEach(() => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
  });
  afterEach(async () => {
    cleanup();
    const complaints = vi.mocked(console.error).mock.calls;
    vi.restoreAllMocks();
    await Promise.all(opened.splice(0).map((db) => db.close()));
    expect(complaints).toEqual([]);
  });
}

/** React says on the console what a boundary has caught; tests that throw on purpose expect that. */
export function expectComplaints(): void {
  expect(console.error).toHaveBeenCalled();
  vi.mocked(console.error).mockClear();
}

/** Carries out what was called, and renders what was committed. */
export async function rendered(db: AnyDatabase, change: () => unknown = () => {}): Promise<void> {
  await act(async () => {
    await change();
    // Calls are carried out in order.
    await db.queryOne('SELECT 1');
    await settled(db);
  });
}

export function renderWith(
  db: AnyDatabase,
  ui: ReactNode,
  options: { graceMs?: number; clock?: Clock } = {},
) {
  const around = (inner: ReactNode) => (
    <DatabaseProvider database={db} {...options}>
      {inner}
    </DatabaseProvider>
  );
  const result = render(around(ui));
  return { ...result, again: (inner: ReactNode) => result.rerender(around(inner)) };
}

/** A clock that goes when it is told to. */
export class ManualClock implements Clock {
  readonly #timers = new Set<{ readonly at: number; readonly call: () => void }>();
  #now = 0;

  get pending(): number {
    return this.#timers.size;
  }

  after(ms: number, call: () => void): () => void {
    const timer = { at: this.#now + ms, call };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  advance(ms: number): void {
    this.#now += ms;
    for (const timer of [...this.#timers]) {
      if (timer.at > this.#now || !this.#timers.delete(timer)) continue;
      timer.call();
    }
  }
}

/** Shows what was thrown below it, and a way to try again. */
export class Boundary extends Component<{ readonly children: ReactNode }, { readonly error: Error | null }> {
  override readonly state: { readonly error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <button type="button" onClick={() => this.setState({ error: null })}>
        {`caught: ${error.message}`}
      </button>
    );
  }
}

/** How many live queries of the database are open. */
export async function liveCount(db: AnyDatabase): Promise<number> {
  const { live_incremental_count, live_reevaluated_count } = await db.reactiveMetrics();
  return live_incremental_count + live_reevaluated_count;
}
