import './entries.css';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowUp } from 'lucide-react';
import { useCallback, useRef, useState } from 'react';
import { EntryLine } from './entry-line.tsx';
import type { StreamEntry } from './stream-entry.ts';

interface EntriesProps {
  readonly entries: readonly StreamEntry[];
  /** Entries that ever came: what has come while somebody reads is told by it. */
  readonly received: number;
}

const lineHeight = 36;
const atTop = 4;

/**
 * The entries, the newest on top. While somebody reads further down, or one that is open, they stay where they are, and
 * a button says how many have come.
 */
export function Entries({ entries, received }: EntriesProps) {
  const scroller = useRef<HTMLElement>(null);
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const [held, setHeld] = useState<EntriesProps | null>(null);
  const shown = held?.entries ?? entries;
  const arrived = held ? received - held.received : 0;
  const virtualizer = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => lineHeight,
    getItemKey: (index) => shown[index]?.id ?? index,
    overscan: 8,
  });

  const toggle = useCallback(
    (id: number) => {
      setHeld((now) => now ?? { entries, received });
      setOpen((ids) => {
        const next = new Set(ids);
        if (!next.delete(id)) next.add(id);
        return next;
      });
    },
    [entries, received],
  );
  const scrolled = (): void => {
    const isAtTop = (scroller.current?.scrollTop ?? 0) <= atTop;
    if (isAtTop && open.size === 0) setHeld(null);
    else if (!isAtTop) setHeld((now) => now ?? { entries, received });
  };
  const goOn = (): void => {
    setOpen(new Set());
    setHeld(null);
    scroller.current?.scrollTo({ top: 0 });
  };

  return (
    <div className="entries">
      <section ref={scroller} className="entries-scroller" onScroll={scrolled} aria-label="Commits">
        <ul style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map(({ index, key, start }) => {
            const entry = shown[index];
            return (
              entry && (
                <li
                  key={key}
                  ref={virtualizer.measureElement}
                  data-index={index}
                  style={{ transform: `translateY(${start}px)` }}
                >
                  <EntryLine entry={entry} isOpen={open.has(entry.id)} toggle={toggle} />
                </li>
              )
            );
          })}
        </ul>
      </section>
      {arrived > 0 && (
        <button type="button" className="entries-arrived figures" onClick={goOn}>
          <ArrowUp aria-hidden="true" /> {arrived} new
        </button>
      )}
    </div>
  );
}
