import { useCallback } from 'react';
import { useToast } from './toasts.tsx';

/** Runs something that writes; what goes wrong is said. True when it went well. */
export function useAttempt(): (work: () => Promise<unknown>) => Promise<boolean> {
  const say = useToast();
  return useCallback(
    async (work) => {
      try {
        await work();
        return true;
      } catch (error) {
        say(error instanceof Error ? error.message : String(error), { kind: 'problem' });
        return false;
      }
    },
    [say],
  );
}
