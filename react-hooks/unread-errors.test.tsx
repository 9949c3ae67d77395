// @vitest-environment jsdom
import { type Database, type DatabaseSync, type OpenOptions, open, openSync } from 'freshet';
import {
  useChangeStream,
  useInfiniteQuery,
  useKeys,
  useLive,
  useMutation,
  usePagedQuery,
  useQuery,
  useQueryOne,
  useSuspenseQuery,
} from 'freshet/react-hooks';
import { live } from 'freshet/reactive';
import { StrictMode } from 'react';
import { describe, expect, it, vi } from 'vitest';
import { Boundary, checkEachTest, expectComplaints, rendered, renderWith } from '../tests/support/react.tsx';

checkEachTest();

const kinds = [
  { kind: 'DatabaseSync', make: (options: OpenOptions) => openSync(':memory:', options) },
  { kind: 'Database', make: (options: OpenOptions) => open(':memory:', options) },
] as const;
/** Longer than it is awaited that a component reads an error. */
const waited = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 400));

const wrong = 'SELECT id\n  FROM missing';

describe.each(kinds)('an error in the result of a hook over a $kind', ({ make }) => {
  async function reporting() {
    const reports: { message: string; during: string }[] = [];
    const db: Database | DatabaseSync = await make({
      onError: (error, { during }) => reports.push({ message: String(error), during }),
    });
    return { db, reports };
  }

  const unread = {
    useQuery: () => useQuery(wrong).rows,
    useQueryOne: () => useQueryOne(wrong).row,
    useKeys: () => useKeys(wrong, [], 'id').keys,
    usePagedQuery: () => usePagedQuery(wrong, [], { page: 0, pageSize: 5 }).hasMore,
    useInfiniteQuery: () => useInfiniteQuery(wrong, [], { pageSize: 5 }).loadMore,
  };

  it.each(Object.entries(unread))('is reported once if no component reads it: %s', async (hook, use) => {
    const { db, reports } = await reporting();
    function Unread() {
      use();
      return null;
    }
    const { again, unmount } = renderWith(
      db,
      <StrictMode>
        <Unread />
        <Unread />
      </StrictMode>,
    );
    await rendered(db);
    await expect.poll(() => reports).toHaveLength(1);
    again(<Unread />);
    await rendered(db);
    await waited();
    expect(reports).toEqual([
      {
        message: expect.stringContaining('no such table: missing'),
        during: expect.stringContaining(`${hook}("SELECT id FROM missing`),
      },
    ]);
    expect(reports[0]?.during).toContain('no component reads `error` or `status`');
    unmount();
    await db.close();
  });

  const read = {
    error: () => useQuery(wrong).error,
    status: () => useQuery(wrong).status,
    destructured: () => {
      const { rows, error } = useQuery(wrong);
      return [rows, error];
    },
    spread: () => ({ ...useQueryOne(wrong) }),
    thrown: () => useQuery(wrong, [], { throwErrors: true }),
    suspense: () => useSuspenseQuery(wrong),
  };

  it.each(Object.entries(read))('is not reported if a component reads it: %s', async (_, use) => {
    const { db, reports } = await reporting();
    function Read() {
      use();
      return null;
    }
    function Unread() {
      useQuery(wrong);
      return null;
    }
    const { unmount } = renderWith(
      db,
      <Boundary>
        <Unread />
        <Read />
      </Boundary>,
    );
    await rendered(db);
    await waited();
    // One component has read it: the others may leave it at that.
    expect(reports).toEqual([]);
    if (use === read.thrown || use === read.suspense) expectComplaints();
    unmount();
    await db.close();
  });

  it('leaves the result an object like any other', async () => {
    const { db } = await reporting();
    let result: ReturnType<typeof useQuery> | undefined;
    function Read() {
      result = useQuery(wrong);
      return null;
    }
    const { unmount } = renderWith(db, <Read />);
    await rendered(db);
    expect(Object.keys(result ?? {}).sort()).toEqual(['error', 'retry', 'rows', 'status']);
    expect(result).toEqual({
      rows: [],
      status: 'error',
      error: expect.objectContaining({ code: 'SQL' }),
      retry: expect.any(Function),
    });
    unmount();
    await db.close();
  });

  it('is reported of a live query that the application made', async () => {
    const { db, reports } = await reporting();
    function Unread() {
      return useLive(live(db, wrong)).rows.length;
    }
    const { unmount } = renderWith(db, <Unread />);
    await rendered(db);
    await expect
      .poll(() => reports)
      .toMatchObject([{ during: expect.stringContaining('useLive("SELECT id FROM missing")') }]);
    unmount();
    await db.close();
  });

  it('is reported of a write, unless the caller has it', async () => {
    const { db, reports } = await reporting();
    let mutation: { mutate(): void; mutateAsync(): Promise<unknown> } | undefined;
    function Write({ reads }: { readonly reads: boolean }) {
      const write = useMutation('INSERT INTO missing DEFAULT VALUES');
      mutation = { mutate: () => write.mutate(), mutateAsync: () => write.mutateAsync() };
      return reads ? write.error?.message : null;
    }
    const { again, container, unmount } = renderWith(db, <Write reads={false} />);
    await rendered(db, () => mutation?.mutateAsync().catch(() => {}));
    await waited();
    expect(reports).toEqual([]);
    await rendered(db, () => mutation?.mutate());
    await expect
      .poll(() => reports)
      .toMatchObject([{ during: expect.stringContaining('useMutation("INSERT INTO missing') }]);
    again(<Write reads />);
    await rendered(db, () => mutation?.mutate());
    await waited();
    expect(container.textContent).toContain('no such table');
    expect(reports).toHaveLength(1);
    unmount();
    await db.close();
  });

  it('is reported of a change stream', async () => {
    const { db, reports } = await reporting();
    function Follow() {
      useChangeStream(() => {}, { tables: ['missing'] });
      return null;
    }
    const { unmount } = renderWith(db, <Follow />);
    await rendered(db);
    await expect
      .poll(() => reports)
      .toMatchObject([{ during: expect.stringContaining('useChangeStream failed') }]);
    unmount();
    await db.close();
  });

  it('goes to the console where the database has no onError', async () => {
    const db = await make({});
    function Unread() {
      return useQuery(wrong).rows.length;
    }
    const { unmount } = renderWith(db, <Unread />);
    await rendered(db);
    await expect
      .poll(() => vi.mocked(console.error).mock.calls)
      .toEqual([[expect.stringContaining('useQuery("SELECT id FROM missing")'), expect.any(Error)]]);
    expectComplaints();
    unmount();
    await db.close();
  });
});
