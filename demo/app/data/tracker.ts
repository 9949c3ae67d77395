import { type Database, NotSupportedError, open } from './freshet.ts';
import { generate, isComplete, type Progress } from './generate/generate.ts';

export type TrackerState =
  | { readonly name: 'opening' }
  /** `waiting`: another tab of this browser fills the file. */
  | { readonly name: 'generating'; readonly progress: Progress; readonly size: Size }
  | { readonly name: 'waiting' }
  | { readonly name: 'ready'; readonly db: Database; readonly isKept: boolean }
  /** The browser keeps no files for this page; memory is left. */
  | { readonly name: 'refused'; readonly reason: string }
  | { readonly name: 'failed'; readonly reason: string };

export interface Size {
  readonly issues: number;
  readonly comments: number;
}

export const fullSize: Size = { issues: 100_000, comments: 300_000 };

/**
 * Opens the database, fills it at the first start, and says how far that is. One tab fills; the others wait for it.
 * Doesn't close the database: it lives as long as the page.
 */
export class Tracker {
  readonly #size: Size;
  readonly #listeners = new Set<() => void>();
  #state: TrackerState = { name: 'opening' };

  constructor(size: Size) {
    this.#size = size;
  }

  get state(): TrackerState {
    return this.#state;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  async start(withoutStorage: 'error' | 'memory' = 'error'): Promise<void> {
    this.#enter({ name: 'opening' });
    try {
      const db = await open(locationOf(this.#size), { withoutStorage });
      // Reads of a large file are mostly reads of pages that were read before.
      await db.exec('PRAGMA cache_size = -65536');
      const isKept = db.location !== ':memory:';
      if (!(await isComplete(db))) await this.#fill(db, isKept);
      this.#enter({ name: 'ready', db, isKept });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#enter({ name: error instanceof NotSupportedError ? 'refused' : 'failed', reason });
    }
  }

  async #fill(db: Database, isShared: boolean): Promise<void> {
    const run = async (): Promise<void> => {
      if (await isComplete(db)) return;
      await generate(db, this.#size, (progress) => {
        this.#enter({ name: 'generating', progress, size: this.#size });
      });
    };
    if (!isShared) return run();
    this.#enter({ name: 'waiting' });
    await navigator.locks.request(`tracker:generate:${db.location}`, run);
  }

  #enter(state: TrackerState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

/** The size that the page's address asks for; small ones are for tests. */
export function sizeFrom(address: URL): Size {
  const read = (name: keyof Size): number => {
    const value = Number(address.searchParams.get(name) ?? fullSize[name]);
    return Number.isInteger(value) && value >= 1 && value <= 1_000_000 ? value : fullSize[name];
  };
  return { issues: read('issues'), comments: read('comments') };
}

function locationOf({ issues, comments }: Size): string {
  const isFull = issues === fullSize.issues && comments === fullSize.comments;
  return isFull ? 'tracker.db' : `tracker-${issues}-${comments}.db`;
}
