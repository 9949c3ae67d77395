import { Observable } from 'rxjs';
import { isArray, isInstance, wrongArgument } from '../core/arguments.ts';
import type { DatabaseSync } from '../core/database-sync.ts';
import { ProgrammingError } from '../core/errors.ts';
import type { Database } from '../core/remote/database.ts';
import { requireDatabase } from '../core/require-database.ts';
import { LiveQuery } from './live-query.ts';
import { sourceOf } from './source-of.ts';

/** The rows of several live queries. */
export type LiveSnapshots<Q extends readonly LiveQuery<unknown>[]> = {
  readonly [K in keyof Q]: Q[K] extends LiveQuery<infer T> ? readonly T[] : never;
};

/**
 * The answers of several live queries of one database, always of the same commit: it emits at first when all are
 * there, and then once whenever one or more of them have changed. Each keeps its own schedule; an emission shows
 * the others as they are at that time, told or not.
 *
 * @throws ProgrammingError for a live query of another database.
 */
export function liveSnapshot<const Q extends readonly LiveQuery<unknown>[]>(
  db: DatabaseSync | Database,
  queries: Q,
): Observable<LiveSnapshots<Q>> {
  requireDatabase(db);
  if (!isArray(queries)) throw wrongArgument('queries', 'an array of live queries', queries);
  for (const [at, query] of queries.entries()) {
    if (!isInstance(query, LiveQuery)) throw wrongArgument(`queries[${at}]`, 'a live query', query);
  }
  if (queries.some((query) => !query.asks(sourceOf(db)))) {
    throw new ProgrammingError('liveSnapshot() combines live queries of one database handle.', {
      code: 'SQL',
      subcode: 'live.other_database',
    });
  }
  return new Observable((subscriber) => {
    let told: readonly (readonly unknown[] | undefined)[] | undefined;
    let open = queries.length;
    const tell = (): void => {
      const values = queries.map((query) => query.value);
      // Each that has changed says so; the first has told of all of them.
      if (values.includes(undefined) || told?.every((rows, at) => rows === values[at])) return;
      told = values;
      subscriber.next(Object.freeze(values) as LiveSnapshots<Q>);
    };
    if (queries.length === 0) {
      subscriber.next(Object.freeze([]) as unknown as LiveSnapshots<Q>);
      subscriber.complete();
    }
    for (const query of queries) {
      subscriber.add(
        query.subscribe({
          next: tell,
          error: (error) => subscriber.error(error),
          complete: () => {
            open -= 1;
            if (open === 0) subscriber.complete();
          },
        }),
      );
    }
  });
}
