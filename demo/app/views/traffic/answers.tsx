import './answers.css';
import { type QueryResult, useQuery } from 'freshet/react-hooks';
import { memo, type ReactNode, useLayoutEffect, useMemo } from 'react';
import { type Status, statuses, statusNames } from '../../data/model.ts';
import { useFlash } from '../console/use-flash.ts';
import type { Traffic } from './traffic.ts';

interface TouchedIssue {
  readonly id: number;
  readonly title: string;
  readonly status: Status;
  readonly priority: number;
  readonly updated: number;
}

interface StatusCount {
  readonly status: Status;
  readonly issues: number;
}

interface NewComment {
  readonly id: number;
  readonly issue_id: number;
  readonly body: string;
  readonly author: string;
  readonly created: number;
}

const count = new Intl.NumberFormat('en');
/** Told with the frame, so that a frame renders once however many commits it shows. */
const eachFrame = { schedule: 'frame' } as const;

/** Live queries that the traffic changes. What they show is what its latency is measured by. */
export function Answers({ traffic }: { readonly traffic: Traffic }) {
  const issues = useQuery<TouchedIssue>(
    'SELECT id, title, status, priority, updated FROM issues ORDER BY updated DESC, id DESC LIMIT 10',
    undefined,
    eachFrame,
  );
  const comments = useQuery<NewComment>(
    `SELECT c.id, c.issue_id, c.body, p.name AS author, c.created
     FROM comments c JOIN people p ON p.id = c.author_id ORDER BY c.id DESC LIMIT 5`,
    undefined,
    eachFrame,
  );
  const counts = useQuery<StatusCount>(
    'SELECT status, count(*) AS issues FROM issues GROUP BY status',
    undefined,
    eachFrame,
  );
  useLayoutEffect(() => traffic.view(), [traffic]);
  useLayoutEffect(() => {
    traffic.rendered([
      ...issues.rows.map(({ id, updated }) => ({ id, mark: updated })),
      ...comments.rows.map(({ issue_id, created }) => ({ id: issue_id, mark: created })),
    ]);
  }, [traffic, issues.rows, comments.rows]);

  return (
    <div className="answers">
      <Answer title="By status" answer={counts}>
        <Counts rows={counts.rows} />
      </Answer>
      <Answer title="Changed last" answer={issues}>
        <ol>
          {issues.rows.map((issue) => (
            <IssueLine key={issue.id} issue={issue} />
          ))}
        </ol>
      </Answer>
      <Answer title="Newest comments" answer={comments}>
        <ol>
          {comments.rows.map((comment) => (
            <CommentLine key={comment.id} comment={comment} />
          ))}
        </ol>
      </Answer>
    </div>
  );
}

function Answer(props: {
  readonly title: string;
  readonly answer: QueryResult<unknown>;
  readonly children: ReactNode;
}) {
  const { status, error, rows, retry } = props.answer;
  return (
    <section className="answer" aria-label={props.title} aria-busy={status === 'loading'}>
      <h2>{props.title}</h2>
      {status === 'error' ? (
        <p className="answer-note" role="alert">
          {error?.message}{' '}
          <button type="button" onClick={retry}>
            Try again
          </button>
        </p>
      ) : rows.length === 0 ? (
        <p className="answer-note">{status === 'loading' ? 'Asking …' : 'Nothing yet.'}</p>
      ) : (
        props.children
      )}
    </section>
  );
}

function Counts({ rows }: { readonly rows: readonly StatusCount[] }) {
  const sorted = useMemo(
    () => rows.toSorted((a, b) => statuses.indexOf(a.status) - statuses.indexOf(b.status)),
    [rows],
  );
  return (
    <ul className="counts figures">
      {sorted.map((row) => (
        <Count key={row.status} row={row} />
      ))}
    </ul>
  );
}

const Count = memo(({ row: { status, issues } }: { readonly row: StatusCount }) => (
  <li>
    <Dot status={status} /> <span className="count-name">{statusNames[status]}</span>
    <b ref={useFlash<HTMLElement>(issues)} className="flashing">
      {count.format(issues)}
    </b>
  </li>
));

const IssueLine = memo(({ issue: { id, title, status, priority } }: { readonly issue: TouchedIssue }) => (
  <li>
    <Dot status={status} />
    <span className="answer-id figures">FR-{id}</span>
    <span ref={useFlash<HTMLSpanElement>(title)} className="truncate flashing answer-main">
      {title}
    </span>
    <span ref={useFlash<HTMLSpanElement>(status)} className="flashing answer-side">
      {statusNames[status]}
    </span>
    <span ref={useFlash<HTMLSpanElement>(priority)} className="flashing answer-side figures">
      P{priority}
    </span>
  </li>
));

const CommentLine = memo(({ comment: { issue_id, author, body } }: { readonly comment: NewComment }) => (
  <li>
    <span className="answer-id figures">FR-{issue_id}</span>
    <span className="truncate answer-main">{body}</span>
    <span className="truncate answer-side">{author}</span>
  </li>
));

function Dot({ status }: { readonly status: string }) {
  return <i className="status-dot" style={{ background: `var(--status-${status})` }} />;
}
