import { type DatabaseSync, openSync } from '../../core/index.ts';
import { live, settled } from '../../reactive/index.ts';
import type { Engine, OracleDatabase } from './engine.ts';

/** The oracle hands back what `open` gave it. */
const own = (db: OracleDatabase): DatabaseSync => db as DatabaseSync;

/** The engine under test: Freshet by its public surface, nothing wrapped. */
export const engine: Engine = {
  name: 'freshet',
  open: openSync,
  live: (db, sql, params, options) => live(own(db), sql, params, options),
  settled: (db) => settled(own(db)),
};
