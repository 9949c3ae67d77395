import type { Random } from '../random.ts';
import { attachedFiles } from './attached-files.ts';
import { collatedKeys } from './collated-keys.ts';
import { collatedRanges } from './collated-ranges.ts';
import { comparedColumns } from './compared-columns.ts';
import { convertedGroups } from './converted-groups.ts';
import { filledChains } from './filled-chains.ts';
import { foldedJoins } from './folded-joins.ts';
import { foldedLetters } from './folded-letters.ts';
import { fullText } from './full-text.ts';
import { groupedJoins } from './grouped-joins.ts';
import { groupedWindows } from './grouped-windows.ts';
import type { Ingredient } from './ingredient.ts';
import { longWindows } from './long-windows.ts';
import { mergedColumns } from './merged-columns.ts';
import { mixedKinds } from './mixed-kinds.ts';
import { nullableConstants } from './nullable-constants.ts';
import { outerChains } from './outer-chains.ts';
import { overlapping } from './overlapping.ts';
import { referencesAcross } from './references-across.ts';
import { sequences } from './sequences.ts';
import { sharedSubqueries } from './shared-subqueries.ts';
import { hugeSums, sums } from './sums.ts';
import { tempObjects } from './temp-objects.ts';
import { textAsInteger } from './text-as-integer.ts';
import { unknownRows } from './unknown-rows.ts';
import { writableViews } from './writable-views.ts';

export const ingredients: readonly Ingredient[] = [
  nullableConstants,
  mergedColumns,
  collatedKeys,
  writableViews,
  textAsInteger,
  referencesAcross,
  fullText,
  tempObjects,
  attachedFiles,
  sequences,
  collatedRanges,
  mixedKinds,
  sums,
  unknownRows,
  outerChains,
  convertedGroups,
  overlapping,
  hugeSums,
  foldedJoins,
  filledChains,
  longWindows,
  groupedJoins,
  comparedColumns,
  groupedWindows,
  foldedLetters,
  sharedSubqueries,
];

/** What a case has beside what every case has; `focused`: it is about that. */
export interface Mixture {
  readonly ingredients: readonly Ingredient[];
  readonly focused: boolean;
}

export const nothingMore: Mixture = { ingredients: [], focused: false };

/** The ingredients of a case: those that were asked for, or one that it is about, or a pinch of some. */
export function mixtureOf(
  random: Random,
  only: readonly string[] = [],
  without: readonly string[] = [],
): Mixture {
  const asked = ingredients.filter(({ name }) => only.includes(name));
  if (asked.length > 0) return { ingredients: asked, focused: true };
  const usual = ingredients.filter(
    ({ name, isPending, isApart }) => !isPending && !isApart && !without.includes(name),
  );
  if (random.chance(0.25)) return { ingredients: [random.pick(usual)], focused: true };
  return { ingredients: usual.filter(() => random.chance(0.04)), focused: false };
}
