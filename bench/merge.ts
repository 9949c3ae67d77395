import type { Measured, Memory, Outcome } from './outcome.ts';
import { median } from './statistics.ts';

type Done = Extract<Outcome, { type: 'done' }>;

/** Several rounds of one contender as one: medians of each figure. One that failed makes the whole fail. */
export function merge(outcomes: readonly Outcome[]): Outcome {
  const other = outcomes.find(({ type }) => type !== 'done');
  if (other) return other;
  const all = outcomes as readonly Done[];
  const [first] = all;
  if (!first) return { type: 'failed', reason: 'not run' };
  const middle = (read: (outcome: Done) => number | undefined) =>
    median(all.map(read).filter((figure) => figure !== undefined));
  return {
    ...first,
    wrong: all.flatMap(({ wrong }) => wrong),
    loadMs: middle(({ loadMs }) => loadMs),
    hydrateMs: middle(({ hydrateMs }) => hydrateMs),
    measured: first.measured.map((line, at): Measured => {
      const figures = (side: 'latency' | 'floor') => ({
        count: all.reduce((sum, { measured }) => sum + (measured[at]?.[side].count ?? 0), 0),
        p50: middle(({ measured }) => measured[at]?.[side].p50),
        p99: middle(({ measured }) => measured[at]?.[side].p99),
      });
      return { ...line, latency: figures('latency'), floor: figures('floor') };
    }),
    memory: first.memory.map((line, at): Memory => {
      const { perQuery } = line;
      return {
        name: line.name,
        heap: middle(({ memory }) => memory[at]?.heap),
        rss: middle(({ memory }) => memory[at]?.rss),
        ...(perQuery === undefined ? {} : { perQuery: middle(({ memory }) => memory[at]?.perQuery) }),
      };
    }),
  };
}
