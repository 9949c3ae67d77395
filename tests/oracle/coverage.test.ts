import { expect, test } from 'vitest';
import { makeCase, newCensus } from './case.ts';
import { constructs } from './constructs.ts';

const cases = 900;

/** Generates without running anything: what the ordinary runs are made of. */
function occurrences(): { tame: Map<string, number>; hostile: Map<string, number>; together: Set<string> } {
  const [tame, hostile, together] = [new Map<string, number>(), new Map<string, number>(), new Set<string>()];
  for (let seed = 1; seed <= cases; seed++) {
    const made = makeCase(seed, { steps: 1, lives: 8 }, newCensus());
    const counts = made.tame ? tame : hostile;
    for (const { query } of made.lives) {
      for (const name of query.features) counts.set(name, (counts.get(name) ?? 0) + 1);
      for (const one of query.features) for (const two of query.features) together.add(`${one} + ${two}`);
    }
  }
  return { tame, hostile, together };
}

test('every construct occurs in tame and in hostile cases, alone and with most of the others', () => {
  const { tame, hostile, together } = occurrences();
  const rare = constructs.filter((name) => (tame.get(name) ?? 0) < 3 || (hostile.get(name) ?? 0) < 3);
  expect(rare).toEqual([]);
  const partners = (name: string) => constructs.filter((other) => together.has(`${name} + ${other}`)).length;
  const lonely = constructs.filter((name) => partners(name) < 15);
  expect(lonely.map((name) => `${name}: ${partners(name)}`)).toEqual([]);
});
