import { useMemo, useRef } from 'react';
import { useLocation } from 'wouter';
import { useFilter } from '../../data/filter-context.tsx';
import { issueSource } from '../../data/list/issue-source.ts';
import { useWindowedList } from '../../data/list/use-windowed-list.ts';
import { useTracker } from '../../data/tracker-context.tsx';
import { useHotkeys } from '../../shell/hotkeys.ts';
import { ViewHeader } from '../../shell/view-header.tsx';
import { WithDetail } from '../detail/with-detail.tsx';
import { FilterBar } from './filter-bar.tsx';
import { IssueList, type ListCursor } from './issue-list.tsx';
import { SearchField } from './search-field.tsx';

/** The list, and beside it the issue that is open. */
export function IssuesView({ open }: { readonly open: number | null }) {
  const { db } = useTracker();
  const { filter, order } = useFilter();
  const source = useMemo(() => issueSource(db, filter, order), [db, filter, order]);
  const list = useWindowedList(source);
  const [, navigate] = useLocation();
  const field = useRef<HTMLInputElement>(null);
  const cursor = useRef<ListCursor>(null);
  const close = (): void => {
    navigate('/issues');
    document.querySelector<HTMLElement>('.issue-line-current')?.focus();
  };
  useHotkeys({
    '/': () => field.current?.focus(),
    j: () => cursor.current?.move(1),
    k: () => cursor.current?.move(-1),
    ArrowDown: () => cursor.current?.move(1),
    ArrowUp: () => cursor.current?.move(-1),
    Escape: () => open !== null && close(),
  });
  return (
    <WithDetail open={open} onClose={close}>
      <ViewHeader title="Issues" count={list.count}>
        <SearchField field={field} onLeave={() => cursor.current?.move(0)} />
      </ViewHeader>
      <FilterBar />
      <IssueList list={list} current={open} cursor={cursor} />
    </WithDetail>
  );
}
