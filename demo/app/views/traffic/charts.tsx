import './charts.css';
import { useMemo } from 'react';
import { type Line, LineChart } from './line-chart.tsx';
import type { Second } from './traffic.ts';

const span = 120;
const twoFrames = { value: 1000 / 30, label: '2 frames' } as const;
const latencyLines: readonly Line[] = [
  { label: 'p99', color: '--warn' },
  { label: 'p50', color: '--accent', isFilled: true },
];
const visitLines: readonly Line[] = [{ label: 'visits', color: '--status-review', isFilled: true }];

/** The last two minutes, second by second. */
export function Charts({ seconds }: { readonly seconds: readonly Second[] }) {
  const at = useMemo(() => seconds.map((second) => second.at), [seconds]);
  const latencies = useMemo(
    () => [at, seconds.map(({ p99 }) => p99), seconds.map(({ p50 }) => p50)],
    [at, seconds],
  );
  const visits = useMemo(() => [at, seconds.map((second) => second.visits)], [at, seconds]);
  return (
    <>
      <figure className="chart">
        <figcaption>
          Commit → paint <small>from the call of a write to the frame that shows it</small>
        </figcaption>
        <LineChart
          description={describe(seconds)}
          lines={latencyLines}
          data={latencies}
          span={span}
          least={50}
          unit=" ms"
          mark={twoFrames}
        />
      </figure>
      <figure className="chart">
        <figcaption>
          Queries visited a commit <small>live queries that had to look at their answers</small>
        </figcaption>
        <LineChart
          description={describeVisits(seconds)}
          lines={visitLines}
          data={visits}
          span={span}
          least={4}
        />
      </figure>
    </>
  );
}

function describe(seconds: readonly Second[]): string {
  const known = seconds.flatMap(({ p50, p99 }) => (p50 === null || p99 === null ? [] : [{ p50, p99 }]));
  const last = known.at(-1);
  if (!last) return 'Latency from commit to paint: nothing measured yet.';
  const medians = known.map(({ p50 }) => p50);
  return `Latency from commit to paint over ${known.length} seconds: the median lay between ${ms(Math.min(...medians))} and ${ms(Math.max(...medians))}; in the last second p50 was ${ms(last.p50)}, p99 ${ms(last.p99)}.`;
}

function describeVisits(seconds: readonly Second[]): string {
  const last = seconds.findLast(({ visits }) => visits !== null);
  return last?.visits == null
    ? 'Live queries visited a commit: nothing measured yet.'
    : `In the last second a commit visited ${last.visits.toFixed(1)} of ${last.openQueries} open live queries.`;
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}
