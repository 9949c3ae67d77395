// @vitest-environment jsdom
import { act, render, screen } from '@testing-library/react';
import { type AnyDatabase, useUndo } from 'freshet/react-hooks';
import { createUndo, keysQuery, live, liveQuery, QueryStore, rowsQuery } from 'freshet/reactive';
import { StrictMode, useSyncExternalStore } from 'react';
import { expect, it } from 'vitest';
import { checkEachTest, filledSync, rendered, type Task } from '../tests/support/react.tsx';

checkEachTest();

const sql = 'SELECT id, title, done FROM tasks ORDER BY id';

/** What has a value and tells of another one: what `useSyncExternalStore` takes. */
interface Store {
  readonly subscribe: (listener: () => void) => () => void;
  readonly read: () => unknown;
  /** What is shown of a value. */
  readonly show: (value: unknown) => string;
}

const ids = (rows: unknown): string => ((rows ?? []) as readonly Task[]).map(({ id }) => id).join();

/** A public pair of a value and a way to follow it. */
const stores: Record<string, (db: AnyDatabase) => Store> = {
  'a live query': (db) => {
    const open = live<Task>(db, sql, [], { schedule: 'sync' });
    return followed(open, () => open.value, ids);
  },
  'a live query, told later': (db) => {
    const open = live<Task>(db, sql);
    return followed(open, () => open.value, ids);
  },
  'rows of a store': (db) => stored(db, rowsQuery<Task>(sql), ids),
  'a live query of a store': (db) => stored(db, liveQuery(live<Task>(db, sql)), ids),
  'keys of a store': (db) =>
    stored(db, keysQuery<number, Task>(sql, [], 'id'), (value) =>
      String((value as { keys: unknown[] }).keys),
    ),
};

function followed(
  source: { subscribe(next: () => void): { unsubscribe(): void } },
  read: () => unknown,
  show: Store['show'],
): Store {
  const subscribe = (listener: () => void) => {
    const subscription = source.subscribe(listener);
    return () => subscription.unsubscribe();
  };
  return { subscribe, read, show };
}

function stored<V>(
  db: AnyDatabase,
  query: Parameters<QueryStore['read']>[0],
  show: (value: V) => string,
): Store {
  const store = new QueryStore(db);
  return {
    subscribe: (listener) => store.subscribe(query, listener),
    read: () => store.read(query),
    show: (state) => {
      const { value } = state as { readonly value: V | undefined };
      return value === undefined ? '' : show(value);
    },
  };
}

it.each(
  Object.entries(stores),
)('useSyncExternalStore follows %s, and renders once for a commit', async (_, make) => {
  const db = filledSync();
  const { subscribe, read, show } = make(db);
  let renderings = 0;
  function Shown() {
    renderings += 1;
    const value = useSyncExternalStore(subscribe, read);
    // The same object as long as nothing was told.
    expect(read()).toBe(value);
    return <p>{show(value)}</p>;
  }
  const { unmount } = render(
    <StrictMode>
      <Shown />
      <Shown />
    </StrictMode>,
  );
  await rendered(db);
  expect(screen.getAllByText('1,2,3,4,5')).toHaveLength(2);
  renderings = 0;
  await rendered(db, () => db.execute('DELETE FROM tasks WHERE id = 2'));
  expect(screen.getAllByText('1,3,4,5')).toHaveLength(2);
  // Each of the two, twice under StrictMode.
  expect(renderings).toBe(4);
  expect(Object.is(read(), read())).toBe(true);
  unmount();
});

it('useUndo shows what can be undone, while work is done and after it', async () => {
  const db = filledSync();
  const undo = createUndo(db);
  let renderings = 0;
  function Buttons() {
    renderings += 1;
    const { canUndo, undoLabel = 'nothing', canRedo, redoLabel = 'nothing' } = useUndo(undo);
    return <p>{`undo ${canUndo ? undoLabel : '-'}, redo ${canRedo ? redoLabel : '-'}`}</p>;
  }
  const { unmount } = render(
    <StrictMode>
      <Buttons />
    </StrictMode>,
  );
  expect(screen.getByText('undo -, redo -')).toBeDefined();
  renderings = 0;
  act(() => undo.transaction('clear', (tx) => tx.execute('DELETE FROM tasks')));
  expect(screen.getByText('undo clear, redo -')).toBeDefined();
  expect(renderings).toBe(2);
  act(() => undo.undo());
  expect(screen.getByText('undo -, redo clear')).toBeDefined();
  act(() => {
    expect(() =>
      undo.transaction('wrong', (tx) => {
        tx.execute('DELETE FROM tasks');
        throw new Error('not so');
      }),
    ).toThrow('not so');
  });
  expect(screen.getByText('undo -, redo clear')).toBeDefined();
  act(() => undo.dispose());
  expect(screen.getByText(/^undo/)).toBeDefined();
  unmount();
});
