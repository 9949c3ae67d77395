import type { DatabaseSync, ReactiveMetrics } from 'freshet';
import { live } from 'freshet/reactive';
import { describe, expect, test } from 'vitest';
import { drain, started } from '../../tests/support/events.ts';
import { opened } from '../../tests/support/opening.ts';

const schema = 'CREATE TABLE a (id INTEGER PRIMARY KEY, v); CREATE TABLE b (id INTEGER PRIMARY KEY, v);';
const nothing: ReactiveMetrics = {
  active_watch_count: 0,
  table_watch_count: 0,
  range_watch_count: 0,
  query_watch_count: 0,
  change_stream_count: 0,
  events_published: 0,
  events_delivered: 0,
  events_dropped: 0,
  lagged_watch_count: 0,
  row_change_events_truncated: 0,
  live_incremental_count: 0,
  live_reevaluated_count: 0,
  live_state_rows: 0,
  live_visits: 0,
  live_restricted_reevaluations: 0,
  live_full_reevaluations: 0,
};
const triggers = (db: DatabaseSync) => db.query('SELECT type, name FROM sqlite_temp_schema');

describe('reactiveMetrics and reactiveSubscriptions', () => {
  test('agree with sys.reactive_metrics and sys.reactive_subscriptions in every state', async () => {
    const db = opened();
    db.exec(schema);
    const agree = (): void => {
      expect(db.query('SELECT * FROM sys.reactive_metrics')).toEqual([db.reactiveMetrics()]);
      const subscriptions = db
        .reactiveSubscriptions()
        .map((info) => ({ ...info, lagged: Number(info.lagged) }));
      expect(db.query('SELECT * FROM sys.reactive_subscriptions')).toEqual(subscriptions);
      expect(db.query('SELECT * FROM sys.reactive_subscriptions ORDER BY watch_id DESC')).toEqual(
        subscriptions.reverse(),
      );
    };
    agree();
    const table = db.watchTable(['a', 'b'], { queueCapacity: 2 });
    agree();
    const others = [
      db.watchRange('a', { lower: 1 }),
      db.watchRange('a', { column: 'v', lower: `it's "quoted"` }),
      db.watchQuery('SELECT v FROM a'),
      db.changeStream({ tables: ['b'] }),
    ];
    agree();
    db.execute('INSERT INTO a (v) VALUES (1)');
    db.execute('INSERT INTO b (v) VALUES (1)');
    agree();
    await drain(table);
    agree();
    db.execute(
      'INSERT INTO a SELECT i, i FROM (WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n LIMIT 5000) SELECT i FROM n)',
    );
    agree();
    for (const watch of others) watch.close();
    agree();
    expect(db.reactiveMetrics()).toMatchObject({ active_watch_count: 1, row_change_events_truncated: 1 });
  });

  test('tell kinds, counters and dependencies as they are documented', async () => {
    const db = opened();
    db.exec(schema);
    const before = Date.now() * 1000;
    const table = await started(db.watchTable(['b', 'a']));
    await started(db.watchRange('a', { column: 'v', lower: 'x', upperInclusive: false }));
    await started(db.watchQuery('SELECT * FROM b'));
    await started(db.changeStream());
    db.execute('INSERT INTO a (v) VALUES (?)', ['a']);
    db.execute('INSERT INTO b (v) VALUES (?)', ['b']);
    await table.next();
    expect(db.reactiveMetrics()).toStrictEqual({
      ...nothing,
      active_watch_count: 4,
      table_watch_count: 1,
      range_watch_count: 1,
      query_watch_count: 1,
      change_stream_count: 1,
      events_published: 2,
      events_delivered: 5,
    });
    const [first, ...rest] = db.reactiveSubscriptions();
    expect(first).toStrictEqual({
      watch_id: table.id,
      kind: 'table',
      created_at_micros: expect.any(Number),
      queue_capacity: 1024,
      queue_depth: 1,
      last_delivered_event_id: 1,
      dropped_events: 0,
      lagged: false,
      dependencies_json: '{"tables":["a","b"]}',
    });
    expect(first?.created_at_micros).toBeGreaterThanOrEqual(before);
    expect(rest.map(({ kind, dependencies_json }) => [kind, dependencies_json])).toEqual([
      [
        'range',
        '{"table":"a","column":"v","lower":"x","upper":null,"lower_inclusive":true,"upper_inclusive":false}',
      ],
      ['query', '{"tables":["b"]}'],
      ['change_stream', '{"tables":null}'],
    ]);
  });

  test('can be joined, filtered and aliased as any table', async () => {
    const db = opened();
    db.exec(schema);
    db.watchTable('a');
    db.watchTable('b', { queueCapacity: 7 });
    expect(
      db.query(
        'SELECT s.watch_id, m.active_watch_count AS n FROM sys.reactive_subscriptions s JOIN sys.reactive_metrics m WHERE s.queue_capacity < ?',
        [100],
      ),
    ).toEqual([{ watch_id: 2, n: 2 }]);
    const prepared = db.prepare('SELECT count(*) AS n FROM "SYS".Reactive_Subscriptions');
    db.watchTable('a').close();
    db.watchTable('a');
    expect(prepared.queryOne()).toEqual({ n: 3 });
  });
});

describe('with no watch', () => {
  test('no trigger exists in sqlite_temp_schema, nothing is counted, and all metrics are zero', async () => {
    const db = opened();
    db.exec(schema);
    db.execute('INSERT INTO a (v) VALUES (1)');
    db.transaction(() => db.execute('UPDATE a SET v = 2'));
    expect(db.reactiveMetrics()).toStrictEqual(nothing);
    expect(db.reactiveSubscriptions()).toEqual([]);
    expect(triggers(db)).toEqual([]);
    const watch = await started(db.watchTable('a'));
    db.execute('INSERT INTO a (v) VALUES (3)');
    expect(await drain(watch)).toMatchObject([{ event_id: 1 }]);
  });

  test('a watch puts triggers on its own tables only, and the last one takes them away', async () => {
    const db = opened();
    db.exec(schema);
    const tables = () =>
      db
        .query<{ t: string }>(
          "SELECT DISTINCT tbl_name AS t FROM sqlite_temp_schema WHERE type = 'trigger' ORDER BY 1",
        )
        .map(({ t }) => t);
    const [one, other] = [db.watchTable('a'), db.watchQuery('SELECT * FROM a')];
    expect(tables()).toEqual(['a']);
    const stream = db.changeStream();
    expect(tables()).toEqual(['a', 'b']);
    stream.close();
    expect(tables()).toEqual(['a']);
    one.close();
    expect(tables()).toEqual(['a']);
    other.close();
    expect(triggers(db)).toEqual([]);
    const published = db.reactiveMetrics().events_published;
    db.execute('INSERT INTO a (v) VALUES (1)');
    expect(db.reactiveMetrics()).toStrictEqual({ ...nothing, events_published: published });
  });

  test('listeners and live queries count no events, and leave no trigger when they go', async () => {
    const db = opened();
    db.exec(schema);
    const unsubscribe = db.subscribe(() => {});
    const subscription = live(db, 'SELECT * FROM a').subscribe();
    db.execute('INSERT INTO a (v) VALUES (1)');
    expect(db.reactiveMetrics()).toStrictEqual({
      ...nothing,
      live_incremental_count: 1,
      live_state_rows: 1,
      live_visits: 1,
      live_full_reevaluations: 1,
    });
    unsubscribe();
    unsubscribe();
    subscription.unsubscribe();
    expect(triggers(db)).toEqual([]);
  });

  test('the file itself is never given a trigger, a table or a function', async () => {
    const db = opened();
    db.exec(schema);
    const main = () => db.query('SELECT * FROM main.sqlite_schema');
    const before = main();
    const watch = db.changeStream();
    db.execute('INSERT INTO a (v) VALUES (1)');
    expect(main()).toEqual(before);
    watch.close();
    expect(main()).toEqual(before);
  });
});
