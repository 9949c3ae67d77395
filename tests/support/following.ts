import type { Columns, DatabaseSync, Params, Row } from 'freshet';
import { type LiveDelta, type LiveOptions, type LiveQuery, live, type RowDelta } from 'freshet/reactive';
import { expect, onTestFinished } from 'vitest';
import { patience } from './events.ts';
import { rowText } from './replica.ts';

/** What a delta means, by its definition, with what it says about rows checked at every step. */
export function spliced<T>(previous: readonly T[], changes: readonly RowDelta<T>[]): T[] {
  const rows = [...previous];
  for (const change of changes) {
    if (change.type === 'insert') {
      expect(change.index).toBeLessThanOrEqual(rows.length);
      rows.splice(change.index, 0, change.row);
    } else if (change.type === 'delete') {
      expect(rows.splice(change.index, 1)[0]).toBe(change.row);
    } else {
      expect(rows.splice(change.previousIndex, 1)[0]).toBe(change.previous);
      expect(change.index).toBeLessThanOrEqual(rows.length);
      rows.splice(change.index, 0, change.row);
      expect(change.row !== change.previous || change.index !== change.previousIndex).toBe(true);
    }
  }
  return rows;
}

/** The same row objects in the same order. */
export function expectSameRows<T>(actual: readonly T[], expected: readonly T[]): void {
  expect(actual.length).toBe(expected.length);
  expect(actual.findIndex((row, at) => row !== expected[at])).toBe(-1);
}

/** Nothing in it can be changed. */
export function expectReadOnly(rows: readonly unknown[]): void {
  expect(Array.isArray(rows)).toBe(true);
  expect(Object.isFrozen(rows)).toBe(true);
  for (const row of rows) expect(Object.isFrozen(row)).toBe(true);
}

/**
 * A subscriber of snapshots and one of deltas of a live query. Every delta is applied to the snapshot before
 * it as soon as it comes, and has to give the snapshot that it carries.
 */
export class Following<T extends Columns<T> = Row> {
  readonly query: LiveQuery<T>;
  readonly snapshots: (readonly T[])[] = [];
  readonly deltas: LiveDelta<T>[] = [];
  readonly ends: string[] = [];
  readonly errors: unknown[] = [];
  readonly #db: DatabaseSync;
  readonly #sql: string;
  readonly #params: Params | undefined;
  readonly #stop: () => void;

  constructor(db: DatabaseSync, sql: string, params?: Params, options?: LiveOptions) {
    this.#db = db;
    this.#sql = sql;
    this.#params = params;
    this.query = live<T>(db, sql, params, options);
    const end = (name: string) => ({
      error: (error: unknown) => {
        this.errors.push(error);
        this.ends.push(`${name} error`);
      },
      complete: () => this.ends.push(`${name} complete`),
    });
    const snapshots = this.query.subscribe({ next: (rows) => this.#snapshot(rows), ...end('rows') });
    const deltas = this.query.changes.subscribe({ next: (delta) => this.#delta(delta), ...end('changes') });
    this.#stop = () => {
      snapshots.unsubscribe();
      deltas.unsubscribe();
    };
    onTestFinished(this.#stop);
  }

  get rows(): readonly T[] {
    return this.snapshots.at(-1) ?? [];
  }

  stop(): void {
    this.#stop();
  }

  /** Resolves when a snapshot like this has been emitted; fails when none comes. */
  until(isThere: (rows: readonly T[]) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`No such snapshot of ${this.#sql} came`)), patience);
      const subscription = this.query.subscribe({
        next: (rows) => {
          if (!isThere(rows)) return;
          clearTimeout(timer);
          queueMicrotask(() => subscription.unsubscribe());
          resolve();
        },
        error: reject,
      });
    });
  }

  /** The value is the answer that SQLite gives now: in its order when the query has one, else as a multiset. */
  expectFresh(ordered = / ORDER BY /i.test(this.#sql)): void {
    const text = (rows: readonly T[] | undefined): string[] => {
      const texts = (rows ?? []).map((row) => rowText(row as Row));
      return ordered ? texts : texts.sort();
    };
    expect(this.query.value, this.#sql).toBeDefined();
    expect(text(this.query.value), this.#sql).toEqual(text(this.#db.query<T>(this.#sql, this.#params)));
  }

  /** Everybody has been told the value. */
  expectTold(): void {
    expectSameRows(this.rows, this.query.value ?? []);
    expectSameRows(this.deltas.at(-1)?.rows ?? [], this.query.value ?? []);
  }

  #snapshot(rows: readonly T[]): void {
    expectReadOnly(rows);
    const previous = this.snapshots.at(-1);
    if (previous)
      expect(rows.length !== previous.length || rows.some((row, at) => row !== previous[at])).toBe(true);
    this.snapshots.push(rows);
  }

  #delta(delta: LiveDelta<T>): void {
    const previous = this.deltas.at(-1);
    expectReadOnly(delta.rows);
    expectSameRows(spliced(previous?.rows ?? [], delta.changes), delta.rows);
    if (previous) {
      expect(delta.changes.length).toBeGreaterThan(0);
      expect(delta.commit).toBeGreaterThan(previous.commit);
    } else {
      expect(delta.changes.map(({ type }) => type)).toEqual(delta.rows.map(() => 'insert'));
    }
    this.deltas.push(delta);
  }
}

/** Follows a query from now on, until the test has finished. */
export function follow<T extends Columns<T> = Row>(
  db: DatabaseSync,
  sql: string,
  params?: Params,
  options?: LiveOptions,
): Following<T> {
  return new Following<T>(db, sql, params, options);
}
