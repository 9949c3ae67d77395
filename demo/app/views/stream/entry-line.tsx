import './entry-line.css';
import { ChevronRight, TriangleAlert } from 'lucide-react';
import { memo } from 'react';
import { RowChanges } from './row-changes.tsx';
import {
  type CommitEntry,
  columnChanges,
  rowCount,
  rowName,
  type StreamEntry,
  valueText,
} from './stream-entry.ts';

interface EntryLineProps {
  readonly entry: StreamEntry;
  readonly isOpen: boolean;
  readonly toggle: (id: number) => void;
}

const clock = new Intl.DateTimeFormat('en', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  hourCycle: 'h23',
});

/** One commit on a line; opened, with the rows that it changed. */
export const EntryLine = memo(({ entry, isOpen, toggle }: EntryLineProps) => {
  if (entry.kind === 'gap') {
    return (
      <p className="entry-gap">
        <TriangleAlert aria-hidden="true" /> {entry.text}
      </p>
    );
  }
  return (
    <div className="entry" data-open={isOpen}>
      <button type="button" className="entry-line" aria-expanded={isOpen} onClick={() => toggle(entry.id)}>
        <ChevronRight aria-hidden="true" className="entry-chevron" />
        <time className="figures">{clock.format(entry.at)}</time>
        <code className="entry-lsn" title="The commit’s number">
          {entry.lsn}
        </code>
        <span className="entry-tables">
          {entry.tables.map(({ table }) => (
            <span key={table} className="entry-table">
              {table}
            </span>
          ))}
        </span>
        <span className="entry-summary truncate">{summary(entry)}</span>
        {entry.source !== 'direct' && <span className="entry-source">{entry.source}</span>}
        <span className="entry-rows figures">{rowsText(entry)}</span>
      </button>
      {isOpen && <RowChanges entry={entry} />}
    </div>
  );
});

function rowsText(entry: CommitEntry): string {
  const { known, isAll } = rowCount(entry);
  if (known === 0) return 'rows unknown';
  if (!isAll) return `${known}+ rows`;
  return known === 1 ? '1 row' : `${known} rows`;
}

/** The first change in a few words. */
function summary({ changes }: CommitEntry): string {
  const [change] = changes;
  if (!change) return 'which rows is not known';
  const name = rowName(change);
  if (change.operation !== 'update') return `${change.operation} ${name}`;
  const columns = columnChanges(change);
  const [first] = columns;
  if (!first) return `update ${name}`;
  const others =
    columns.length > 1
      ? `, ${columns
          .slice(1)
          .map(({ column }) => column)
          .join(', ')}`
      : '';
  return `${name}: ${first.column} ${valueText(first.before)} → ${valueText(first.after)}${others}`;
}
