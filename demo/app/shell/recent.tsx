import { useQuery } from 'freshet/react-hooks';
import { issueName, type Status } from '../data/model.ts';
import { me } from '../data/tracker-context.tsx';
import { StatusIcon } from '../parts/status-icon.tsx';

interface RecentIssue {
  readonly id: number;
  readonly title: string;
  readonly status: Status;
}

/** The issues of one's own that changed last. */
export function Recent() {
  const { rows } = useQuery<RecentIssue>(
    'SELECT id, title, status FROM issues WHERE assignee_id = ? ORDER BY updated DESC, id DESC LIMIT 5',
    [me],
    { schedule: 'frame' },
  );
  return (
    <section className="navigation-more" aria-labelledby="recent-title">
      <h2 id="recent-title">My recent</h2>
      <ul>
        {rows.map(({ id, title, status }) => (
          <li key={id}>
            <a className="navigation-link" href={`#/issues/${id}`} title={`${issueName(id)}: ${title}`}>
              <StatusIcon status={status} isNamed />
              <span className="truncate">{title}</span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
