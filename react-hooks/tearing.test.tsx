// @vitest-environment jsdom
import { act } from '@testing-library/react';
import type { DatabaseSync, ExecuteResult } from 'freshet';
import {
  useDatabase,
  useDatabaseStatus,
  useInfiniteQuery,
  useKeys,
  useLive,
  usePagedQuery,
  useQuery,
  useQueryOne,
  useRow,
  useSuspenseQuery,
  useUndo,
} from 'freshet/react-hooks';
import { createUndo, type KeyedRows, live, type Schedule, type Undo } from 'freshet/reactive';
import { memo, Suspense, startTransition, useEffect, useLayoutEffect, useState, useTransition } from 'react';
import { describe, expect, it } from 'vitest';
import {
  type AnyDatabase,
  checkEachTest,
  filledSync,
  kinds,
  renderWith,
  type Task,
} from '../tests/support/react.tsx';

checkEachTest();

const parts = Array.from({ length: 40 }, (_, at) => at);

it('shows one commit, also where React pauses in the midst of a rendering', async () => {
  const db = filledSync();
  let grow: (count: number) => void = () => {};
  let wrote = 0;
  const rendered: string[] = [];
  const onScreen = new Set<string>();

  function Part({ at, live }: { readonly at: number; readonly live: KeyedRows<Task> }) {
    const { row } = useQueryOne<{ title: string }>('SELECT title FROM tasks WHERE id = 1');
    const sameRow = useRow(live, 1);
    rendered.push(`${row?.title} ${sameRow?.title}`);
    // Longer than React goes on without a pause.
    const end = performance.now() + 6;
    while (performance.now() < end);
    return <i>{`${at % 2 === 0 ? row?.title : sameRow?.title};`}</i>;
  }

  function Parts() {
    const [count, setCount] = useState(0);
    grow = (next) => startTransition(() => setCount(next));
    const { live } = useKeys<number, Task>('SELECT id, title, done FROM tasks ORDER BY id', [], 'id');
    useEffect(() => {
      onScreen.add([...new Set(document.querySelectorAll('i'))].map((part) => part.textContent).join(''));
    });
    return parts.slice(0, count).map((at) => <Part key={at} at={at} live={live} />);
  }

  const { container } = renderWith(db, <Parts />);
  // Outside of act, so that React schedules its work as it does in a page.
  grow(parts.length);
  while (container.querySelectorAll('i').length < parts.length) {
    await new Promise((resolve) => setTimeout(resolve));
    if (rendered.length > 3 && wrote < 5)
      db.execute('UPDATE tasks SET title = ? WHERE id = 1', [`title ${++wrote}`]);
  }
  await act(async () => {});

  // It was in the midst of a rendering that commits came.
  expect(wrote).toBeGreaterThan(0);
  expect(new Set(rendered).size).toBeGreaterThan(1);
  for (const text of rendered) {
    const [, one, , other] = text.split(' ');
    expect(one).toBe(other);
  }
  const shown = [...container.querySelectorAll('i')].map((part) => part.textContent);
  expect(new Set(shown)).toEqual(new Set([`title ${wrote};`]));
  for (const text of onScreen) expect(new Set(text.split(';').filter(Boolean)).size).toBeLessThan(2);
});

const select = 'SELECT id, n FROM counts';
interface Count {
  readonly id: number;
  readonly n: number;
}

/** The count, as each hook that follows queries shows it. */
const hooks: Readonly<Record<string, (options: { readonly schedule?: Schedule }) => number | undefined>> = {
  useQuery: (options) => useQuery<Count>(select, [], options).rows[0]?.n,
  useQueryOne: (options) => useQueryOne<Count>(select, [], options).row?.n,
  useSuspenseQuery: (options) => useSuspenseQuery<Count>(select, [], options)[0]?.n,
  usePagedQuery: (options) =>
    usePagedQuery<Count>(select, [], { page: 0, pageSize: 5, ...options }).rows[0]?.n,
  useInfiniteQuery: (options) => useInfiniteQuery<Count>(select, [], { pageSize: 5, ...options }).rows[0]?.n,
  useLive: (options) => useLive(live<Count>(useDatabase(), select, [], options)).rows[0]?.n,
  useRow: (options) => useRow(useKeys<number, Count>(select, [], 'id', options).live, 1)?.n,
};

function useCounts(schedule: Schedule | undefined): readonly (number | undefined)[] {
  return Object.values(hooks).map((use) => use(schedule ? { schedule } : {}));
}

/**
 * Renders a component that writes in a transition, and memoized ones that don't render when it does. Gives what each
 * committed tree showed: every value that any of them showed, once.
 */
async function seenInTransition(
  db: AnyDatabase,
  useShown: () => readonly unknown[],
  write: () => unknown,
): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  function Values({ of }: { readonly of: readonly unknown[] }) {
    return <p>{of.map(String).join()}</p>;
  }
  const shown = (): ReadonlySet<string> =>
    new Set([...document.querySelectorAll('p')].flatMap((part) => part.textContent.split(',')));
  const Shown = memo(function Shown() {
    return <Values of={useShown()} />;
  });
  function Main() {
    const [, start] = useTransition();
    const own = useShown();
    const look = (): void => {
      seen.add([...shown()].join());
    };
    useLayoutEffect(look);
    useEffect(look);
    return (
      <>
        <button type="button" onClick={() => start(() => void write())} />
        <Shown />
        <Values of={own} />
        <Shown />
      </>
    );
  }
  // Outside of act, so that React schedules its work as it does in a page.
  const { container, unmount } = renderWith(
    db,
    <Suspense>
      <Main />
    </Suspense>,
  );
  await expect.poll(shown).toEqual(new Set(['0']));
  seen.clear();
  for (const text of ['1', '2', '3']) {
    container.querySelector('button')?.click();
    await expect.poll(shown).toEqual(new Set([text]));
  }
  unmount();
  return seen;
}

describe.each(kinds)('a write in a transition over a $kind', ({ make }) => {
  const whole = new Set(['0', '1', '2', '3']);

  async function counting() {
    const db = await make();
    await db.exec('CREATE TABLE counts(id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO counts VALUES (1, 0)');
    return db;
  }

  it.each([
    undefined,
    'sync',
    'microtask',
    'frame',
  ] as const)('shows one commit in every tree, whatever the hook, with schedule %s', async (schedule) => {
    const db = await counting();
    const write = () => db.execute('UPDATE counts SET n = n + 1');
    const seen = await seenInTransition(db, () => useCounts(schedule), write);
    for (const text of seen) expect([...whole]).toContain(text);
  });

  it('shows one state of the database and of what can be undone', async () => {
    const db = await counting();
    const undo = createUndo(db as DatabaseSync) as Undo;
    const commits: (number | null)[] = [];
    const useStatus = (): number => {
      const { commit } = useDatabaseStatus();
      if (!commits.includes(commit)) commits.push(commit);
      return commits.indexOf(commit);
    };
    const write = () =>
      undo.transaction('count', (tx) => tx.execute('UPDATE counts SET n = n + 1') as ExecuteResult);
    const seen = await seenInTransition(db, () => [useStatus()], write);
    for (const text of seen) expect([...whole]).toContain(text);
    undo.clear();
    const depths = await seenInTransition(db, () => [useUndo(undo).depth], write);
    for (const text of depths) expect([...whole]).toContain(text);
  });
});

it('shows what can be undone together with the rows', async () => {
  const db = filledSync();
  db.exec('CREATE TABLE counts(id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO counts VALUES (1, 0)');
  const undo = createUndo(db);
  const write = () => undo.transaction('count', (tx) => tx.execute('UPDATE counts SET n = n + 1'));
  const seen = await seenInTransition(db, () => [...useCounts(undefined), useUndo(undo).depth], write);
  for (const text of seen) expect(['0', '1', '2', '3']).toContain(text);
});

describe.each([undefined, 'sync', 'microtask', 'frame'] as const)('with schedule %s', (schedule) => {
  // Beside others, that are notified earlier, a hook would be rendered with them.
  it.each(Object.entries(hooks))('%s alone shows one commit in every tree', async (_, use) => {
    const db = filledSync();
    db.exec('CREATE TABLE counts(id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO counts VALUES (1, 0)');
    const write = () => db.execute('UPDATE counts SET n = n + 1');
    const seen = await seenInTransition(db, () => [use(schedule ? { schedule } : {})], write);
    for (const text of seen) expect(['0', '1', '2', '3']).toContain(text);
  });
});
