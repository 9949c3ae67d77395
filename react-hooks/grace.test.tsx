// @vitest-environment jsdom
import { act } from '@testing-library/react';
import { useKeys, useQuery, useQueryOne } from 'freshet/react-hooks';
import { QueryStore } from 'freshet/reactive';
import { describe, expect, it } from 'vitest';
import {
  checkEachTest,
  filledSync,
  kinds,
  liveCount,
  ManualClock,
  rendered,
  renderWith,
  type Task,
} from '../tests/support/react.tsx';

checkEachTest();

function Tasks({ done }: { readonly done: number }) {
  const { rows } = useQuery<Task>('SELECT * FROM tasks WHERE done = ? ORDER BY id', [done]);
  return <p>{rows.length}</p>;
}

describe.each(kinds)('the grace time over a $kind', ({ make }) => {
  it('spares a component that comes back another first answer', async () => {
    const db = await make();
    const clock = new ManualClock();
    const { again, container } = renderWith(db, <Tasks done={0} />, { clock, graceMs: 1000 });
    await rendered(db);
    const before = (await db.reactiveMetrics()).live_full_reevaluations;
    again(null);
    clock.advance(999);
    await rendered(db, () => db.execute('DELETE FROM tasks WHERE id = 1'));
    again(<Tasks done={0} />);
    // At once, and true.
    expect(container.textContent).toBe('2');
    expect((await db.reactiveMetrics()).live_full_reevaluations).toBe(before);
    clock.advance(5000);
    expect(await liveCount(db)).toBe(1);
    again(null);
    clock.advance(1000);
    expect(await liveCount(db)).toBe(0);
    expect(new QueryStore(db).size).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('ends for queries that parameters have left behind', async () => {
    const db = await make();
    const clock = new ManualClock();
    const { again } = renderWith(db, <Tasks done={0} />, { clock, graceMs: 1000 });
    for (let done = 1; done <= 20; done++) again(<Tasks done={done} />);
    await rendered(db);
    clock.advance(10_000);
    expect(await liveCount(db)).toBe(1);
    expect(new QueryStore(db).size).toBe(1);
  });
});

describe('a thousand rounds of mounting and unmounting', () => {
  it('leave neither queries nor entries nor timers behind', async () => {
    const db = filledSync();
    const clock = new ManualClock();
    function View({ round }: { readonly round: number }) {
      useQueryOne('SELECT count(*) AS n FROM tasks WHERE id <> ?', [round]);
      useKeys<number>('SELECT id FROM tasks', [], 'id');
      return <Tasks done={round % 2} />;
    }
    const { again } = renderWith(db, null, { clock, graceMs: 10 });
    const rounds = (from: number, to: number): void => {
      for (let round = from; round < to; round++) {
        act(() => again(<View round={round} />));
        act(() => again(null));
        clock.advance(5);
      }
    };
    const heap = (): number => {
      globalThis.gc?.();
      return process.memoryUsage().heapUsed;
    };
    rounds(0, 1000);
    const before = heap();
    rounds(1000, 2000);
    const grown = heap() - before;
    clock.advance(10_000);
    expect(await liveCount(db)).toBe(0);
    expect(new QueryStore(db).size).toBe(0);
    expect(clock.pending).toBe(0);
    // React itself keeps some half a kilobyte a round in development; a query would be several.
    expect(grown).toBeLessThan(1_000_000);
  });

  it('leave nothing behind of components that go before their answer', async () => {
    const [, { make }] = kinds;
    const db = await make();
    const clock = new ManualClock();
    const { again } = renderWith(db, null, { clock, graceMs: 10 });
    for (let round = 0; round < 1000; round++) {
      again(<Tasks done={round % 7} />);
      again(null);
    }
    await rendered(db);
    clock.advance(10_000);
    await rendered(db);
    expect(await liveCount(db)).toBe(0);
    expect(new QueryStore(db).size).toBe(0);
    expect(clock.pending).toBe(0);
  });
});
