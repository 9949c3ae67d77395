import { expect, it } from 'vitest';
import { Answer } from './answer.ts';
import { type Entry, EntryMaker } from './entry.ts';

it('a window that is cut reports what it knows: rows that came and were cut at once are none of it', () => {
  const maker = new EntryMaker({
    columns: ['x'],
    intMode: 'auto',
    key: { positions: [0], collations: ['BINARY'] },
  });
  const order = [{ position: 0, descending: false, nullsFirst: true, collation: 'BINARY' as const }];
  const answer = new Answer(maker, order, { offset: 0, limit: 1, keepsAll: false });
  const known = new Set<Entry>();
  answer.onChange = ({ removed, added }) => {
    for (const entry of removed) known.delete(entry);
    for (const entry of added) known.add(entry);
  };
  const come = (from: number, count: number): Entry[] =>
    Array.from({ length: count }, (_, at) => maker.make([BigInt(from + at)]));
  const check = () => expect([...known].sort((a, b) => a.order - b.order)).toEqual(answer.entries());
  answer.load([], answer.firstCapacity);
  answer.change(new Set(), come(0, 60));
  check();
  // Some of these are cut, and some of those before.
  answer.change(new Set(answer.entries().slice(0, 20)), come(30, 130));
  expect(answer.size).toBe(answer.capacity);
  check();
});
