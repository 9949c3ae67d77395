import { readOptions } from '../../core/arguments.ts';
import { ProgrammingError } from '../../core/errors.ts';
import type { OnConflict } from './revert.ts';
import type { UndoOptions } from './undo.ts';

export type UndoSettings = Required<UndoOptions>;

/** @throws ProgrammingError (`CONFIG`) for an option that is none of those allowed. */
export function undoSettings(given: UndoOptions | undefined): UndoSettings {
  const {
    onConflict = 'refuse',
    groupMs = 0,
    groupBy = 'label',
    depth = 100,
    now = Date.now,
  } = readOptions(given, 'options', ['onConflict', 'groupMs', 'groupBy', 'depth', 'now']);
  checkOnConflict(onConflict);
  check(typeof groupMs === 'number' && groupMs >= 0, 'groupMs is a number of milliseconds, from 0 on');
  check(groupBy === 'label' || groupBy === 'time', "groupBy is 'label' or 'time'");
  check(Number.isInteger(depth) && depth > 0, 'depth is a number of entries, from 1 on');
  check(typeof now === 'function', 'now is a function that gives the time in milliseconds');
  return { onConflict, groupMs, groupBy, depth, now };
}

export function checkOnConflict(onConflict: OnConflict): void {
  check(onConflict === 'refuse' || onConflict === 'merge', "onConflict is 'refuse' or 'merge'");
}

export function checkLabel(label: unknown): void {
  check(label === undefined || typeof label === 'string', 'a label is a text');
}

function check(isRight: boolean, rule: string): void {
  if (isRight) return;
  throw new ProgrammingError(`Cannot undo like that: ${rule}.`, { code: 'CONFIG', subcode: 'config.option' });
}
