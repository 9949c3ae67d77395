// @vitest-environment jsdom
import { act } from '@testing-library/react';
import { type InfiniteResult, type PagedResult, useInfiniteQuery, usePagedQuery } from 'freshet/react-hooks';
import type { ReactNode } from 'react';
import { describe, expect, it, vi } from 'vitest';
import {
  type AnyDatabase,
  checkEachTest,
  filledSync,
  kinds,
  rendered,
  renderWith,
  type Task,
} from '../tests/support/react.tsx';

checkEachTest();

const sql = 'SELECT id, title, done FROM tasks WHERE done >= ? ORDER BY title DESC, id; -- newest first';
let paged: PagedResult<Task>;
let infinite: InfiniteResult<Task>;

function Paged(props: { readonly page: number; readonly pageSize?: number }) {
  paged = usePagedQuery<Task>(sql, [0], { pageSize: 10, ...props });
  return null;
}

function Infinite({ least = 0 }: { readonly least?: number }) {
  infinite = useInfiniteQuery<Task>(sql, [least], { pageSize: 10 });
  return null;
}

async function fillUp(db: AnyDatabase, rows: number): Promise<void> {
  await db.exec(`DELETE FROM tasks; INSERT INTO tasks WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i
    LIMIT ${rows}) SELECT n, printf('%03d', n), n % 2 FROM i`);
}

/** What SQLite says the window is. */
const fresh = async (db: AnyDatabase, from: number, to: number, least = 0): Promise<Task[]> =>
  (await db.query<Task>(sql, [least])).slice(from, to);

describe.each(kinds)('usePagedQuery over a $kind', ({ kind, make }) => {
  it('shows each page, and whether there are more', async () => {
    const db = await make();
    await fillUp(db, 25);
    const { again } = renderWith(db, <Paged page={0} />);
    await rendered(db);
    for (const [page, hasMore] of [
      [0, true],
      [1, true],
      [2, false],
      [3, false],
      [1, true],
    ] as const) {
      const before = paged.rows;
      again(<Paged page={page} />);
      if (paged.status === 'stale') expect(paged.rows).toBe(before);
      await rendered(db);
      expect(paged).toMatchObject({ status: 'ready', hasMore });
      expect(paged.rows).toEqual(await fresh(db, page * 10, page * 10 + 10));
    }
    again(<Paged page={2} pageSize={5} />);
    await rendered(db);
    expect(paged.rows).toEqual(await fresh(db, 10, 15));
  });

  it('moves with the commits', async () => {
    const db = await make();
    await fillUp(db, 20);
    renderWith(db, <Paged page={1} />);
    await rendered(db);
    expect(paged.hasMore).toBe(false);
    const seventh = paged.rows[6];
    await rendered(db, () => db.execute("INSERT INTO tasks VALUES (100, '999', 0), (101, '000', 0)"));
    expect(paged.hasMore).toBe(true);
    expect(paged.rows).toEqual(await fresh(db, 10, 20));
    // A row that stays is the object that it was.
    expect(paged.rows[7]).toBe(seventh);
    await rendered(db, () => db.execute('DELETE FROM tasks WHERE id > 15'));
    expect(paged).toMatchObject({ hasMore: false });
    expect(paged.rows).toEqual(await fresh(db, 10, 20));
  });

  it('is kept incrementally', async () => {
    const db = await make();
    await fillUp(db, 50);
    renderWith(db, <Paged page={1} />);
    await rendered(db);
    const before = await db.reactiveMetrics();
    expect(before).toMatchObject({ live_incremental_count: 1, live_reevaluated_count: 0 });
    await rendered(db, () => db.execute("UPDATE tasks SET title = title || '!' WHERE id = 35"));
    expect((await db.reactiveMetrics()).live_full_reevaluations).toBe(before.live_full_reevaluations);
    expect(paged.rows).toEqual(await fresh(db, 10, 20));
    expect(kind).toBeDefined();
  });
});

describe.each(kinds)('useInfiniteQuery over a $kind', ({ make }) => {
  it('grows page by page, and keeps the rows that it shows', async () => {
    const db = await make();
    await fillUp(db, 45);
    renderWith(db, <Infinite />);
    await rendered(db);
    for (let pages = 1; pages <= 5; pages++) {
      expect(infinite).toMatchObject({ status: 'ready', hasMore: pages < 5 });
      expect(infinite.rows).toEqual(await fresh(db, 0, pages * 10));
      const before = infinite.rows;
      act(() => infinite.loadMore());
      expect(infinite.rows.slice(0, before.length).every((row, at) => row === before[at])).toBe(true);
      await rendered(db);
      expect(infinite.rows.slice(0, before.length).every((row, at) => row === before[at])).toBe(true);
    }
    expect(infinite.rows).toHaveLength(45);
  });

  it('asks for one page when it is told twice', async () => {
    const db = await make();
    await fillUp(db, 100);
    renderWith(db, <Infinite />);
    await rendered(db);
    act(() => {
      infinite.loadMore();
      infinite.loadMore();
    });
    await rendered(db);
    expect(infinite.rows).toHaveLength(20);
  });

  it('moves with the commits, rows keeping their identity', async () => {
    const db = await make();
    await fillUp(db, 45);
    renderWith(db, <Infinite />);
    await rendered(db);
    for (let pages = 1; pages < 3; pages++) {
      act(() => infinite.loadMore());
      await rendered(db);
    }
    const byId = new Map(infinite.rows.map((row) => [row.id, row]));
    await rendered(db, () => db.execute("UPDATE tasks SET title = '020a' WHERE id IN (40, 3)"));
    expect(infinite.rows).toEqual(await fresh(db, 0, 30));
    const other = infinite.rows.filter((row) => byId.get(row.id) !== row).map(({ id }) => id);
    expect(other.sort((a, b) => a - b)).toEqual([3, 40]);
    await rendered(db, () => db.execute('DELETE FROM tasks WHERE id BETWEEN 10 AND 40'));
    expect(infinite.rows).toEqual(await fresh(db, 0, 30));
    expect(infinite.hasMore).toBe(false);
  });

  it('begins with one page again when parameters change', async () => {
    const db = await make();
    await fillUp(db, 60);
    const { again } = renderWith(db, <Infinite />);
    await rendered(db);
    act(() => infinite.loadMore());
    await rendered(db);
    const before = infinite.rows;
    again(<Infinite least={1} />);
    if (infinite.status === 'stale') expect(infinite.rows).toBe(before);
    await rendered(db);
    expect(infinite.rows).toEqual(await fresh(db, 0, 10, 1));
  });
});

describe('a window', () => {
  const refused = (of: ReactNode, message: string): void => {
    expect(() => renderWith(filledSync(), of)).toThrow(message);
    // React says so on the console, too.
    vi.mocked(console.error).mockClear();
  };

  it.each([-1, 1.5, Number.NaN, '1' as unknown as number, 2 ** 53])('is refused for page %s', (page) => {
    refused(
      <Paged page={page} />,
      `Cannot use usePagedQuery with page ${page}: give a whole number, 0 or greater.`,
    );
  });

  it.each([0, -5, 2.5, undefined as unknown as number])('is refused for %s rows a page', (pageSize) => {
    const problem = `with pageSize ${pageSize}: give a whole number, 1 or greater.`;
    function Few() {
      usePagedQuery(sql, [0], { page: 0, pageSize });
      return null;
    }
    function More() {
      useInfiniteQuery(sql, [0], { pageSize });
      return null;
    }
    refused(<Few />, problem);
    refused(<More />, problem);
  });
});
