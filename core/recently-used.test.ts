import { expect, test } from 'vitest';
import { RecentlyUsed } from './recently-used.ts';

test('gives up what was used least recently, by reading or by writing', () => {
  const kept = new RecentlyUsed<string, number>(2);
  kept.set('a', 1);
  kept.set('b', 2);
  expect(kept.get('a')).toBe(1);
  kept.set('c', 3);
  expect([kept.get('a'), kept.get('b'), kept.get('c')]).toEqual([1, undefined, 3]);
  kept.set('a', 4);
  kept.set('d', 5);
  expect([kept.get('a'), kept.get('c'), kept.get('d'), kept.size]).toEqual([4, undefined, 5, 2]);
  kept.clear();
  expect([kept.get('a'), kept.size]).toEqual([undefined, 0]);
});
