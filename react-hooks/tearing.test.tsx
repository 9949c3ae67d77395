// @vitest-environment jsdom
import { act } from '@testing-library/react';
import { useKeys, useQueryOne, useRow } from 'freshet/react-hooks';
import type { KeyedRows } from 'freshet/reactive';
import { startTransition, useEffect, useState } from 'react';
import { expect, it } from 'vitest';
import { checkEachTest, filledSync, renderWith, type Task } from '../tests/support/react.tsx';

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
