import { readOptions, requireBoolean, requireObject, requireText } from '../arguments.ts';
import { bindParameters } from '../parameters.ts';
import { narrowers } from '../rows.ts';
import { takeValue } from '../take-params.ts';
import type { SqlValue } from '../values.ts';
import type { RangeBounds } from './range.ts';

const rangeKeys = ['column', 'lower', 'upper', 'lowerInclusive', 'upperInclusive'] as const;

/** The bounds as values of SQLite, the caller's bytes copied: they bind as parameters do, and what can't is refused. */
export function takeBounds(given: RangeBounds): RangeBounds {
  requireObject(given, 'range');
  const { column, lowerInclusive, upperInclusive, lower, upper } = readOptions(given, 'range', rangeKeys);
  if (column !== undefined) requireText(column, 'range.column');
  if (lowerInclusive !== undefined) requireBoolean(lowerInclusive, 'range.lowerInclusive');
  if (upperInclusive !== undefined) requireBoolean(upperInclusive, 'range.upperInclusive');
  const taken = [takeValue(lower ?? null), takeValue(upper ?? null)] as SqlValue[];
  const bound = bindParameters({ style: 'positional', count: 2 }, taken) as readonly SqlValue[];
  const [least = null, most = null] = bound.map((value) => narrowers.auto(value));
  return {
    lower: least,
    upper: most,
    ...(column !== undefined && { column }),
    ...(lowerInclusive !== undefined && { lowerInclusive }),
    ...(upperInclusive !== undefined && { upperInclusive }),
  };
}
