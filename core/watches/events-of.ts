import type { WatchEvent } from './events.ts';

interface Readable {
  readonly isClosed: boolean;
  next(options: { readonly timeoutMs: number }): Promise<WatchEvent | null>;
  close(): void;
}

/** Every event until the watch is closed. Leaving the loop closes it. */
export async function* eventsOf(watch: Readable): AsyncGenerator<WatchEvent, void, undefined> {
  try {
    while (!watch.isClosed) {
      const event = await watch.next({ timeoutMs: Number.POSITIVE_INFINITY });
      if (event === null || event.type === 'closed') return;
      yield event;
    }
  } finally {
    watch.close();
  }
}
