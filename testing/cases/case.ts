import type { Database, DatabaseSync } from '../../core/index.ts';
import type { Capabilities, TestedDatabase, TestedEngine } from '../engine.ts';

export interface Situation {
  /** The same database, for functions that take one. */
  readonly db: DatabaseSync | Database;
  readonly engine: TestedEngine;
}

export interface ConformanceCase {
  /** A sentence. */
  readonly name: string;
  /** Only of engines that can this. */
  readonly needs?: Partial<Capabilities>;
  run(db: TestedDatabase, situation: Situation): Promise<void>;
}
