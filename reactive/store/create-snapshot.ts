import { requireText } from '../../core/arguments.ts';
import type { DatabaseSync } from '../../core/database-sync.ts';
import { engineOf } from '../../core/engine-key.ts';
import type { Database } from '../../core/remote/database.ts';
import { requireDatabase } from '../../core/require-database.ts';
import { takeParams } from '../../core/take-params.ts';
import type { Params, Row } from '../../core/values.ts';
import { encodeAnswer, type GivenAnswers, givenKey, type QuerySnapshot } from './given-answers.ts';

/** The answers that a server renders a page with, gathered to be sent along. Nothing in it is live. */
export interface SnapshotBuilder extends GivenAnswers {
  /** Asks a query ahead. @throws what the database answers. */
  prefetch(sql: string, params?: Params): Promise<void>;
  /**
   * Asks the queries that were met in rendering and couldn't be answered at once. True if there was one: then render
   * again, for its answer is known now.
   */
  load(): Promise<boolean>;
  /** What to send: JSON holds it, 64-bit integers and bytes included. */
  toJSON(): QuerySnapshot;
}

/**
 * A snapshot to render with on a server. A `DatabaseSync` is asked while rendering. Queries of a `Database` are noted:
 * `load` asks them, and another rendering shows their answers.
 */
export function createSnapshot(db: DatabaseSync | Database): SnapshotBuilder {
  requireDatabase(db);
  const known = new Map<string, readonly Row[]>();
  const missed = new Map<string, () => Promise<void>>();
  const fetch = async (sql: string, given?: Params): Promise<void> => {
    requireText(sql, 'sql');
    const params = takeParams(given);
    const key = givenKey(sql, params);
    missed.delete(key);
    known.set(key, Object.freeze(await db.query<Row>(sql, params)));
  };
  return {
    rows: (sql, given) => {
      requireText(sql, 'sql');
      const params = takeParams(given);
      const key = givenKey(sql, params);
      if (!known.has(key) && engineOf in db) known.set(key, Object.freeze(db.query<Row>(sql, params)));
      if (!known.has(key)) missed.set(key, () => fetch(sql, params));
      return known.get(key);
    },
    fetch,
    prefetch: fetch,
    load: async () => {
      const asked = [...missed.values()].map((ask) => ask());
      await Promise.all(asked);
      return asked.length > 0;
    },
    toJSON: () => ({
      version: 1,
      answers: Object.fromEntries([...known].map(([key, rows]) => [key, encodeAnswer(rows)])),
    }),
  };
}
