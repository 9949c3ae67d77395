import { useDatabase } from 'freshet/react-hooks';
import { inspect, type LiveQueryInfo } from 'freshet/reactive';
import { useEffect, useState } from 'react';

const intervalMs = 500;

/** What the engine knows of an open live query without parameters, looked at twice a second. */
export function useQueryInfo(sql: string | undefined): LiveQueryInfo | undefined {
  const db = useDatabase();
  const [info, setInfo] = useState<LiveQueryInfo>();
  useEffect(() => {
    if (sql === undefined) return;
    const inspector = inspect(db);
    const subscription = inspector.observe({ intervalMs }).subscribe({
      next: ({ queries }) => setInfo(queries.find((query) => query.sql === sql)),
      // Figures that can't be had are left out; whatever is wrong shows in the answer itself.
      error: () => setInfo(undefined),
    });
    return () => {
      subscription.unsubscribe();
      inspector.close();
    };
  }, [db, sql]);
  return info?.sql === sql ? info : undefined;
}
