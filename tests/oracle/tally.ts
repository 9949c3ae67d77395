import type { Watched } from './watched.ts';

/** What a run of the oracle did, for its last lines. */
export interface Tally {
  /** Live answers and shadow tables held against SQLite. */
  comparisons: number;
  cases: number;
  steps: number;
  changesets: number;
  /** Changesets that told only tables, not rows. */
  wide: number;
  /** The same of tame cases. */
  tameChangesets: number;
  tameWide: number;
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
  /** Comparisons by construct of the query. */
  readonly constructs: Map<string, ConstructCounts>;
}

/** Comparisons of queries with one construct: in tame and in hostile cases, by tier. */
export interface ConstructCounts {
  readonly tame: TierCounts;
  readonly hostile: TierCounts;
  /** Comparisons of an answer that had changed since the one before. */
  changed: number;
}

export interface TierCounts {
  incremental: number;
  reevaluated: number;
}

export const newTally = (): Tally => ({
  comparisons: 0,
  cases: 0,
  steps: 0,
  changesets: 0,
  wide: 0,
  tameChangesets: 0,
  tameWide: 0,
  schemaChanges: 0,
  emissions: 0,
  indeterminate: 0,
  forked: 0,
  failedQueries: 0,
  kinds: new Map(),
  tiers: new Map(),
  constructs: new Map(),
});

const noCounts = (): TierCounts => ({ incremental: 0, reevaluated: 0 });

/** Adds what one live query was compared. */
export function addCounts(
  { constructs, kinds }: Tally,
  tame: boolean,
  { case: { query }, compared, changed }: Watched,
): void {
  countIn(kinds, query.kind, compared.incremental + compared.reevaluated);
  for (const construct of query.features) {
    const counts = constructs.get(construct) ?? { tame: noCounts(), hostile: noCounts(), changed: 0 };
    constructs.set(construct, counts);
    const tiers = tame ? counts.tame : counts.hostile;
    tiers.incremental += compared.incremental;
    tiers.reevaluated += compared.reevaluated;
    counts.changed += changed;
  }
}

export const countIn = (counts: Map<string, number>, name: string, by = 1): void => {
  counts.set(name, (counts.get(name) ?? 0) + by);
};

export const listOf = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
