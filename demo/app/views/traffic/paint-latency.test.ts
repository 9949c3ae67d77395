import { describe, expect, test } from 'vitest';
import { PaintLatency, quantile } from './paint-latency.ts';

describe('the latency of painting', () => {
  test('runs from the call of a write to the frame that shows its row', () => {
    const latency = new PaintLatency();
    latency.called({ id: 7, mark: 100 }, 10);
    const newest = latency.newest([{ id: 7, mark: 100 }]);
    expect(newest).toBe(100);
    latency.painted(newest as number, 26);
    expect(latency.take()).toEqual([16]);
    expect(latency.take()).toEqual([]);
  });

  test('takes a write as seen when a later one is', () => {
    const latency = new PaintLatency();
    latency.called({ id: 1, mark: 1 }, 0);
    latency.called({ id: 2, mark: 2 }, 5);
    latency.called({ id: 3, mark: 3 }, 10);
    latency.painted(2, 20);
    expect(latency.take()).toEqual([20, 15]);
    latency.painted(3, 30);
    expect(latency.take()).toEqual([20]);
  });

  test('sees nothing of a write in a row that somebody else marked', () => {
    const latency = new PaintLatency();
    latency.called({ id: 1, mark: 1 }, 0);
    expect(
      latency.newest([
        { id: 2, mark: 1 },
        { id: 1, mark: 99 },
      ]),
    ).toBeUndefined();
  });

  test('forgets a write that failed', () => {
    const latency = new PaintLatency();
    latency.called({ id: 1, mark: 1 }, 0);
    latency.failed(1);
    latency.painted(5, 10);
    expect(latency.take()).toEqual([]);
  });

  test('keeps a bounded number of writes that nobody paints', () => {
    const latency = new PaintLatency();
    for (let mark = 1; mark <= 10_500; mark++) latency.called({ id: mark, mark }, 0);
    latency.painted(10_500, 1);
    expect(latency.take()).toHaveLength(10_000);
  });
});

test('a quantile is a value of the list, and null of an empty one', () => {
  const values = Array.from({ length: 100 }, (_, at) => 100 - at);
  expect([quantile(values, 0.5), quantile(values, 0.99), quantile(values, 1)]).toEqual([50, 99, 100]);
  expect([quantile([4], 0.5), quantile([4], 0.99), quantile([], 0.5)]).toEqual([4, 4, null]);
});
