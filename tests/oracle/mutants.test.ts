import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { misfit, mutants } from './mutant-list.ts';

const root = resolve(import.meta.dirname, '../..');

it('every mutant of a rule fits the sources as they are', () => {
  expect(mutants.flatMap((mutant) => misfit(mutant, root) ?? [])).toEqual([]);
});
