import type { Changeset, DatabaseSync } from 'freshet';
import { settled } from 'freshet/reactive';
import { describe, expect, test } from 'vitest';
import { started, take } from './support/events.ts';
import { follow } from './support/following.ts';
import { bare, fileWith, opened } from './support/opening.ts';
import { Replica } from './support/replica.ts';

describe('wide tables', () => {
  const width = 1900;
  const columns = Array.from({ length: width }, (_, at) => `c${at}`);

  test('1,900 columns: insert, update and delete are told with exact rows before and after', async () => {
    const db = opened();
    db.exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, ${columns.join(', ')})`);
    const replica = new Replica(db, ['t']);
    const changesets: Changeset[] = [];
    db.subscribe((changeset) => {
      changesets.push(changeset);
      replica.follow(changeset);
    });
    const watch = await started(db.watchTable('t'));
    const items = follow(db, 'SELECT * FROM t ORDER BY id');
    const values = columns.map(
      (_, at) => [at, `t${at}`, null, at + 0.5, new Uint8Array([at])][at % 5] ?? null,
    );
    const insert = db.prepare(`INSERT INTO t VALUES (${['?', ...columns.map(() => '?')].join(', ')})`);
    insert.execute([1, ...values]);
    const inserted = await take(watch, 'invalidate');
    const row = { id: 1, ...Object.fromEntries(columns.map((name, at) => [name, values[at]])) };
    expect(inserted.row_changes).toStrictEqual([
      {
        table: 't',
        operation: 'insert',
        primary_key: { id: 1 },
        before: null,
        after: row,
        detail: 'full_row',
      },
    ]);
    db.execute("UPDATE t SET c0 = 'first', c1899 = 'last', c950 = 2");
    const changed = { ...row, c0: 'first', c1899: 'last', c950: 2 };
    expect((await take(watch, 'invalidate')).row_changes).toStrictEqual([
      {
        table: 't',
        operation: 'update',
        primary_key: { id: 1 },
        before: row,
        after: changed,
        detail: 'full_row',
      },
    ]);
    insert.execute([2, ...values]);
    await take(watch, 'invalidate');
    db.execute('DELETE FROM t WHERE id = 1');
    expect((await take(watch, 'invalidate')).row_changes).toStrictEqual([
      {
        table: 't',
        operation: 'delete',
        primary_key: { id: 1 },
        before: changed,
        after: null,
        detail: 'full_row',
      },
    ]);
    expect(changesets.some(({ wide }) => wide)).toBe(false);
    await settled(db);
    items.expectFresh();
    items.expectTold();
  });

  test('1,900 columns: a REPLACE, several rows in one statement, and a rollback', async () => {
    const db = opened();
    db.exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, ${columns.join(', ')})`);
    const replica = new Replica(db, ['t']);
    db.subscribe((changeset) => replica.follow(changeset));
    const items = follow(db, 'SELECT id, c1899 FROM t ORDER BY id');
    db.execute('INSERT INTO t (id, c1899) VALUES (1, 1), (2, 2), (3, 3)');
    db.execute('REPLACE INTO t (id, c1899) VALUES (2, 22)');
    db.execute('UPDATE t SET c1899 = c1899 * 2, c0 = id');
    db.exec('BEGIN; UPDATE t SET c7 = 7; ROLLBACK');
    await settled(db);
    items.expectFresh();
    items.expectTold();
    db.execute('DELETE FROM t');
  });

  test.for([
    98, 99, 100, 197, 198, 199, 999, 1000, 1001,
  ])('%i columns, where rows begin to be handed over in more parts', (count) => {
    const db = opened();
    const list = columns.slice(0, count);
    db.exec(`CREATE TABLE t (${list.join(', ')})`);
    const replica = new Replica(db, ['t']);
    let commits = 0;
    db.subscribe((changeset) => {
      commits += 1;
      expect(changeset.wide).toBe(false);
      replica.follow(changeset);
    });
    db.execute(`INSERT INTO t VALUES (${list.map((_, at) => at).join(', ')})`);
    db.execute(`UPDATE t SET ${list[0]} = 'a', ${list.at(-1)} = 'z'`);
    db.execute('DELETE FROM t');
    expect(commits).toBe(3);
  });

  test('another program’s commit to a table of 1,900 columns is noticed as any other', async () => {
    const path = fileWith(`CREATE TABLE t (id INTEGER PRIMARY KEY, ${columns.join(', ')})`);
    const db: DatabaseSync = opened(path);
    const items = follow(db, 'SELECT id, c1899 FROM t');
    bare(path).exec('INSERT INTO t (id, c1899) VALUES (1, 5)');
    await items.until(({ length }) => length === 1);
    items.expectFresh();
  });
});
