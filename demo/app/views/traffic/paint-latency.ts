/** Writes that nobody has seen yet are forgotten beyond this many: nothing paints them. */
const mostPending = 10_000;

export const measureName = 'commit → paint';

/** A row as a write leaves it: `mark` is a value of its own that rises with every write. */
export interface Marked {
  readonly id: number;
  readonly mark: number;
}

interface Pending {
  readonly id: number;
  readonly calledAt: number;
}

/**
 * Time from the call of each write to the frame that shows it. A write is seen by the row that it marked, so that what
 * other tabs write meanwhile counts for nothing; since writes are carried out in order, those before it are seen, too.
 */
export class PaintLatency {
  readonly #pending = new Map<number, Pending>();
  #taken: number[] = [];

  called({ id, mark }: Marked, at: number): void {
    this.#pending.set(mark, { id, calledAt: at });
    if (this.#pending.size <= mostPending) return;
    for (const oldest of this.#pending.keys()) {
      this.#pending.delete(oldest);
      break;
    }
  }

  /** It changed nothing, so nothing will show it. */
  failed(mark: number): void {
    this.#pending.delete(mark);
  }

  /** The newest write among `rows`, to be given to `painted` when the frame that shows them is there. */
  newest(rows: readonly Marked[]): number | undefined {
    let newest: number | undefined;
    for (const { id, mark } of rows) {
      if (this.#pending.get(mark)?.id === id && mark > (newest ?? Number.NEGATIVE_INFINITY)) newest = mark;
    }
    return newest;
  }

  /** The screen shows the write `mark`, and those before it, since `at`. */
  painted(mark: number, at: number): void {
    for (const [earlier, { calledAt }] of this.#pending) {
      if (earlier > mark) break;
      this.#pending.delete(earlier);
      this.#taken.push(at - calledAt);
      // For the browser's own tools, and others that listen; not kept, as there are many.
      performance.measure(measureName, { start: calledAt, end: at });
      performance.clearMeasures(measureName);
    }
  }

  /** The latencies since this was last asked, in milliseconds. */
  take(): number[] {
    const taken = this.#taken;
    this.#taken = [];
    return taken;
  }

  /** Nobody paints any longer. */
  forget(): void {
    this.#pending.clear();
  }
}

/** The value that the fraction `part` of `values` stays within; null of none. */
export function quantile(values: readonly number[], part: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? null;
}
