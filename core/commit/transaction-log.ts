import { foldName } from '../sql/identifier.ts';
import type { CapturedRow } from './captured-table.ts';

/** A captured row, or the name of a table of which only that much is known: it may have changed. */
export type LogEntry = CapturedRow | string;

/**
 * What one transaction has done so far, in order, cut back when SQLite rolls something back.
 * Guarantees: after `cut` or `rollbackTo` it holds what remains in the database, no less.
 * Doesn't guarantee row detail: past `maxRows` it keeps only the names of the tables.
 * The hard part is that SQLite doesn't tell it anything: the engine must report every savepoint and failure.
 */
export class TransactionLog {
  readonly #maxRows: number;
  readonly #tableOf: (row: CapturedRow) => string;
  #entries: LogEntry[] = [];
  #savepoints: { readonly name: string; mark: number }[] = [];
  #overflowed = false;
  /** Changes were made that nobody recorded: any table may have changed. */
  everything = false;

  constructor(maxRows: number, tableOf: (row: CapturedRow) => string) {
    this.#maxRows = maxRows;
    this.#tableOf = tableOf;
  }

  /** More rows were recorded than are kept. */
  get overflowed(): boolean {
    return this.#overflowed;
  }

  get entries(): readonly LogEntry[] {
    return this.#entries;
  }

  /** A place to cut back to when the statement that starts here fails. */
  get mark(): number {
    return this.#entries.length;
  }

  record(row: CapturedRow): void {
    if (this.#overflowed) {
      this.touch(this.#tableOf(row));
      return;
    }
    this.#entries.push(row);
    if (this.#entries.length > this.#maxRows) this.#widen();
  }

  /** The table may have changed in a way that no entry describes. */
  touch(table: string): void {
    const start = this.#savepoints.at(-1)?.mark ?? 0;
    // Only within the innermost savepoint: an entry before it survives a rollback that this one doesn't.
    for (let i = this.#entries.length - 1, seen = 0; i >= start && seen < 64; i--, seen++) {
      if (this.#entries[i] === table) return;
    }
    this.#entries.push(table);
  }

  /** The failed statement's work is gone, or (`kept`) what remains of it is known by table only. */
  cut(mark: number, kept = false): void {
    const tail = this.#entries.splice(Math.min(mark, this.#entries.length));
    if (!kept) return;
    for (const entry of tail) this.touch(typeof entry === 'string' ? entry : this.#tableOf(entry));
  }

  /** Replaces what a statement recorded from `mark` on. */
  replaceTail(mark: number, entries: readonly LogEntry[]): void {
    this.#entries.length = Math.min(mark, this.#entries.length);
    for (const entry of entries) this.#entries.push(entry);
  }

  savepoint(name: string): void {
    this.#savepoints.push({ name: foldName(name), mark: this.#entries.length });
  }

  release(name: string): void {
    const at = this.#find(name);
    if (at >= 0) this.#savepoints.length = at;
  }

  rollbackTo(name: string): void {
    const at = this.#find(name);
    const savepoint = this.#savepoints[at];
    if (!savepoint) return;
    this.#savepoints.length = at + 1;
    this.#entries.length = Math.min(savepoint.mark, this.#entries.length);
  }

  clear(): void {
    if (this.#entries.length > 0) this.#entries = [];
    this.#savepoints = [];
    this.#overflowed = false;
    this.everything = false;
  }

  #find(name: string): number {
    return this.#savepoints.findLastIndex((savepoint) => savepoint.name === foldName(name));
  }

  /** Forgets the rows and keeps the tables, savepoint by savepoint, so that each can still be cut off. */
  #widen(): void {
    this.#overflowed = true;
    const old = this.#entries;
    const marks = [...this.#savepoints.map(({ mark }) => mark), old.length];
    this.#entries = [];
    let from = 0;
    for (const [at, to] of marks.entries()) {
      const tables = new Set<string>();
      for (let i = from; i < to; i++) {
        const entry = old[i];
        if (entry !== undefined) tables.add(typeof entry === 'string' ? entry : this.#tableOf(entry));
      }
      this.#entries.push(...tables);
      const savepoint = this.#savepoints[at];
      if (savepoint) savepoint.mark = this.#entries.length;
      from = to;
    }
  }
}
