import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import type { BindValue } from '../../core/values.ts';
import type { OracleTransaction, Params, Row, Runner, RunResult, SqlValue } from './engine.ts';

/** Binds as Freshet promises: integers as INTEGER, `?1` and `$1` from arrays. */
function bound(
  sql: string,
  params: Params | undefined,
): [] | SQLInputValue[] | [Record<string, SQLInputValue>] {
  const value = (given: BindValue): SQLInputValue => {
    if (typeof given === 'boolean') return given ? 1n : 0n;
    if (given instanceof Date) return given.toISOString();
    return typeof given === 'number' && Number.isSafeInteger(given) ? BigInt(given) : given;
  };
  if (params === undefined) return [];
  if (Array.isArray(params)) {
    const values = (params as readonly BindValue[]).map(value);
    return /\$\d/.test(sql) ? [Object.fromEntries(values.map((v, i) => [String(i + 1), v]))] : values;
  }
  return [Object.fromEntries(Object.entries(params).map(([name, given]) => [name, value(given)]))];
}

/** Integers as numbers where safe. */
function shown(value: SqlValue): SqlValue {
  const safe =
    typeof value === 'bigint' && value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER;
  return safe ? Number(value) : value;
}

/** Rows as Freshet gives them: ordinary objects. */
function plain(row: Record<string, SqlValue>): Row {
  const copy: Row = {};
  for (const name of Object.keys(row)) {
    const value = shown(row[name] as SqlValue);
    Object.defineProperty(copy, name, { value, enumerable: true, writable: true, configurable: true });
  }
  return copy;
}

/**
 * SQLite itself, under the names of api.md: the oracle's twin of the engine, which runs the same statements. It
 * watches nothing, so it shows what the statements mean; `onCommit` lets a subclass look after each of them.
 */
export class BareDatabase implements Runner {
  readonly sqlite: DatabaseSync;
  #depth = 0;
  /** SQLite rolled the transaction back by itself, so its function can't return as if it had committed. */
  #undone = false;

  constructor(location: string) {
    this.sqlite = new DatabaseSync(location);
    this.sqlite.exec('PRAGMA busy_timeout = 5000; PRAGMA synchronous = OFF');
    if (location !== ':memory:') this.sqlite.exec('PRAGMA journal_mode = WAL');
  }

  /** Called when a call has returned and no transaction is open. */
  protected onCommit(): void {}

  #after<R>(work: () => R): R {
    const wasOpen = this.sqlite.isTransaction;
    if (!wasOpen) this.#undone = false;
    try {
      return work();
    } catch (error) {
      if (wasOpen && !this.sqlite.isTransaction) this.#undone = true;
      throw error;
    } finally {
      if (!this.sqlite.isTransaction) this.onCommit();
    }
  }

  execute(sql: string, params?: Params): RunResult {
    return this.#after(() => {
      const statement = this.sqlite.prepare(sql);
      statement.setReadBigInts(true);
      const { changes, lastInsertRowid } = statement.run(...(bound(sql, params) as SQLInputValue[]));
      return { changes: Number(changes), lastInsertRowid: shown(lastInsertRowid) as number | bigint };
    });
  }

  exec(script: string): void {
    this.#after(() => this.sqlite.exec(script));
  }

  query(sql: string, params?: Params): Row[] {
    const read = (): Row[] => {
      const statement = this.sqlite.prepare(sql);
      statement.setReadBigInts(true);
      const rows = statement.all(...(bound(sql, params) as SQLInputValue[]));
      return (rows as Record<string, SqlValue>[]).map(plain);
    };
    return /RETURNING/.test(sql) ? this.#after(read) : read();
  }

  *iterate(sql: string, params?: Params): IterableIterator<Row> {
    const statement = this.sqlite.prepare(sql);
    statement.setReadBigInts(true);
    try {
      for (const row of statement.iterate(...(bound(sql, params) as SQLInputValue[]))) {
        yield plain(row as Record<string, SqlValue>);
      }
    } finally {
      if (!this.sqlite.isTransaction) this.onCommit();
    }
  }

  executeBatch(sql: string, paramsList: readonly Params[]): { changes: number } {
    let changes = 0;
    this.sqlite.prepare(sql);
    this.transaction(() => {
      for (const params of paramsList) changes += this.execute(sql, params).changes;
    });
    return { changes };
  }

  prepare(sql: string): { execute(params?: Params): RunResult; query(params?: Params): Row[] } {
    this.sqlite.prepare(sql);
    return { execute: (params) => this.execute(sql, params), query: (params) => this.query(sql, params) };
  }

  begin(mode: 'deferred' | 'immediate' | 'exclusive' = 'deferred'): OracleTransaction {
    this.sqlite.exec(`BEGIN ${mode}`);
    this.#undone = false;
    return {
      execute: (sql, params) => this.execute(sql, params),
      exec: (script) => this.exec(script),
      query: (sql, params) => this.query(sql, params),
      iterate: (sql, params) => this.iterate(sql, params),
      executeBatch: (sql, list) => this.executeBatch(sql, list),
      savepoint: (work) => this.transaction(work),
      commit: () => this.exec('COMMIT'),
      rollback: () => this.exec('ROLLBACK'),
    };
  }

  /** Commits what `work` did, or undoes it when it throws; inside a transaction as a savepoint. */
  transaction(work: () => void): void {
    const nested = this.sqlite.isTransaction;
    const name = `level${this.#depth}`;
    this.sqlite.exec(nested ? `SAVEPOINT ${name}` : 'BEGIN');
    if (!nested) this.#undone = false;
    this.#depth++;
    try {
      work();
      if (this.#undone) throw new Error('SQLite has rolled the transaction back');
      // An OR ROLLBACK that `work` got over has left nothing to commit, and that is no success.
      if (!this.sqlite.isTransaction) throw new Error('SQLite has rolled the transaction back');
      this.sqlite.exec(nested ? `RELEASE ${name}` : 'COMMIT');
    } catch (error) {
      if (this.sqlite.isTransaction)
        this.sqlite.exec(nested ? `ROLLBACK TO ${name}; RELEASE ${name}` : 'ROLLBACK');
      throw error;
    } finally {
      this.#depth--;
      if (!this.sqlite.isTransaction) this.onCommit();
    }
  }

  commit(): void {
    if (this.sqlite.isTransaction) this.exec('COMMIT');
  }

  rollback(): void {
    if (this.sqlite.isTransaction) this.exec('ROLLBACK');
  }

  get inTransaction(): boolean {
    return this.sqlite.isTransaction;
  }

  close(): void {
    this.sqlite.close();
  }
}
