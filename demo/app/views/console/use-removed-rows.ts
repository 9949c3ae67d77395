import { useEffect, useState } from 'react';
import type { RemovedRow, Result } from './result.ts';

const goneMs = 300;

/** Rows that have just left, for as long as they fade. In a flood there are none: others are in their places. */
export function useRemovedRows({ removed, isFlood, keys }: Result): readonly RemovedRow[] {
  const [fading, setFading] = useState<readonly RemovedRow[]>([]);
  useEffect(() => {
    if (removed.length === 0 || isFlood) return;
    setFading(removed);
    const timer = setTimeout(() => setFading([]), goneMs);
    return () => {
      clearTimeout(timer);
      setFading([]);
    };
  }, [removed, isFlood]);
  // Those of another answer are nobody's news.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another answer has other keys.
  useEffect(() => () => setFading([]), [keys]);
  return isFlood ? [] : fading;
}
