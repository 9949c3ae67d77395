// @vitest-environment jsdom
import { act } from '@testing-library/react';
import { type ChangeStream, useChangeStream, useDatabaseStatus } from 'freshet/react-hooks';
import type { DatabaseStatus, StreamEvent } from 'freshet/reactive';
import { StrictMode } from 'react';
import { describe, expect, it } from 'vitest';
import { type AnyDatabase, checkEachTest, kinds, rendered, renderWith } from '../tests/support/react.tsx';

checkEachTest();

const watches = async (db: AnyDatabase): Promise<number> => (await db.reactiveSubscriptions()).length;
const rowsOf = (event: StreamEvent) => (event.type === 'change' ? event.row_changes : []);
const changed = (event: StreamEvent): string =>
  rowsOf(event)
    .map(({ table, operation }) => `${operation} ${table}`)
    .join();

describe.each(kinds)('useChangeStream over a $kind', ({ make }) => {
  it('calls a listener for every commit, and renders for none', async () => {
    const db = await make();
    await db.exec('CREATE TABLE other(a)');
    const seen: string[] = [];
    let renderings = 0;
    function Log({ prefix }: { readonly prefix: string }) {
      renderings += 1;
      useChangeStream((event) => seen.push(`${prefix} ${changed(event)}`), { tables: ['tasks'] });
      return null;
    }
    const { again, unmount } = renderWith(db, <Log prefix="first" />);
    await expect.poll(() => watches(db)).toBe(1);
    await rendered(db, () => db.execute('DELETE FROM tasks WHERE id = 1'));
    await expect.poll(() => seen.length).toBe(1);
    again(<Log prefix="second" />);
    const before = renderings;
    await rendered(db, () => db.execute('INSERT INTO other VALUES (1)'));
    await rendered(db, () => db.execute('UPDATE tasks SET done = 1 WHERE id = 3'));
    await expect.poll(() => seen.length).toBe(2);
    expect(seen).toEqual(['first delete tasks', 'second update tasks']);
    expect(renderings).toBe(before);
    unmount();
    await expect.poll(() => watches(db)).toBe(0);
  });

  it('keeps the last events to be shown', async () => {
    const db = await make();
    let stream: ChangeStream | undefined;
    function Log() {
      stream = useChangeStream({ limit: 3 });
      return null;
    }
    const { unmount } = renderWith(
      db,
      <StrictMode>
        <Log />
      </StrictMode>,
    );
    await expect.poll(() => watches(db)).toBe(1);
    for (let id = 1; id <= 5; id++) {
      await rendered(db, () => db.execute('UPDATE tasks SET done = 7 WHERE id = ?', [id]));
    }
    const ids = async () => {
      await rendered(db);
      return stream?.events.map((event) =>
        rowsOf(event)
          .map(({ after }) => after?.id)
          .join(),
      );
    };
    await expect.poll(ids).toEqual(['3', '4', '5']);
    act(() => stream?.clear());
    expect(stream?.events).toEqual([]);
    unmount();
    await expect.poll(() => watches(db)).toBe(0);
  });

  it('leaves no watch of a component that goes before it is open', async () => {
    const db = await make();
    function Log() {
      useChangeStream(() => {});
      return null;
    }
    for (let round = 0; round < 50; round++) renderWith(db, <Log />).unmount();
    await rendered(db);
    await expect.poll(() => watches(db)).toBe(0);
  });
});

describe.each(kinds)('useDatabaseStatus over a $kind', ({ kind, make }) => {
  it('follows commits, transactions and the end', async () => {
    const db = await make();
    let status: DatabaseStatus | undefined;
    function Status() {
      status = useDatabaseStatus();
      return null;
    }
    renderWith(db, <Status />);
    await rendered(db);
    expect(status).toEqual({ state: 'open', inTransaction: false, commit: null });
    await rendered(db, () => db.execute('DELETE FROM tasks WHERE id = 1'));
    expect(status).toMatchObject({ state: 'open', inTransaction: false, commit: expect.any(Number) });
    const first = status?.commit;
    let end: () => unknown = () => {};
    await act(async () => {
      const tx = await db.begin();
      await tx.execute('DELETE FROM tasks WHERE id = 2');
      end = () => tx.rollback();
    });
    expect(status).toEqual({ state: 'open', inTransaction: true, commit: first });
    await act(async () => {
      await end();
    });
    expect(status).toEqual({ state: 'open', inTransaction: false, commit: first });
    await act(async () => db.close());
    expect(status?.state).toBe('closed');
    expect(kind).toBeDefined();
  });
});
