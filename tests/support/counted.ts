import type { DatabaseSync } from 'freshet';
import { engineOf } from '../../core/engine-key.ts';

/**
 * Gives the SQL of this database a function `counted(x)`, which is `x`: how often it was called is how many rows
 * SQLite has evaluated.
 */
export function countCalls(db: DatabaseSync): { calls: number } {
  const counter = { calls: 0 };
  db[engineOf].connection.defineFunction('counted', (value = null) => {
    counter.calls += 1;
    return value;
  });
  return counter;
}
