import { DataError, OperationalError, ProgrammingError } from '../../core/errors.ts';
import { displayName } from '../../core/sql/access.ts';

interface Place {
  readonly table: string;
  readonly column?: string;
  readonly cause?: unknown;
}

/** The recipe, or the key, is wrong. */
export function draftError(subcode: string, message: string, place: Place): ProgrammingError {
  return new ProgrammingError(message, { code: 'DRAFT', subcode, ...place });
}

/** The draft holds what can't be stored. */
export function valueError(message: string, place: Place): DataError {
  return new DataError(message, { code: 'VALUE', subcode: 'value.refused', sqlstate: '22003', ...place });
}

export function noRow(table: string, key: string): OperationalError {
  return new OperationalError(`Cannot update: ${table} has no row ${key}. Insert it, or look for its key.`, {
    code: 'NO_ROW',
    subcode: 'draft.no_row',
    sqlstate: '02000',
    table,
  });
}

/** What a transaction did can't be undone, so it isn't done. */
export function notRecorded(tables: readonly string[]): OperationalError {
  const what =
    tables.length > 0
      ? `rows of ${tables.map(displayName).join(', ')} were not recorded one by one`
      : 'the schema was changed, or rows were not recorded';
  return undoError(
    'undo.not_recorded',
    `Cannot undo this later: ${what}. Nothing was written; do it outside of undo.`,
  );
}

export function undoError(subcode: string, message: string): OperationalError {
  return new OperationalError(message, { code: 'UNDO', subcode });
}
