/** A Web Lock that is held until it is released, or its tab ends. */
export interface HeldLock {
  release(): void;
}

/** Runs `call` while the lock is held; null if somebody else holds it. */
export async function withFreeLock<R>(name: string, call: () => Promise<R>): Promise<R | null> {
  return navigator.locks.request(name, { ifAvailable: true }, async (lock) => (lock ? call() : null));
}

/** Resolves once the lock is held. @throws the signal's reason when it aborts before. */
export function holdLock(name: string, signal?: AbortSignal): Promise<HeldLock> {
  return new Promise((resolve, reject) => {
    const held = (): Promise<void> =>
      new Promise((release) => {
        resolve({ release });
      });
    navigator.locks.request(name, signal ? { signal } : {}, held).catch(reject);
  });
}

/** Whether a lock whose name passes is held, by this tab or another. */
export async function isHeld(passes: (name: string) => boolean): Promise<boolean> {
  const { held = [] } = await navigator.locks.query();
  return held.some(({ name = '' }) => passes(name));
}
