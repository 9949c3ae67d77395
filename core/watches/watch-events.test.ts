import { type DatabaseSync, openSync, ProgrammingError, type WatchEvent } from 'freshet';
import { beforeEach, describe, expect, test } from 'vitest';
import { drain, started, take } from '../../tests/support/events.ts';
import { opened, temporaryFile } from '../../tests/support/opening.ts';

let db: DatabaseSync;

beforeEach(() => {
  db = opened();
  db.exec(`
    CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE tag (item INTEGER, tag TEXT, PRIMARY KEY (tag, item)) WITHOUT ROWID;
    CREATE TABLE note (text TEXT);
    INSERT INTO item VALUES (1, 'Ada'), (2, 'Bob');
  `);
});

const cookie = (): number =>
  db.queryOne<{ v: number }>('PRAGMA schema_version', undefined, {
    rowMode: (_c, [v]) => ({ v: v as number }),
  })?.v ?? -1;

describe('the event shapes', () => {
  test('watchQuery yields initial with columns, rows and snapshot_lsn, then invalidate', async () => {
    const watch = db.watchQuery('SELECT id, name FROM item WHERE id > ? ORDER BY id', [0]);
    const initial = await take(watch, 'initial');
    expect(initial).toStrictEqual({
      schema_version: 1,
      type: 'initial',
      watch_id: watch.id,
      snapshot_lsn: expect.any(Number),
      schema_cookie: cookie(),
      columns: ['id', 'name'],
      rows: [
        [1, 'Ada'],
        [2, 'Bob'],
      ],
    });
    db.execute("INSERT INTO item VALUES (3, 'Cyd')");
    const event = await take(watch, 'invalidate');
    expect(event.commit_lsn).toBeGreaterThan(initial.snapshot_lsn);
    expect(await watch.next()).toBeNull();
  });

  test('invalidate carries exactly the documented keys, and all changed tables in order', async () => {
    const watch = await started(db.watchTable('item'));
    db.transaction(() => {
      db.execute("INSERT INTO tag VALUES (1, 'new')");
      db.execute("INSERT INTO note VALUES ('hi')");
      db.execute("UPDATE item SET name = 'Eve' WHERE id = 2");
    });
    expect(await watch.next()).toStrictEqual({
      schema_version: 1,
      type: 'invalidate',
      watch_id: watch.id,
      event_id: 1,
      commit_lsn: expect.any(Number),
      schema_cookie: cookie(),
      source: 'direct',
      tables: ['item', 'note', 'tag'],
      schema_changed: false,
      row_changes_truncated: false,
      wide_tables: [],
      row_changes: [
        {
          table: 'item',
          operation: 'update',
          primary_key: { id: 2 },
          before: { id: 2, name: 'Bob' },
          after: { id: 2, name: 'Eve' },
          detail: 'full_row',
        },
      ],
    });
  });

  test('row_changes lists operation, primary_key, before and after, filtered to the watch, in statement order', async () => {
    const watch = await started(db.watchTable(['item', 'tag']));
    // Somebody else has the rows of the other table captured.
    db.watchTable('note');
    db.transaction(() => {
      db.execute("INSERT INTO tag VALUES (1, 'b')");
      db.execute("INSERT INTO note VALUES ('not watched')");
      db.execute('DELETE FROM item WHERE id = 1');
      db.execute("UPDATE tag SET tag = 'a'");
      db.execute("INSERT INTO item VALUES (9, 'Zoe')");
      db.execute('DELETE FROM item WHERE id = 9');
    });
    const { row_changes } = await take(watch, 'invalidate');
    expect(row_changes).toStrictEqual([
      {
        table: 'tag',
        operation: 'insert',
        primary_key: { tag: 'b', item: 1 },
        before: null,
        after: { item: 1, tag: 'b' },
        detail: 'full_row',
      },
      {
        table: 'item',
        operation: 'delete',
        primary_key: { id: 1 },
        before: { id: 1, name: 'Ada' },
        after: null,
        detail: 'full_row',
      },
      {
        table: 'tag',
        operation: 'update',
        primary_key: { tag: 'a', item: 1 },
        before: { item: 1, tag: 'b' },
        after: { item: 1, tag: 'a' },
        detail: 'full_row',
      },
      {
        table: 'item',
        operation: 'insert',
        primary_key: { id: 9 },
        before: null,
        after: { id: 9, name: 'Zoe' },
        detail: 'full_row',
      },
      {
        table: 'item',
        operation: 'delete',
        primary_key: { id: 9 },
        before: { id: 9, name: 'Zoe' },
        after: null,
        detail: 'full_row',
      },
    ]);
  });

  test('a row of a table without a declared primary key has an empty primary_key', async () => {
    const watch = await started(db.watchTable('note'));
    db.execute("INSERT INTO note VALUES ('a')");
    expect((await take(watch, 'invalidate')).row_changes).toStrictEqual([
      {
        table: 'note',
        operation: 'insert',
        primary_key: {},
        before: null,
        after: { text: 'a' },
        detail: 'full_row',
      },
    ]);
  });

  test('watchTable, watchRange and changeStream yield initial without columns and rows', async () => {
    for (const watch of [db.watchTable('item'), db.watchRange('item', { lower: 1 }), db.changeStream()]) {
      expect(await drain(watch)).toStrictEqual([
        {
          schema_version: 1,
          type: 'initial',
          watch_id: watch.id,
          snapshot_lsn: expect.any(Number),
          schema_cookie: cookie(),
        },
      ]);
    }
  });

  test('changeStream emits change with table_changes for each commit, in event_id order', async () => {
    const stream = await started(db.changeStream());
    const other = db.watchTable('note');
    db.transaction(() => {
      db.execute("INSERT INTO tag VALUES (1, 'a'), (2, 'a')");
      db.execute("UPDATE item SET name = 'Eve' WHERE id = 1");
    });
    db.execute("INSERT INTO note VALUES ('x')");
    other.close();
    db.execute('DELETE FROM item WHERE id = 2');
    const events = await drain(stream);
    expect(events).toStrictEqual([
      {
        schema_version: 1,
        type: 'change',
        stream_id: stream.id,
        event_id: 1,
        commit_lsn: expect.any(Number),
        schema_cookie: cookie(),
        source: 'direct',
        table_changes: [
          { table: 'item', schema_changed: false, row_change_count: 1, wide: false },
          { table: 'tag', schema_changed: false, row_change_count: 2, wide: false },
        ],
        row_changes_truncated: false,
        wide_tables: [],
        row_changes: [
          {
            table: 'tag',
            operation: 'insert',
            primary_key: { tag: 'a', item: 1 },
            before: null,
            after: { item: 1, tag: 'a' },
            detail: 'full_row',
          },
          {
            table: 'tag',
            operation: 'insert',
            primary_key: { tag: 'a', item: 2 },
            before: null,
            after: { item: 2, tag: 'a' },
            detail: 'full_row',
          },
          {
            table: 'item',
            operation: 'update',
            primary_key: { id: 1 },
            before: { id: 1, name: 'Ada' },
            after: { id: 1, name: 'Eve' },
            detail: 'full_row',
          },
        ],
      },
      expect.objectContaining({
        event_id: 2,
        table_changes: [{ table: 'note', schema_changed: false, row_change_count: 1, wide: false }],
      }),
      expect.objectContaining({
        event_id: 3,
        table_changes: [{ table: 'item', schema_changed: false, row_change_count: 1, wide: false }],
      }),
    ]);
    const lsns = events.map((event) => (event.type === 'change' ? event.commit_lsn : Number.NaN));
    expect(lsns).toEqual([...new Set(lsns)].sort((a, b) => a - b));
  });

  test('a change stream of some tables lists all tables of a commit, and the rows of its own', async () => {
    const stream = await started(db.changeStream({ tables: ['note'] }));
    db.watchTable('item');
    db.execute("UPDATE item SET name = 'Eve' WHERE id = 1");
    db.transaction(() => {
      db.execute("INSERT INTO note VALUES ('x')");
      db.execute("UPDATE item SET name = 'Eva' WHERE id = 1");
    });
    const [event, ...more] = await drain(stream);
    expect(more).toEqual([]);
    expect(event).toMatchObject({
      event_id: 2,
      table_changes: [{ table: 'item' }, { table: 'note', row_change_count: 1 }],
      row_changes: [{ table: 'note', after: { text: 'x' } }],
    });
  });

  test('lagged and closed carry exactly the documented keys', async () => {
    const watch = db.watchTable('item', { queueCapacity: 1 });
    db.execute('DELETE FROM item WHERE id = 1');
    const { commit_lsn } = await new Promise<{ commit_lsn: number }>((resolve) => {
      db.subscribe(resolve);
      db.execute('DELETE FROM item WHERE id = 2');
    });
    expect(await watch.next()).toStrictEqual({
      schema_version: 1,
      type: 'lagged',
      watch_id: watch.id,
      last_seen_event_id: 0,
      latest_event_id: 2,
      latest_commit_lsn: commit_lsn,
      reason: 'queue_overflow',
    });
    const waiting = watch.next({ timeoutMs: Number.POSITIVE_INFINITY });
    watch.close();
    expect(await waiting).toStrictEqual({ schema_version: 1, type: 'closed' });
  });

  test('watch ids start at 1, and event ids count the commits of the database: a watch sees gaps', async () => {
    const items = await started(db.watchTable('item'));
    const notes = await started(db.watchTable('note'));
    expect([items.id, notes.id]).toEqual([1, 2]);
    for (const sql of ['DELETE FROM item', "INSERT INTO note VALUES ('x')", 'DELETE FROM note'])
      db.execute(sql);
    db.execute("INSERT INTO item VALUES (1, 'Ada')");
    const ids = (events: WatchEvent[]) => events.map((event) => 'event_id' in event && event.event_id);
    expect(ids(await drain(items))).toEqual([1, 4]);
    expect(ids(await drain(notes))).toEqual([2, 3]);
  });

  test('every later event has a greater commit_lsn than the snapshot, also after the file was opened anew', async () => {
    const path = temporaryFile();
    let last = 0;
    for (let round = 0; round < 3; round++) {
      const file = openSync(path);
      file.exec('CREATE TABLE IF NOT EXISTS t (v)');
      const watch = file.watchTable('t');
      const { snapshot_lsn } = await take(watch, 'initial');
      expect(snapshot_lsn).toBeGreaterThan(last);
      file.execute('INSERT INTO t VALUES (1)');
      const { commit_lsn } = await take(watch, 'invalidate');
      expect(commit_lsn).toBeGreaterThan(snapshot_lsn);
      expect(Number.isSafeInteger(commit_lsn)).toBe(true);
      last = commit_lsn;
      file.close();
    }
  });

  test('what one reader does to an event, no other reader sees', async () => {
    const [one, other] = [await started(db.watchTable('item')), await started(db.watchTable('item'))];
    db.execute("INSERT INTO item VALUES (3, 'Cyd')");
    const first = await take(one, 'invalidate');
    try {
      Object.assign(first.row_changes[0]?.after ?? {}, { name: 'changed' });
      (first.tables as string[]).push('changed');
    } catch (error) {
      expect(error).toBeInstanceOf(TypeError);
    }
    expect(await take(other, 'invalidate')).toMatchObject({
      tables: ['item'],
      row_changes: [{ after: { id: 3, name: 'Cyd' } }],
    });
  });
});

describe('nextJson', () => {
  test('gives the raw JSON of the events that next gives', async () => {
    const [parsed, raw] = [db.watchQuery('SELECT * FROM item'), db.watchQuery('SELECT * FROM item')];
    db.execute("UPDATE item SET name = 'Eve'");
    for (let i = 0; i < 2; i++) {
      const event = await parsed.next();
      const text = await raw.nextJson();
      expect(JSON.parse(text ?? '')).toEqual({ ...event, watch_id: raw.id });
    }
    expect(await raw.nextJson()).toBeNull();
  });

  test('writes integers as exact JSON numbers, blobs as lowercase hex and non-finite numbers as null', async () => {
    db.exec('CREATE TABLE v (a, b, c, d, e)');
    const watch = await started(db.watchTable('v'));
    db.execute('INSERT INTO v VALUES (9223372036854775807, -9007199254740993, 9e999, -9e999, ?)', [
      new Uint8Array([0, 171, 255]),
    ]);
    const text = (await watch.nextJson()) ?? '';
    expect(text).toContain(
      '"after":{"a":9223372036854775807,"b":-9007199254740993,"c":null,"d":null,"e":"00abff"}',
    );
  });
});

describe('a watch of what can’t be watched', () => {
  const refused = (make: () => unknown): string => {
    try {
      make();
    } catch (error) {
      expect(error).toBeInstanceOf(ProgrammingError);
      return (error as Error).message;
    }
    throw new Error('It was not refused');
  };

  test('is refused: an empty list, an unknown table, an internal, temporary or derived one', () => {
    db.exec('CREATE VIEW seen AS SELECT 1; CREATE TEMP TABLE passing (v)');
    expect(refused(() => db.watchTable([]))).toMatch(/^watch table list must not be empty/);
    expect(refused(() => db.watchTable('nothing'))).toMatch(/^unknown watch table nothing/);
    expect(refused(() => db.changeStream({ tables: ['nothing'] }))).toMatch(/^unknown watch table nothing/);
    for (const table of ['sqlite_schema', 'sqlite_sequence', 'passing', 'seen']) {
      expect(refused(() => db.watchTable(['item', table]))).toMatch(
        new RegExp(`^table ${table} is not watchable`),
      );
    }
    expect(refused(() => db.watchRange('note', { lower: 1 }))).toMatch(
      /^range watch requires a primary key on table note/,
    );
    expect(db.reactiveMetrics().active_watch_count).toBe(0);
  });

  test('names are matched in any case, deduplicated, and told as they were declared', async () => {
    const watch = await started(db.watchTable(['ITEM', 'Item', 'note']));
    expect(db.reactiveSubscriptions()[0]?.dependencies_json).toBe('{"tables":["item","note"]}');
    db.execute('DELETE FROM ITEM WHERE ID = 1');
    expect(await take(watch, 'invalidate')).toMatchObject({
      tables: ['item'],
      row_changes: [{ table: 'item' }],
    });
  });
});
