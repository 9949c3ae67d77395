import fc from 'fast-check';
import { openSync } from 'freshet';
import { inspect, live } from 'freshet/reactive';
import { describe, expect, test } from 'vitest';

/** Replays a failure: fast-check prints the seed of one, and FRESHET_SEED sets it. */
const runs = (numRuns: number): fc.Parameters<unknown> =>
  process.env.FRESHET_SEED === undefined ? { numRuns } : { numRuns, seed: Number(process.env.FRESHET_SEED) };

type Row = readonly [status: string, title: string, note: string];

const statuses = ['a', 'b', 'c', 'd'] as const;
const row = fc.tuple(
  fc.constantFrom(...statuses),
  fc.constantFrom('x', 'y'),
  fc.constantFrom('p', 'q'),
) as fc.Arbitrary<Row>;
/** A transaction sets some rows, or (null) takes them away. */
const commit = fc.array(fc.tuple(fc.nat(5), fc.option(row)), { minLength: 1, maxLength: 4 });

describe('inspect, by random commits', () => {
  test('counts a visit exactly where a commit changes what a query shows or asks for', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(commit, { maxLength: 12 }), async (commits) => {
        using db = openSync(':memory:');
        db.exec('CREATE TABLE t(id INTEGER PRIMARY KEY, status TEXT, title TEXT, note TEXT)');
        for (const status of statuses) live(db, 'SELECT title FROM t WHERE status = ?', [status]).subscribe();
        using inspector = inspect(db);
        let rows = new Map<number, Row>();
        const visits = statuses.map(() => 0);
        const perCommit: number[] = [];
        for (const changes of commits) {
          const before = rows;
          rows = new Map(before);
          db.transaction((tx) => {
            for (const [id, after] of changes) {
              if (after) rows.set(id, after);
              else rows.delete(id);
              if (after) tx.execute('INSERT OR REPLACE INTO t VALUES (?, ?, ?, ?)', [id, ...after]);
              else tx.execute('DELETE FROM t WHERE id = ?', [id]);
            }
          });
          const concerned = statuses.map((status) =>
            [...new Set([...before.keys(), ...rows.keys()])].some((id) => {
              const [was, is] = [before.get(id), rows.get(id)];
              if (was?.[0] !== status && is?.[0] !== status) return false;
              return was?.[0] !== is?.[0] || was?.[1] !== is?.[1];
            }),
          );
          for (const [at, isConcerned] of concerned.entries())
            if (isConcerned) visits[at] = (visits[at] ?? 0) + 1;
          perCommit.push(concerned.filter((isConcerned) => isConcerned).length);
        }
        const inspection = await inspector.read();
        expect(inspection.queries.map((query) => query.visits)).toEqual(visits);
        // A transaction that deletes what isn't there is no commit.
        expect(inspection.commits.map(({ visited }) => visited).filter((count) => count > 0)).toEqual(
          perCommit.filter((count) => count > 0),
        );
        const total = perCommit.reduce((sum, count) => sum + count, 0);
        expect(inspection.totals.visits).toBe(total);
        expect(inspection.metrics.live_visits).toBe(total);
      }),
      runs(100),
    );
  });
});
