import { reading, wrongArgument } from './arguments.ts';
import type { DatabaseSync } from './database-sync.ts';
import { engineOf } from './engine-key.ts';
import { Caller } from './remote/caller.ts';
import { clientOf, type Database } from './remote/database.ts';
import type { Transaction } from './remote/transaction.ts';
import type { TransactionSync } from './transaction-sync.ts';

/** @throws ProgrammingError for what is no database of either kind. */
export function requireDatabase(db: DatabaseSync | Database): void {
  if (!isObject(db) || !reading('db', () => engineOf in db || clientOf in db)) {
    throw wrongArgument('db', 'a database that open() or openSync() gave', db);
  }
}

/** @throws ProgrammingError for what is neither a database nor a transaction. */
export function requireCaller(db: DatabaseSync | TransactionSync | Database | Transaction): void {
  const isCaller =
    isObject(db) && reading('db', () => db instanceof Caller || engineOf in db || 'savepoint' in db);
  if (!isCaller) throw wrongArgument('db', 'a database or a transaction', db);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
