import type { Params, Row } from '../../core/values.ts';
import { paramsKey } from '../params-key.ts';

/**
 * Shows the rows of one answer as the objects that another one gave.
 *
 * A larger window of a query is another live query, with row objects of its own. Guarantees that a row that looks as one
 * that was shown before the window grew is that very object, as long as it doesn't change.
 */
export class RowRecognition<T> {
  /** From a row of the present answer to the one that it is shown as. */
  #shownAs = new WeakMap<object, T>();
  #shown: readonly T[] = [];
  #answer: unknown;

  /** `rows` as they are to be shown; `answer` tells which answer they are of. */
  show(rows: readonly T[], answer: unknown): readonly T[] {
    if (answer !== this.#answer) {
      this.#recognize(rows);
      this.#answer = answer;
    }
    const shown = rows.map((row) => this.#shownAs.get(row as object) ?? row);
    const isAlike = shown.length === this.#shown.length && shown.every((row, at) => row === this.#shown[at]);
    if (!isAlike) this.#shown = Object.freeze(shown);
    return this.#shown;
  }

  #recognize(rows: readonly T[]): void {
    const known = new Map<string, T[]>();
    for (const row of this.#shown) {
      const text = textOf(row);
      const alike = known.get(text);
      if (alike) alike.push(row);
      else known.set(text, [row]);
    }
    this.#shownAs = new WeakMap();
    for (const row of rows) {
      const before = known.get(textOf(row))?.shift();
      if (before !== undefined) this.#shownAs.set(row as object, before);
    }
  }
}

function textOf(row: unknown): string {
  return paramsKey(row as Row as Params);
}
