import './row-changes.css';
import type { RowChange } from 'freshet';
import { type CommitEntry, columnChanges, rowName, valueText } from './stream-entry.ts';

const mostRows = 50;

/** The rows that a commit changed, each with its columns before and after. */
export function RowChanges({ entry }: { readonly entry: CommitEntry }) {
  const { changes, lsn, source, isTruncated } = entry;
  const left = changes.length - mostRows;
  return (
    <div className="row-changes">
      <p className="row-changes-note">
        Commit <code>{lsn}</code>, source <code>{source}</code>
      </p>
      {changes.slice(0, mostRows).map((change, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a commit's changes never change, and may name a row twice.
        <RowChangeTable key={at} change={change} />
      ))}
      {(left > 0 || isTruncated) && (
        <p className="row-changes-note">
          {left > 0 && `${left} more rows. `}
          {isTruncated && 'The commit changed more rows than the stream lists.'}
        </p>
      )}
    </div>
  );
}

function RowChangeTable({ change }: { readonly change: RowChange }) {
  const columns = columnChanges(change);
  const all = Object.keys(change.after ?? change.before ?? {}).length;
  const unchanged = all - columns.length;
  return (
    <table className="row-change">
      <caption>
        <span className={`operation operation-${change.operation}`}>{change.operation}</span>{' '}
        {rowName(change)}
        {unchanged > 0 && <small> {unchanged} columns unchanged</small>}
      </caption>
      <thead className="visually-hidden">
        <tr>
          <th scope="col">Column</th>
          <th scope="col">Before</th>
          <th scope="col">After</th>
        </tr>
      </thead>
      <tbody>
        {columns.map(({ column, before, after }) => (
          <tr key={column}>
            <th scope="row">{column}</th>
            <td>{before !== undefined && <del>{valueText(before)}</del>}</td>
            <td>{after !== undefined && <ins>{valueText(after)}</ins>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
