import { DataError, OperationalError, ProgrammingError } from '../../core/errors.ts';

interface Place {
  readonly table: string;
  readonly column?: string;
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
