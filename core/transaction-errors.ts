import { OperationalError } from './errors.ts';

/** A call for a transaction, or a savepoint, that isn't open any more. */
export function transactionEnded(
  doing: string,
  what: 'transaction' | 'savepoint' = 'transaction',
): OperationalError {
  return new OperationalError(`Cannot ${doing}: the ${what} has ended. Begin another one.`, {
    code: 'TRANSACTION',
    subcode: 'transaction.ended',
    sqlstate: '25000',
  });
}

/** SQLite has rolled the transaction back, and its function goes on. */
export function transactionUndone(doing: string): OperationalError {
  return new OperationalError(
    `Cannot ${doing}: SQLite has rolled the transaction back after an error inside. Leave its function, then run it again.`,
    { code: 'TRANSACTION', subcode: 'transaction.undone', sqlstate: '40000' },
  );
}
