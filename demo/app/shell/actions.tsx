import type { UndoState } from 'freshet/reactive';
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import { useTracker } from '../data/tracker-context.tsx';
import { useToast } from '../parts/toasts.tsx';
import { useAttempt } from '../parts/use-attempt.ts';
import { NewIssueDialog } from './new-issue-dialog.tsx';
import { ShortcutsDialog } from './shortcuts-dialog.tsx';

/** What can be done from everywhere, by key or by button. */
export interface Actions {
  readonly undoState: UndoState;
  readonly undo: () => void;
  readonly redo: () => void;
  readonly newIssue: () => void;
  readonly showShortcuts: () => void;
}

const Context = createContext<Actions | null>(null);

export function ActionsProvider({ children }: { readonly children: ReactNode }) {
  const { undo: history } = useTracker().edits;
  const say = useToast();
  const attempt = useAttempt();
  const [undoState, setUndoState] = useState(history.value);
  const [dialog, setDialog] = useState<'none' | 'new issue' | 'shortcuts'>('none');
  useEffect(() => {
    const subscription = history.state.subscribe(setUndoState);
    return () => subscription.unsubscribe();
  }, [history]);

  const step = useCallback(
    (how: 'undo' | 'redo') =>
      void attempt(async () => {
        const done = await history[how]();
        const label = done?.label ?? 'the last change';
        if (done) say(`${how === 'undo' ? 'Undone' : 'Done again'}: ${label}`);
        else say(`Nothing to ${how}`);
      }),
    [attempt, history, say],
  );
  const actions = useMemo<Actions>(
    () => ({
      undoState,
      undo: () => step('undo'),
      redo: () => step('redo'),
      newIssue: () => setDialog('new issue'),
      showShortcuts: () => setDialog('shortcuts'),
    }),
    [undoState, step],
  );
  const close = (): void => setDialog('none');
  return (
    <Context value={actions}>
      {children}
      {dialog === 'new issue' && <NewIssueDialog onClose={close} />}
      {dialog === 'shortcuts' && <ShortcutsDialog onClose={close} />}
    </Context>
  );
}

export function useActions(): Actions {
  const actions = useContext(Context);
  if (!actions) throw new Error('useActions needs an <ActionsProvider> above it.');
  return actions;
}
