/** A value as SQLite stores it. Integers are numbers when safe, else bigints. */
export type SqlValue = null | number | bigint | string | Uint8Array;

/** What a caller may bind: a {@link SqlValue}, a boolean (0 or 1) or a Date (UTC ISO 8601 text). */
export type BindValue = SqlValue | boolean | Date;

/** Parameters of one statement: an array for `?`, `?1`, `$1`; an object for `:name`, `@name`, `$name`. */
export type Params = readonly BindValue[] | Readonly<Record<string, BindValue>>;

/** A row as a plain object. Of two columns with one name the last one wins; use `queryRaw` to keep both. */
export type Row = Record<string, SqlValue>;

/**
 * What a row type is held against: each column has a type that SQLite has. It refuses `{ done: boolean }` or
 * `{ due: Date }`, which no row is; read those as numbers and texts. As a constraint: `T extends Columns<T>`.
 */
export type Columns<T> = object & {
  // With `as`, so that an array isn't mapped to itself.
  [K in keyof T as K]: unknown extends T[K] ? unknown : SqlValue | undefined;
};

/** How integers come back: `auto` gives numbers when safe and else bigints; `number` refuses unsafe ones. */
export type IntMode = 'auto' | 'number' | 'bigint';
