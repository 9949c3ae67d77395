import { type RefObject, useLayoutEffect, useState } from 'react';

/** The heights of `.issue-line`, and from which width of the list on it is on one line. */
const [oneLine, twoLines, wide] = [40, 60, 520];

export function useRowHeight(list: RefObject<HTMLElement | null>): number {
  const [height, setHeight] = useState(oneLine);
  useLayoutEffect(() => {
    const element = list.current;
    if (!element) return;
    const measure = (): void => setHeight(element.clientWidth < wide ? twoLines : oneLine);
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, [list]);
  return height;
}
