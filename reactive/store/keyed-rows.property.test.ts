import fc from 'fast-check';
import { openSync } from 'freshet';
import { type Keys, keysQuery, settled } from 'freshet/reactive';
import { expect, test } from 'vitest';

/** Replays a failure: fast-check prints the seed of one, and FRESHET_SEED sets it. */
const seeded = <T>(numRuns: number): fc.Parameters<T> =>
  process.env.FRESHET_SEED === undefined ? { numRuns } : { numRuns, seed: Number(process.env.FRESHET_SEED) };

interface Item {
  readonly id: number;
  readonly k: number;
  readonly n: number;
}

const small = fc.integer({ min: 0, max: 6 });
const write = fc.tuple(
  fc.constantFrom(
    'INSERT OR IGNORE INTO t SELECT ?1, ?2, ?1 + 10 WHERE NOT EXISTS (SELECT 1 FROM t WHERE k = ?1 + 10)',
    'DELETE FROM t WHERE id > ?1 AND n = ?2',
    'UPDATE t SET n = ?2 WHERE id = ?1',
    // Two rows exchange their keys.
    'UPDATE t SET k = CASE k WHEN ?1 + 10 THEN ?2 + 10 ELSE ?1 + 10 END WHERE k IN (?1 + 10, ?2 + 10)',
    'UPDATE OR IGNORE t SET id = ?2 WHERE id = ?1',
  ),
  small,
  small,
);

test('keys and rows are those of a fresh SELECT, and exactly those are told whose rows are others', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(write, { minLength: 1, maxLength: 4 }), { maxLength: 12 }),
      async (commits) => {
        using db = openSync(':memory:');
        db.exec(
          'CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER, k INTEGER); INSERT INTO t VALUES (1, 2, 11), (2, 1, 12)',
        );
        const sql = 'SELECT id, k, n FROM t WHERE n < 5 ORDER BY n, id';
        const source = keysQuery<number, Item>(sql, [], 'k').open(db);
        const told = new Set<number>();
        let orders = 0;
        let last: Keys<number, Item> | undefined;
        source.subscribe({
          next: (value) => {
            last = value;
            orders += 1;
          },
          error: (error) => {
            throw error;
          },
          complete: () => {},
        });
        const keyed = source.value?.live;
        if (!keyed) throw new Error('Nothing was read');
        for (let key = 0; key <= 40; key++) keyed.subscribe(key, () => told.add(key));
        for (const commit of commits) {
          const before = new Map(Array.from({ length: 41 }, (_, key) => [key, keyed.row(key)]));
          const [keysBefore, ordersBefore] = [source.value?.keys, orders];
          told.clear();
          db.transaction((tx) => {
            for (const [statement, a, b] of commit) tx.execute(statement, [a, b]);
          });
          const fresh = db.query<Item>(sql);
          // Before anybody is told.
          expect(source.value?.keys).toEqual(fresh.map(({ k }) => k));
          for (const row of fresh) expect(keyed.row(row.k)).toEqual(row);
          await settled(db);
          const others = [...before].filter(([key, row]) => keyed.row(key) !== row).map(([key]) => key);
          expect([...told].sort((a, b) => a - b)).toEqual(others);
          expect(last).toBe(source.value);
          expect(orders - ordersBefore).toBe(source.value?.keys === keysBefore ? 0 : 1);
        }
      },
    ),
    seeded(150),
  );
});
