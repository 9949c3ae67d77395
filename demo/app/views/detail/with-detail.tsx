import './with-detail.css';
import type { ReactNode } from 'react';
import { IssueDetail } from './issue-detail.tsx';

interface WithDetailProps {
  readonly open: number | null;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A view, and the issue that is open: beside it where there is room, instead of it where there isn't. */
export function WithDetail({ open, onClose, children }: WithDetailProps) {
  return (
    <div className="with-detail" data-open={open !== null || undefined}>
      <div className="with-detail-rest">{children}</div>
      {open !== null && <IssueDetail key={open} id={open} onClose={onClose} />}
    </div>
  );
}
