import { Observable } from 'rxjs';
import { reading, wrongArgument } from '../core/arguments.ts';
import type { RemoteWatch } from '../core/remote/watch.ts';
import type { WatchEvent } from '../core/watches/events.ts';
import type { Watch } from '../core/watches/watch.ts';

/** A watch's events as they come. Unsubscribing closes the watch; its end completes the Observable. */
export function watchEvents(watch: Watch | RemoteWatch): Observable<WatchEvent> {
  const isWatch =
    typeof watch === 'object' &&
    watch !== null &&
    reading('watch', () => Symbol.asyncIterator in watch && typeof watch.close === 'function');
  if (!isWatch) throw wrongArgument('watch', 'a watch that a database gave', watch);
  return new Observable((subscriber) => {
    const pump = async (): Promise<void> => {
      try {
        for await (const event of watch) {
          if (subscriber.closed) return;
          subscriber.next(event);
        }
        subscriber.complete();
      } catch (error) {
        subscriber.error(error);
      }
    };
    void pump();
    return () => watch.close();
  });
}
