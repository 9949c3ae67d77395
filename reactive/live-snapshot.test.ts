import { openSync } from 'freshet';
import { live, liveSnapshot } from 'freshet/reactive';
import { describe, expect, test } from 'vitest';

function opened() {
  const db = openSync(':memory:');
  db.exec(`
    CREATE TABLE items (id INTEGER PRIMARY KEY, done INT);
    INSERT INTO items VALUES (1, 0), (2, 0), (3, 1);
  `);
  const open = live<{ id: number }>(db, 'SELECT id FROM items WHERE done = 0', [], { schedule: 'sync' });
  const count = live<{ n: number }>(db, 'SELECT count(*) AS n FROM items WHERE done = 0', [], {
    schedule: 'sync',
  });
  return { db, open, count };
}

describe('liveSnapshot', () => {
  test('emits once for each commit, and never shows one query before the other', () => {
    const { db, open, count } = opened();
    const seen: [ids: number[], n: number | undefined][] = [];
    liveSnapshot(db, [open, count]).subscribe(([rows, [total]]) => {
      seen.push([rows.map(({ id }) => id), total?.n]);
    });
    db.execute('UPDATE items SET done = 1 WHERE id = 1');
    db.execute('UPDATE items SET done = 1 WHERE id = 3');
    db.execute('INSERT INTO items VALUES (4, 0)');
    db.close();
    expect(seen).toEqual([
      [[1, 2], 2],
      [[2], 1],
      [[2, 4], 2],
    ]);
  });

  test('ends with the database, and with an error of one of its queries', () => {
    const { db, open, count } = opened();
    const ends: string[] = [];
    const broken = live(db, 'SELECT done FROM items', [], { schedule: 'sync' });
    liveSnapshot(db, [open, count]).subscribe({ error: () => ends.push('error') });
    liveSnapshot(db, [broken, count]).subscribe({ error: () => ends.push('error') });
    db.exec('CREATE TABLE other (id); ALTER TABLE items RENAME COLUMN done TO finished');
    db.close();
    expect(ends).toContain('error');
    expect(liveSnapshot(openSync(':memory:'), [])).toBeDefined();
  });

  test('of no queries is one empty answer', () => {
    const { db } = opened();
    const seen: unknown[] = [];
    liveSnapshot(db, []).subscribe({
      next: (value) => seen.push(value),
      complete: () => seen.push('complete'),
    });
    db.close();
    expect(seen).toEqual([[], 'complete']);
  });

  test('refuses a query of another database', () => {
    const { db, open } = opened();
    const other = openSync(':memory:');
    expect(() => liveSnapshot(other, [open])).toThrow('one database handle');
    other.close();
    db.close();
  });
});
