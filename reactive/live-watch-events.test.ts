import type { DatabaseSync, WatchEvent } from 'freshet';
import { watchEvents } from 'freshet/reactive';
import { firstValueFrom, lastValueFrom, take, toArray } from 'rxjs';
import { beforeEach, describe, expect, test } from 'vitest';
import { opened } from '../tests/support/opening.ts';

let db: DatabaseSync;
beforeEach(() => {
  db = opened();
  db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, v)');
});
const insert = (): unknown => db.execute('INSERT INTO t (v) VALUES (1)');

describe('watchEvents', () => {
  test('emits a watch’s events as they come, in order, and completes with the watch', async () => {
    const watch = db.watchTable('t');
    const all = lastValueFrom(watchEvents(watch).pipe(toArray()));
    insert();
    insert();
    await firstValueFrom(watchEvents(db.watchTable('t')));
    insert();
    await new Promise((resolve) => setImmediate(resolve));
    watch.close();
    expect(
      (await all).map((event: WatchEvent) => ('event_id' in event ? event.event_id : event.type)),
    ).toEqual(['initial', 1, 2, 3]);
  });

  test('closes the watch when its subscriber leaves', async () => {
    const watch = db.watchTable('t');
    const two = lastValueFrom(watchEvents(watch).pipe(take(2), toArray()));
    insert();
    expect((await two).map(({ type }) => type)).toEqual(['initial', 'invalidate']);
    expect(db.reactiveMetrics().active_watch_count).toBe(0);
    await expect(watch.next()).rejects.toMatchObject({ code: 'CLOSED' });
    expect(db.query('SELECT * FROM sqlite_temp_schema')).toEqual([]);
  });

  test('completes when the database is closed', async () => {
    const types = lastValueFrom(watchEvents(db.changeStream()).pipe(toArray()));
    await new Promise((resolve) => setImmediate(resolve));
    db.close();
    expect((await types).map(({ type }) => type)).toEqual(['initial']);
  });

  test('shows a lagged event, after which a fresh look is due', async () => {
    const watch = db.watchTable('t', { queueCapacity: 1 });
    insert();
    insert();
    expect(await firstValueFrom(watchEvents(watch))).toMatchObject({ type: 'lagged', latest_event_id: 2 });
  });

  test('hears of what a subscriber writes while it is told', async () => {
    const ids: number[] = [];
    const subscriber = watchEvents(db.watchTable('t')).pipe(take(5));
    const done = new Promise<void>((resolve) => {
      subscriber.subscribe({
        next: (event) => {
          ids.push('event_id' in event ? event.event_id : 0);
          insert();
        },
        complete: resolve,
      });
    });
    await done;
    expect(ids).toEqual([0, 1, 2, 3, 4]);
  });
});
