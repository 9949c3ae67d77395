/**
 * The rows of a live query by a column that tells them apart, for lists in which each row is drawn by itself.
 * Guarantees that whoever follows a row is told when that row is another, and of nothing else; at a cost of the rows
 * that a commit changed. Keys and rows are those of one commit, and change together.
 * The hard part is a key that goes from one row to another within a commit.
 */
import { Subscription } from 'rxjs';
import { requireText } from '../../core/arguments.ts';
import { ProgrammingError } from '../../core/errors.ts';
import { takeParams } from '../../core/take-params.ts';
import type { Columns, Params, Row, SqlValue } from '../../core/values.ts';
import { live } from '../live.ts';
import type { LiveDelta, RowDelta } from '../live-delta.ts';
import type { LiveQuery } from '../live-query.ts';
import { paramsKey } from '../params-key.ts';
import { checkSchedule, type Schedule } from '../schedule.ts';
import { KeyedRows } from './keyed-rows.ts';
import type { Query } from './query.ts';
import type { Source } from './query-entry.ts';

/** The keys of an answer in its order, and its rows by them. The same object, keys included, until the order changes. */
export interface Keys<K extends SqlValue, T> {
  readonly keys: readonly K[];
  readonly live: KeyedRows<T>;
}

/** A SELECT as keys and rows. `column` must be unique in the answer. */
export function keysQuery<K extends SqlValue, T extends Columns<T> = Row>(
  sql: string,
  given: Params | undefined,
  column: string,
  schedule: Schedule = 'sync',
): Query<Keys<K, T>> {
  requireText(sql, 'sql');
  requireText(column, 'column');
  checkSchedule(schedule);
  const params = takeParams(given);
  return {
    key: JSON.stringify([sql, paramsKey(params), schedule, column]),
    sql,
    open: (db, notify = (call) => call()) =>
      new LiveKeys<K, T>(live<T>(db, sql, params, { schedule }), column, notify),
    given: {
      sql,
      params,
      value: (rows) => {
        const keyed = new KeyedRows<T>();
        const keys = rows.map((row) => keyOf<K>(row, column));
        keyed.change(
          [],
          rows.map((row, at) => [keys[at] as K, row as T] as const),
          new Set(),
        );
        return { keys, live: keyed };
      },
    },
  };
}

/** Above this many changes at once the keys are read from the rows, rather than moved one by one. */
const maxMoves = 100;

class LiveKeys<K extends SqlValue, T> implements Source<Keys<K, T>> {
  readonly #rows = new KeyedRows<T>();
  readonly #column: string;
  readonly #live: LiveQuery<T>;
  readonly #notify: (call: () => void) => void;
  #value: Keys<K, T> | undefined;

  constructor(live: LiveQuery<T>, column: string, notify: (call: () => void) => void) {
    this.#live = live;
    this.#column = column;
    this.#notify = notify;
  }

  get value(): Keys<K, T> | undefined {
    return this.#value;
  }

  subscribe(observer: Parameters<Source<Keys<K, T>>['subscribe']>[0]): { unsubscribe(): void } {
    const subscription = new Subscription();
    let isFirst = true;
    subscription.add(
      this.#live.changes.subscribe({
        next: (delta) => {
          const before = this.#value;
          const dirty = new Set<unknown>();
          try {
            this.#take(delta, isFirst, dirty);
          } catch (error) {
            subscription.unsubscribe();
            observer.error(error);
            return;
          }
          if (this.#value && (isFirst || this.#value !== before)) observer.next(this.#value);
          isFirst = false;
          if (this.#rows.isFollowed) this.#notify(() => this.#rows.tell(dirty));
        },
        error: (error) => observer.error(error),
        complete: () => observer.complete(),
      }),
    );
    return subscription;
  }

  #take({ rows, changes }: LiveDelta<T>, isFirst: boolean, dirty: Set<unknown>): void {
    const keyOfRow = (row: T): K => keyOf<K>(row as Row, this.#column);
    const went: K[] = [];
    const came: [K, T][] = [];
    const before = this.#value?.keys ?? [];
    if (isFirst) {
      went.push(...before);
      for (const row of rows) came.push([keyOfRow(row), row]);
    } else {
      for (const change of changes) {
        if (change.type === 'delete') went.push(keyOfRow(change.row));
        if (change.type === 'update') went.push(keyOfRow(change.previous));
        if (change.type !== 'delete') came.push([keyOfRow(change.row), change.row]);
      }
    }
    this.#rows.change(went, came, dirty);
    const keys = isFirst ? came.map(([key]) => key) : moved(before, rows, changes, keyOfRow);
    if (this.#rows.size !== keys.length) throw notUnique(this.#column);
    if (this.#value && sameKeys(keys, before)) return;
    this.#value = { keys: Object.freeze(keys), live: this.#rows };
  }
}

/** The keys after `changes`; the same array if they stay as they are. */
function moved<K, T>(
  before: readonly K[],
  rows: readonly T[],
  changes: readonly RowDelta<T>[],
  keyOfRow: (row: T) => K,
): readonly K[] {
  const moves = changes.filter(
    (change) =>
      change.type !== 'update' ||
      change.index !== change.previousIndex ||
      keyOfRow(change.row) !== keyOfRow(change.previous),
  );
  if (moves.length === 0) return before;
  if (moves.length > maxMoves) return rows.map(keyOfRow);
  const keys = before.slice();
  for (const change of moves) {
    if (change.type === 'insert') keys.splice(change.index, 0, keyOfRow(change.row));
    else if (change.type === 'delete') keys.splice(change.index, 1);
    else {
      keys.splice(change.previousIndex, 1);
      keys.splice(change.index, 0, keyOfRow(change.row));
    }
  }
  return keys;
}

function sameKeys<K>(a: readonly K[], b: readonly K[]): boolean {
  return a === b || (a.length === b.length && a.every((key, at) => key === b[at]));
}

function keyOf<K extends SqlValue>(row: Row, column: string): K {
  if (Object.hasOwn(row, column)) return row[column] as K;
  throw new ProgrammingError(`The answer has no column ${column}. Name one that tells its rows apart.`, {
    code: 'SQL',
    subcode: 'live.no_key_column',
  });
}

function notUnique(column: string): ProgrammingError {
  return new ProgrammingError(
    `Rows of the answer have the same ${column}. Name a column that tells them apart.`,
    {
      code: 'SQL',
      subcode: 'live.key_not_unique',
    },
  );
}
