import type { Params, Row } from '../core/values.ts';
import type { Recipient } from './audience.ts';
import type { InspectionFeed } from './inspect/inspection-feed.ts';
import type { LiveExplain } from './live-explain.ts';

/** An answer that is kept true. */
export interface OpenAnswer {
  /** Undefined before the first answer. */
  readonly value: readonly Row[] | undefined;
}

/** Where live queries come from: the engine of this thread, or one in another. */
export interface LiveSource<A extends OpenAnswer = OpenAnswer> {
  /**
   * Seats a recipient at the query's answer; the first one opens it. `opened` is called before the recipient is told
   * anything. @throws what is wrong with the query, where that can be told at once.
   */
  subscribe(sql: string, params: Params | undefined, recipient: Recipient, opened: (answer: A) => void): A;
  unsubscribe(answer: A, recipient: Recipient): void;
  /** @throws ProgrammingError when SQLite refuses the query. */
  explain(sql: string, params: Params | undefined): LiveExplain;
  /** Resolves when nothing is left to be told of what was committed by now. */
  settled(): Promise<void>;
}

/** The engine of this thread. */
export interface EngineSource<A extends OpenAnswer = OpenAnswer> extends LiveSource<A> {
  /** Measures until the feed is closed. */
  inspect(slowMs: number): InspectionFeed;
}
