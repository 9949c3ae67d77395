import './stream-view.css';
import { Pause, Play, Trash2, Waves } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Button } from '../../parts/button.tsx';
import { Placeholder } from '../../parts/placeholder.tsx';
import { Entries } from './entries.tsx';
import { touches } from './stream-entry.ts';
import { mostEntries, type StreamState } from './stream-log.ts';
import { TableFilter } from './table-filter.tsx';
import { useStream } from './use-stream.ts';

const number = new Intl.NumberFormat('en');

/** Every commit as it happens, whichever tab makes it. */
export function StreamView() {
  const [tables, setTables] = useState<readonly string[]>([]);
  const { log, state } = useStream(tables);
  const entries = useMemo(() => {
    const wanted = new Set(tables);
    return wanted.size === 0 ? state.entries : state.entries.filter((entry) => touches(entry, wanted));
  }, [state.entries, tables]);
  const isPaused = state.status === 'paused';
  return (
    <div className="stream">
      <header className="stream-header">
        <h1>Stream</h1>
        <TableFilter chosen={tables} choose={setTables} />
        <p className="stream-status figures" data-status={state.status}>
          {describe(state)}
        </p>
        <div className="stream-actions">
          <Button onClick={() => (isPaused ? log.resume() : log.pause())}>
            {isPaused ? <Play aria-hidden="true" /> : <Pause aria-hidden="true" />}
            {isPaused ? 'Resume' : 'Pause'}
          </Button>
          <Button isIcon aria-label="Clear" disabled={state.entries.length === 0} onClick={() => log.clear()}>
            <Trash2 aria-hidden="true" />
          </Button>
        </div>
      </header>
      {state.status === 'failed' ? (
        <div className="stream-rest" role="alert">
          <Placeholder title="The stream can’t be followed">
            <p>{state.error?.message}</p>
            <Button onClick={() => log.start(tables)}>Try again</Button>
          </Placeholder>
        </div>
      ) : entries.length === 0 ? (
        <div className="stream-rest">
          <Placeholder
            title={isPaused ? 'Paused' : 'Waiting for a commit'}
            icon={<Waves aria-hidden="true" />}
          >
            <p>
              Change an issue in any view or tab, or switch <a href="#/traffic">Traffic</a> on. Each commit
              appears here with the rows it changed.
            </p>
          </Placeholder>
        </div>
      ) : (
        <Entries key={tables.join()} entries={entries} received={state.received} />
      )}
    </div>
  );
}

function describe({ status, received, dropped }: StreamState): string {
  const name = { opening: 'Opening …', following: 'Following', paused: 'Paused', failed: 'Failed' }[status];
  if (received === 0) return name;
  const kept = dropped === 0 ? '' : `, last ${mostEntries} kept, ${number.format(dropped)} dropped`;
  return `${name} · ${number.format(received)} received${kept}`;
}
