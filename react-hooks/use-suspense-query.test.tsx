// @vitest-environment jsdom
import { act, screen } from '@testing-library/react';
import { useSuspenseQuery } from 'freshet/react-hooks';
import { QueryStore } from 'freshet/reactive';
import { StrictMode, Suspense, useState, useTransition } from 'react';
import { describe, expect, it } from 'vitest';
import {
  Boundary,
  checkEachTest,
  expectComplaints,
  kinds,
  liveCount,
  ManualClock,
  rendered,
  renderWith,
  type Task,
} from '../tests/support/react.tsx';

checkEachTest();

const byDone = 'SELECT id, title, done FROM tasks WHERE done = ? ORDER BY id';
let renderings = 0;

function Tasks({ done, sql = byDone }: { readonly done: number; readonly sql?: string }) {
  renderings += 1;
  const rows = useSuspenseQuery<Task>(sql, [done]);
  return <p>{rows.map(({ id }) => id).join()}</p>;
}

describe.each(kinds)('useSuspenseQuery over a $kind', ({ kind, make }) => {
  const isSync = kind === 'DatabaseSync';

  it.each([0, 5000])('shows the rows after a fallback, with a grace time of %i ms', async (graceMs) => {
    renderings = 0;
    const db = await make();
    const before = (await db.reactiveMetrics()).live_full_reevaluations;
    renderWith(
      db,
      <Suspense fallback={<i>waiting</i>}>
        <Tasks done={0} />
      </Suspense>,
      { graceMs },
    );
    if (isSync) expect(screen.getByText('1,3,5')).toBeDefined();
    else expect(screen.getByText('waiting')).toBeDefined();
    await rendered(db);
    expect(await screen.findByText('1,3,5')).toBeDefined();
    await rendered(db, () => db.execute('UPDATE tasks SET done = 0 WHERE id = 2'));
    expect(screen.getByText('1,2,3,5')).toBeDefined();
    expect((await db.reactiveMetrics()).live_full_reevaluations - before).toBe(1);
    expect(renderings).toBeLessThan(6);
  });

  it('suspends without a boundary between it and the provider', async () => {
    const db = await make();
    renderWith(
      db,
      <StrictMode>
        <Tasks done={0} />
      </StrictMode>,
    );
    await rendered(db);
    expect(await screen.findByText('1,3,5')).toBeDefined();
  });

  it('stays on the present screen in a transition', async () => {
    const db = await make();
    let turn: (done: number) => void = () => {};
    const seen: string[] = [];
    function Page() {
      const [done, setDone] = useState(0);
      const [isPending, begin] = useTransition();
      turn = (next) => begin(() => setDone(next));
      seen.push(`${done}${isPending ? ' pending' : ''}`);
      return <Tasks done={done} />;
    }
    renderWith(
      db,
      <Suspense fallback={<i>waiting</i>}>
        <Page />
      </Suspense>,
    );
    await rendered(db);
    await screen.findByText('1,3,5');
    act(() => turn(1));
    expect(screen.queryByText('waiting')).toBeNull();
    expect(await screen.findByText('2,4')).toBeDefined();
    expect(seen).toContain('0 pending');
  });

  it('gives errors to the boundary, and asks again when that is reset', async () => {
    const db = await make();
    await db.exec('ALTER TABLE tasks RENAME TO gone');
    renderWith(
      db,
      <Boundary>
        <Suspense fallback={<i>waiting</i>}>
          <Tasks done={0} />
        </Suspense>
      </Boundary>,
    );
    await rendered(db);
    expect((await screen.findByRole('button')).textContent).toContain('caught: no such table: tasks');
    expectComplaints();
    await rendered(db, () => db.exec('ALTER TABLE gone RENAME TO tasks'));
    await rendered(db, () => screen.getByRole('button').click());
    expect(await screen.findByText('1,3,5')).toBeDefined();
    // Also for one that was shown already.
    await rendered(db, () => db.exec('ALTER TABLE tasks RENAME TO gone'));
    expect((await screen.findByRole('button')).textContent).toContain('caught: no such table');
    expectComplaints();
    await rendered(db, () => db.exec('ALTER TABLE gone RENAME TO tasks'));
    await rendered(db, () => screen.getByRole('button').click());
    expect(await screen.findByText('1,3,5')).toBeDefined();
  });

  it('gives up what nobody came back for', async () => {
    const db = await make();
    const clock = new ManualClock();
    const { unmount } = renderWith(
      db,
      <Suspense fallback={<i>waiting</i>}>
        <Tasks done={0} />
      </Suspense>,
      { clock, graceMs: 100 },
    );
    unmount();
    await rendered(db);
    await expect.poll(() => clock.pending).toBe(1);
    expect(await liveCount(db)).toBe(1);
    clock.advance(5000);
    expect(await liveCount(db)).toBe(0);
    expect(new QueryStore(db).size).toBe(0);
    expect(clock.pending).toBe(0);
  });
});
