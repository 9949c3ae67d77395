import type { DatabaseSync } from 'freshet';
import { FreshetError, InterfaceError, ProgrammingError } from 'freshet';
import { live, liveOne, settled } from 'freshet/reactive';
import { beforeEach, describe, expect, test } from 'vitest';
import { engineOf } from '../core/engine-key.ts';
import { follow } from '../tests/support/following.ts';
import { fileWith, opened } from '../tests/support/opening.ts';

const schema =
  'CREATE TABLE item (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO item VALUES (1, 10), (2, 20);';
const sql = 'SELECT id, n FROM item ORDER BY id';

let db: DatabaseSync;
beforeEach(() => {
  db = opened();
  db.exec(schema);
});

describe('a query that fails from the start', () => {
  test.for<[what: string, sql: string, params: readonly (number | string)[]]>([
    ['wrong SQL', 'SELEC 1', []],
    ['an unknown table', 'SELECT * FROM nothing', []],
    ['an unknown column', 'SELECT nothing FROM item', []],
    ['a write', 'DELETE FROM item', []],
    ['a write with RETURNING', 'DELETE FROM item RETURNING id', []],
    ['DDL', 'DROP TABLE item', []],
    ['a pragma', 'PRAGMA user_version', []],
    ['EXPLAIN', 'EXPLAIN SELECT 1', []],
    ['two statements', 'SELECT 1; SELECT 2', []],
    ['an empty text', '  ', []],
    ['a missing parameter', 'SELECT * FROM item WHERE id = ?', []],
    ['a surplus parameter', 'SELECT * FROM item', [1]],
    ['an error at the first row', "SELECT json_extract('{' || n, '$') FROM item", []],
  ])('tells its subscribers, and leaves nothing behind: %s', async ([, text, params]) => {
    const before = db.query(sql);
    const query = follow(db, text, params);
    await settled(db);
    expect(query.ends).toEqual(['rows error', 'changes error']);
    for (const error of query.errors) expect(error).toBeInstanceOf(FreshetError);
    expect([query.snapshots, query.deltas, query.query.value]).toEqual([[], [], undefined]);
    expect(db.query(sql)).toEqual(before);
    expect(db[engineOf].hub.isActive).toBe(false);
    expect(db.query('SELECT * FROM sqlite_temp_schema')).toEqual([]);
  });

  test('explain throws what the query would', () => {
    expect(() => live(db, 'SELECT * FROM nothing').explain()).toThrow(ProgrammingError);
  });
});

describe('a query that fails later', () => {
  test.for([
    'LIMIT 0',
    'LIMIT 0 OFFSET 2',
    'LIMIT ? OFFSET 1',
  ])('does not fail of rows that it never reads: %s', async (window) => {
    const text = `SELECT json_extract(n, '$') AS n FROM item ORDER BY id ${window}`;
    const query = follow(db, text, window.includes('?') ? [0] : []);
    db.execute("UPDATE item SET n = 'no JSON'");
    db.execute("INSERT INTO item VALUES (3, '{')");
    await settled(db);
    expect([query.errors, query.query.value]).toEqual([[], []]);
    query.expectFresh();
  });

  test('tells its subscribers of the error after DDL, and subscribing again works when the schema does', async () => {
    const items = follow(db, sql);
    const others = follow(db, 'SELECT count(*) AS n FROM item');
    db.exec('ALTER TABLE item RENAME COLUMN n TO m');
    await settled(db);
    expect(items.ends).toEqual(['rows error', 'changes error']);
    expect(items.errors).toMatchObject([{ code: 'SQL', subcode: 'sql.column_not_found' }, {}]);
    expect(items.query.value).toBeUndefined();
    expect(others.errors).toEqual([]);
    // While the column is gone, subscribing again fails again.
    const still: unknown[] = [];
    items.query.subscribe({ error: (error) => still.push(error) });
    expect(still).toMatchObject([{ subcode: 'sql.column_not_found' }]);
    db.exec('ALTER TABLE item RENAME COLUMN m TO n');
    const got: unknown[] = [];
    items.query.subscribe((rows) => got.push(rows));
    expect(got).toEqual([db.query(sql)]);
    db.execute('DELETE FROM item WHERE id = 1');
    await settled(db);
    expect(got[1]).toEqual([{ id: 2, n: 20 }]);
    others.expectFresh();
  });

  test('is told by DROP TABLE, and follows the table that is made again', async () => {
    const items = follow(db, sql);
    db.exec('DROP TABLE item');
    await settled(db);
    expect(items.errors.length).toBe(2);
    db.exec('CREATE TABLE item (id INTEGER PRIMARY KEY, n)');
    const again = follow(db, sql);
    db.execute('INSERT INTO item VALUES (7, 7)');
    await settled(db);
    expect(again.rows).toEqual([{ id: 7, n: 7 }]);
    again.expectTold();
  });

  test('goes on when DDL leaves it an answer, with the columns that it has now', async () => {
    const items = follow(db, 'SELECT * FROM item');
    db.exec('ALTER TABLE item ADD COLUMN extra DEFAULT 5');
    await settled(db);
    expect(items.rows).toEqual([
      { id: 1, n: 10, extra: 5 },
      { id: 2, n: 20, extra: 5 },
    ]);
    db.exec(
      'BEGIN; ALTER TABLE item RENAME TO thing; CREATE VIEW item AS SELECT id, n * 2 AS n FROM thing; COMMIT',
    );
    await settled(db);
    items.expectFresh();
    items.expectTold();
    db.execute('UPDATE thing SET n = 1');
    await settled(db);
    items.expectFresh();
    expect(items.errors).toEqual([]);
  });

  test('on a commit whose rows it can’t evaluate, and only that query', async () => {
    db.exec("CREATE TABLE doc (body); INSERT INTO doc VALUES ('{}')");
    const parsed = follow(db, "SELECT json_extract(body, '$.a') AS a FROM doc");
    const plain = follow(db, 'SELECT body FROM doc');
    db.execute("INSERT INTO doc VALUES ('{')");
    await settled(db);
    expect(parsed.ends).toEqual(['rows error', 'changes error']);
    plain.expectFresh();
    plain.expectTold();
    db.execute("DELETE FROM doc WHERE body = '{'");
    const again = follow(db, "SELECT json_extract(body, '$.a') AS a FROM doc");
    again.expectFresh();
  });

  test('a subscriber who subscribes again, writes or closes in its error callback does no harm', async () => {
    const log: string[] = [];
    const query = live(db, sql);
    query.subscribe({
      error: () => {
        log.push('first');
        db.exec('ALTER TABLE item RENAME COLUMN m TO n');
        query.subscribe({
          next: (rows) => log.push(`again ${rows.length}`),
          error: () => log.push('again error'),
        });
        db.execute('INSERT INTO item VALUES (3, 30)');
      },
    });
    const other = follow(db, 'SELECT count(*) AS n FROM item');
    db.exec('ALTER TABLE item RENAME COLUMN n TO m');
    await settled(db);
    expect(log).toEqual(['first', 'again 2', 'again 3']);
    other.expectFresh();
    other.expectTold();

    query.subscribe({ error: () => db.close() });
    expect(() => db.exec('ALTER TABLE item RENAME COLUMN n TO m')).not.toThrow();
    await settled(db);
    expect(other.ends).toEqual(['rows complete', 'changes complete']);
  });
});

describe('closing the database', () => {
  test('completes every live query, once, and a later subscriber gets an InterfaceError', async () => {
    const all = [
      follow(db, sql),
      follow(db, 'SELECT count(*) AS n FROM item', [], { schedule: 'frame' }),
      follow(db, sql, [], { schedule: 'sync' }),
    ];
    const one: string[] = [];
    liveOne(db, sql).subscribe({ complete: () => one.push('complete') });
    db.execute('DELETE FROM item WHERE id = 1');
    db.close();
    db.close();
    await settled(db);
    for (const items of all) expect(items.ends.sort()).toEqual(['changes complete', 'rows complete']);
    expect(one).toEqual(['complete']);
    const errors: unknown[] = [];
    all[0]?.query.subscribe({ error: (error) => errors.push(error) });
    all[0]?.query.changes.subscribe({ error: (error) => errors.push(error) });
    expect(errors).toEqual([expect.any(InterfaceError), expect.any(InterfaceError)]);
    expect(() => live(db, sql).explain()).toThrow(InterfaceError);
  });

  test('with a transaction open completes those that wait for its end', async () => {
    const tx = db.begin();
    tx.execute('DELETE FROM item');
    const items = follow(db, sql);
    db.close();
    await settled(db);
    expect([items.ends, items.snapshots]).toEqual([['rows complete', 'changes complete'], []]);
  });

  test('completes those of this handle only', async () => {
    const path = fileWith(schema);
    const [one, other] = [opened(path), opened(path)];
    const [ends, stays] = [follow(one, sql), follow(other, sql)];
    one.close();
    other.execute('DELETE FROM item WHERE id = 1');
    await settled(other);
    expect(ends.ends).toEqual(['rows complete', 'changes complete']);
    expect(stays.ends).toEqual([]);
    stays.expectTold();
  });

  test('from within a completion callback is a second close, which does nothing', async () => {
    live(db, sql).subscribe({ complete: () => db.close() });
    const other = follow(db, 'SELECT count(*) AS n FROM item');
    const watch = db.watchTable('item');
    expect(() => db.close()).not.toThrow();
    expect(other.ends).toEqual(['rows complete', 'changes complete']);
    await expect(watch.next()).rejects.toThrow(InterfaceError);
    expect(() => db.query(sql)).toThrow(InterfaceError);
  });

  test('lets a completion callback read for the last time or refuses it, and goes on either way', () => {
    const seen: unknown[] = [];
    live(db, sql).subscribe({
      complete: () => {
        try {
          seen.push(db.query(sql).length);
        } catch (error) {
          seen.push(error);
        }
      },
    });
    db.close();
    expect([2, expect.any(InterfaceError)]).toContainEqual(seen[0]);
    expect(() => db.query(sql)).toThrow(InterfaceError);
  });
});
