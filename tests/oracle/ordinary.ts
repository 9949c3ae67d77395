import { ingredients } from './ingredients/all.ts';
import type { OracleOptions } from './oracle.ts';

/** A part of the ordinary run. Its cases are always the same ones, so that a failure means the change under test. */
export type OrdinaryPart = Pick<OracleOptions, 'seed' | 'comparisons' | 'only'>;

/** What the cases without a subject are compared; seeds are so far apart that no part repeats another's cases. */
export const ordinaryParts: readonly OrdinaryPart[] = [1, 100_001].map((seed) => ({
  seed,
  // Some two thirds are answers; the others are tables and watches, held against what the events told.
  comparisons: 50_000,
}));

/** From where the cases about an ingredient begin, and single ones that show what few others do: see mutants.ts. */
const firstSeeds: Readonly<Record<string, number>> = {
  'mixed-kinds': 7,
  sums: 11,
  'folded-joins': 3,
  'shared-subqueries': 17,
};
const rareCases: readonly (readonly [ingredient: string, seed: number])[] = [
  ['mixed-kinds', 16],
  ['mixed-kinds', 48],
  ['outer-chains', 78],
  ['outer-chains', 87],
  ['outer-chains', 317],
];

/** And those about one ingredient each: enough that what the ingredient was made for would come to light. */
export const partsByIngredient: readonly OrdinaryPart[] = [
  ...ingredients
    .filter(({ isPending }) => !isPending)
    .map(({ name }) => ({ seed: firstSeeds[name] ?? 1, comparisons: 2500, only: [name] })),
  // Of one case each.
  ...rareCases.map(([name, seed]) => ({ seed, comparisons: 1, only: [name] })),
];
