import { useCallback, useSyncExternalStore } from 'react';
import type { Undo } from '../reactive/drafts/undo.ts';
import type { UndoState } from '../reactive/drafts/undo-history.ts';

/** What can be undone and redone, for buttons: of an undo that the application made with `createUndo`. */
export function useUndo(undo: Pick<Undo, 'state' | 'value'>): UndoState {
  const read = (): UndoState => emitted(undo);
  return useSyncExternalStore(
    useCallback(
      (listener) => {
        const subscription = undo.state.subscribe(listener);
        return () => subscription.unsubscribe();
      },
      [undo],
    ),
    read,
    read,
  );
}

/** As observers were notified last: `value` is ahead of that while work is committed, and may be taken back. */
function emitted(undo: Pick<Undo, 'state' | 'value'>): UndoState {
  let state: UndoState | undefined;
  undo.state
    .subscribe((now) => {
      state = now;
    })
    .unsubscribe();
  // None once it was disposed.
  return state ?? undo.value;
}
