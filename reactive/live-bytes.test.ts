import { type Database, type DatabaseSync, open, openSync } from 'freshet';
import { live, settled } from 'freshet/reactive';
import { describe, expect, it } from 'vitest';

interface File {
  readonly id: number;
  readonly b: Uint8Array;
}

const spoilers: Record<string, (bytes: Uint8Array) => void> = {
  'writes to them': (bytes) => void bytes.fill(0xee),
  'transfers them': (bytes) => void structuredClone(bytes, { transfer: [bytes.buffer] }),
};

describe.each(['DatabaseSync', 'Database'])('bytes in a live answer of a %s', (kind) => {
  const opened = (): DatabaseSync | Promise<Database> =>
    kind === 'Database' ? open(':memory:') : openSync(':memory:');

  it.each(Object.keys(spoilers))('stay as they are when a reader %s', async (how) => {
    const db = await opened();
    await db.exec(
      "CREATE TABLE f(id INTEGER PRIMARY KEY, b BLOB); INSERT INTO f VALUES (1, x'01'), (2, x'02'), (3, x'03')",
    );
    for (const sql of [
      'SELECT id, b FROM f ORDER BY b, id LIMIT 2',
      'SELECT b FROM f UNION SELECT b FROM f',
      'SELECT b, count(*) AS n FROM f GROUP BY b',
      'SELECT id AS b, b FROM f',
      'SELECT b, id AS b FROM f',
    ]) {
      const query = live<File>(db, sql);
      const other = live<File>(db, sql);
      const all = [query.subscribe(() => {}), other.subscribe(() => {})];
      await settled(db);
      for (const { b } of query.value ?? []) if (typeof b === 'object') spoilers[how]?.(b);
      await db.execute("INSERT OR REPLACE INTO f VALUES (9, x'02')");
      await settled(db);
      const fresh = await db.query(sql);
      const plain = (rows: readonly object[] | undefined) => rows?.map((row) => ({ ...row }));
      expect(plain(other.value)).toEqual(expect.arrayContaining(fresh));
      expect(other.value?.length).toBe(fresh.length);
      await db.execute('DELETE FROM f WHERE id = 9');
      for (const one of all) one.unsubscribe();
    }
    await db.close();
  });

  it('are the same object at each reading, until they were written to', async () => {
    const db = await opened();
    await db.exec("CREATE TABLE f(id INTEGER PRIMARY KEY, b BLOB); INSERT INTO f VALUES (1, x'01')");
    const query = live<File>(db, 'SELECT id, b FROM f');
    query.subscribe(() => {});
    await settled(db);
    const [row] = query.value ?? [];
    const first = row?.b;
    expect(row?.b).toBe(first);
    first?.fill(2);
    expect(row?.b).toEqual(new Uint8Array([1]));
    await db.close();
  });

  it('do not follow a parameter whose bytes are changed later', async () => {
    const db = await opened();
    await db.exec(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, b BLOB); INSERT INTO t VALUES (1, x'0102'), (2, x'0203')",
    );
    const sql = 'SELECT id FROM t WHERE b = ? ORDER BY id';
    const scratch = new Uint8Array([1, 2]);
    const mine = live<{ id: number }>(db, sql, [scratch]);
    mine.subscribe(() => {});
    await settled(db);
    scratch.set([2, 3]);
    const other = live<{ id: number }>(db, sql, [new Uint8Array([1, 2])]);
    other.subscribe(() => {});
    await settled(db);
    await db.execute("INSERT INTO t VALUES (7, x'0102')");
    await db.execute('DELETE FROM t WHERE id = 1');
    await settled(db);
    expect([mine.value, other.value]).toEqual([[{ id: 7 }], [{ id: 7 }]]);
    await db.close();
  });
});
