import { readOptions, requireBoolean, requireObject, requireText } from '../arguments.ts';
import { takeValue } from '../take-params.ts';
import type { SqlValue } from '../values.ts';
import type { RangeBounds } from './range.ts';

const rangeKeys = ['column', 'lower', 'upper', 'lowerInclusive', 'upperInclusive'] as const;

/** The bounds as they are now, the caller's bytes copied. @throws ProgrammingError for an unknown key or a wrong type. */
export function takeBounds(given: RangeBounds): RangeBounds {
  requireObject(given, 'range');
  const { column, lowerInclusive, upperInclusive, lower, upper } = readOptions(given, 'range', rangeKeys);
  if (column !== undefined) requireText(column, 'range.column');
  if (lowerInclusive !== undefined) requireBoolean(lowerInclusive, 'range.lowerInclusive');
  if (upperInclusive !== undefined) requireBoolean(upperInclusive, 'range.upperInclusive');
  return {
    // What can't be bound is refused by the engine.
    lower: takeValue(lower ?? null) as SqlValue,
    upper: takeValue(upper ?? null) as SqlValue,
    ...(column !== undefined && { column }),
    ...(lowerInclusive !== undefined && { lowerInclusive }),
    ...(upperInclusive !== undefined && { upperInclusive }),
  };
}
