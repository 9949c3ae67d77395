import { Observable } from 'rxjs';
import type { RemoteWatch } from '../core/remote/watch.ts';
import type { WatchEvent } from '../core/watches/events.ts';
import type { Watch } from '../core/watches/watch.ts';

/** A watch's events as they come. Unsubscribing closes the watch; its end completes the Observable. */
export function watchEvents(watch: Watch | RemoteWatch): Observable<WatchEvent> {
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
