import { type LiveExplain, type LiveQuery, live, settled } from 'freshet/reactive';
import { type Database, open } from './freshet.ts';
import { takeTabNumber } from './tab-number.ts';

export const location = 'notes.db';

export interface Note {
  readonly id: number;
  readonly title: string;
  /** Number of the tab that wrote it. */
  readonly tab: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface TabCount {
  readonly tab: number;
  readonly notes: number;
}

/** The database of this page: its live queries, and what the page can do to it. */
export class Notes {
  readonly tab: number;
  readonly isKept: boolean;
  readonly newest: LiveQuery<Note>;
  readonly total: LiveQuery<{ readonly notes: number }>;
  readonly byTab: LiveQuery<TabCount>;
  readonly #db: Database;

  /** @throws NotSupportedError where the browser keeps no files, unless `withoutStorage` is `memory`. */
  static async open(withoutStorage: 'error' | 'memory'): Promise<Notes> {
    const db = await open(location, { withoutStorage });
    try {
      // An id is never given twice: "delete" in one tab can't hit what another has written meanwhile.
      await db.exec(`
        CREATE TABLE IF NOT EXISTS notes (
          id INTEGER PRIMARY KEY AUTOINCREMENT,
          title TEXT NOT NULL,
          tab INTEGER NOT NULL,
          at INTEGER NOT NULL
        );
        CREATE INDEX IF NOT EXISTS notes_by_tab ON notes (tab);
      `);
      const isKept = db.location !== ':memory:';
      return new Notes(db, isKept, isKept ? await takeTabNumber() : 1);
    } catch (error) {
      await db.close();
      throw error;
    }
  }

  private constructor(db: Database, isKept: boolean, tab: number) {
    this.#db = db;
    this.isKept = isKept;
    this.tab = tab;
    // Drawn at most once a frame, however many commits there are.
    const options = { schedule: 'frame' } as const;
    this.newest = live(db, 'SELECT id, title, tab, at FROM notes ORDER BY id DESC LIMIT 50', [], options);
    this.total = live(db, 'SELECT count(*) AS notes FROM notes', [], options);
    this.byTab = live(db, 'SELECT tab, count(*) AS notes FROM notes GROUP BY tab ORDER BY tab', [], options);
  }

  async add(title: string): Promise<void> {
    await this.#db.execute('INSERT INTO notes (title, tab, at) VALUES (?, ?, ?)', [
      title,
      this.tab,
      Date.now(),
    ]);
  }

  async delete({ id }: Note): Promise<void> {
    await this.#db.execute('DELETE FROM notes WHERE id = ?', [id]);
  }

  /** How the list is kept fresh. The engine, in its worker, says so with the first answer. */
  async explain(): Promise<LiveExplain> {
    await settled(this.#db);
    return this.newest.explain();
  }
}
