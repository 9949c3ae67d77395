import { type Database, type DatabaseSync, open, openSync } from 'freshet';
import { live, settled } from 'freshet/reactive';
import { describe, expect, it } from 'vitest';

const changes: Record<string, (bytes: Uint8Array) => void> = {
  'written to': (bytes) => void bytes.fill(0xee),
  transferred: (bytes) => void structuredClone(bytes, { transfer: [bytes.buffer] }),
};

describe.each(['DatabaseSync', 'Database'])('bytes that a %s was given', (kind) => {
  const opened = async (): Promise<DatabaseSync | Database> => {
    const db = kind === 'Database' ? await open(':memory:') : openSync(':memory:');
    await db.exec("CREATE TABLE f(id INTEGER PRIMARY KEY, b BLOB); INSERT INTO f VALUES (1, x'0102')");
    return db;
  };
  /** A view of the middle of its buffer. */
  const view = (): Uint8Array<ArrayBuffer> => new Uint8Array([0, 1, 2, 0]).subarray(1, 3);
  const given = new Uint8Array([1, 2]);

  describe.each(Object.keys(changes))('and that are %s right after the call', (how) => {
    const change = (bytes: Uint8Array): void => changes[how]?.(bytes);

    it('are written as they were', async () => {
      const db = await opened();
      const many = view();
      const calls: unknown[] = [];
      for (const write of [
        (b: Uint8Array) => db.execute('INSERT INTO f(b) VALUES (?)', [b]),
        (b: Uint8Array) => db.execute('INSERT INTO f(b) VALUES (:b)', { b }),
        (b: Uint8Array) => db.query('INSERT INTO f(b) VALUES (?) RETURNING b', [b]),
        (b: Uint8Array) => db.executeBatch('INSERT INTO f(b) VALUES (?)', [[b], [b]]),
      ]) {
        const bytes = view();
        calls.push(write(bytes));
        change(bytes);
      }
      const [, , returned] = await Promise.all(calls);
      expect(returned).toEqual([{ b: given }]);
      const statement = await db.prepare('INSERT INTO f(b) VALUES (?)');
      const running = statement.execute([many]);
      change(many);
      await running;
      expect(await db.query('SELECT b FROM f')).toEqual(Array.from({ length: 7 }, () => ({ b: given })));
      await db.close();
    });

    it('go on to be what live queries compare with', async () => {
      const db = await opened();
      const sqls = [
        'SELECT id FROM f WHERE b = ? ORDER BY id',
        "SELECT id FROM f WHERE b IN (?, x'') ORDER BY id LIMIT 3",
        'SELECT count(*) AS n FROM f WHERE b >= ?',
        // Run again at each change.
        'SELECT id FROM f WHERE b = ? AND random() IS NOT NULL ORDER BY id',
      ];
      const queries = sqls.map((sql) => {
        const bytes = view();
        const query = live(db, sql, [bytes]);
        query.subscribe(() => {});
        change(bytes);
        return query;
      });
      const check = async (): Promise<void> => {
        await settled(db);
        for (const [at, sql] of sqls.entries())
          expect(queries[at]?.value?.map((row) => ({ ...row }))).toEqual(await db.query(sql, [given]));
      };
      await check();
      await db.execute("INSERT INTO f(b) VALUES (x'0102'), (x'eeee'), (x'')");
      await check();
      await db.execute('DELETE FROM f WHERE id = 1');
      await check();
      // The plan is made again.
      await db.exec('ALTER TABLE f ADD COLUMN more');
      await db.execute("INSERT INTO f(b) VALUES (x'0102')");
      await check();
      await db.close();
    });

    it('go on to be the bounds of a watch', async () => {
      const db = await opened();
      const bytes = view();
      const opening = db.watchRange('f', { column: 'b', lower: bytes, upper: bytes });
      change(bytes);
      const watch = await opening;
      await db.execute("INSERT INTO f(b) VALUES (x'eeee')");
      await db.execute("INSERT INTO f(id, b) VALUES (9, x'0102')");
      const types: unknown[] = [];
      for (let event = await watch.next({ timeoutMs: Number.POSITIVE_INFINITY }); event; ) {
        if (event.type === 'invalidate') types.push(event.row_changes[0]?.primary_key);
        if (types.length > 0) break;
        event = await watch.next({ timeoutMs: Number.POSITIVE_INFINITY });
      }
      expect(types).toEqual([{ id: 9 }]);
      await db.close();
    });
  });
});
