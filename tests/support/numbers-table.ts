import type { DatabaseSync, TransactionSync } from 'freshet';
import { opened } from './opening.ts';

/** A table of one unique column, for tests of what commits and what doesn't. */
export const schema = 'CREATE TABLE t (n UNIQUE)';
/** What a test's own function throws. */
export const mine = new Error('mine');

export function withTable(location = ':memory:'): DatabaseSync {
  const db = opened(location);
  db.exec(schema);
  return db;
}

export function insert(into: DatabaseSync | TransactionSync, n: number): void {
  into.execute('INSERT INTO t VALUES (?)', [n]);
}

export function numbers(from: DatabaseSync | TransactionSync): unknown[] {
  return from.queryRaw('SELECT n FROM t ORDER BY n').rows.flat();
}

export function throwMine(): never {
  throw mine;
}
