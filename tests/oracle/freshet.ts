import { type DatabaseSync, openSync } from '../../core/index.ts';
import { live, settled } from '../../reactive/index.ts';
import type { Engine, OracleDatabase } from './engine.ts';

/** A database that the oracle hands back is one that `open` gave it. */
const own = (db: OracleDatabase): DatabaseSync => db as unknown as DatabaseSync;

/** The engine under test: Freshet by its public surface, nothing wrapped. */
export const engine: Engine = {
  name: 'freshet',
  // Each query of a case is another text, so a small cache of statements would warn that it misses.
  open: (location, options) =>
    openSync(location, { ...options, statementCacheSize: 512 }) as unknown as OracleDatabase,
  live: (db, sql, params, options) => live(own(db), sql, params, options),
  settled: (db) => settled(own(db)),
};
