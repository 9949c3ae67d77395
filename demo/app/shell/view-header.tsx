import './view-header.css';
import { Plus, Redo2, Undo2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from '../parts/button.tsx';
import { Hint } from '../parts/hint.tsx';
import { useActions } from './actions.tsx';

interface ViewHeaderProps {
  readonly title: string;
  /** How many there are of what the view shows. */
  readonly count: number | null;
  readonly children?: ReactNode;
}

const number = new Intl.NumberFormat('en');

/** The top of a view: its name and its number, what it brings along, and what can be done everywhere. */
export function ViewHeader({ title, count, children }: ViewHeaderProps) {
  const { undo, redo, undoState, newIssue } = useActions();
  const { canUndo, canRedo, undoLabel, redoLabel } = undoState;
  return (
    <header className="view-header">
      <h1>{title}</h1>
      <span className="view-header-count figures" aria-live="off">
        {count === null ? '' : number.format(count)}
      </span>
      {children}
      <div className="view-header-actions">
        <Hint text={canUndo ? `Undo: ${undoLabel ?? 'last change'}` : 'Nothing to undo'} keys="Ctrl Z">
          <Button
            kind="quiet"
            isIcon
            aria-label={canUndo ? `Undo: ${undoLabel ?? 'last change'}` : 'Undo'}
            aria-disabled={!canUndo}
            onClick={undo}
          >
            <Undo2 aria-hidden="true" />
          </Button>
        </Hint>
        <Hint text={canRedo ? `Redo: ${redoLabel ?? 'last change'}` : 'Nothing to redo'} keys="Ctrl Shift Z">
          <Button
            kind="quiet"
            isIcon
            aria-label={canRedo ? `Redo: ${redoLabel ?? 'last change'}` : 'Redo'}
            aria-disabled={!canRedo}
            onClick={redo}
          >
            <Redo2 aria-hidden="true" />
          </Button>
        </Hint>
        <Hint text="New issue" keys="C">
          <Button kind="primary" className="view-header-new" aria-label="New issue" onClick={newIssue}>
            <Plus aria-hidden="true" />
            <span>New issue</span>
          </Button>
        </Hint>
      </div>
    </header>
  );
}
