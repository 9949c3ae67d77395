import { expect, test } from 'vitest';
import { Latencies } from './latencies.ts';

test('a latency is the time from commit to screen, whichever message comes first', () => {
  const latencies = new Latencies();
  latencies.committed(1, 100);
  latencies.shown(1, 110);
  expect(latencies.last).toBe(10);
  latencies.shown(2, 230);
  expect(latencies.last).toBe(10);
  latencies.committed(2, 200);
  expect(latencies.last).toBe(30);
  expect(latencies.commits).toBe(2);
});

test('commits that were overtaken count up to the drawing that showed them', () => {
  const latencies = new Latencies();
  for (const [commit, at] of [
    [1, 0],
    [2, 5],
    [3, 8],
  ] as const)
    latencies.committed(commit, at);
  latencies.shown(3, 10);
  expect([latencies.quantile(0), latencies.quantile(0.5), latencies.quantile(1)]).toEqual([2, 5, 10]);
});

test('drawing the same commit again, to let colours fade, is no second latency', () => {
  const latencies = new Latencies();
  latencies.committed(1, 0);
  latencies.shown(1, 10);
  latencies.shown(1, 1000);
  expect(latencies.quantile(1)).toBe(10);
  expect(latencies.quantile(0.99)).toBe(10);
});

test('before the first commit there is no latency', () => {
  expect(new Latencies().quantile(0.5)).toBeUndefined();
});
