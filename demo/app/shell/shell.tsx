import './shell.css';
import { Tooltip } from 'radix-ui';
import { lazy, Suspense } from 'react';
import { Redirect, Route, Router, Switch, useLocation } from 'wouter';
import { useHashLocation } from 'wouter/use-hash-location';
import { FilterProvider } from '../data/filter-context.tsx';
import { Placeholder } from '../parts/placeholder.tsx';
import { ToastProvider } from '../parts/toasts.tsx';
import { BoardView } from '../views/board/board-view.tsx';
import { IssuesView } from '../views/issues/issues-view.tsx';
import { ActionsProvider, useActions } from './actions.tsx';
import { useHotkeys } from './hotkeys.ts';
import { Navigation } from './navigation.tsx';

const TrafficView = lazy(async () => ({
  default: (await import('../views/traffic/traffic-view.tsx')).TrafficView,
}));
const ConsoleView = lazy(async () => ({
  default: (await import('../views/console/console-view.tsx')).ConsoleView,
}));
const StreamView = lazy(async () => ({
  default: (await import('../views/stream/stream-view.tsx')).StreamView,
}));

/** The frame around every view. */
export function Shell({ isKept }: { readonly isKept: boolean }) {
  return (
    <Router hook={useHashLocation}>
      <Tooltip.Provider delayDuration={500}>
        <ToastProvider>
          <FilterProvider>
            <ActionsProvider>
              <Frame isKept={isKept} />
            </ActionsProvider>
          </FilterProvider>
        </ToastProvider>
      </Tooltip.Provider>
    </Router>
  );
}

function Frame({ isKept }: { readonly isKept: boolean }) {
  const { undo, redo, newIssue, showShortcuts } = useActions();
  const [, navigate] = useLocation();
  useHotkeys({
    c: newIssue,
    '?': showShortcuts,
    'Mod+z': undo,
    'Mod+Shift+z': redo,
    'Mod+y': redo,
    'g i': () => navigate('/issues'),
    'g b': () => navigate('/board'),
    'g t': () => navigate('/traffic'),
    'g c': () => navigate('/console'),
    'g s': () => navigate('/stream'),
  });
  return (
    <div className="shell">
      <Navigation isKept={isKept} />
      <main className="shell-main">
        <Suspense fallback={<Placeholder title="Loading …" />}>
          <Switch>
            <Route path="/issues/:id?">{({ id }) => <IssuesView open={idOf(id)} />}</Route>
            <Route path="/board/:id?">{({ id }) => <BoardView open={idOf(id)} />}</Route>
            <Route path="/traffic" component={TrafficView} />
            <Route path="/console" component={ConsoleView} />
            <Route path="/stream" component={StreamView} />
            <Route>
              <Redirect to="/issues" replace />
            </Route>
          </Switch>
        </Suspense>
      </main>
    </div>
  );
}

const idOf = (text: string | undefined): number | null => (text && /^\d+$/.test(text) ? Number(text) : null);
