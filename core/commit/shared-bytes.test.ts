import { type Changeset, type Database, type DatabaseSync, open, openSync, type WatchEvent } from 'freshet';
import { createUndo, live, settled } from 'freshet/reactive';
import { describe, expect, it } from 'vitest';

const spoilers: Record<string, (bytes: Uint8Array) => void> = {
  'writes to them': (bytes) => void bytes.fill(0xee),
  'transfers them': (bytes) => void structuredClone(bytes, { transfer: [bytes.buffer] }),
};

const rowsOf = (event: WatchEvent | Changeset | null) =>
  event && 'row_changes' in event
    ? event.row_changes.map(({ primary_key, before, after }) => ({ primary_key, before, after }))
    : [];

function spoil(event: WatchEvent | Changeset | null, how: string): void {
  for (const { primary_key, before, after } of rowsOf(event))
    for (const row of [primary_key, before, after])
      for (const value of Object.values(row ?? {})) if (value instanceof Uint8Array) spoilers[how]?.(value);
}

/** The first event that tells of a commit. */
async function changeOf(watch: {
  next(options: { timeoutMs: number }): Promise<WatchEvent | null>;
}): Promise<WatchEvent | null> {
  for (;;) {
    const event = await watch.next({ timeoutMs: Number.POSITIVE_INFINITY });
    if (event?.type !== 'initial') return event;
  }
}

const one = new Uint8Array([1]);
const two = new Uint8Array([2]);
const key = new Uint8Array([7]);
const expected = [{ primary_key: { k: key }, before: { k: key, b: one }, after: { k: key, b: two } }];

describe.each(['DatabaseSync', 'Database'])('bytes in the row changes of a %s', (kind) => {
  const opened = async (): Promise<DatabaseSync | Database> => {
    const db = kind === 'Database' ? await open(':memory:') : openSync(':memory:');
    await db.exec("CREATE TABLE f(k BLOB PRIMARY KEY NOT NULL, b BLOB); INSERT INTO f VALUES (x'07', x'01')");
    return db;
  };

  describe.each(Object.keys(spoilers))('stay as they are when another receiver %s:', (how) => {
    it('those of listeners', async () => {
      const db = await opened();
      const seen: (readonly unknown[])[] = [];
      const calls = Promise.withResolvers<void>();
      await db.subscribe((changeset) => spoil(changeset, how));
      await db.subscribe((changeset) => {
        calls.resolve();
        seen.push(rowsOf(changeset));
        // The same at each look.
        const { row_changes: first } = changeset;
        seen.push([first === changeset.row_changes]);
      });
      await db.execute("UPDATE f SET b = x'02'");
      await calls.promise;
      expect(seen).toEqual([expected, [true]]);
      await db.close();
    });

    it('those of watches', async () => {
      const db = await opened();
      const watches = [
        await db.watchTable('f'),
        await db.changeStream(),
        await db.watchQuery('SELECT * FROM f'),
        await db.watchRange('f', { column: 'k', lower: key }),
        await db.watchTable('f'),
      ];
      await db.execute("UPDATE f SET b = x'02'");
      for (const watch of watches) {
        const event = await changeOf(watch);
        expect(rowsOf(event)).toEqual(expected);
        spoil(event, how);
      }
      await db.close();
    });

    it('those of live queries', async () => {
      const db = await opened();
      const sqls = [
        'SELECT k, b FROM f',
        'SELECT b, count(*) AS n FROM f GROUP BY b',
        'SELECT max(b) AS b FROM f',
      ];
      const queries = sqls.map((sql) => live(db, sql));
      for (const query of queries) query.subscribe(() => {});
      await settled(db);
      const watch = await db.watchTable('f');
      const calls = Promise.withResolvers<void>();
      await db.subscribe((changeset) => {
        calls.resolve();
        spoil(changeset, how);
      });
      await db.execute("UPDATE f SET b = x'02'");
      await calls.promise;
      spoil(await changeOf(watch), how);
      await db.execute("INSERT INTO f VALUES (x'08', x'02')");
      await db.execute("DELETE FROM f WHERE k = x'07'");
      await settled(db);
      for (const [at, sql] of sqls.entries()) {
        expect(queries[at]?.value?.map((row) => ({ ...row }))).toEqual(await db.query(sql));
      }
      await db.close();
    });

    it('those that are undone', async () => {
      const db = await opened();
      const undo = await createUndo(db as DatabaseSync);
      const watch = await db.watchTable('f');
      const calls = Promise.withResolvers<void>();
      await db.subscribe((changeset) => {
        calls.resolve();
        spoil(changeset, how);
      });
      await undo.transaction('change', (tx: { execute(sql: string): unknown }) =>
        tx.execute("UPDATE f SET b = x'02'"),
      );
      await calls.promise;
      spoil(await changeOf(watch), how);
      expect(await undo.undo()).toMatchObject({ changes: 1, conflicts: [] });
      expect(await db.query('SELECT * FROM f')).toEqual([{ k: key, b: one }]);
      expect(await undo.redo()).toMatchObject({ changes: 1, conflicts: [] });
      expect(await db.query('SELECT * FROM f')).toEqual([{ k: key, b: two }]);

      await db.execute("UPDATE f SET b = x'03'");
      const conflicts = (error: unknown) =>
        (error as { conflicts: { key: Record<string, unknown> }[] }).conflicts;
      const refused = async () => {
        try {
          await undo.undo();
        } catch (error) {
          return conflicts(error);
        }
        return expect.fail('undone');
      };
      const [first] = await refused();
      expect(first?.key).toEqual({ k: key });
      spoilers[how]?.(first?.key.k as Uint8Array);
      expect((await refused())[0]?.key).toEqual({ k: key });
      await db.close();
    });
  });

  it('may be those of a column that has the name of the prototype', async () => {
    const db = await opened();
    await db.exec('CREATE TABLE odd(id INTEGER PRIMARY KEY, "__proto__" BLOB)');
    const watch = await db.watchTable('odd');
    await db.execute("INSERT INTO odd VALUES (1, x'05')");
    const event = await changeOf(watch);
    const [change] = rowsOf(event);
    expect(Object.entries(change?.after ?? {})).toEqual([
      ['id', 1],
      ['__proto__', new Uint8Array([5])],
    ]);
    await db.close();
  });
});
