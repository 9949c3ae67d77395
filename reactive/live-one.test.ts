import type { DatabaseSync } from 'freshet';
import { liveOne, settled } from 'freshet/reactive';
import { beforeEach, expect, test } from 'vitest';
import { opened } from '../tests/support/opening.ts';

let db: DatabaseSync;
beforeEach(() => {
  db = opened();
  db.exec(
    "CREATE TABLE item (id INTEGER PRIMARY KEY, n INTEGER, name TEXT); INSERT INTO item VALUES (1, 10, 'Ada'), (2, 20, 'Bob')",
  );
});

test('liveOne emits the first row, null where there is none, and only when it is another', async () => {
  const got: unknown[] = [];
  const subscription = liveOne<{ id: number }>(
    db,
    'SELECT id, name FROM item WHERE n < ? ORDER BY n',
    [100],
  ).subscribe((row) => got.push(row));
  for (const sql of [
    "INSERT INTO item VALUES (3, 30, 'Cyd')",
    'UPDATE item SET n = n + 1',
    "UPDATE item SET name = 'Eve' WHERE id = 1",
    'UPDATE item SET n = 1 WHERE id = 3',
    'DELETE FROM item',
    "INSERT INTO item VALUES (9, 1000, 'far')",
    "INSERT INTO item VALUES (4, 40, 'Dan')",
  ]) {
    db.execute(sql);
    await settled(db);
  }
  expect(got).toEqual([
    { id: 1, name: 'Ada' },
    { id: 1, name: 'Eve' },
    { id: 3, name: 'Cyd' },
    null,
    { id: 4, name: 'Dan' },
  ]);
  subscription.unsubscribe();
  expect(db.query('SELECT * FROM sqlite_temp_schema')).toEqual([]);
});

test('liveOne keeps the object of a row that did not change, also when it comes back', async () => {
  const got: unknown[] = [];
  liveOne(db, 'SELECT id, name FROM item ORDER BY n', [], { schedule: 'sync' }).subscribe((row) =>
    got.push(row),
  );
  db.execute('UPDATE item SET n = 30 WHERE id = 1');
  db.execute('UPDATE item SET n = 10 WHERE id = 1');
  expect(got.length).toBe(3);
  expect(got[2]).toBe(got[0]);
  expect(Object.isFrozen(got[0])).toBe(true);
});

test('liveOne passes errors on', () => {
  const errors: unknown[] = [];
  liveOne(db, 'SELECT * FROM nothing').subscribe({ error: (error) => errors.push(error) });
  expect(errors).toMatchObject([{ code: 'SQL' }]);
});
