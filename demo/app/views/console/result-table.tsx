import './result-table.css';
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useLayoutEffect, useMemo, useRef } from 'react';
import { cellText, columnWidths } from './cells.ts';
import type { Result, ResultRow } from './result.ts';
import { calm, useFlash } from './use-flash.ts';
import { useRemovedRows } from './use-removed-rows.ts';

const rowHeight = 32;
/** A row that came in so long ago is no longer new. */
const newMs = 400;

/** An answer as a table; what changes in it lights up, and rows come, go and move visibly. */
export function ResultTable({ result }: { readonly result: Result }) {
  const { rows, columns, keys, isFlood } = result;
  const scroller = useRef<HTMLElement>(null);
  const removed = useRemovedRows(result);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => {
      const row = rows[index];
      return row ? keys.of(row) : -index;
    },
    overscan: 12,
  });
  // Measured at the first rows of each statement: a column that changed its width while values change would jump.
  const measured = useRef({ run: -1, columns, widths: '' });
  const widths = useMemo(() => {
    const known = measured.current;
    if (known.run === result.run && known.columns === columns) return known.widths;
    const made = columnWidths(columns, rows.slice(0, 100));
    measured.current = { run: result.run, columns, widths: made };
    return made;
  }, [result.run, columns, rows]);

  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
    <section ref={scroller} className="result-scroller" tabIndex={0} aria-label="Rows">
      <table className="result-table figures" aria-rowcount={rows.length + 1} style={{ '--columns': widths }}>
        <caption className="visually-hidden">The answer, {rows.length} rows</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col" className="truncate">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody data-still={isFlood || undefined} style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map(({ index, key, start }) => {
            const row = rows[index];
            return (
              row && (
                <Row
                  key={key}
                  row={row}
                  columns={columns}
                  position={index + 2}
                  start={start}
                  enteredAt={isFlood ? undefined : keys.enteredAt(row)}
                />
              )
            );
          })}
          {removed.map(({ key, row, index }) => (
            // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a row can't be focused.
            <tr
              key={`removed ${key}`}
              className="result-removed"
              aria-hidden="true"
              style={{ transform: `translateY(${index * rowHeight}px)` }}
            >
              {columns.map((column) => (
                <td key={column} className="truncate">
                  {cellText(row[column])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const Row = memo(function Row(props: {
  readonly row: ResultRow;
  readonly columns: readonly string[];
  readonly position: number;
  readonly start: number;
  readonly enteredAt: number | undefined;
}) {
  const { row, columns, position, start, enteredAt } = props;
  const element = useRef<HTMLTableRowElement>(null);
  const entered = useRef(enteredAt);
  useLayoutEffect(() => {
    if (entered.current === undefined || performance.now() - entered.current > newMs || calm.matches) return;
    // Opaque from the beginning: what leaves lies behind it.
    element.current?.animate(
      [
        { color: 'transparent', backgroundColor: 'color-mix(in srgb, var(--good) 30%, var(--surface))' },
        { backgroundColor: 'var(--surface)' },
      ],
      { duration: newMs, easing: 'ease-out' },
    );
  }, []);
  return (
    <tr ref={element} aria-rowindex={position} style={{ transform: `translateY(${start}px)` }}>
      {columns.map((column) => (
        <Cell key={column} value={row[column]} />
      ))}
    </tr>
  );
});

const Cell = memo(function Cell({ value }: { readonly value: unknown }) {
  const text = cellText(value);
  const kind =
    value === null ? 'null' : typeof value === 'number' || typeof value === 'bigint' ? 'number' : 'text';
  return (
    <td ref={useFlash<HTMLTableCellElement>(value)} className="truncate" data-kind={kind} title={text}>
      {text}
    </td>
  );
});
