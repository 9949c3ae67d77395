import { useCallback, useEffect } from 'react';
import { useQueryStore } from './database-provider.tsx';

/**
 * Has an error of a hook's result reported, if no component reads it: once, by the database's `onError` or else on the
 * console. Gives what is to be called when it is read. `what` names the hook, and what it does.
 */
export function useUnreadError(error: Error | undefined, what: string): () => void {
  const { errors } = useQueryStore(what);
  useEffect(() => {
    if (!error) return undefined;
    return errors.expectRead(
      error,
      `${what} failed, and no component reads \`error\` or \`status\` of its result`,
    );
  }, [errors, error, what]);
  return useCallback(() => {
    if (error) errors.markRead(error);
  }, [errors, error]);
}

/** A hook and the beginning of its statement, on one line. */
export function hookWith(hook: string, sql: string): string {
  const line = sql.replace(/\s+/g, ' ').trim();
  return `${hook}(${JSON.stringify(line.length > 200 ? `${line.slice(0, 200)}…` : line)})`;
}
