import './issue-detail.css';
import { useQueryOne } from 'freshet/react-hooks';
import { FileQuestion, Trash2, X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { type Issue, issueName } from '../../data/model.ts';
import { useTracker } from '../../data/tracker-context.tsx';
import { Button } from '../../parts/button.tsx';
import { Hint } from '../../parts/hint.tsx';
import { Placeholder } from '../../parts/placeholder.tsx';
import { TimeAgo } from '../../parts/time-ago.tsx';
import { useToast } from '../../parts/toasts.tsx';
import { useAttempt } from '../../parts/use-attempt.ts';
import { useActions } from '../../shell/actions.tsx';
import { Comments } from './comments.tsx';
import { DraftText } from './draft-text.tsx';
import { Properties } from './properties.tsx';

interface IssueDetailProps {
  readonly id: number;
  readonly onClose: () => void;
}

/** One issue, live and to be edited. */
export function IssueDetail({ id, onClose }: IssueDetailProps) {
  const { edits } = useTracker();
  const { row: issue, status, error, retry } = useQueryOne<Issue>('SELECT * FROM issues WHERE id = ?', [id]);
  const { undo } = useActions();
  const attempt = useAttempt();
  const say = useToast();
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    // What had the focus is hidden where the panel takes the whole page.
    if (document.activeElement?.checkVisibility() === false) panel.current?.focus();
  }, []);
  const remove = async (): Promise<void> => {
    onClose();
    if (await attempt(() => edits.delete(id))) {
      say(`${issueName(id)} deleted`, { action: { name: 'Undo', run: undo } });
    }
  };
  return (
    <section ref={panel} className="issue-detail" aria-label={`Issue ${issueName(id)}`} tabIndex={-1}>
      <header className="issue-detail-head">
        <span className="figures">{issueName(id)}</span>
        <span className="issue-detail-times">
          {issue && (
            <>
              changed <TimeAgo at={issue.updated} />
            </>
          )}
        </span>
        <Hint text="Delete">
          <Button kind="quiet" isIcon aria-label="Delete the issue" disabled={!issue} onClick={remove}>
            <Trash2 aria-hidden="true" />
          </Button>
        </Hint>
        <Hint text="Close" keys="Esc">
          <Button kind="quiet" isIcon aria-label="Close the issue" onClick={onClose}>
            <X aria-hidden="true" />
          </Button>
        </Hint>
      </header>
      {issue ? (
        <div className="issue-detail-scroll">
          <DraftText
            key={`title ${id}`}
            className="issue-detail-title"
            label="Title"
            value={issue.title}
            isRequired
            onSave={(title) =>
              attempt(() =>
                edits.change(id, 'title', (draft) => {
                  draft.title = title;
                }),
              )
            }
          />
          <Properties issue={issue} />
          <DraftText
            key={`body ${id}`}
            className="issue-detail-body"
            label="Description"
            value={issue.body}
            isLong
            onSave={(body) =>
              attempt(() =>
                edits.change(id, 'description', (draft) => {
                  draft.body = body;
                }),
              )
            }
          />
          <Comments issue={id} count={issue.comment_count} />
        </div>
      ) : status === 'error' ? (
        <Placeholder title="The issue can’t be read">
          <p>{error?.message}</p>
          <Button onClick={retry}>Try again</Button>
        </Placeholder>
      ) : status === 'ready' ? (
        <Placeholder title="No such issue" icon={<FileQuestion aria-hidden="true" />}>
          <p>{issueName(id)} doesn’t exist, or was deleted.</p>
        </Placeholder>
      ) : null}
    </section>
  );
}
