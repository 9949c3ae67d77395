import './outcome.css';
import { CircleAlert, CircleCheck, Radio } from 'lucide-react';
import type { SessionState } from './session.ts';

const number = new Intl.NumberFormat('en');

/** What came of the last statement, in a line. */
export function Outcome({ state }: { readonly state: SessionState }) {
  const { problem, written, result, isAsking } = state;
  if (problem) {
    return (
      <div className="outcome outcome-problem" role="alert">
        <CircleAlert aria-hidden="true" />
        <p>
          {problem.message}
          {problem.hint && <small> {problem.hint}</small>}
          {result && <small> The answer below is that of the statement before.</small>}
        </p>
      </div>
    );
  }
  if (written) {
    const { changes, ms } = written;
    return (
      <div className="outcome outcome-good" role="status">
        <CircleCheck aria-hidden="true" />
        <p className="figures">
          {changes === 1 ? '1 row' : `${number.format(changes)} rows`} changed{' '}
          <small>in {ms.toFixed(1)} ms</small>
        </p>
      </div>
    );
  }
  return (
    <div className="outcome">
      {result?.explain && <Radio aria-hidden="true" />}
      <p className="figures">
        {isAsking
          ? 'Asking …'
          : result
            ? `${result.explain ? 'Live' : 'Read once'}, ${rows(result.rows.length)}`
            : ''}
      </p>
    </div>
  );
}

function rows(count: number): string {
  return count === 1 ? '1 row' : `${number.format(count)} rows`;
}
