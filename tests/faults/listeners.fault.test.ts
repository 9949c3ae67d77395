import { type DatabaseSync, openSync } from 'freshet';
import { live, settled } from 'freshet/reactive';
import { config } from 'rxjs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { drain, patience, started } from '../support/events.ts';
import { follow } from '../support/following.ts';
import { bare, fileWith, opened } from '../support/opening.ts';

const schema = 'CREATE TABLE t (id INTEGER PRIMARY KEY, v UNIQUE);';
const sql = 'SELECT id, v FROM t ORDER BY id';

let path: string;
let db: DatabaseSync;
let reported: [message: string, during: string][];
beforeEach(() => {
  path = fileWith(schema);
  reported = [];
  db = opened(path, { onError: (error, { during }) => reported.push([(error as Error).message, during]) });
});
afterEach(() => {
  config.onUnhandledError = null;
});

let nextId = 1;
const insert = (on = db): unknown => on.execute('INSERT INTO t VALUES (?1, ?1)', [nextId++]);

/** Nobody else lost anything: what SQLite has is what watches, listeners and live queries were told. */
async function expectIntact(count: number, told: number): Promise<void> {
  expect(bare(path).prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: count });
  expect(told).toBe(count);
}

describe('a listener that throws', () => {
  test('is reported to onError, and neither the commit nor anybody else notices', async () => {
    const other = opened(path);
    const [watch, items] = [await started(db.watchTable('t')), follow(other, sql, [], { schedule: 'sync' })];
    let told = 0;
    db.subscribe(() => {
      throw new Error('first');
    });
    other.subscribe(() => told++);
    db.subscribe(() => {
      throw new Error('second');
    });
    for (let i = 0; i < 3; i++) {
      expect(insert(i === 1 ? other : db)).toMatchObject({ changes: 1 });
      items.expectFresh();
      items.expectTold();
    }
    expect(reported).toEqual(
      [1, 2, 3].flatMap(() => [
        ['first', 'a listener of commits'],
        ['second', 'a listener of commits'],
      ]),
    );
    expect((await drain(watch)).length).toBe(3);
    await expectIntact(3, told);
  });

  test('inside a transaction that another listener made, is no reason to roll that back', () => {
    db.subscribe(({ row_changes }) => {
      if (Number(row_changes[0]?.after?.id) % 2) db.transaction(() => insert());
      throw new Error('after its own commit');
    });
    nextId = 101;
    insert();
    expect(db.query(sql).length).toBe(2);
    expect(reported.length).toBe(2);
  });

  test('because its own write failed, is reported with that error', () => {
    nextId = 200;
    db.subscribe(({ row_changes }) =>
      db.execute('INSERT INTO t VALUES (NULL, ?)', [row_changes[0]?.after?.v ?? null]),
    );
    insert();
    expect(reported).toEqual([['UNIQUE constraint failed: t.v', 'a listener of commits']]);
    expect(db.query(sql).length).toBe(1);
  });

  test('and leaves a transaction open, does not keep the others from being told', () => {
    let told = 0;
    const leave = db.subscribe(() => {
      leave();
      db.begin();
      throw new Error('with a transaction open');
    });
    db.subscribe(() => told++);
    insert();
    expect([told, db.inTransaction, reported.length]).toEqual([1, true, 1]);
    insert();
    db.commit();
    expect(told).toBe(2);
  });
});

describe('a live subscriber that throws', () => {
  test('is reported as RxJS reports it, and neither the commit nor another subscriber notices', async () => {
    const unhandled: unknown[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    config.onUnhandledError = (error) => {
      unhandled.push((error as Error).message);
      if (unhandled.length === 3) resolve();
    };
    const query = live(db, sql, [], { schedule: 'sync' });
    query.subscribe(() => {
      throw new Error('no');
    });
    const items = follow(db, sql, [], { schedule: 'sync' });
    insert();
    insert();
    await promise;
    expect(unhandled).toEqual(['no', 'no', 'no']);
    items.expectFresh();
    items.expectTold();
    expect(reported).toEqual([]);
  });
});

describe('a listener that closes the database', () => {
  test('ends its handle, and the others’ listeners, watches and live queries go on', async () => {
    const other = opened(path);
    const [watch, items] = [await started(other.watchTable('t')), follow(other, sql)];
    const own = follow(db, sql);
    const ownWatch = await started(db.watchTable('t'));
    const waiting = ownWatch.next({ timeoutMs: patience });
    let told = 0;
    other.subscribe(() => told++);
    db.subscribe(() => db.close());
    let heard = 0;
    db.subscribe(() => heard++);
    expect(insert()).toMatchObject({ changes: 1 });
    expect(own.ends).toEqual(['rows complete', 'changes complete']);
    expect(await waiting).toMatchObject({ type: 'invalidate' });
    await expect(ownWatch.next()).rejects.toMatchObject({ code: 'CLOSED' });
    expect(heard).toBe(0);
    expect(() => insert()).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    nextId -= 1;
    insert(other);
    await settled(other);
    items.expectFresh();
    items.expectTold();
    expect((await drain(watch)).length).toBe(2);
    expect(reported).toEqual([]);
    await expectIntact(2, told);
  });

  test('of a commit in whatever call: that call returns or says that the database is closed', () => {
    const calls: readonly ((on: DatabaseSync) => unknown)[] = [
      (on) => insert(on),
      (on) => on.exec('INSERT INTO t VALUES (NULL, NULL); SELECT 1'),
      (on) => on.transaction(() => insert(on)),
      (on) => on.executeBatch('INSERT INTO t (v) VALUES (?)', [['a'], ['b']]),
      (on) => on.query('INSERT INTO t (v) VALUES (NULL) RETURNING id'),
      (on) => on.prepare('INSERT INTO t (v) VALUES (?)').execute([null]),
      (on) => on.begin().execute('INSERT INTO t (v) VALUES (NULL)') && on.commit(),
      (on) => on.exec('CREATE TABLE u (v)'),
    ];
    for (const [at, call] of calls.entries()) {
      const handle = openSync(fileWith(schema), {
        onError: (error) => reported.push([String(error), String(at)]),
      });
      handle.subscribe(() => handle.close());
      live(handle, sql, [], { schedule: 'sync' }).subscribe();
      try {
        call(handle);
      } catch (error) {
        expect(error, String(call)).toMatchObject({ code: 'CLOSED' });
      }
      handle.close();
    }
    expect(reported).toEqual([]);
  });

  test('of another handle than the committing one', async () => {
    const [other, third] = [opened(path), opened(path)];
    const items = follow(third, sql);
    other.subscribe(() => other.close());
    let told = 0;
    third.subscribe(() => told++);
    insert();
    insert();
    await settled(third);
    items.expectTold();
    await expectIntact(2, told);
  });
});

describe('a listener that closes watches', () => {
  test('its own and others’, while a commit is told', async () => {
    const watches = [db.watchTable('t'), db.watchTable('t'), db.changeStream()];
    for (const watch of watches) await started(watch);
    const waiting = watches.map((watch) => watch.next({ timeoutMs: patience }));
    db.subscribe(() => {
      for (const watch of watches) watch.close();
    });
    insert();
    // They had the commit already; nothing follows it.
    expect((await Promise.all(waiting)).map((event) => event?.type)).toEqual([
      'invalidate',
      'invalidate',
      'change',
    ]);
    for (const watch of watches) await expect(watch.next()).rejects.toMatchObject({ code: 'CLOSED' });
    expect(db.reactiveMetrics().active_watch_count).toBe(0);
    insert();
    expect(reported).toEqual([]);
  });

  test('a reader that closes its own watch in its loop ends it, and the others go on', async () => {
    const [own, other] = [db.watchTable('t'), db.watchTable('t')];
    insert();
    insert();
    const seen: string[] = [];
    for await (const event of own) {
      seen.push(event.type);
      own.close();
    }
    expect(seen).toEqual(['initial']);
    expect((await drain(other)).length).toBe(3);
  });
});
