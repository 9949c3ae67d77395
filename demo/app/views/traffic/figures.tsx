import './figures.css';
import type { TrafficState } from './traffic.ts';

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

/** The figures of the last second, large. */
export function Figures({ state: { seconds, isRunning } }: { readonly state: TrafficState }) {
  const last = isRunning ? seconds.at(-1) : undefined;
  return (
    <dl className="figures traffic-figures">
      <Figure name="Commits" value={last && whole.format(last.commits)} unit="a second" />
      <Figure name="p50 to paint" value={inMs(last?.p50)} unit="ms" swatch="p50" />
      <Figure name="p99 to paint" value={inMs(last?.p99)} unit="ms" swatch="p99" />
      <Figure
        name="Queries visited"
        value={typeof last?.visits === 'number' ? fine.format(last.visits) : undefined}
        unit={last ? `of ${whole.format(last.openQueries)} a commit` : 'a commit'}
        swatch="visits"
      />
    </dl>
  );
}

function Figure(props: {
  readonly name: string;
  readonly value: string | undefined;
  readonly unit: string;
  readonly swatch?: 'p50' | 'p99' | 'visits';
}) {
  return (
    <div className="figure">
      <dt>
        {props.swatch && <i className={`swatch swatch-${props.swatch}`} />}
        {props.name}
      </dt>
      <dd>
        <b data-known={props.value !== undefined}>{props.value ?? '–'}</b> <span>{props.unit}</span>
      </dd>
    </div>
  );
}

function inMs(value: number | null | undefined): string | undefined {
  return typeof value === 'number' ? fine.format(value) : undefined;
}
