import { OperationalError } from './errors.ts';

/** The file that was opened is no longer the one at its path. */
export function fileReplaced(message: string): OperationalError {
  return new OperationalError(message, { code: 'FILE_REPLACED', subcode: 'io.file_replaced' });
}
