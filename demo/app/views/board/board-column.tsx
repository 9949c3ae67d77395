import './board-column.css';
import { useQuery } from 'freshet/react-hooks';
import { useMemo, useState } from 'react';
import { conditionsOf, type IssueFilter } from '../../data/issue-filter.ts';
import { rowColumns } from '../../data/list/issue-source.ts';
import { type IssueRow, type Status, statusNames } from '../../data/model.ts';
import { Button } from '../../parts/button.tsx';
import { StatusIcon } from '../../parts/status-icon.tsx';
import { BoardCard, type CardMark } from './board-card.tsx';
import type { Slot } from './slot.ts';

/** A card that was put down, until the database says the same. */
export interface PutDown extends Slot {
  readonly row: IssueRow;
}

interface BoardColumnProps {
  readonly status: Status;
  readonly filter: IssueFilter;
  readonly count: number;
  /** Where a carried card would go, if into this column. */
  readonly slot: Slot | null;
  readonly putDown: PutDown | null;
  readonly current: number | null;
}

const number = new Intl.NumberFormat('en');
const pageSize = 50;

/** The first cards of a status, live. One more than is shown is read: what comes after the last has a place, too. */
export function BoardColumn({ status, filter, count, slot, putDown, current }: BoardColumnProps) {
  const [limit, setLimit] = useState(pageSize);
  const { sql, params } = conditionsOf(filter, 'statuses');
  const {
    rows,
    status: state,
    error,
    retry,
  } = useQuery<IssueRow>(
    `SELECT ${rowColumns} FROM issues WHERE ${['issues.status = ?', ...sql].join(' AND ')}
     ORDER BY issues.position, issues.id LIMIT ?`,
    [status, ...params, limit + 1],
  );
  const cards = useMemo(
    () => withPutDown(rows, status, putDown).slice(0, limit),
    [rows, status, putDown, limit],
  );
  const name = statusNames[status];
  const hidden = Math.max(0, count - cards.length);
  const isAtEnd = slot !== null && !cards.some(({ id }) => id === slot.below);
  const markOf = (id: number): CardMark | undefined => {
    if (slot === null) return undefined;
    if (isAtEnd) return id === slot.above ? 'below' : undefined;
    return id === slot.below ? 'above' : undefined;
  };
  return (
    <section className="board-column" aria-label={`${name}, ${number.format(count)} issues`}>
      <header className="board-column-head">
        <StatusIcon status={status} />
        <h2>{name}</h2>
        <span className="figures">{number.format(count)}</span>
      </header>
      <div
        className="board-column-scroll"
        data-column={status}
        data-next={rows[limit]?.id}
        data-over={slot !== null || undefined}
      >
        <ul>
          {cards.map((row) => (
            <BoardCard key={row.id} row={row} isCurrent={row.id === current} mark={markOf(row.id)} />
          ))}
        </ul>
        {error && (
          <p className="board-column-note">
            {error.message} <Button onClick={retry}>Try again</Button>
          </p>
        )}
        {state === 'loading' && <div className="board-column-loading" aria-hidden="true" />}
        {cards.length === 0 && state === 'ready' && <p className="board-column-note">No issues</p>}
        {hidden > 0 && (
          <Button kind="quiet" className="board-column-more" onClick={() => setLimit(limit + pageSize)}>
            {number.format(hidden)} more
          </Button>
        )}
      </div>
    </section>
  );
}

/** The cards as they will be: without the one that was put down, and with it where it was put. */
function withPutDown(
  rows: readonly IssueRow[],
  status: Status,
  putDown: PutDown | null,
): readonly IssueRow[] {
  if (putDown === null) return rows;
  const others = rows.filter(({ id }) => id !== putDown.row.id);
  if (putDown.status !== status) return others;
  const at = others.findIndex(({ id }) => id === putDown.below);
  const after = others.findIndex(({ id }) => id === putDown.above) + 1;
  return others.toSpliced(at >= 0 ? at : after, 0, { ...putDown.row, status });
}
