import './board-card.css';
import { useDraggable } from '@dnd-kit/core';
import { clsx } from 'clsx';
import { MessageSquare } from 'lucide-react';
import { memo, useMemo } from 'react';
import { type IssueRow, issueName, tagsOf } from '../../data/model.ts';
import { useTracker } from '../../data/tracker-context.tsx';
import { Avatar } from '../../parts/avatar.tsx';
import { Dot } from '../../parts/dot.tsx';
import { PriorityIcon } from '../../parts/priority-icon.tsx';
import { Tag } from '../../parts/tag.tsx';

/** At which edge of the card a carried one would go. */
export type CardMark = 'above' | 'below';

interface BoardCardProps {
  readonly row: IssueRow;
  readonly isCurrent: boolean;
  readonly mark: CardMark | undefined;
}

/** A card of the board: a link that can be dragged. */
export const BoardCard = memo(function BoardCard({ row, isCurrent, mark }: BoardCardProps) {
  const { setNodeRef, setActivatorNodeRef, listeners, attributes, isDragging } = useDraggable({
    id: row.id,
    data: { row },
  });
  return (
    <li
      ref={setNodeRef}
      className="board-item"
      data-card={row.id}
      data-dragged={isDragging || undefined}
      data-mark={mark}
    >
      <a
        ref={setActivatorNodeRef}
        className={clsx('board-card', isCurrent && 'board-card-current')}
        href={`#/board/${row.id}`}
        draggable={false}
        aria-describedby={attributes['aria-describedby']}
        aria-roledescription="movable card"
        aria-current={isCurrent || undefined}
        {...listeners}
      >
        <CardFace row={row} />
      </a>
    </li>
  );
});

/** What a card shows, in its column and while it is carried. */
export function CardFace({ row }: { readonly row: IssueRow }) {
  const { people, teams } = useTracker();
  const tags = useMemo(() => tagsOf(row.meta).slice(0, 2), [row.meta]);
  const team = teams.get(row.team_id);
  return (
    <>
      <span className="board-card-head">
        {team && <Dot color={team.color} />}
        <span className="figures">{issueName(row.id)}</span>
        <Avatar person={row.assignee_id === null ? undefined : people.get(row.assignee_id)} isNamed />
      </span>
      <span className="board-card-title">{row.title}</span>
      <span className="board-card-foot">
        <PriorityIcon priority={row.priority} isNamed />
        {tags.map((tag) => (
          <Tag key={tag} name={tag} />
        ))}
        {row.comment_count > 0 && (
          <span className="board-card-comments figures">
            <MessageSquare aria-hidden="true" />
            {row.comment_count}
            <span className="visually-hidden"> comments</span>
          </span>
        )}
      </span>
    </>
  );
}
