import './issue-list.css';
import { useVirtualizer } from '@tanstack/react-virtual';
import { SearchX } from 'lucide-react';
import { type Ref, useEffect, useImperativeHandle, useLayoutEffect, useRef } from 'react';
import type { WindowedList } from '../../data/list/windowed-list.ts';
import type { IssueRow } from '../../data/model.ts';
import { useTracker } from '../../data/tracker-context.tsx';
import { Button } from '../../parts/button.tsx';
import { Placeholder } from '../../parts/placeholder.tsx';
import { IssueLine, IssueLineSkeleton } from './issue-line.tsx';
import { useAnchor } from './use-anchor.ts';
import { useRowHeight } from './use-row-height.ts';

/** What moves through the list from outside. */
export interface ListCursor {
  /** Moves the focus by rows: from the row that has it, or the one that is open, or else to the first that is seen. */
  move(by: number): void;
}

interface IssueListProps {
  readonly list: WindowedList<IssueRow>;
  /** The issue whose details are open. */
  readonly current: number | null;
  readonly cursor: Ref<ListCursor>;
}

const overscan = 8;

/** All issues of a list, of which as many elements exist as are seen. */
export function IssueList(props: IssueListProps) {
  const { list } = props;
  if (list.error) {
    return (
      <Placeholder title="The issues can’t be read">
        <p>{list.error.message}</p>
        <Button onClick={() => list.retry()}>Try again</Button>
      </Placeholder>
    );
  }
  if (list.isReady && list.count === 0) {
    return (
      <Placeholder title="No issues match" icon={<SearchX aria-hidden="true" />}>
        <p>Take a filter away, or search for something else.</p>
      </Placeholder>
    );
  }
  return <Lines {...props} />;
}

function Lines({ list, current, cursor }: IssueListProps) {
  const { teams, people } = useTracker();
  const scroller = useRef<HTMLElement>(null);
  const height = useRowHeight(scroller);
  const virtualizer = useVirtualizer({
    count: list.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan,
  });
  const items = virtualizer.getVirtualItems();
  const [first, last] = [items[0]?.index ?? 0, items.at(-1)?.index ?? 40];
  useEffect(() => list.look(first, last), [list, first, last]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: sizes are measured again when the height changes
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, height]);
  useAnchor(scroller, list, height);

  // Another list begins at its beginning.
  const shown = useRef(list);
  useLayoutEffect(() => {
    if (shown.current !== list) scroller.current?.scrollTo({ top: 0 });
    shown.current = list;
  }, [list]);

  useImperativeHandle(
    cursor,
    () => ({
      move(by) {
        const line = document.activeElement?.closest<HTMLElement>('[data-index]');
        const focused = Number(line?.dataset.index ?? -1);
        const from = focused >= 0 ? focused : list.findIndex(({ id }) => id === current);
        const seen = Math.ceil((scroller.current?.scrollTop ?? 0) / height);
        const to = from < 0 ? seen : Math.max(0, Math.min(list.length - 1, from + by));
        virtualizer.scrollToIndex(to, { align: 'auto' });
        // The row may have to be made first.
        requestAnimationFrame(() =>
          scroller.current
            ?.querySelector<HTMLElement>(`[data-index="${to}"] a`)
            ?.focus({ preventScroll: true }),
        );
      },
    }),
    [list, current, height, virtualizer],
  );

  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
    <section ref={scroller} className="issue-list" tabIndex={0} aria-label="List of issues">
      <ul style={{ height: Math.max(virtualizer.getTotalSize(), 1) }} aria-busy={!list.isReady}>
        {items.map(({ index, start }) => {
          const row = list.at(index);
          return (
            <li
              key={row ? row.id : `empty-${index}`}
              data-index={index}
              aria-setsize={list.length}
              aria-posinset={index + 1}
              style={{ transform: `translateY(${start}px)` }}
            >
              {row ? (
                <IssueLine
                  row={row}
                  team={teams.get(row.team_id)}
                  person={row.assignee_id === null ? undefined : people.get(row.assignee_id)}
                  isCurrent={row.id === current}
                />
              ) : (
                <IssueLineSkeleton />
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
