import type { Status } from '../../data/model.ts';

/** A place between two cards of a column; null: at an end of it. */
export interface Slot {
  readonly status: Status;
  readonly above: number | null;
  readonly below: number | null;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

interface CardBox {
  readonly id: number;
  readonly top: number;
  readonly middle: number;
  readonly bottom: number;
}

/** A column as it is on the screen, without the card that is being moved. */
export interface ColumnBox {
  readonly status: Status;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly cards: readonly CardBox[];
  /** The first card that isn't shown. */
  readonly next: number | null;
}

/** Reads the columns off the page: they may have been scrolled since a card was picked up. */
export function columnBoxes(moved: number): ColumnBox[] {
  return [...document.querySelectorAll<HTMLElement>('[data-column]')].map((column) => {
    const { left, right, top } = column.getBoundingClientRect();
    const cards = [...column.querySelectorAll<HTMLElement>('[data-card]')]
      .map((card) => {
        const box = card.getBoundingClientRect();
        return {
          id: Number(card.dataset.card),
          top: box.top,
          middle: box.top + box.height / 2,
          bottom: box.bottom,
        };
      })
      .filter(({ id }) => id !== moved);
    const next = Number(column.dataset.next);
    return {
      status: column.dataset.column as Status,
      left,
      right,
      top,
      cards,
      next: next === 0 || next === moved ? null : next,
    };
  });
}

/** The slot at a point: that of the nearest column. */
export function slotAt({ x, y }: Point, columns: readonly ColumnBox[]): Slot | null {
  const away = ({ left, right }: ColumnBox): number => Math.max(left - x, x - right, 0);
  const [column] = columns.toSorted((a, b) => away(a) - away(b));
  if (!column) return null;
  const index = column.cards.filter(({ middle }) => middle < y).length;
  return slotOf(column, index);
}

export function slotOf({ status, cards, next }: ColumnBox, index: number): Slot {
  return { status, above: cards[index - 1]?.id ?? null, below: cards[index]?.id ?? next };
}

/** Where a slot is: at the upper edge of the card below it, or under the last one. */
export function pointOf({ left, right, top, cards }: ColumnBox, index: number): Point {
  const y = cards[index]?.top ?? (cards.at(-1)?.bottom ?? top) + 1;
  return { x: (left + right) / 2, y };
}

/** The slot that an arrow leads to from a point; its point comes with it. */
export function pointBeside(from: Point, key: string, columns: readonly ColumnBox[]): Point | null {
  const slot = slotAt(from, columns);
  const at = columns.findIndex(({ status }) => status === slot?.status);
  const column = columns[at];
  if (!slot || !column) return null;
  const index = column.cards.filter(({ middle }) => middle < from.y).length;
  const beside = (by: number): Point | null => {
    const other = columns[at + by];
    return other ? pointOf(other, Math.min(index, other.cards.length)) : null;
  };
  switch (key) {
    case 'ArrowDown':
      return pointOf(column, Math.min(index + 1, column.cards.length));
    case 'ArrowUp':
      return pointOf(column, Math.max(index - 1, 0));
    case 'ArrowRight':
      return beside(1);
    case 'ArrowLeft':
      return beside(-1);
    default:
      return null;
  }
}
