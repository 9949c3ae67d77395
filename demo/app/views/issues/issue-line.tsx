import './issue-line.css';
import { clsx } from 'clsx';
import { MessageSquare } from 'lucide-react';
import { memo, useMemo } from 'react';
import { type IssueRow, issueName, type Person, type Team, tagsOf } from '../../data/model.ts';
import { Avatar } from '../../parts/avatar.tsx';
import { Dot } from '../../parts/dot.tsx';
import { PriorityIcon } from '../../parts/priority-icon.tsx';
import { StatusIcon } from '../../parts/status-icon.tsx';
import { Tag } from '../../parts/tag.tsx';
import { TimeAgo } from '../../parts/time-ago.tsx';

interface IssueLineProps {
  readonly row: IssueRow;
  readonly team: Team | undefined;
  readonly person: Person | undefined;
  readonly isCurrent: boolean;
}

/** An issue on one line, on two where it is narrow. */
export const IssueLine = memo(function IssueLine({ row, team, person, isCurrent }: IssueLineProps) {
  const tags = useMemo(() => tagsOf(row.meta).slice(0, 2), [row.meta]);
  return (
    <a
      className={clsx('issue-line', isCurrent && 'issue-line-current')}
      href={`#/issues/${row.id}`}
      aria-current={isCurrent || undefined}
    >
      <span className="issue-line-priority">
        <PriorityIcon priority={row.priority} isNamed />
      </span>
      <span className="issue-line-name figures">{issueName(row.id)}</span>
      <span className="issue-line-status">
        <StatusIcon status={row.status} isNamed />
      </span>
      <span className="issue-line-title truncate">{row.title}</span>
      <span className="issue-line-tags">
        {tags.map((tag) => (
          <Tag key={tag} name={tag} />
        ))}
      </span>
      <span className="issue-line-comments figures">
        {row.comment_count > 0 && (
          <>
            <MessageSquare aria-hidden="true" />
            {row.comment_count}
            <span className="visually-hidden"> comments</span>
          </>
        )}
      </span>
      <span className="issue-line-team">
        {team && (
          <>
            <Dot color={team.color} />
            <span className="truncate">{team.name}</span>
          </>
        )}
      </span>
      <span className="issue-line-time figures">
        <TimeAgo at={row.updated} />
      </span>
      <Avatar person={person} isNamed />
    </a>
  );
});

/** The place of an issue that is being read. */
export function IssueLineSkeleton() {
  return (
    <div className="issue-line issue-line-skeleton" aria-hidden="true">
      <i className="issue-line-name" />
      <i className="issue-line-title" />
    </div>
  );
}
