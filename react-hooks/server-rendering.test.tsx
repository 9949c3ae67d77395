// @vitest-environment jsdom
import { act } from '@testing-library/react';
import {
  DatabaseProvider,
  useInfiniteQuery,
  useKeys,
  usePagedQuery,
  useQuery,
  useQueryOne,
  useRow,
  useSuspenseQuery,
} from 'freshet/react-hooks';
import { createSnapshot, type KeyedRows, type QuerySnapshot } from 'freshet/reactive';
import { Suspense } from 'react';
import { hydrateRoot, type Root } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type AnyDatabase,
  checkEachTest,
  kinds,
  liveCount,
  rendered,
  type Task,
} from '../tests/support/react.tsx';

let root: Root | undefined;
checkEachTest();
// Before the databases are closed: what is registered last comes first.
afterEach(() => act(() => root?.unmount()));

const sql = 'SELECT id, title, done FROM tasks WHERE done = ? ORDER BY id';
const statuses: string[] = [];

function Page() {
  const { rows, status } = useQuery<Task>(sql, [0]);
  const { row } = useQueryOne<{ big: bigint; bytes: Uint8Array; far: number }>(
    "SELECT 9007199254740993 AS big, x'00ff' AS bytes, 9e999 AS far",
  );
  const paged = usePagedQuery<Task>('SELECT * FROM tasks ORDER BY id', [], { page: 1, pageSize: 2 });
  const infinite = useInfiniteQuery<Task>('SELECT * FROM tasks ORDER BY id', [], { pageSize: 2 });
  const { keys, live } = useKeys<number, Task>(sql, [1], 'id');
  statuses.push(status);
  return (
    <>
      <p>{`${status}: ${rows.map(({ title }) => title).join()}`}</p>
      <p>{`${row?.big} ${row?.bytes?.join()} ${row?.far} ${typeof row?.big}`}</p>
      <p>{`${paged.rows.map(({ id }) => id).join()} ${paged.hasMore} ${infinite.rows.length}`}</p>
      {keys.map((id) => (
        <OneTask key={id} live={live} id={id} />
      ))}
    </>
  );
}

function OneTask({ live, id }: { readonly live: KeyedRows<Task>; readonly id: number }) {
  return <li>{useRow(live, id)?.title}</li>;
}

function Suspending() {
  const rows = useSuspenseQuery<{ n: number }>('SELECT count(*) AS n FROM tasks');
  return <b>{rows[0]?.n}</b>;
}

const page = (db: AnyDatabase, snapshot?: QuerySnapshot | ReturnType<typeof createSnapshot>) => (
  <DatabaseProvider database={db} {...(snapshot && { snapshot })}>
    <Page />
    <Suspense fallback={<i>waiting</i>}>
      <Suspending />
    </Suspense>
  </DatabaseProvider>
);

/** Renders on a server until nothing is left to be asked; gives the HTML and what is sent along. */
async function renderOnServer(db: AnyDatabase): Promise<{ html: string; text: string }> {
  const snapshot = createSnapshot(db);
  let html: string;
  do html = renderToString(page(db, snapshot));
  while (await snapshot.load());
  return { html, text: JSON.stringify(snapshot) };
}

async function hydrate(db: AnyDatabase, html: string, ui: React.ReactNode): Promise<HTMLElement> {
  const container = document.body.appendChild(document.createElement('div'));
  container.innerHTML = html;
  await act(async () => {
    root = hydrateRoot(container, ui, {
      onRecoverableError: (error) => {
        throw error;
      },
    });
  });
  await rendered(db);
  return container;
}

const texts = (element: HTMLElement): string[] => [...element.children].map((child) => child.textContent);

describe.each(kinds)('rendering on a server with a $kind', ({ kind, make }) => {
  it('shows the answers of the snapshot, and leaves no live query', async () => {
    const db = await make();
    const { html } = await renderOnServer(db);
    expect(html).toContain('ready: task 1,task 3,task 5');
    expect(html).toContain('9007199254740993 0,255 Infinity bigint');
    expect(html).toContain('3,4 true 2');
    expect(html).toContain('<li>task 2</li><li>task 4</li>');
    expect(html).toContain('<b>5</b>');
    expect(await liveCount(db)).toBe(0);
  });

  it('shows answers that were asked ahead', async () => {
    const db = await make();
    const snapshot = createSnapshot(db);
    await snapshot.prefetch(sql, [0]);
    expect(renderToString(page(db, snapshot))).toContain('ready: task 1,task 3,task 5');
  });

  it('hydrates without a mismatch, and is live from then on', async () => {
    const server = await make();
    const { html, text } = await renderOnServer(server);
    const db = await make();
    // Meanwhile the page's own database is ahead.
    await db.execute("UPDATE tasks SET title = 'ahead' WHERE id = 1");
    statuses.length = 0;
    const container = await hydrate(db, html, page(db, JSON.parse(text) as QuerySnapshot));
    expect(texts(container)).toEqual([
      'ready: ahead,task 3,task 5',
      '9007199254740993 0,255 Infinity bigint',
      '3,4 true 2',
      'task 2',
      'task 4',
      '5',
    ]);
    // What the server sent stays until the page's own engine has answered.
    expect(statuses).not.toContain('loading');
    expect(statuses.includes('stale')).toBe(kind === 'Database');
    await rendered(db, () => db.execute("UPDATE tasks SET title = 'later' WHERE id IN (3, 4)"));
    expect(texts(container)[0]).toBe('ready: ahead,later,task 5');
    expect(texts(container)[4]).toBe('later');
  });

  it('hydrates without a snapshot, too', async () => {
    const db = await make();
    const ui = (
      <DatabaseProvider database={db}>
        <Page />
      </DatabaseProvider>
    );
    const html = renderToString(ui);
    expect(html).toContain('loading: ');
    expect(await liveCount(db)).toBe(0);
    const container = await hydrate(db, html, ui);
    expect(texts(container)[0]).toBe('ready: task 1,task 3,task 5');
  });

  it('gives the error of a query that fails', async () => {
    const db = await make();
    const snapshot = createSnapshot(db);
    await expect(snapshot.prefetch('SELECT * FROM gone')).rejects.toThrow('no such table: gone');
    expect(JSON.stringify(snapshot)).toBe('{"version":1,"answers":{}}');
  });
});
