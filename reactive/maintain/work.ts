/** What maintaining the live queries of one connection took; only rises. */
export interface Work {
  /** Milliseconds, for comparing costs. */
  readonly now: () => number;
  /** Queries that a commit made look at their answer. */
  visits: number;
  /** Times that some rows of an answer were read anew, by key. */
  restricted: number;
  /** Statements that looked for the keys a changed row affects. */
  probes: number;
  /** Times that a whole answer was read. */
  whole: number;
}
