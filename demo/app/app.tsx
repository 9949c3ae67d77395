import { DatabaseProvider } from 'freshet/react-hooks';
import { createUndo } from 'freshet/reactive';
import { useMemo, useSyncExternalStore } from 'react';
import { Edits } from './data/edits.ts';
import type { Database } from './data/freshet.ts';
import type { Tracker } from './data/tracker.ts';
import { TrackerProvider } from './data/tracker-context.tsx';
import { Opening } from './shell/opening.tsx';
import { Shell } from './shell/shell.tsx';

export function App({ tracker }: { readonly tracker: Tracker }) {
  const state = useSyncExternalStore(tracker.subscribe, () => tracker.state);
  if (state.name !== 'ready') return <Opening state={state} start={(how) => void tracker.start(how)} />;
  return <Opened db={state.db} isKept={state.isKept} />;
}

function Opened({ db, isKept }: { readonly db: Database; readonly isKept: boolean }) {
  const edits = useMemo(() => new Edits(createUndo(db, { onConflict: 'merge' })), [db]);
  return (
    <DatabaseProvider database={db}>
      <TrackerProvider db={db} edits={edits}>
        <Shell isKept={isKept} />
      </TrackerProvider>
    </DatabaseProvider>
  );
}
