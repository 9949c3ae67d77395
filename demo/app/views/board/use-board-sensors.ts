import {
  type KeyboardCoordinateGetter,
  KeyboardSensor,
  MouseSensor,
  TouchSensor,
  useSensor,
  useSensors,
} from '@dnd-kit/core';
import { columnBoxes, pointBeside } from './slot.ts';

/** A click is not a drag, nor is a finger that scrolls; Enter opens a card, so Space picks it up. */
export function useBoardSensors() {
  return useSensors(
    useSensor(MouseSensor, { activationConstraint: { distance: 6 } }),
    useSensor(TouchSensor, { activationConstraint: { delay: 220, tolerance: 8 } }),
    useSensor(KeyboardSensor, {
      coordinateGetter: toNextSlot,
      keyboardCodes: { start: ['Space'], cancel: ['Escape', 'Tab'], end: ['Space', 'Enter'] },
    }),
  );
}

/** From slot to slot, not from pixel to pixel. */
const toNextSlot: KeyboardCoordinateGetter = (event, { active, context }) => {
  const box = context.collisionRect;
  if (!box || !event.code.startsWith('Arrow')) return undefined;
  event.preventDefault();
  const center = { x: box.left + box.width / 2, y: box.top + box.height / 2 };
  const point = pointBeside(center, event.code, columnBoxes(Number(active)));
  return point ? { x: point.x - box.width / 2, y: point.y - box.height / 2 } : undefined;
};
