import type { Inspection } from '../../reactive/inspect/inspection.ts';

/** What one tab shows. */
export interface View {
  readonly element: HTMLElement;
  /** It is seen from now on, if it wasn't already. */
  show(): void;
  /** It isn't any more: nothing of it may run. */
  hide(): void;
  /** Figures of this moment, while it is seen. */
  update(inspection: Inspection): void;
}
