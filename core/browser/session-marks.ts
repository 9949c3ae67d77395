import type { OpfsPool } from '../drivers/opfs-pool.ts';

/** Behind the commit number. */
const marksAt = 64;
const lineSize = 16;
const cellSize = lineSize + 8;
const cells = 100;

/**
 * How far the engines of a database have come with the calls of each line: kept beside the file, so that the next
 * engine can say which calls of a lost line were never begun, and may be made again.
 *
 * Guarantees that a line's mark is at least as high as the last write begun for it. Lines that were forgotten, after a
 * hundred others, have none: nothing is known of their calls.
 */
export class SessionMarks {
  readonly #pool: OpfsPool;
  readonly #path: string;
  readonly #cells = new Map<string, { readonly at: number; begun: number }>();
  readonly #bytes = new Uint8Array(8);
  readonly #number = new DataView(this.#bytes.buffer);
  #next = 0;

  constructor(pool: OpfsPool, path: string) {
    this.#pool = pool;
    this.#path = path;
    const table = pool.readNote(path, marksAt, cells * cellSize);
    const view = new DataView(table.buffer);
    for (let at = 0; at < cells; at++) {
      const offset = at * cellSize;
      const line = lineOf(table.subarray(offset, offset + lineSize));
      const begun = view.getFloat64(offset + lineSize);
      if (Number.isSafeInteger(begun) && /[1-9a-f]/.test(line)) this.#cells.set(line, { at, begun });
    }
    // Where the engine before was: the cells behind it are the oldest.
    const last = pool.readNote(path, marksAt - 8, 8)[0] ?? 0;
    this.#next = last % cells;
  }

  /** A line begins. */
  add(line: string): void {
    const at = this.#next;
    this.#next = (at + 1) % cells;
    for (const [other, cell] of this.#cells) if (cell.at === at) this.#cells.delete(other);
    this.#cells.set(line, { at, begun: 0 });
    const cell = new Uint8Array(cellSize);
    cell.set(bytesOf(line));
    this.#pool.writeNote(this.#path, marksAt + at * cellSize, cell);
    this.#pool.writeNote(this.#path, marksAt - 8, Uint8Array.of(this.#next));
  }

  /** A write is about to be carried out. */
  begin(line: string, id: number): void {
    const cell = this.#cells.get(line);
    if (!cell || id <= cell.begun) return;
    cell.begun = id;
    this.#number.setFloat64(0, id);
    this.#pool.writeNote(this.#path, marksAt + cell.at * cellSize + lineSize, this.#bytes);
  }

  /** The last call that was begun, 0 for none; null where that isn't known. */
  begun(line: string): number | null {
    return this.#cells.get(line)?.begun ?? null;
  }
}

const bytesOf = (line: string): Uint8Array =>
  Uint8Array.from(line.replaceAll('-', '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** A UUID's text. */
function lineOf(bytes: Uint8Array): string {
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
