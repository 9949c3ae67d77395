import { useDatabase } from 'freshet/react-hooks';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { StreamLog, type StreamState } from './stream-log.ts';

/** The change stream of the database above, for as long as the component lives. */
export function useStream(tables: readonly string[]): {
  readonly log: StreamLog;
  readonly state: StreamState;
} {
  const db = useDatabase();
  const [log] = useState(() => new StreamLog(db));
  const state = useSyncExternalStore(log.subscribe, log.state);
  const named = tables.join('\n');
  useEffect(() => {
    log.start(named === '' ? [] : named.split('\n'));
    return () => log.stop();
  }, [log, named]);
  return { log, state };
}
