import './explanation.css';
import type { ExplainNode } from 'freshet/reactive';
import type { Result } from './result.ts';
import { useQueryInfo } from './use-query-info.ts';

const number = new Intl.NumberFormat('en');

/** How an answer is kept fresh, and what that has cost. */
export function Explanation({ result }: { readonly result: Result }) {
  const { explain, rows, changes, sql } = result;
  const info = useQueryInfo(explain ? sql : undefined);
  if (!explain)
    return <p className="explanation-note">This answer was read once; only a SELECT is kept fresh.</p>;
  return (
    <div className="explanation">
      <p>
        <span className="tier" data-tier={explain.tier}>
          {explain.tier}
        </span>
      </p>
      {explain.reason && <p className="explanation-note">{explain.reason}</p>}
      <dl className="explanation-figures figures">
        <Figure name="Rows" value={number.format(rows.length)} />
        <Figure name="Rows kept" value={info && number.format(info.stateRows)} />
        <Figure name="Commits that visited" value={info && number.format(info.visits)} />
        <Figure name="Changes shown" value={number.format(changes)} />
        <Figure name="First answer" value={info && ms(info.hydrateMs)} />
        <Figure name="Last visit" value={info && info.visits > 0 ? ms(info.lastCommitMs) : undefined} />
      </dl>
      <dl className="explanation-facts">
        <dt>Tables</dt>
        <dd>{explain.tables.join(', ') || 'none'}</dd>
        <dt>Row key</dt>
        <dd>{explain.rowKey}</dd>
        <dt>Order</dt>
        <dd>{explain.order}</dd>
      </dl>
      {explain.plan && (
        <>
          <h3>Plan</h3>
          <ul className="explain-tree">
            <Node node={explain.plan} />
          </ul>
        </>
      )}
    </div>
  );
}

function Figure(props: { readonly name: string; readonly value: string | undefined }) {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>{props.value ?? '–'}</dd>
    </div>
  );
}

function Node({ node: { text, children } }: { readonly node: ExplainNode }) {
  return (
    <li>
      <span>{text}</span>
      {children.length > 0 && (
        <ul>
          {children.map((child, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a plan never changes.
            <Node key={at} node={child} />
          ))}
        </ul>
      )}
    </li>
  );
}

function ms(value: number): string {
  return value < 1 ? `${Math.round(value * 1000)} µs` : `${value.toFixed(1)} ms`;
}
