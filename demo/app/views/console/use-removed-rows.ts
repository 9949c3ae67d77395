import { useEffect, useRef, useState } from 'react';
import type { RemovedRow, Result } from './result.ts';

const goneMs = 300;
/** Beyond so many at once nobody sees which, nor where others go before these have. */
const mostShown = 20;

/** Rows that have just left, for as long as they fade. */
export function useRemovedRows({ removed, keys }: Result): readonly RemovedRow[] {
  const [fading, setFading] = useState<readonly RemovedRow[]>([]);
  const last = useRef(-Infinity);
  useEffect(() => {
    if (removed.length === 0) return;
    const now = performance.now();
    const isFlood = now - last.current < goneMs;
    last.current = now;
    if (isFlood || removed.length > mostShown) return;
    setFading((others) => [...others, ...removed].slice(-mostShown));
    const timer = setTimeout(() => {
      setFading((others) => others.filter((row) => !removed.includes(row)));
    }, goneMs);
    return () => clearTimeout(timer);
  }, [removed]);
  // Those of another answer are nobody's news.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another answer has other keys.
  useEffect(() => () => setFading([]), [keys]);
  return fading;
}
