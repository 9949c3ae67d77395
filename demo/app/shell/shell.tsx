import './shell.css';
import { lazy, Suspense } from 'react';
import { Redirect, Route, Router, Switch } from 'wouter';
import { useHashLocation } from 'wouter/use-hash-location';
import { Placeholder } from '../parts/placeholder.tsx';
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
      <div className="shell">
        <Navigation isKept={isKept} />
        <main className="shell-main">
          <Suspense fallback={<Placeholder title="Loading …" />}>
            <Switch>
              <Route path="/issues/:id?">
                <Placeholder title="Issues" />
              </Route>
              <Route path="/board/:id?">
                <Placeholder title="Board" />
              </Route>
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
    </Router>
  );
}
