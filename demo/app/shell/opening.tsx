import './opening.css';
import { CircleAlert } from 'lucide-react';
import type { Progress, Step } from '../data/generate/generate.ts';
import type { TrackerState } from '../data/tracker.ts';
import { Button } from '../parts/button.tsx';
import { Logo } from '../parts/logo.tsx';

const number = new Intl.NumberFormat('en');

/** How much of the work each step is, measured. */
const weights: Readonly<Record<Step, number>> = { tables: 0.01, issues: 0.42, comments: 0.5, indexes: 0.07 };
const steps = Object.keys(weights) as Step[];

interface OpeningProps {
  readonly state: Exclude<TrackerState, { readonly name: 'ready' }>;
  readonly start: (withoutStorage: 'error' | 'memory') => void;
}

/** What there is to see until the database is open and filled. */
export function Opening({ state, start }: OpeningProps) {
  return (
    <main className="opening">
      <div className="opening-card">
        <Logo />
        <Message state={state} start={start} />
      </div>
    </main>
  );
}

function Message({ state, start }: OpeningProps) {
  switch (state.name) {
    case 'opening':
      return (
        <>
          <h1>Opening the tracker</h1>
          <p className="opening-hint">SQLite starts in a worker of this page.</p>
        </>
      );
    case 'waiting':
      return (
        <>
          <h1>Another tab is filling the database</h1>
          <p className="opening-hint">
            All tabs of this browser share one file. This one goes on by itself when it is done.
          </p>
        </>
      );
    case 'generating':
      return <Generating progress={state.progress} size={state.size} />;
    case 'refused':
      return (
        <>
          <h1>
            <CircleAlert aria-hidden="true" /> This browser keeps no files for the page
          </h1>
          <p className="opening-hint">
            {state.reason} In memory everything works the same, but is gone when the tab closes, and other
            tabs don’t see it.
          </p>
          <Button kind="primary" onClick={() => start('memory')}>
            Go on in memory
          </Button>
        </>
      );
    case 'failed':
      return (
        <>
          <h1>
            <CircleAlert aria-hidden="true" /> The database can’t be opened
          </h1>
          <p className="opening-hint">{state.reason}</p>
          <Button kind="primary" onClick={() => start('error')}>
            Try again
          </Button>
        </>
      );
  }
}

function Generating({
  progress: { step, done, total },
  size,
}: {
  readonly progress: Progress;
  readonly size: { readonly issues: number; readonly comments: number };
}) {
  const before = steps.slice(0, steps.indexOf(step)).reduce((sum, one) => sum + weights[one], 0);
  const share = before + (weights[step] * done) / total;
  const percent = Math.round(share * 100);
  return (
    <>
      <h1>Filling your tracker</h1>
      <p className="opening-hint">
        {number.format(size.issues)} issues and {number.format(size.comments)} comments are being written to
        this browser’s private file system, once. Nothing leaves this machine; the next start opens at once.
      </p>
      <div
        className="opening-bar"
        role="progressbar"
        aria-label="Filling the tracker"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
      >
        <div style={{ transform: `scaleX(${share})` }} />
      </div>
      <p className="opening-step figures">
        <span>{describe(step, done, total)}</span>
        <span>{percent} %</span>
      </p>
    </>
  );
}

function describe(step: Step, done: number, total: number): string {
  switch (step) {
    case 'tables':
      return 'Teams and people';
    case 'issues':
      return `Issues, indexed for search: ${number.format(done)} of ${number.format(total)}`;
    case 'comments':
      return `Comments: ${number.format(done)} of ${number.format(total)}`;
    case 'indexes':
      return 'Indexes for filters and orders';
  }
}
