import { statSync } from 'node:fs';
import type { Catalog } from './catalog.ts';
import { ChangesetRecord } from './commit/changeset-record.ts';
import { type Action, CommitPath } from './commit/commit-path.ts';
import type { Hub, HubMember } from './commit/hub.ts';
import { acquireHub, releaseHub } from './commit/hub-registry.ts';
import { configure } from './configure.ts';
import type {
  Driver,
  DriverConnection,
  DriverParams,
  DriverRow,
  DriverRunResult,
  DriverStatement,
} from './drivers/driver.ts';
import { type FreshetError, InterfaceError, OperationalError, ProgrammingError } from './errors.ts';
import type { EffectiveConfig } from './open-options.ts';
import { bindParameters } from './parameters.ts';
import { SchemaState } from './schema-state.ts';
import { splitScript } from './sql/statement-plan.ts';
import { fromSqlite } from './sqlite-error.ts';
import type { Statement } from './statement.ts';
import { StatementCache, type StatementCacheStats } from './statement-cache.ts';
import type { Params } from './values.ts';

/**
 * One connection: every statement of every public method passes here, and those that change anything go on
 * through the commit path. It owns the connection, and is its hub's member until it is closed.
 */
export class Engine implements HubMember {
  readonly config: EffectiveConfig;
  readonly connection: DriverConnection;
  readonly hub: Hub;
  /** What other layers keep for this connection, released by themselves at `onClose`. */
  readonly attachments = new Map<symbol, unknown>();
  readonly #driver: Driver;
  readonly #schema: SchemaState;
  readonly #statements: StatementCache;
  readonly #commits: CommitPath;
  readonly #closers = new Set<() => void>();
  readonly #inode: string | undefined;
  readonly #begin: DriverStatement;
  readonly #commit: DriverStatement;
  readonly #dataVersion: DriverStatement;
  #lastDataVersion: unknown;
  #replaced = false;
  #closed = false;

  constructor(driver: Driver, config: EffectiveConfig) {
    this.#driver = driver;
    this.config = config;
    const { path, readOnly, busyTimeoutMs } = config;
    this.connection = this.#guard(() => driver.open(path ?? ':memory:', { readOnly, busyTimeoutMs }));
    try {
      this.#guard(() => configure(this.connection, config));
      this.#inode = path === null ? undefined : inodeOf(path);
      this.#schema = this.#guard(() => new SchemaState(this.connection));
      this.#begin = this.connection.prepare('BEGIN');
      this.#commit = this.connection.prepare('COMMIT');
      this.#dataVersion = this.connection.prepare('PRAGMA main.data_version');
      this.#statements = new StatementCache(
        this.connection,
        this.#schema,
        config.statementCacheSize,
        () => ({ reactive_metrics: [this.hub.metrics()], reactive_subscriptions: this.hub.subscriptions() }),
        (error) => this.#commits.repair(error),
        (error) => this.#translate(error),
      );
    } catch (error) {
      this.connection.close();
      throw error;
    }
    this.hub = acquireHub(path, config.pollIntervalMs);
    this.#commits = new CommitPath({
      connection: this.connection,
      schema: this.#schema,
      statements: this.#statements,
      hub: this.hub,
      member: this,
      translate: (error, statement) => this.#translate(error, statement),
      resultCode: (error) => driver.failure(error)?.errcode,
    });
    this.hub.join(this);
  }

  // ---------------------------------------------------------------- state

  get isClosed(): boolean {
    return this.#closed;
  }

  get inTransaction(): boolean {
    return !this.#closed && this.connection.inTransaction;
  }

  get transactionId(): number {
    return this.#commits.transactionId;
  }

  get catalog(): Catalog {
    return this.#schema.catalog;
  }

  get schemaGeneration(): number {
    return this.#schema.generation;
  }

  get schemaCookie(): number {
    return this.#schema.cookie;
  }

  get cacheStats(): StatementCacheStats {
    return this.#statements.stats;
  }

  reportError = (error: unknown, context: { readonly during: string }): void => {
    this.config.onError(error, context);
  };

  /** Runs `call` when no transaction is open: now, or when the open one has ended, however it ends. */
  whenIdle(call: () => void): void {
    this.#commits.whenIdle(call);
  }

  /** Calls `call` when the connection closes; the result takes that back. */
  onClose(call: () => void): () => void {
    this.#closers.add(call);
    return () => this.#closers.delete(call);
  }

  assertOpen(doing: string): void {
    if (!this.#closed) {
      if (!this.#replaced) return;
      throw new OperationalError(
        `Cannot ${doing}: the database file was deleted or replaced. Open it again.`,
        { code: 'FILE_REPLACED', subcode: 'io.file_replaced' },
      );
    }
    throw new InterfaceError(`Cannot ${doing}: the database is closed.`, { code: 'CLOSED' });
  }

  // ---------------------------------------------------------------- running

  /** @throws ProgrammingError for wrong SQL, an empty text, or more than one statement. */
  compile(sql: string): Statement {
    if (this.#closed || this.#replaced) this.assertOpen('prepare');
    return this.#statements.compile(sql);
  }

  isCurrent(statement: Statement): boolean {
    return statement.generation === this.#schema.generation && !statement.plan.sys;
  }

  /** The same statement for the schema as it is now. */
  current(statement: Statement): Statement {
    return this.#statements.current(statement);
  }

  execute(statement: Statement, params: Params | undefined): DriverRunResult {
    if (this.#closed || this.#replaced) this.assertOpen('execute');
    const bound = bindParameters(statement.plan.parameters, params, statement.realIsInteger);
    if (statement.plan.kind === 'write' && !statement.plan.returning) {
      if (this.#commits.isNeeded) return this.#commits.write(statement, bound, run);
      this.#commits.wroteUnseen = true;
      try {
        return statement.driver.run(bound);
      } catch (error) {
        throw this.#translate(error, statement);
      }
    }
    return this.#perform(statement, bound, statement.plan.returning ? this.#runReturning : run);
  }

  all(statement: Statement, params: Params | undefined): DriverRow[] {
    if (this.#closed || this.#replaced) this.assertOpen('query');
    const bound = bindParameters(statement.plan.parameters, params);
    if (statement.plan.kind !== 'select') return this.#perform(statement, bound, all);
    return this.#read(statement, bound, all);
  }

  first(statement: Statement, params: Params | undefined): DriverRow | undefined {
    // A write runs whole before it returns its first row.
    if (statement.plan.kind !== 'select') return this.all(statement, params)[0];
    if (this.#closed || this.#replaced) this.assertOpen('query');
    return this.#read(statement, bindParameters(statement.plan.parameters, params), get);
  }

  /** The rows of a SELECT one by one, from a statement that nobody else uses meanwhile. */
  iterate(statement: Statement, params: Params | undefined): IterableIterator<DriverRow> {
    if (statement.plan.kind !== 'select') return this.all(statement, params).values();
    this.assertOpen('iterate');
    const bound = bindParameters(statement.plan.parameters, params);
    const own = this.#statements.compileUncached(statement.plan.sql, statement);
    return this.#guard(() => own.driver.iterate(bound));
  }

  /** The next row of an iteration. */
  step(rows: IterableIterator<DriverRow>): IteratorResult<DriverRow> {
    try {
      return rows.next();
    } catch (error) {
      throw this.#translate(error);
    }
  }

  /** Several statements, each with its own commit unless the script says otherwise. */
  exec(script: string): void {
    this.assertOpen('execute');
    if (script.includes('\u0000')) {
      throw new ProgrammingError('The script holds a NUL character, where SQLite would stop reading.', {
        code: 'SQL',
        subcode: 'sql.syntax',
      });
    }
    for (const sql of splitScript(script)) {
      // A listener of the statement before may have closed the database.
      this.assertOpen('execute');
      const statement = this.#statements.compileUncached(sql);
      const { kind, returning } = statement.plan;
      if (kind === 'other') this.#commits.changeSchema(statement, [], () => this.connection.exec(sql));
      else this.#perform<unknown>(statement, [], kind === 'write' && !returning ? run : all);
    }
  }

  #read<R>(statement: Statement, bound: DriverParams, action: Action<R>): R {
    this.#statements.recompiled = false;
    try {
      const result = action(statement.driver, bound);
      if (this.#statements.recompiled) statement.forgetColumns();
      return result;
    } catch (error) {
      throw this.#translate(error);
    }
  }

  #perform<R>(statement: Statement, bound: DriverParams, action: Action<R>): R {
    const { kind } = statement.plan;
    if (kind === 'select' || kind === 'explain' || kind === 'pragma') {
      const result = this.#read(statement, bound, action);
      // Foreign keys, say, decide what a statement writes.
      if (statement.plan.setsPragma) this.#schema.outdateStatements();
      return result;
    }
    return this.#commits.perform(statement, bound, action);
  }

  // ---------------------------------------------------------------- as a member of the hub

  syncCapture(): void {
    if (!this.#closed) this.#commits.syncCapture();
  }

  startObserving(): void {
    this.sawForeignCommit();
    this.lookAtSchema();
  }

  lookAtSchema(): void {
    this.whenIdle(() => {
      if (!this.#closed && this.#schema.cookieMoved()) this.#commits.schemaMoved();
    });
  }

  sawForeignCommit(): boolean {
    if (this.config.path === null || this.#closed) return false;
    const version = this.#dataVersion.get([])?.[0];
    if (version === this.#lastDataVersion) return false;
    const first = this.#lastDataVersion === undefined;
    this.#lastDataVersion = version;
    return !first;
  }

  describeExternalCommit(): ChangesetRecord {
    const before = this.catalog.tableNames();
    const schemaChanged = !this.#replaced && this.#schema.cookieMoved();
    if (schemaChanged) this.#commits.schemaMoved();
    return new ChangesetRecord({
      commit_lsn: this.hub.allocateLsn(),
      source: 'external',
      schema_cookie: this.#schema.cookie,
      schema_changed: schemaChanged,
      // A table that was dropped has changed, too.
      tables: Object.freeze([...new Set([...before, ...this.catalog.tableNames()])].sort()),
      wide: true,
    });
  }

  fileWasReplaced(): boolean {
    if (this.#replaced || this.#inode === undefined || this.config.path === null) return false;
    if (inodeOf(this.config.path) === this.#inode) return false;
    this.#replaced = true;
    this.reportError(
      new OperationalError('The database file was deleted or replaced while it was open. Open it again.', {
        code: 'FILE_REPLACED',
        subcode: 'io.file_replaced',
      }),
      { during: 'watching the database file' },
    );
    return true;
  }

  /**
   * Runs `read` on one state of the database, the last committed one, unless a transaction is open already.
   * `foreign`: another program's commit is part of that state and has not been told yet.
   */
  readConsistently<R>(read: (foreign: boolean) => R): R {
    this.assertOpen('query');
    if (this.connection.inTransaction) return read(false);
    try {
      this.#begin.run([]);
    } catch (error) {
      throw this.#translate(error);
    }
    try {
      return read(this.sawForeignCommit());
    } finally {
      if (!this.#closed && this.connection.inTransaction) this.#commit.run([]);
    }
  }

  // ---------------------------------------------------------------- errors and the end

  #guard<R>(call: () => R): R {
    try {
      return call();
    } catch (error) {
      throw this.#translate(error);
    }
  }

  #translate(error: unknown, statement?: Statement): FreshetError {
    const failure = this.#driver.failure(error);
    if (!failure) {
      if (this.#closed) {
        return new InterfaceError('Cannot go on: the database was closed.', { code: 'CLOSED', cause: error });
      }
      throw error;
    }
    const target = statement?.plan.target;
    const table = target === undefined ? undefined : (this.catalog.table(target)?.name ?? target);
    return fromSqlite(failure, error, {
      target: table,
      columnOf: (constraint, text) =>
        table === undefined ? undefined : this.catalog.constrainedColumn(table, constraint, text),
    });
  }

  close(): void {
    if (this.#closed) return;
    for (const call of [...this.#closers]) call();
    if (this.connection.inTransaction) {
      try {
        this.connection.exec('ROLLBACK');
      } catch (error) {
        this.reportError(error, { during: 'rolling back at close' });
      }
    }
    this.hub.leave(this);
    releaseHub(this.hub);
    this.#closed = true;
    this.#commits.abandon();
    this.#warnOfMisses();
    this.#statements.clear();
    this.connection.close();
  }

  #warnOfMisses(): void {
    const { hits, misses } = this.#statements.stats;
    const lookups = hits + misses;
    if (lookups < 100 || hits >= lookups / 2) return;
    this.config.onWarning(
      `Only ${hits} of ${lookups} statements were found in the statement cache. ` +
        'Bind parameters instead of writing values into the SQL, or raise statementCacheSize.',
      'PerformanceWarning',
    );
  }

  readonly #runReturning: Action<DriverRunResult> = (statement, params) => {
    statement.all(params);
    const [changes, lastInsertRowid] = this.connection
      .prepare('SELECT changes(), last_insert_rowid()')
      .get([]) as [bigint, bigint];
    return {
      changes: Number(changes),
      lastInsertRowid: Number.isSafeInteger(Number(lastInsertRowid))
        ? Number(lastInsertRowid)
        : lastInsertRowid,
    };
  };
}

const run: Action<DriverRunResult> = (statement, params) => statement.run(params);
const all: Action<DriverRow[]> = (statement, params) => statement.all(params);
const get: Action<DriverRow | undefined> = (statement, params) => statement.get(params);

function inodeOf(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stat && `${stat.dev}:${stat.ino}`;
}
