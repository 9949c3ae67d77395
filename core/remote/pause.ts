/** What a browser says when what failed before may succeed now. */
const occasions = [
  ['online', () => globalThis],
  ['pageshow', () => globalThis],
  ['visibilitychange', () => (typeof document === 'undefined' ? undefined : document)],
] as const;

/** Resolves after a time, or as soon as the network or the user is back, or the signal aborts. Keeps no process alive. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const targets = occasions.map(([name, of]) => [name, of() as Partial<EventTarget> | undefined] as const);
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      for (const [name, target] of targets) target?.removeEventListener?.(name, end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    (timer as { unref?: () => void }).unref?.();
    signal?.addEventListener('abort', end);
    for (const [name, target] of targets) target?.addEventListener?.(name, end);
    if (signal?.aborted) end();
  });
}
