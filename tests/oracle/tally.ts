/** What a run of the oracle did, for its last lines. */
export interface Tally {
  /** Live answers and shadow tables held against SQLite. */
  comparisons: number;
  cases: number;
  steps: number;
  changesets: number;
  /** Changesets that told only tables, not rows. */
  wide: number;
  schemaChanges: number;
  emissions: number;
  /** Answers that differed from the fresh one, where SQLite itself gave the other one too. */
  indeterminate: number;
  /** Cases ended early, where SQLite goes on differently once a table has a trigger. */
  forked: number;
  failedQueries: number;
  /** Comparisons by kind of query. */
  readonly kinds: Map<string, number>;
  /** Live queries by the way in which they were kept fresh. */
  readonly tiers: Map<string, number>;
}

export const newTally = (): Tally => ({
  comparisons: 0,
  cases: 0,
  steps: 0,
  changesets: 0,
  wide: 0,
  schemaChanges: 0,
  emissions: 0,
  indeterminate: 0,
  forked: 0,
  failedQueries: 0,
  kinds: new Map(),
  tiers: new Map(),
});

export const countIn = (counts: Map<string, number>, name: string, by = 1): void => {
  counts.set(name, (counts.get(name) ?? 0) + by);
};

export const listOf = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
