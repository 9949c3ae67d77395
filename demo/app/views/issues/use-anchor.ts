import { type RefObject, useLayoutEffect, useRef } from 'react';
import type { WindowedList } from '../../data/list/windowed-list.ts';
import type { IssueRow } from '../../data/model.ts';

/**
 * Keeps what is being read in its place when rows come or go above it. At the top it doesn't: there, new rows are what
 * one wants to see.
 */
export function useAnchor(
  scroller: RefObject<HTMLElement | null>,
  list: WindowedList<IssueRow>,
  height: number,
): void {
  const anchor = useRef<{ readonly list: unknown; readonly id: number; readonly index: number } | null>(null);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const kept = anchor.current;
    if (kept?.list === list && element.scrollTop >= height && list.at(kept.index)?.id !== kept.id) {
      const index = list.findIndex(({ id }) => id === kept.id);
      if (index >= 0) element.scrollTop += (index - kept.index) * height;
    }
    const index = Math.floor(element.scrollTop / height);
    const row = list.at(index);
    anchor.current = row ? { list, id: row.id, index } : null;
  });
}
