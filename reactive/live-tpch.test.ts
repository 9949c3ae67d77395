import type { Row } from 'freshet';
import { expect, test } from 'vitest';
import { Random } from '../tests/oracle/random.ts';
import { follow } from '../tests/support/following.ts';
import { opened } from '../tests/support/opening.ts';
import { fillTpch, tpchCommit, tpchQueries } from '../tests/support/tpch.ts';

const seed = 19_940_101;
const commits = 250;

/** Quotients may differ in their last bits. */
const rounded = (rows: readonly Row[]) =>
  rows.map((row) =>
    Object.values(row).map((value) =>
      typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(12)) : value,
    ),
  );

test('the 22 queries of TPC-H are incremental and stay right', () => {
  const random = new Random(seed);
  const db = opened();
  fillTpch(db, random);
  const answers = tpchQueries.map((sql) => follow(db, sql, undefined, { schedule: 'sync' }));
  for (const [at, { query }] of answers.entries()) {
    const { tier, reason } = query.explain();
    expect(tier, `Q${at + 1}: ${reason}`).toBe('incremental');
  }
  for (let commit = 1; commit <= commits; commit++) {
    const statements = tpchCommit(db, random);
    for (const [at, answer] of answers.entries()) {
      const message = `Q${at + 1}, commit ${commit}: ${statements}`;
      expect(answer.errors, message).toEqual([]);
      expect(rounded(answer.query.value ?? []), message).toEqual(rounded(db.query(tpchQueries[at] ?? '')));
    }
  }
  // Answers that hardly change prove little.
  for (const [at, { snapshots }] of answers.entries())
    expect(snapshots.length, `Q${at + 1}`).toBeGreaterThan(3);
});
