import { expect, test } from 'vitest';
import { Pacer } from './pacer.ts';

function writes(pacer: Pacer, from: number, to: number, step: number): number {
  let sum = 0;
  for (let at = from + step; at <= to; at += step) sum += pacer.due(at);
  return sum;
}

test('a pacer gives the rate, however often it is asked', () => {
  for (const step of [1, 4, 7, 16, 100]) {
    expect(Math.abs(writes(new Pacer(200, 0), 0, 5000, step) - 1000)).toBeLessThanOrEqual(20);
  }
  expect(writes(new Pacer(1, 0), 0, 5000, 4)).toBe(5);
});

test('a pacer follows a new rate from then on', () => {
  const pacer = new Pacer(100, 0);
  expect(writes(pacer, 0, 1000, 5)).toBe(100);
  pacer.setRate(500, 1000);
  expect(writes(pacer, 1000, 2000, 5)).toBe(500);
});

test('a pacer that nobody asked for a minute owes a quarter of a second', () => {
  const pacer = new Pacer(400, 0);
  expect(pacer.due(60_000)).toBe(100);
  expect(pacer.due(60_005)).toBe(2);
});
