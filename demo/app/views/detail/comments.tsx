import './comments.css';
import { useQuery } from 'freshet/react-hooks';
import { type FormEvent, useState } from 'react';
import type { Comment, Person } from '../../data/model.ts';
import { me, useTracker } from '../../data/tracker-context.tsx';
import { Avatar } from '../../parts/avatar.tsx';
import { Button } from '../../parts/button.tsx';
import { TimeAgo } from '../../parts/time-ago.tsx';
import { useAttempt } from '../../parts/use-attempt.ts';

/** What people say about an issue, and a field to say more. */
export function Comments({ issue, count }: { readonly issue: number; readonly count: number }) {
  const { people } = useTracker();
  const { rows } = useQuery<Comment>(
    'SELECT id, author_id, body, created FROM comments WHERE issue_id = ? ORDER BY created, id',
    [issue],
  );
  return (
    <section className="comments" aria-labelledby="comments-title">
      <h2 id="comments-title">
        Comments <span className="figures">{count}</span>
      </h2>
      <ol>
        {rows.map((comment) => (
          <CommentLine key={comment.id} comment={comment} author={people.get(comment.author_id)} />
        ))}
      </ol>
      <CommentForm issue={issue} />
    </section>
  );
}

function CommentLine({
  comment,
  author,
}: {
  readonly comment: Comment;
  readonly author: Person | undefined;
}) {
  return (
    <li className="comment">
      <Avatar person={author} />
      <div>
        <p className="comment-head">
          <b>{author?.name}</b> <TimeAgo at={comment.created} />
        </p>
        <p className="comment-body">{comment.body}</p>
      </div>
    </li>
  );
}

function CommentForm({ issue }: { readonly issue: number }) {
  const { edits, people } = useTracker();
  const attempt = useAttempt();
  const [text, setText] = useState('');
  const send = async (event?: FormEvent): Promise<void> => {
    event?.preventDefault();
    const body = text.trim();
    if (body === '') return;
    // At once, so that a second Enter doesn't send it twice.
    setText('');
    if (!(await attempt(() => edits.comment(issue, me, body)))) setText((now) => now || body);
  };
  return (
    <form className="comment comment-form" onSubmit={send}>
      <Avatar person={people.get(me)} />
      <div>
        <textarea
          aria-label="Comment"
          placeholder="Leave a comment"
          rows={2}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void send();
          }}
        />
        <Button type="submit" disabled={text.trim() === ''}>
          Comment
        </Button>
      </div>
    </form>
  );
}
