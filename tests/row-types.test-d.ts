/**
 * Row types that callers may give, and those that no row has. `npm run types` holds this file against the API: an
 * expected error that doesn't come is an error.
 */
import type {
  Columns,
  Database,
  DatabaseSync,
  IndexedRow,
  Row,
  SqlValue,
  StatementSync,
  Transaction,
} from 'freshet';
import {
  useInfiniteQuery,
  useKeys,
  useLive,
  usePagedQuery,
  useQuery,
  useQueryOne,
  useRow,
  useSuspenseQuery,
} from 'freshet/react-hooks';
import {
  type KeyedRows,
  keysQuery,
  type LiveQuery,
  live,
  liveOne,
  liveSnapshot,
  rowsQuery,
} from 'freshet/reactive';
import { expectTypeOf } from 'vitest';

declare const db: DatabaseSync;
declare const remote: Database;
declare const either: Database | DatabaseSync;
declare const statement: StatementSync;
declare const tx: Transaction;

type IssueId = number & { readonly brand: 'issue' };
type Email = string & { readonly brand: 'email' };

interface Issue {
  readonly id: IssueId;
  title: string;
  state: 'open' | 'closed';
  priority: 1 | 2 | 3 | null;
  note?: string;
  owner?: Email | null;
  size: number | bigint;
  picture: Uint8Array;
  hash: Uint8Array<ArrayBuffer> | null;
  anything: SqlValue;
  unknown: unknown;
}
type Alias = { readonly n: number };
type Either = { a: number } | { b: string };

interface Wrong {
  done: boolean;
}

expectTypeOf(live<Issue>(db, '')).toEqualTypeOf<LiveQuery<Issue>>();
expectTypeOf(live<Alias>(remote, '')).toEqualTypeOf<LiveQuery<Alias>>();
expectTypeOf(live(either, '')).toEqualTypeOf<LiveQuery<Row>>();
live<Either>(db, '');
live<Row>(db, '');
live<Record<string, number>>(db, '');
live<{ [column: string]: SqlValue }>(db, '');
// biome-ignore lint/suspicious/noExplicitAny: what callers write that don't care.
live<any>(db, '');
live<Pick<Issue, 'id' | 'note'> & Alias>(db, '');
live<Partial<Issue>>(db, '');
// @ts-expect-error SQLite has no booleans.
live<{ done: boolean }>(db, '');
// @ts-expect-error Nor has an interface.
live<Wrong>(db, '');
// @ts-expect-error A date is a text or a number.
live<{ due: Date }>(db, '');
// @ts-expect-error A list is JSON, a text.
live<{ tags: string[] }>(db, '');
// @ts-expect-error
live<{ due?: Date }>(db, '');
// @ts-expect-error
live<{ due: Date | null }>(db, '');
// @ts-expect-error
live<{ id: number; done: boolean | number }>(db, '');
// @ts-expect-error
live<{ owner: { name: string } }>(db, '');
// @ts-expect-error
live<{ close(): void }>(db, '');
// @ts-expect-error
live<{ a: number } | { done: boolean }>(db, '');
// @ts-expect-error A row is an object.
live<number>(db, '');
// @ts-expect-error
live<string[]>(db, '');
// @ts-expect-error
const _inferred: LiveQuery<Wrong> = live(db, '');
// @ts-expect-error
liveOne<Wrong>(db, '');
// @ts-expect-error
rowsQuery<Wrong>('');
// @ts-expect-error
keysQuery<number, Wrong>('', [], 'done');
const several = liveSnapshot(db, [live<Issue>(db, ''), live<Alias>(db, '')]);
several.subscribe(([issues, aliases]) => {
  expectTypeOf(issues).toEqualTypeOf<readonly Issue[]>();
  expectTypeOf(aliases).toEqualTypeOf<readonly Alias[]>();
});

/** A function of the application that passes its row type on. */
export function firstOf<T extends Columns<T>>(sql: string): LiveQuery<T> {
  expectTypeOf(db.query<T>(sql)).toEqualTypeOf<T[]>();
  return live<T>(db, sql);
}
firstOf<Issue>('');
// @ts-expect-error
firstOf<Wrong>('');

expectTypeOf(db.query<Issue>('')).toEqualTypeOf<Issue[]>();
expectTypeOf(db.query('')).toEqualTypeOf<Row[]>();
expectTypeOf(db.queryOne<Alias>('')).toEqualTypeOf<Alias | null>();
expectTypeOf(db.iterate<Issue>('')).toEqualTypeOf<IterableIterator<Issue>>();
expectTypeOf(statement.query<Alias>()).toEqualTypeOf<Alias[]>();
expectTypeOf(remote.query<Issue>('')).toEqualTypeOf<Promise<Issue[]>>();
expectTypeOf(tx.fetchOne<Alias>('')).toEqualTypeOf<Promise<Alias>>();
expectTypeOf(either.query<Alias>('')).toEqualTypeOf<Alias[] | Promise<Alias[]>>();
const contextual: Alias[] = db.query('');
void contextual;
// @ts-expect-error
db.query<Wrong>('');
// @ts-expect-error
db.queryOne<Wrong>('');
// @ts-expect-error
db.fetchOne<{ due: Date }>('');
// @ts-expect-error
db.iterate<Wrong>('');
// @ts-expect-error
db.transaction((inner) => inner.query<Wrong>(''));
// @ts-expect-error
statement.query<Wrong>();
// @ts-expect-error
statement.iterate<Wrong>();
// @ts-expect-error
remote.query<Wrong>('');
// @ts-expect-error
remote.iterate<Wrong>('');
// @ts-expect-error
tx.queryOne<Wrong>('');
// @ts-expect-error
const _contextual: Wrong[] = db.query('');

// What a row mode gives is no object of columns, and a function makes what it likes.
expectTypeOf(db.query<SqlValue[]>('', [], { rowMode: 'array' })).toEqualTypeOf<SqlValue[][]>();
expectTypeOf(db.query<[number, string]>('', [], { rowMode: 'array' })).toEqualTypeOf<[number, string][]>();
expectTypeOf(db.query<IndexedRow>('', [], { rowMode: 'row' })).toEqualTypeOf<IndexedRow[]>();
const due = (_: readonly string[], [text]: readonly SqlValue[]) => ({ due: new Date(String(text)) });
expectTypeOf(db.query('', [], { rowMode: due })).toEqualTypeOf<{ due: Date }[]>();
expectTypeOf(remote.queryOne('', [], { rowMode: due })).toEqualTypeOf<Promise<{ due: Date } | null>>();
expectTypeOf(db.query<Alias>('', [], { rowMode: () => ({ n: 1 }) })).toEqualTypeOf<Alias[]>();

export function useTypes(keyed: KeyedRows<Row>) {
  expectTypeOf(useQuery<Issue>('').rows).toEqualTypeOf<readonly Issue[]>();
  expectTypeOf(useQuery('').rows).toEqualTypeOf<readonly Row[]>();
  expectTypeOf(useLive(live<Issue>(db, '')).rows).toEqualTypeOf<readonly Issue[]>();
  expectTypeOf(useKeys<IssueId, Issue>('', [], 'id').keys).toEqualTypeOf<readonly IssueId[]>();
  // @ts-expect-error
  useQuery<Wrong>('');
  // @ts-expect-error
  useQueryOne<Wrong>('');
  // @ts-expect-error
  useSuspenseQuery<Wrong>('');
  // @ts-expect-error
  usePagedQuery<Wrong>('', [], { page: 0, pageSize: 1 });
  // @ts-expect-error
  useInfiniteQuery<Wrong>('', [], { pageSize: 1 });
  // @ts-expect-error
  useKeys<number, Wrong>('', [], 'done');
  // @ts-expect-error
  useRow<Wrong>(keyed, 1);
}
