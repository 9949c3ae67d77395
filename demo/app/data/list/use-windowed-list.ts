import { useEffect, useState, useSyncExternalStore } from 'react';
import type { ListSource } from './list-source.ts';
import { WindowedList } from './windowed-list.ts';

interface Shown<Row> {
  readonly list: WindowedList<Row>;
  /** Whether another source has been given, whose rows aren't there yet. */
  readonly isStale: boolean;
}

/** A list that follows its source. The rows of before stay until the first of another source are there. */
export function useWindowedList<Row>(source: ListSource<Row>): Shown<Row> {
  const [shown, show] = useState(() => ({ source, list: new WindowedList(source) }));
  useEffect(() => {
    if (shown.source === source) return;
    const list = new WindowedList(source);
    return list.subscribe(() => {
      if (list.isReady || list.error) show({ source, list });
    });
  }, [source, shown]);
  useSyncExternalStore(shown.list.subscribe, shown.list.getVersion);
  return { list: shown.list, isStale: shown.source !== source };
}
