// @vitest-environment jsdom
import { act, render, screen } from '@testing-library/react';
import { DatabaseProvider, type QueryResult, useLive, useQuery, useQueryOne } from 'freshet/react-hooks';
import { live } from 'freshet/reactive';
import { memo, StrictMode, startTransition, useDeferredValue, useState } from 'react';
import { describe, expect, expectTypeOf, it, vi } from 'vitest';
import {
  Boundary,
  checkEachTest,
  expectComplaints,
  filledSync,
  kinds,
  liveCount,
  rendered,
  renderWith,
  type Task,
} from '../tests/support/react.tsx';

checkEachTest();

const byDone = 'SELECT id, title, done FROM tasks WHERE done = ? ORDER BY id';

/** What a component has shown, rendering by rendering. */
const told: string[] = [];
const tell = ({ rows, status }: QueryResult<Task>): string => {
  const text = `${status} ${rows.map(({ id }) => id).join()}`;
  told.push(text);
  return text;
};

function Tasks({ done }: { readonly done: number }) {
  // A new array, and a new object, in each rendering.
  return <p>{tell(useQuery<Task>(byDone, [done], {}))}</p>;
}

describe.each(kinds)('useQuery over a $kind', ({ kind, make }) => {
  const isSync = kind === 'DatabaseSync';

  it('shows the rows, and those of later commits', async () => {
    told.length = 0;
    const db = await make();
    renderWith(db, <Tasks done={0} />);
    await rendered(db);
    await rendered(db, () => db.execute('UPDATE tasks SET done = 0 WHERE id = 2'));
    expect(told).toEqual([...(isSync ? [] : ['loading ']), 'ready 1,3,5', 'ready 1,2,3,5']);
  });

  it('keeps the rows of earlier parameters until the answer is there', async () => {
    told.length = 0;
    const db = await make();
    const { again } = renderWith(db, <Tasks done={0} />);
    await rendered(db);
    told.length = 0;
    again(<Tasks done={1} />);
    await rendered(db);
    again(<Tasks done={0} />);
    await rendered(db);
    // The first answer is still kept.
    expect(told).toEqual([...(isSync ? [] : ['stale 1,3,5']), 'ready 2,4', 'ready 1,3,5']);
  });

  it('never shows the answer of parameters that have been replaced', async () => {
    told.length = 0;
    const db = await make();
    const { again } = renderWith(db, <Tasks done={0} />);
    await rendered(db);
    told.length = 0;
    for (const done of [1, 2, 3, 1, 4, 0, 5, 1]) again(<Tasks done={done} />);
    await rendered(db);
    expect(told.at(-1)).toBe('ready 2,4');
    // Of those in between some are answered; none is when its parameters have gone.
    const possible = isSync ? [] : ['stale 1,3,5'];
    expect(new Set(told)).toEqual(
      new Set([...possible, 'ready 2,4', 'ready 1,3,5', ...(isSync ? ['ready '] : [])]),
    );
  });

  it('asks once for a hundred components', async () => {
    const db = await make();
    const before = (await db.reactiveMetrics()).live_full_reevaluations;
    renderWith(
      db,
      Array.from({ length: 100 }, (_, at) => `${at}`).map((key) => <Tasks key={key} done={0} />),
    );
    await rendered(db);
    expect(await liveCount(db)).toBe(1);
    expect((await db.reactiveMetrics()).live_full_reevaluations - before).toBe(1);
    expect(screen.getAllByText('ready 1,3,5')).toHaveLength(100);
  });

  it('asks again when a value is another, however alike', async () => {
    const db = await make();
    const seen: unknown[] = [];
    function Typed({ value }: { readonly value: string | number | bigint | null | Uint8Array }) {
      const { row } = useQueryOne<{ type: string; text: string }>(
        'SELECT typeof(?1) AS type, hex(?1) AS text',
        [value],
      );
      seen.push(row?.type);
      return null;
    }
    const { again } = renderWith(db, <Typed value={1} />);
    await rendered(db);
    for (const value of ['1', 1.5, null, 'null', new Uint8Array([49]), 2n ** 60n]) {
      again(<Typed value={value} />);
      await rendered(db);
    }
    const types = seen.filter((type, at) => type !== undefined && type !== seen[at - 1]);
    expect(types).toEqual(['integer', 'text', 'real', 'null', 'text', 'blob', 'integer']);
  });

  it('renders a memoized row again only when it changes', async () => {
    const db = await make();
    const counts = new Map<number, number>();
    const TaskRow = memo(function TaskRow({ task }: { readonly task: Task }) {
      counts.set(task.id, (counts.get(task.id) ?? 0) + 1);
      return <li>{task.title}</li>;
    });
    function List() {
      const { rows } = useQuery<Task>('SELECT id, title, done FROM tasks ORDER BY id');
      return rows.map((task) => <TaskRow key={task.id} task={task} />);
    }
    renderWith(db, <List />);
    await rendered(db);
    counts.clear();
    await rendered(db, () => db.execute("UPDATE tasks SET title = 'other' WHERE id = 3"));
    expect([...counts]).toEqual([[3, 1]]);
    await rendered(db, () => db.execute('DELETE FROM tasks WHERE id = 1'));
    expect([...counts]).toEqual([[3, 1]]);
  });

  it('gives an error with the last rows, and asks again when told to', async () => {
    const db = await make();
    let result: QueryResult<Task> | undefined;
    function List() {
      result = useQuery<Task>(byDone, [0]);
      return null;
    }
    renderWith(db, <List />);
    await rendered(db);
    await rendered(db, () => db.exec('ALTER TABLE tasks RENAME TO gone'));
    expect(result).toMatchObject({
      status: 'error',
      error: { code: 'SQL', subcode: 'sql.relation_not_found' },
    });
    expect(result?.rows.map(({ id }) => id)).toEqual([1, 3, 5]);
    await rendered(db, () => result?.retry());
    expect(result?.status).toBe('error');
    await rendered(db, () => db.exec('ALTER TABLE gone RENAME TO tasks; DELETE FROM tasks WHERE id = 1'));
    await rendered(db, () => result?.retry());
    expect(result).toMatchObject({ status: 'ready' });
    expect(result).not.toHaveProperty('error');
    expect(result?.rows.map(({ id }) => id)).toEqual([3, 5]);
  });

  it('throws errors to a boundary by option, and asks again when that is reset', async () => {
    const db = await make();
    function List() {
      return <p>{tell(useQuery<Task>(byDone, [0], { throwErrors: true }))}</p>;
    }
    await rendered(db, () => db.exec('ALTER TABLE tasks RENAME TO gone'));
    renderWith(
      db,
      <Boundary>
        <List />
      </Boundary>,
    );
    await rendered(db);
    await expect.poll(() => screen.getByRole('button').textContent).toContain('caught: no such table');
    expectComplaints();
    await rendered(db, () => screen.getByRole('button').click());
    await rendered(db);
    expect(screen.getByRole('button').textContent).toContain('caught: no such table');
    expectComplaints();
    await rendered(db, () => db.exec('ALTER TABLE gone RENAME TO tasks'));
    await rendered(db, () => screen.getByRole('button').click());
    await rendered(db);
    expect(screen.getByText('ready 1,3,5')).toBeDefined();
  });

  it('asks nothing before it is enabled, and keeps what was shown when it is not any more', async () => {
    told.length = 0;
    const db = await make();
    function List({ enabled }: { readonly enabled: boolean }) {
      return <p>{tell(useQuery<Task>(byDone, [0], { enabled }))}</p>;
    }
    const { again } = renderWith(db, <List enabled={false} />);
    await rendered(db);
    expect(told.at(-1)).toBe('loading ');
    expect(await liveCount(db)).toBe(0);
    again(<List enabled />);
    await rendered(db);
    expect(told.at(-1)).toBe('ready 1,3,5');
    again(<List enabled={false} />);
    await rendered(db, () => db.execute('DELETE FROM tasks'));
    expect(told.at(-1)).toBe('stale 1,3,5');
  });

  it('shows nothing of a database that was replaced', async () => {
    told.length = 0;
    const [one, other] = [await make(), await make()];
    await other.execute('DELETE FROM tasks WHERE id < 4');
    const { rerender } = renderWith(one, <Tasks done={0} />);
    await rendered(one);
    told.length = 0;
    const tasks = <Tasks done={0} />;
    rerender(<DatabaseProvider database={other}>{tasks}</DatabaseProvider>);
    await rendered(other);
    expect(told).toEqual([...(isSync ? [] : ['loading ']), 'ready 5']);
    await rendered(one, () => one.execute('DELETE FROM tasks'));
    expect(told.at(-1)).toBe('ready 5');
    await rendered(other, () => other.execute('UPDATE tasks SET done = 0'));
    expect(told.at(-1)).toBe('ready 4,5');
  });

  it('keeps the last rows when the database is closed', async () => {
    told.length = 0;
    const db = await make();
    const { again } = renderWith(db, <Tasks done={0} />);
    await rendered(db);
    await act(async () => db.close());
    expect(told.at(-1)).toBe('stale 1,3,5');
    again(<Tasks done={1} />);
    await act(async () => {});
    expect(told.at(-1)).toBe('error 1,3,5');
  });

  it('is clean under StrictMode, with one materialisation', async () => {
    told.length = 0;
    const db = await make();
    const { unmount } = renderWith(
      db,
      <StrictMode>
        <Tasks done={0} />
      </StrictMode>,
      { graceMs: 0 },
    );
    await rendered(db);
    await rendered(db, () => db.execute('UPDATE tasks SET done = 0 WHERE id = 2'));
    expect(screen.getByText('ready 1,2,3,5')).toBeDefined();
    expect(await liveCount(db)).toBe(1);
    unmount();
    await expect.poll(() => liveCount(db)).toBe(0);
  });

  it('works with deferred values and transitions', async () => {
    const db = await make();
    let choose: (done: number) => void = () => {};
    let begin: (done: number) => void = () => {};
    function Chosen() {
      const [done, setDone] = useState(0);
      choose = setDone;
      begin = (next) => startTransition(() => setDone(next));
      return <Tasks done={useDeferredValue(done)} />;
    }
    renderWith(db, <Chosen />);
    await rendered(db);
    await rendered(db, () => choose(1));
    await rendered(db);
    expect(screen.getByText('ready 2,4')).toBeDefined();
    await rendered(db, () => begin(0));
    await rendered(db);
    expect(screen.getByText('ready 1,3,5')).toBeDefined();
  });

  it('leaves nothing behind of a component that goes while its answer is on its way', async () => {
    const db = await make();
    const { unmount } = renderWith(db, <Tasks done={0} />, { graceMs: 0 });
    unmount();
    await rendered(db);
    await expect.poll(() => liveCount(db)).toBe(0);
  });
});

describe('useQuery', () => {
  it('shows queries that are read together at one commit, also before it is told', () => {
    const db = filledSync();
    const sums: number[] = [];
    let show: (more: boolean) => void = () => {};
    function Count({ done }: { readonly done: number }) {
      const { row } = useQueryOne<{ n: number }>('SELECT count(*) AS n FROM tasks WHERE done = ?', [done]);
      return row?.n ?? 0;
    }
    function Sum() {
      const [isWhole, setWhole] = useState(false);
      show = setWhole;
      const open = Count({ done: 0 });
      // A hook in a component of its own would do the same; this one is asked later.
      const { row } = useQueryOne<{ n: number }>('SELECT count(*) AS n FROM tasks WHERE done = ?', [
        isWhole ? 1 : -1,
      ]);
      if (isWhole) sums.push(open + (row?.n ?? 0));
      return null;
    }
    renderWith(db, <Sum />);
    act(() => {
      db.execute('UPDATE tasks SET done = 1 WHERE id = 1');
      // Renders before the microtask in which the first query is told.
      show(true);
    });
    expect(new Set(sums)).toEqual(new Set([5]));
  });

  it('refuses to be used without a provider', () => {
    expect(() => render(<Tasks done={0} />)).toThrow('useQuery needs a <DatabaseProvider> above it.');
    // React 18 says so on the console, too.
    vi.mocked(console.error).mockClear();
  });

  it('has rows of the type that it is told', () => {
    expectTypeOf(useQuery<Task>).returns.toEqualTypeOf<QueryResult<Task>>();
    expectTypeOf<QueryResult<Task>['rows']>().toEqualTypeOf<readonly Task[]>();
    expectTypeOf(useQueryOne<Task>)
      .returns.toHaveProperty('row')
      .toEqualTypeOf<Task | null>();
  });
});

describe('useLive', () => {
  it.each(kinds)('shows a live query of a $kind that the application made', async ({ make }) => {
    told.length = 0;
    const db = await make();
    const open = live<Task>(db, byDone, [0]);
    function List() {
      return <p>{tell(useLive(open))}</p>;
    }
    renderWith(db, [<List key="one" />, <List key="other" />]);
    await rendered(db);
    expect(await liveCount(db)).toBe(1);
    await rendered(db, () => db.execute('UPDATE tasks SET done = 0 WHERE id = 2'));
    expect(screen.getAllByText('ready 1,2,3,5')).toHaveLength(2);
  });

  it.each(kinds)('shows a live query of a $kind that each rendering makes', async ({ make }) => {
    told.length = 0;
    const db = await make();
    function List({ done }: { readonly done: number }) {
      return <p>{tell(useLive(live<Task>(db, byDone, [done])))}</p>;
    }
    const { again } = renderWith(db, [<List key="one" done={0} />, <List key="other" done={0} />]);
    await rendered(db);
    expect(screen.getAllByText('ready 1,3,5')).toHaveLength(2);
    expect(await liveCount(db)).toBe(1);
    await rendered(db, () => db.execute('UPDATE tasks SET done = 0 WHERE id = 2'));
    expect(screen.getAllByText('ready 1,2,3,5')).toHaveLength(2);
    again([<List key="one" done={1} />, <List key="other" done={1} />]);
    await rendered(db);
    expect(screen.getAllByText('ready 4')).toHaveLength(2);
  });

  it('shows a live query of another database than the provider has', async () => {
    const [db, other] = [filledSync(), filledSync()];
    other.execute('DELETE FROM tasks WHERE id > 1');
    function List() {
      return (
        <p>
          {tell(useLive(live<Task>(db, byDone, [0])))} {tell(useLive(live<Task>(other, byDone, [0])))}
        </p>
      );
    }
    renderWith(db, <List />);
    await rendered(other);
    expect(screen.getByText('ready 1,3,5 ready 1')).toBeDefined();
  });
});
