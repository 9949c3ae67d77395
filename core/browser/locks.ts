/** A Web Lock that is held until it is released, or its tab ends. */
export interface HeldLock {
  release(): void;
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
