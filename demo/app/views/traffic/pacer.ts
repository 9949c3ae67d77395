/** How far it catches up after a pause, in milliseconds: a tab that slept doesn't write for all of its sleep. */
const longestDebtMs = 250;

/** Says how many writes are due, at a rate that may change at any time. */
export class Pacer {
  #rate: number;
  #since: number;
  #owed = 0;

  constructor(rate: number, at: number) {
    this.#rate = rate;
    this.#since = at;
  }

  /** Writes a second, from `at` on. */
  setRate(rate: number, at: number): void {
    this.#accrue(at);
    this.#rate = rate;
  }

  /** Writes that are due at `at` and weren't before. */
  due(at: number): number {
    this.#accrue(at);
    const due = Math.floor(this.#owed);
    this.#owed -= due;
    return due;
  }

  #accrue(at: number): void {
    this.#owed += (Math.min(at - this.#since, longestDebtMs) * this.#rate) / 1000;
    this.#since = at;
  }
}
