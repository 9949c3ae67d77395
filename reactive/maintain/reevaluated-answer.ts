import type { DriverRow } from '../../core/drivers/driver.ts';
import type { EqualityKey } from '../../core/sql/collation.ts';
import type { Row } from '../../core/values.ts';
import type { Snapshot } from '../result/snapshot.ts';
import { Answer } from './answer.ts';
import { EntryMaker, type EntryShape } from './entry.ts';
import type { LiveAnswer } from './live-answer.ts';

/** An answer that is read anew whenever one of its tables changes; rows are told apart by key or content. */
export class ReevaluatedAnswer implements LiveAnswer {
  readonly maintain = null;
  readonly sites = [];
  readonly answer: Answer;
  readonly #run: () => DriverRow[];

  constructor(shape: EntryShape, isOrdered: boolean, run: () => DriverRow[]) {
    this.answer = new Answer(new EntryMaker(shape), isOrdered ? 'given' : 'open', null);
    this.#run = run;
  }

  get snapshot(): Snapshot<Row> {
    return this.answer.snapshot;
  }

  get stateRows(): number {
    return this.answer.size;
  }

  refresh(): void {
    const occurrences = new Map<EqualityKey, number>();
    const { maker } = this.answer;
    this.answer.load(
      this.#run().map((row) => maker.make(row, occurrences)),
      null,
    );
  }

  tellPresence(): void {}

  close(): void {}
}
