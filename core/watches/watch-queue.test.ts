import { getEventListeners } from 'node:events';
import { type DatabaseSync, InterfaceError, type WatchEvent } from 'freshet';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { drain, patience, started, take } from '../../tests/support/events.ts';
import { opened } from '../../tests/support/opening.ts';

let db: DatabaseSync;
beforeEach(() => {
  db = opened();
  db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, v)');
});

const insert = (times = 1): void => {
  for (let i = 0; i < times; i++) db.execute('INSERT INTO t (v) VALUES (1)');
};
const insertRows = (count: number): void => {
  db.execute(
    'INSERT INTO t (v) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ?) SELECT i FROM n',
    [count],
  );
};
const types = (events: readonly WatchEvent[]): string[] => events.map(({ type }) => type);

describe('overflow', () => {
  test('clears the queue and yields one lagged event with the last seen and the latest ids; the writer succeeds', async () => {
    const watch = await started(db.watchTable('t', { queueCapacity: 3 }));
    insert(2);
    expect(await take(watch, 'invalidate')).toMatchObject({ event_id: 1 });
    let latest = 0;
    db.subscribe(({ commit_lsn }) => {
      latest = commit_lsn;
    });
    insert(3);
    expect(db.queryOne('SELECT count(*) AS n FROM t')).toEqual({ n: 5 });
    expect(await watch.next()).toEqual({
      schema_version: 1,
      type: 'lagged',
      watch_id: watch.id,
      last_seen_event_id: 1,
      latest_event_id: 5,
      latest_commit_lsn: latest,
      reason: 'queue_overflow',
    });
    expect(await watch.next()).toBeNull();
  });

  test('drops an unread initial event too', async () => {
    const watch = db.watchTable('t', { queueCapacity: 1 });
    insert();
    expect(await watch.next()).toMatchObject({ type: 'lagged', last_seen_event_id: 0, latest_event_id: 1 });
  });

  test('lets later events queue behind the lagged one, and counts what was dropped', async () => {
    const watch = await started(db.watchTable('t', { queueCapacity: 2 }));
    insert(4);
    expect(db.reactiveSubscriptions()[0]).toMatchObject({ lagged: true, dropped_events: 3, queue_depth: 2 });
    expect(db.reactiveMetrics()).toMatchObject({
      lagged_watch_count: 1,
      events_dropped: 3,
      events_published: 4,
      events_delivered: 3,
    });
    expect(await drain(watch)).toMatchObject([
      { type: 'lagged', latest_event_id: 3 },
      { type: 'invalidate', event_id: 4 },
    ]);
    expect(db.reactiveSubscriptions()[0]).toMatchObject({
      lagged: false,
      dropped_events: 3,
      queue_depth: 0,
      last_delivered_event_id: 4,
    });
    expect(db.reactiveMetrics().lagged_watch_count).toBe(0);
  });

  test('an unread lagged event gives way to a newer one', async () => {
    const watch = await started(db.watchTable('t', { queueCapacity: 1 }));
    insert(4);
    expect(await drain(watch)).toMatchObject([{ type: 'lagged', last_seen_event_id: 0, latest_event_id: 4 }]);
    expect(db.reactiveSubscriptions()[0]).toMatchObject({ dropped_events: 6 });
  });

  test('of one watch is no other watch’s business', async () => {
    const [slow, quick] = [db.watchTable('t', { queueCapacity: 2 }), db.watchTable('t')];
    insert(5);
    expect(types(await drain(quick))).toEqual(['initial', ...Array(5).fill('invalidate')]);
    expect(types(await drain(slow))).toContain('lagged');
  });
});

describe('queueCapacity', () => {
  test.for<[given: number | undefined, used: number]>([
    [undefined, 1024],
    [1024, 1024],
    [1, 1],
    [0, 1],
    [-5, 1],
    [8192, 8192],
    [8193, 8192],
    [1e9, 8192],
  ])('defaults to 1024 and clamps to 1..8192: %s is %i', async ([given, used]) => {
    const watch = db.watchTable('t', given === undefined ? {} : { queueCapacity: given });
    expect(db.reactiveSubscriptions()[0]?.queue_capacity).toBe(used);
    // The initial event takes one place.
    insert(used - 1);
    expect(db.reactiveSubscriptions()[0]).toMatchObject({ queue_depth: used, lagged: false });
    insert();
    expect(types(await drain(watch))).toEqual(['lagged']);
  });

  test('that is no number is refused', () => {
    expect(() => db.watchTable('t', { queueCapacity: Number.NaN })).toThrow(InterfaceError);
  });
});

describe('a commit of more than 4,096 row changes', () => {
  test('is told as truncated, with empty row_changes, and counted once', async () => {
    const [table, stream] = [await started(db.watchTable('t')), await started(db.changeStream())];
    insertRows(4096);
    expect(await take(table, 'invalidate')).toMatchObject({
      row_changes_truncated: false,
      row_changes: { length: 4096 },
    });
    expect(await take(stream, 'change')).toMatchObject({
      row_changes_truncated: false,
      row_changes: { length: 4096 },
    });
    expect(db.reactiveMetrics().row_change_events_truncated).toBe(0);
    insertRows(4097);
    expect(await table.next()).toEqual({
      schema_version: 1,
      type: 'invalidate',
      watch_id: table.id,
      event_id: 2,
      commit_lsn: expect.any(Number),
      schema_cookie: expect.any(Number),
      source: 'direct',
      tables: ['t'],
      schema_changed: false,
      row_changes_truncated: true,
      wide_tables: ['t'],
      row_changes: [],
    });
    expect(await stream.next()).toMatchObject({
      row_changes_truncated: true,
      row_changes: [],
      table_changes: [{ table: 't', schema_changed: false, row_change_count: 4097, wide: false }],
    });
    expect(db.reactiveMetrics().row_change_events_truncated).toBe(1);
  });

  test('is told as truncated also past what a transaction records, 100,000 rows', async () => {
    const watch = await started(db.watchTable('t'));
    insertRows(100_001);
    expect(await take(watch, 'invalidate')).toMatchObject({
      tables: ['t'],
      row_changes_truncated: true,
      row_changes: [],
    });
    expect(db.reactiveMetrics().row_change_events_truncated).toBe(1);
  });

  test('counts the rows of its own tables: a watch of few of them gets these', async () => {
    db.exec('CREATE TABLE small (v)');
    const watch = await started(db.watchTable('small'));
    db.transaction(() => {
      insertRows(5000);
      db.execute('INSERT INTO small VALUES (7)');
    });
    expect(await take(watch, 'invalidate')).toMatchObject({
      tables: ['small', 't'],
      row_changes_truncated: false,
      row_changes: [{ after: { v: 7 } }],
    });
  });
});

describe('next', () => {
  test('looks once without a timeout, and gives null at the timeout', async () => {
    vi.useFakeTimers();
    try {
      const watch = await started(db.watchTable('t'));
      expect(await watch.next()).toBeNull();
      expect(await watch.next({ timeoutMs: 0 })).toBeNull();
      let result: WatchEvent | null | undefined;
      void watch.next({ timeoutMs: 500 }).then((event) => {
        result = event;
      });
      await vi.advanceTimersByTimeAsync(499);
      expect(result).toBeUndefined();
      await vi.advanceTimersByTimeAsync(1);
      expect(result).toBeNull();
      // A reader that gave up takes nothing.
      insert();
      expect(await watch.next()).toMatchObject({ event_id: 1 });
    } finally {
      vi.useRealTimers();
    }
  });

  test('resolves with the event that comes within the time; nextJson with its raw JSON', async () => {
    const watch = await started(db.watchTable('t'));
    const event = watch.next({ timeoutMs: patience });
    const json = watch.nextJson({ timeoutMs: patience });
    insert(2);
    expect(await event).toMatchObject({ type: 'invalidate', event_id: 1 });
    expect(JSON.parse((await json) ?? '')).toMatchObject({ type: 'invalidate', event_id: 2 });
  });

  test('serves readers in the order in which they asked', async () => {
    const watch = await started(db.watchTable('t'));
    const readers = [1, 2, 3].map(() => watch.next({ timeoutMs: patience }));
    insert(4);
    expect(await Promise.all(readers)).toMatchObject([{ event_id: 1 }, { event_id: 2 }, { event_id: 3 }]);
    expect(await watch.next()).toMatchObject({ event_id: 4 });
  });

  test('a waiting reader is never lagged, whatever the capacity', async () => {
    const watch = await started(db.watchTable('t', { queueCapacity: 1 }));
    const readers = [1, 2, 3].map(() => watch.next({ timeoutMs: patience }));
    insert(3);
    expect(await Promise.all(readers)).toMatchObject([{ event_id: 1 }, { event_id: 2 }, { event_id: 3 }]);
  });

  test('rejects with the reason of its signal, and loses no event to it', async () => {
    const watch = await started(db.watchTable('t'));
    const controller = new AbortController();
    const { signal } = controller;
    const [aborted, patient] = [
      watch.next({ timeoutMs: patience, signal }),
      watch.next({ timeoutMs: patience }),
    ];
    controller.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    insert(2);
    expect(await patient).toMatchObject({ event_id: 1 });
    await expect(watch.next({ signal })).rejects.toThrow('enough');
    expect(await watch.next()).toMatchObject({ event_id: 2 });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('leaves no listener at a signal that lives on', async () => {
    const watch = await started(db.watchTable('t'));
    const { signal } = new AbortController();
    const first = watch.next({ timeoutMs: patience, signal });
    insert();
    await first;
    const second = watch.next({ timeoutMs: 1, signal });
    expect(await second).toBeNull();
    const third = watch.next({ timeoutMs: patience, signal });
    watch.close();
    await third;
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe('close', () => {
  test('is idempotent, wakes waiting readers with closed, drops what is queued, and takes the watch off the metrics', async () => {
    const watch = await started(db.watchTable('t'));
    expect(db.reactiveMetrics()).toMatchObject({ active_watch_count: 1, table_watch_count: 1 });
    const readers = [
      watch.next({ timeoutMs: patience }),
      watch.nextJson({ timeoutMs: Number.POSITIVE_INFINITY }),
    ];
    watch.close();
    watch.close();
    watch[Symbol.dispose]();
    expect(await Promise.all(readers)).toEqual([
      { schema_version: 1, type: 'closed' },
      '{"schema_version":1,"type":"closed"}',
    ]);
    expect(db.reactiveMetrics()).toMatchObject({ active_watch_count: 0, table_watch_count: 0 });
    await expect(watch.next()).rejects.toThrow(InterfaceError);
    await expect(watch.nextJson()).rejects.toMatchObject({ code: 'CLOSED' });
  });

  test('drops what is queued', async () => {
    const watch = db.watchTable('t');
    insert();
    watch.close();
    await expect(watch.next()).rejects.toThrow(InterfaceError);
    expect(await Array.fromAsync(watch)).toEqual([]);
  });

  test('ends an iteration, and leaving an iteration closes the watch', async () => {
    const watch = db.watchTable('t');
    const seen: string[] = [];
    const reading = (async () => {
      for await (const event of watch) {
        seen.push(event.type);
        if (seen.length === 1) insert();
        if (seen.length === 2) setImmediate(() => watch.close());
      }
    })();
    await reading;
    expect(seen).toEqual(['initial', 'invalidate']);

    const left = db.watchTable('t');
    for await (const event of left) {
      expect(event.type).toBe('initial');
      break;
    }
    await expect(left.next()).rejects.toThrow(InterfaceError);
    expect(db.reactiveMetrics().active_watch_count).toBe(0);
  });

  test('of the database closes its watches, and those of no other handle', async () => {
    const watches = [
      db.watchTable('t'),
      db.watchRange('t', {}),
      db.watchQuery('SELECT * FROM t'),
      db.changeStream(),
    ];
    for (const watch of watches) await started(watch);
    const readers = watches.map((watch) => watch.next({ timeoutMs: patience }));
    const iteration = Array.fromAsync(watches[0] as (typeof watches)[0]);
    db.close();
    expect(await Promise.all(readers)).toEqual(Array(4).fill({ schema_version: 1, type: 'closed' }));
    expect(await iteration).toEqual([]);
    for (const watch of watches) await expect(watch.next()).rejects.toThrow(InterfaceError);
  });

  test('of the database makes every way to watch throw an InterfaceError', () => {
    db.close();
    const ways: readonly (() => unknown)[] = [
      () => db.watchTable('t'),
      () => db.watchRange('t', {}),
      () => db.watchQuery('SELECT * FROM t'),
      () => db.changeStream(),
      () => db.changeStream({ tables: ['t'] }),
      () => db.subscribe(() => {}),
    ];
    for (const way of ways) expect(way, String(way)).toThrow(InterfaceError);
  });

  test('a watch in a using declaration is closed at the end of its scope', async () => {
    {
      using watch = db.watchTable('t');
      await started(watch);
      expect(db.reactiveMetrics().active_watch_count).toBe(1);
    }
    expect(db.reactiveMetrics().active_watch_count).toBe(0);
  });

  test('while a transaction is open takes effect at once, and its triggers go when the transaction has ended', async () => {
    const watch = await started(db.watchTable('t'));
    const triggers = () => db.query("SELECT name FROM sqlite_temp_schema WHERE type = 'trigger'");
    const transaction = db.begin();
    transaction.execute('INSERT INTO t (v) VALUES (1)');
    watch.close();
    transaction.execute('INSERT INTO t (v) VALUES (1)');
    transaction.commit();
    expect(triggers()).toEqual([]);
    expect(db.reactiveMetrics()).toMatchObject({ active_watch_count: 0, events_published: 0 });
  });
});
