// @vitest-environment jsdom
import { act, screen } from '@testing-library/react';
import { type KeysResult, useKeys, useRow } from 'freshet/react-hooks';
import type { KeyedRows } from 'freshet/reactive';
import { memo, StrictMode } from 'react';
import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  type AnyDatabase,
  checkEachTest,
  kinds,
  liveCount,
  rendered,
  renderWith,
  type Task,
} from '../tests/support/react.tsx';

checkEachTest();

const byId = 'SELECT id, title, done FROM tasks ORDER BY id';
const counts = new Map<string, number>();
const count = (what: string): void => {
  counts.set(what, (counts.get(what) ?? 0) + 1);
};

const TaskRow = memo(function TaskRow({ live, id }: { readonly live: KeyedRows<Task>; readonly id: number }) {
  const task = useRow(live, id);
  count(`row ${id}`);
  return <li>{task?.title}</li>;
});

function List({ sql = byId, params }: { readonly sql?: string; readonly params?: readonly number[] }) {
  const { keys, live, status, error } = useKeys<number, Task>(sql, params, 'id');
  count(error ? `list ${error.message}` : `list ${status} ${keys.length}`);
  return keys.map((id) => <TaskRow key={id} live={live} id={id} />);
}

const titles = (): string[] => screen.queryAllByRole('listitem').map((item) => item.textContent);

async function expected(db: AnyDatabase): Promise<string[]> {
  return (await db.query<Task>(byId)).map(({ title }) => title);
}

describe.each(kinds)('useKeys and useRow over a $kind', ({ make }) => {
  it('renders one of a thousand row components when one row changes', async () => {
    const db = await make();
    await db.exec(`DELETE FROM tasks; INSERT INTO tasks
      WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i LIMIT 1000) SELECT n, 'task ' || n, 0 FROM i`);
    renderWith(db, <List />);
    await rendered(db);
    expect(titles()).toHaveLength(1000);
    expect(counts.get('row 500')).toBe(1);
    counts.clear();
    await rendered(db, () => db.execute("UPDATE tasks SET title = 'other' WHERE id = 500"));
    expect([...counts]).toEqual([['row 500', 1]]);
    expect(titles()).toEqual(await expected(db));
    // The parent renders when a row comes or goes, and the other rows don't.
    counts.clear();
    await rendered(db, () => db.execute("INSERT INTO tasks VALUES (1001, 'new', 0)"));
    expect([...counts]).toEqual([
      ['list ready 1001', 1],
      ['row 1001', 1],
    ]);
    counts.clear();
    await rendered(db, () => db.execute('DELETE FROM tasks WHERE id = 7'));
    expect([...counts]).toEqual([['list ready 1000', 1]]);
    expect(titles()).toEqual(await expected(db));
  });

  it('moves rows without rendering them', async () => {
    const db = await make();
    renderWith(db, <List sql="SELECT id, title, done FROM tasks ORDER BY done, id" />);
    await rendered(db);
    expect(titles()).toEqual(['task 1', 'task 3', 'task 5', 'task 2', 'task 4']);
    counts.clear();
    await rendered(db, () => db.execute('UPDATE tasks SET done = 1 WHERE id = 3'));
    expect(titles()).toEqual(['task 1', 'task 5', 'task 2', 'task 3', 'task 4']);
    expect([...counts].sort()).toEqual([
      ['list ready 5', 1],
      ['row 3', 1],
    ]);
  });

  it('keeps keys and rows of earlier parameters until the answer is there', async () => {
    const db = await make();
    const sql = 'SELECT id, title, done FROM tasks WHERE done = ? ORDER BY id';
    const { again } = renderWith(db, <List sql={sql} params={[0]} />);
    await rendered(db);
    again(<List sql={sql} params={[1]} />);
    expect([
      ['task 1', 'task 3', 'task 5'],
      ['task 2', 'task 4'],
    ]).toContainEqual(titles());
    await rendered(db);
    expect(titles()).toEqual(['task 2', 'task 4']);
    await rendered(db, () => db.execute("UPDATE tasks SET title = 'other' WHERE id = 4"));
    expect(titles()).toEqual(['task 2', 'other']);
  });

  it('shares one materialisation, and leaves nothing behind', async () => {
    const db = await make();
    const { unmount } = renderWith(
      db,
      <StrictMode>
        <List />
        <List />
      </StrictMode>,
      { graceMs: 0 },
    );
    await rendered(db);
    expect(await liveCount(db)).toBe(1);
    expect(titles()).toHaveLength(10);
    unmount();
    await expect.poll(() => liveCount(db)).toBe(0);
  });

  it('fails for a column that is not there, or does not tell rows apart', async () => {
    const db = await make();
    renderWith(db, <List sql="SELECT title FROM tasks" />, { graceMs: 0 }).unmount();
    renderWith(db, <List sql="SELECT title FROM tasks" />);
    await rendered(db);
    expect([...counts.keys()].at(-1)).toBe(
      'list The answer has no column id. Name one that tells its rows apart.',
    );
    renderWith(db, <List sql="SELECT done AS id, title FROM tasks" />);
    await rendered(db);
    expect([...counts.keys()].at(-1)).toBe(
      'list Rows of the answer have the same id. Name a column that tells them apart.',
    );
  });
});

describe('useRow', () => {
  it('knows the row at the last commit before it is told', async () => {
    const [{ make }] = kinds;
    const db = await make();
    let live: KeyedRows<Task> | undefined;
    function Keys() {
      live = useKeys<number, Task>(byId, [], 'id').live;
      return null;
    }
    renderWith(db, <Keys />);
    await act(async () => {
      void db.execute("UPDATE tasks SET title = 'other' WHERE id = 1");
      expect(live?.row(1)?.title).toBe('other');
    });
  });

  it('takes its type from the keys', () => {
    expectTypeOf(useKeys<number, Task>).returns.toEqualTypeOf<KeysResult<number, Task>>();
    const row = (live: KeyedRows<Task>) => useRow(live, 1);
    expectTypeOf(row).returns.toEqualTypeOf<Task | undefined>();
  });
});
