import { DatabaseProvider } from 'freshet/react-hooks';
import { useSyncExternalStore } from 'react';
import type { Tracker } from './data/tracker.ts';
import { Opening } from './shell/opening.tsx';
import { Shell } from './shell/shell.tsx';

export function App({ tracker }: { readonly tracker: Tracker }) {
  const state = useSyncExternalStore(tracker.subscribe, () => tracker.state);
  if (state.name !== 'ready') return <Opening state={state} start={(how) => void tracker.start(how)} />;
  return (
    <DatabaseProvider database={state.db}>
      <Shell isKept={state.isKept} />
    </DatabaseProvider>
  );
}
