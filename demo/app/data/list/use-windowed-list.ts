import { useLayoutEffect, useState, useSyncExternalStore } from 'react';
import type { ListSource } from './list-source.ts';
import { WindowedList } from './windowed-list.ts';

/**
 * A list that follows its source. The rows of before stay until the first of another source are there.
 * It asks in a layout effect, before the queries of other hooks do: rows first, numbers after.
 */
export function useWindowedList<Row>(source: ListSource<Row>): WindowedList<Row> {
  const [shown, show] = useState(() => ({ source, list: new WindowedList(source) }));
  useLayoutEffect(() => {
    const list = shown.source === source ? shown.list : new WindowedList(source);
    return list.subscribe(() => {
      if (list.isReady || list.error) show((now) => (now.list === list ? now : { source, list }));
    });
  }, [source, shown]);
  useSyncExternalStore(shown.list.subscribe, shown.list.getVersion);
  return shown.list;
}
