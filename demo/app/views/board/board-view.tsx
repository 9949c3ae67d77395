import './board-view.css';
import { DndContext, type DragMoveEvent, DragOverlay } from '@dnd-kit/core';
import { useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { useFilter } from '../../data/filter-context.tsx';
import { type IssueRow, issueName, type Status, statuses, statusNames } from '../../data/model.ts';
import { useTracker } from '../../data/tracker-context.tsx';
import { useCounts } from '../../data/use-counts.ts';
import { useAttempt } from '../../parts/use-attempt.ts';
import { useHotkeys } from '../../shell/hotkeys.ts';
import { ViewHeader } from '../../shell/view-header.tsx';
import { WithDetail } from '../detail/with-detail.tsx';
import { FilterBar } from '../issues/filter-bar.tsx';
import { CardFace } from './board-card.tsx';
import { BoardColumn, type PutDown } from './board-column.tsx';
import { columnBoxes, type Slot, slotAt } from './slot.ts';
import { useBoardSensors } from './use-board-sensors.ts';

/** A column for each status. Cards are carried by pointer, finger or keyboard. */
export function BoardView({ open }: { readonly open: number | null }) {
  const { edits } = useTracker();
  const { filter } = useFilter();
  const counts = useCounts<Status>(filter, 'statuses');
  const attempt = useAttempt();
  const [, navigate] = useLocation();
  const [carried, setCarried] = useState<IssueRow | null>(null);
  const [slot, setSlot] = useState<Slot | null>(null);
  const [putDown, setPutDown] = useState<PutDown | null>(null);
  const latest = useRef<Slot | null>(null);
  const sensors = useBoardSensors();
  const close = (): void => navigate('/board');
  useHotkeys({ Escape: () => open !== null && close() });

  const over = (next: Slot | null): void => {
    const { current } = latest;
    latest.current = next;
    const isSame = current?.status === next?.status && current?.above === next?.above;
    if (!isSame || current?.below !== next?.below) setSlot(next);
  };
  const onDragMove = ({ active }: DragMoveEvent): void => {
    const box = active.rect.current.translated;
    if (!box) return;
    const center = { x: box.left + box.width / 2, y: box.top + box.height / 2 };
    over(slotAt(center, columnBoxes(Number(active.id))));
  };
  const end = (): void => {
    setCarried(null);
    over(null);
  };
  const drop = async (): Promise<void> => {
    const [row, to] = [carried, latest.current];
    end();
    if (!row || !to) return;
    const done = { ...to, row };
    setPutDown(done);
    await attempt(() => edits.move(row.id, to.status, to.above, to.below));
    setPutDown((now) => (now === done ? null : now));
  };
  const describe = (): string => {
    const { current } = latest;
    if (!current) return '';
    const place = current.above === null ? 'at the top' : `after ${issueName(current.above)}`;
    return `${statusNames[current.status]}, ${place}`;
  };

  return (
    <WithDetail open={open} onClose={close}>
      <ViewHeader title="Board" count={[...counts.values()].reduce((sum, n) => sum + n, 0)} />
      <FilterBar isBoard />
      <DndContext
        sensors={sensors}
        onDragStart={({ active }) => setCarried(active.data.current?.row as IssueRow)}
        onDragMove={onDragMove}
        onDragEnd={drop}
        onDragCancel={end}
        accessibility={{
          screenReaderInstructions: {
            draggable:
              'Space picks the card up, arrows carry it, Space puts it down, Escape leaves it where it was.',
          },
          announcements: {
            onDragStart: ({ active }) => `Picked up ${issueName(Number(active.id))}.`,
            onDragMove: describe,
            onDragOver: () => undefined,
            onDragEnd: ({ active }) => `${issueName(Number(active.id))} put down: ${describe()}.`,
            onDragCancel: ({ active }) => `${issueName(Number(active.id))} is where it was.`,
          },
        }}
      >
        <div className="board">
          {statuses.map((status) => (
            <BoardColumn
              key={status}
              status={status}
              filter={filter}
              count={counts.get(status) ?? 0}
              slot={slot?.status === status ? slot : null}
              putDown={putDown}
              current={open}
            />
          ))}
        </div>
        <DragOverlay dropAnimation={null}>
          {carried && (
            <div className="board-card board-card-carried">
              <CardFace row={carried} />
            </div>
          )}
        </DragOverlay>
      </DndContext>
    </WithDetail>
  );
}
