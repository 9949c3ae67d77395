import type { Catalog } from './catalog.ts';
import { type AttachedChange, AttachedFiles } from './commit/attached-files.ts';
import { ChangesetRecord } from './commit/changeset-record.ts';
import { type Action, CommitPath } from './commit/commit-path.ts';
import { FileWitness } from './commit/file-witness.ts';
import type { Hub, HubMember } from './commit/hub.ts';
import { acquireHub, releaseHub } from './commit/hub-registry.ts';
import type { Written } from './commit/written.ts';
import { configure } from './configure.ts';
import { locateConstraint } from './constraint-location.ts';
import type {
  Driver,
  DriverConnection,
  DriverParams,
  DriverRow,
  DriverRunResult,
  DriverStatement,
} from './drivers/driver.ts';
import { aboutSql, DatabaseError, FreshetError, InterfaceError, InternalError } from './errors.ts';
import { fileReplaced } from './file-replaced.ts';
import type { FileSystem } from './file-system.ts';
import { Iterations } from './iterations.ts';
import { answerTooLarge, fewRows, rowsBetweenLooks } from './memory.ts';
import type { EffectiveConfig } from './open-options.ts';
import { bindParameters } from './parameters.ts';
import { QueryOnly } from './query-only.ts';
import { describeRefusal } from './refusal.ts';
import { SchemaState } from './schema-state.ts';
import { tableKey } from './sql/access.ts';
import { foldName } from './sql/identifier.ts';
import { type StatementPlan, splitScript } from './sql/statement-plan.ts';
import { type FailureContext, fromSqlite } from './sqlite-error.ts';
import type { Statement } from './statement.ts';
import { StatementCache, type StatementCacheStats } from './statement-cache.ts';
import { transactionUndone } from './transaction-errors.ts';
import type { Params } from './values.ts';
import { walFilesRemover } from './wal-files.ts';

/** An open iteration. `release` must be called once at its end. */
export interface Iteration {
  readonly statement: Statement;
  readonly rows: IterableIterator<DriverRow>;
  readonly release: () => void;
}

/**
 * One connection: every statement of every public method passes here, and those that change anything go on
 * through the commit path. It owns the connection, and is its hub's member until it is closed.
 */
export class Engine implements HubMember {
  readonly config: EffectiveConfig;
  readonly connection: DriverConnection;
  readonly queryOnly: QueryOnly;
  readonly hub: Hub;
  /** The memory that answers are held in, in bytes; undefined where nobody looks at it. */
  memory: { readonly used: () => number; readonly limit: number } | undefined;
  /** The pragmas that were given a value, by their names. */
  readonly settings = new Set<string>();
  /** What other layers keep for this connection, released by themselves at `onClose`. */
  readonly attachments = new Map<symbol, unknown>();
  readonly #driver: Driver;
  readonly #schema: SchemaState;
  readonly #statements: StatementCache;
  readonly #commits: CommitPath;
  readonly #closers = new Set<() => void>();
  readonly #witness: FileWitness;
  readonly #attached: AttachedFiles;
  readonly #begin: DriverStatement;
  readonly #commit: DriverStatement;
  readonly #counters: DriverStatement;
  readonly #iterations = new Iterations();
  #removeWalFiles = (): void => {};
  /** The transactions that functions on the stack are enclosed in, the outermost first. */
  readonly #enclosing: number[] = [];
  /** What happened to the file. */
  #unusable: 'replaced' | 'emptied' | undefined;
  #closing = false;
  #closed = false;
  /** SQLite has rolled a transaction back whose function still runs: what that goes on to do would stand alone. */
  isUndone = false;

  /** `files`: where the file is, and what may be attached; null where nobody else can reach any of it. */
  constructor(driver: Driver, config: EffectiveConfig, files: FileSystem | null) {
    this.#driver = driver;
    this.config = config;
    const { path, readOnly, busyTimeoutMs } = config;
    if (path !== null && files && readOnly) this.#removeWalFiles = walFilesRemover(driver, path, files);
    this.connection = this.guard(() => driver.open(path ?? ':memory:', { readOnly, busyTimeoutMs }));
    this.queryOnly = new QueryOnly(this.connection);
    try {
      this.guard(() => configure(this.connection, config));
      this.#witness = this.guard(() => new FileWitness(this.connection, path, files));
      this.#schema = this.guard(
        () => new SchemaState(this.connection, () => this.#commits.temporaryInDoubt()),
      );
      this.#begin = this.connection.prepare('BEGIN');
      this.#commit = this.connection.prepare('COMMIT');
      this.#counters = this.connection.prepare('SELECT changes(), last_insert_rowid()');
      this.#statements = new StatementCache(
        this.connection,
        this.#schema,
        config.statementCacheSize,
        () => ({ reactive_metrics: [this.hub.metrics()], reactive_subscriptions: this.hub.subscriptions() }),
        (error) => this.#commits.repair(error),
        (error, sql) => this.#translate(error, this.#refusalOf(sql)),
        () => this.queryOnly.look(),
      );
    } catch (error) {
      this.connection.close();
      this.#removeWalFiles();
      throw error;
    }
    this.#attached = new AttachedFiles({
      connection: this.connection,
      files,
      pollIntervalMs: config.pollIntervalMs,
      attempt: (look) => void this.#attempt('looking for commits to an attached file', look),
      report: (change) => this.#reportAttached(change),
    });
    this.hub = acquireHub(path, files, this.#witness.identity, config.pollIntervalMs);
    this.#commits = new CommitPath({
      connection: this.connection,
      schema: this.#schema,
      statements: this.#statements,
      hub: this.hub,
      member: this,
      queryOnly: this.queryOnly,
      translate: (error, statement) => this.#translate(error, statement && this.#failureOf(statement)),
      resultCode: (error) => driver.failure(error)?.errcode,
      undone: (id) => {
        this.isUndone ||= this.#enclosing.includes(id);
      },
    });
    this.hub.join(this);
    this.#isOpen = true;
  }

  // ---------------------------------------------------------------- state

  get isClosed(): boolean {
    return this.#closed;
  }

  get inTransaction(): boolean {
    return !this.#closed && this.connection.inTransaction;
  }

  /** Which file it has opened, whatever is at its path now; null in memory. */
  get fileIdentity(): string | null {
    return this.#witness.identity;
  }

  get transactionId(): number {
    return this.#commits.transactionId;
  }

  /** What the open transaction has written so far, if somebody asked for rows before it began. */
  get written(): Written {
    return this.#commits.written;
  }

  /** SQLite rolled this transaction back by itself. */
  wasUndone(transactionId: number): boolean {
    return this.#commits.wasUndone(transactionId);
  }

  /** A function begins whose work belongs to the open transaction; the result is called when it has ended. */
  enclose(): () => void {
    const id = this.transactionId;
    this.#enclosing.push(id);
    return () => {
      this.#enclosing.pop();
      if (this.isUndone) this.isUndone = this.#enclosing.some((one) => this.wasUndone(one));
    };
  }

  get catalog(): Catalog {
    return this.#schema.catalog;
  }

  get schemaGeneration(): number {
    return this.#schema.generation;
  }

  /** Rises when TEMP objects may have been lost, otherwise than by a statement that drops them. */
  get temporaryGeneration(): number {
    return this.#commits.temporaryGeneration;
  }

  get schemaCookie(): number {
    return this.#schema.cookie;
  }

  get cacheStats(): StatementCacheStats {
    return this.#statements.stats;
  }

  /** Never throws: what `onError` throws itself is reported as uncaught. */
  reportError = (error: unknown, context: { readonly during: string }): void => {
    try {
      this.config.onError(error, context);
    } catch (thrown) {
      queueMicrotask(() => {
        throw thrown;
      });
    }
  };

  /** Runs `call` when no transaction is open: now, or when the open one has ended, however it ends. */
  whenIdle(call: () => void): void {
    this.#commits.whenIdle(call);
  }

  /** Calls `call` when a transaction has begun; the result takes that back. */
  onBegin(call: () => void): () => void {
    return this.#commits.onBegin(call);
  }

  /** An iteration holds its snapshot of the file: commits of other connections can't be read meanwhile. */
  get isIterating(): boolean {
    return this.config.path !== null && this.#iterations.count > 0;
  }

  /** Runs `call` when the last open iteration has ended. */
  afterIterations(call: () => void): void {
    this.#iterations.after(call);
  }

  /** Calls `call` when the connection closes; the result takes that back. */
  onClose(call: () => void): () => void {
    this.#closers.add(call);
    return () => this.#closers.delete(call);
  }

  assertOpen(doing: string): void {
    if (!this.#closed) {
      if (this.#unusable === 'emptied') throw emptied(doing);
      if (this.#unusable === undefined) return;
      throw fileReplaced(`Cannot ${doing}: the database file was deleted or replaced. Open it again.`);
    }
    throw new InterfaceError(`Cannot ${doing}: the database is closed.`, { code: 'CLOSED' });
  }

  /** As `assertOpen`, for calls of the application: they wait for no transaction, so one that was undone refuses them. */
  assertUsable(doing: string): void {
    this.assertOpen(doing);
    if (this.isUndone) throw transactionUndone(doing);
  }

  // ---------------------------------------------------------------- running

  /** @throws ProgrammingError for wrong SQL, an empty text, or more than one statement. */
  compile(sql: string): Statement {
    if (this.#closed || this.#unusable) this.assertOpen('prepare');
    return this.guard(() => this.#statements.compile(sql));
  }

  /** @throws ProgrammingError for more than one statement. */
  planOf(sql: string): StatementPlan {
    return this.#statements.planOf(sql);
  }

  isCurrent(statement: Statement): boolean {
    return statement.generation === this.#schema.generation && !statement.plan.sys;
  }

  /** The same statement for the schema as it is now. */
  current(statement: Statement): Statement {
    return this.guard(() => this.#statements.current(statement));
  }

  execute(statement: Statement, params: Params | undefined): DriverRunResult {
    if (this.#closed || this.#unusable) this.assertOpen('execute');
    const bound = this.bind(statement.plan, params, statement.realIsInteger);
    if (statement.plan.kind === 'write' && !statement.plan.returning) {
      if (this.#commits.isNeeded) return this.#commits.write(statement, bound, run);
      this.#commits.wroteUnseen = true;
      try {
        return statement.driver.run(bound);
      } catch (error) {
        this.#commits.failedUnseen();
        throw this.#translate(error, this.#failureOf(statement));
      }
    }
    const result = this.#perform(statement, bound, statement.plan.returning ? this.#runReturning : run);
    // SQLite's counter still tells of the write before.
    if (statement.plan.kind !== 'write' && statement.plan.kind !== 'other') result.changes = 0;
    return result;
  }

  all(statement: Statement, params: Params | undefined): DriverRow[] {
    if (this.#closed || this.#unusable) this.assertOpen('query');
    const bound = this.bind(statement.plan, params);
    if (statement.plan.kind !== 'select') return this.#perform(statement, bound, all);
    if (!this.memory) return this.#read(statement, bound, all);
    const rows = this.#read(statement, bound, statement.hasFewRows ? all : this.#allWatched);
    statement.hasFewRows = rows.length < fewRows;
    return rows;
  }

  first(statement: Statement, params: Params | undefined): DriverRow | undefined {
    // A write runs whole before it returns its first row.
    if (statement.plan.kind !== 'select') return this.all(statement, params)[0];
    if (this.#closed || this.#unusable) this.assertOpen('query');
    return this.#read(statement, this.bind(statement.plan, params), get);
  }

  /** The rows of a SELECT one by one, from a statement that nobody else uses meanwhile. */
  iterate(statement: Statement, params: Params | undefined): Iteration {
    if (statement.plan.kind !== 'select') {
      return { statement, rows: this.all(statement, params).values(), release: () => {} };
    }
    this.assertOpen('iterate');
    const bound = this.bind(statement.plan, params);
    return this.guard(() => {
      const own = this.#statements.compileUncached(statement.plan.sql, statement);
      const rows = own.driver.iterate(bound);
      return { statement: own, rows, release: this.#iterations.begin(rows) };
    });
  }

  /** The next row of an iteration. */
  step({ rows, statement }: Iteration): IteratorResult<DriverRow> {
    try {
      return rows.next();
    } catch (error) {
      throw this.#translate(error, this.#failureOf(statement));
    }
  }

  /** @throws as `bindParameters`. */
  bind(
    { sql, parameters }: StatementPlan,
    params: Params | undefined,
    realIsInteger?: readonly boolean[],
  ): DriverParams {
    try {
      return bindParameters(parameters, params, realIsInteger);
    } catch (error) {
      throw aboutSql(error, sql);
    }
  }

  /** Several statements, each with its own commit unless the script says otherwise. */
  exec(script: string): void {
    this.assertOpen('execute');
    for (const sql of splitScript(script)) {
      // A listener of the statement before may have closed the database.
      this.assertOpen('execute');
      const statement = this.guard(() => this.#statements.compileUncached(sql));
      const { kind, returning } = statement.plan;
      const bound = this.bind(statement.plan, undefined);
      if (kind === 'other') this.#runRest(sql, statement);
      else this.#perform<unknown>(statement, bound, kind === 'write' && !returning ? run : all);
    }
  }

  /** The rest of a script, of which only SQLite can tell how many statements it is. */
  #runRest(sql: string, statement: Statement): void {
    this.#schema.noticingTemporaryLoss(() =>
      this.#commits.changeSchema(statement, [], () => this.connection.exec(sql)),
    );
  }

  #read<R>(statement: Statement, bound: DriverParams, action: Action<R>): R {
    this.#statements.recompiled = false;
    try {
      const result = action(statement.driver, bound);
      if (this.#statements.recompiled) statement.forgetColumns();
      return result;
    } catch (error) {
      throw this.#translate(error, this.#failureOf(statement));
    }
  }

  #perform<R>(statement: Statement, bound: DriverParams, action: Action<R>): R {
    const { kind } = statement.plan;
    if (kind === 'select' || kind === 'explain' || kind === 'pragma') {
      if (kind === 'select') return this.#read(statement, bound, action);
      const result = this.#schema.noticingTemporaryLoss(() => this.#read(statement, bound, action));
      if (statement.plan.pragma?.hasValue) this.settings.add(foldName(statement.plan.pragma.name));
      if (statement.plan.opensSchema) this.#commits.temporaryInDoubt();
      // Foreign keys, say, decide what a statement writes.
      else if (statement.plan.setsPragma) {
        this.queryOnly.look();
        this.#commits.settingsChanged();
      }
      return result;
    }
    return this.#commits.perform(statement, bound, action);
  }

  // ---------------------------------------------------------------- as a member of the hub

  // These are called after somebody's commit, or many times a second: they never throw and never wait.

  syncCapture(): void {
    if (!this.#closed) this.#attempt('installing triggers', () => this.#commits.syncCapture());
  }

  startObserving(): void {
    this.sawForeignCommit();
    this.lookAtSchema();
    this.lookAtAttached();
  }

  stopObserving(): void {
    this.#attached.stop();
  }

  lookAtAttached(): void {
    if (!this.hub.isActive || this.#closed) return;
    this.#attempt('looking at attached files', () => this.#attached.update());
  }

  /** Commits of others to attached files concern the live queries of this connection alone. */
  #reportAttached({ schema, schemaChanged, tables }: AttachedChange): void {
    if (schemaChanged) this.#schema.moved();
    this.hub.publishLocally(
      new ChangesetRecord({
        source: 'external',
        schema_cookie: this.#schema.cookie,
        schema_changed: schemaChanged,
        tables: tables.map((name) => tableKey({ schema, name })),
        wide: true,
      }),
    );
  }

  lookAtSchema(): void {
    this.whenIdle(() => {
      if (this.#closed) return;
      const looked = this.#attempt('looking at the schema', () => {
        if (this.#schema.cookieMoved()) this.#commits.schemaMoved();
        return true;
      });
      // Each statement looks for itself when it is compiled again.
      if (!looked) this.#schema.outdateStatements();
    });
  }

  get looksChanged(): boolean {
    return !this.#closed && this.#witness.looksChanged;
  }

  sawForeignCommit(): boolean | undefined {
    if (this.#closed || this.#unusable) return false;
    const saw = this.#attempt('looking for other commits', () => this.#witness.sawForeignCommit());
    if (saw) this.#noticeEmptied();
    return saw;
  }

  describeExternalCommit(): ChangesetRecord | undefined {
    if (this.#unusable) return this.#external(true, []);
    const found = this.#attempt('reading the schema', () =>
      this.readConsistently(() => {
        const before = this.catalog.tableNames();
        const schemaChanged = this.#schema.isStale;
        if (schemaChanged) this.catalog.refresh();
        // A table that was dropped has changed, too.
        const tables = [...before, ...this.catalog.tableNames()];
        this.#schema.cookieMoved();
        return { schemaChanged, tables };
      }),
    );
    if (!found) return undefined;
    if (found.schemaChanged) this.#commits.schemaMoved();
    return this.#external(found.schemaChanged, found.tables);
  }

  #external(schemaChanged: boolean, tables: readonly string[]): ChangesetRecord {
    return new ChangesetRecord({
      source: 'external',
      schema_cookie: this.#schema.cookie,
      schema_changed: schemaChanged,
      tables: Object.freeze([...new Set(tables)].sort()),
      wide: true,
    });
  }

  fileWasReplaced(): boolean {
    if (this.#unusable || !this.#witness.wasReplaced) return false;
    this.#unusable = 'replaced';
    const message = 'The database file was deleted or replaced while it was open. Open it again.';
    this.reportError(fileReplaced(message), { during: 'watching the database file' });
    return true;
  }

  /** Runs `call`, which fails at once where it would have waited for a lock. */
  withoutWaiting<R>(call: () => R): R {
    return this.#witness.withoutWaiting(call);
  }

  /**
   * An emptied file is a database without tables to SQLite, whose `data_version` rises with every look; and it may
   * not notice when the content is back.
   */
  #noticeEmptied(): boolean {
    if (!this.#isOpen || this.#unusable) return this.#unusable === 'emptied';
    if (this.schemaCookie === 0 || !this.#witness.isEmpty) return false;
    this.#unusable = 'emptied';
    this.reportError(emptied('read'), { during: 'watching the database file' });
    this.#failAnswers();
    return true;
  }

  /**
   * Runs `read` on one state of the database, the last committed one, unless a transaction is open already.
   * `foreign`: another program's commit is part of that state and has not been told yet. It doesn't wait for
   * locks.
   */
  readConsistently<R>(read: (foreign: boolean) => R): R {
    this.assertOpen('query');
    if (this.connection.inTransaction) return read(false);
    return this.guard(() =>
      this.#witness.withoutWaiting(() => {
        this.#begin.run([]);
        try {
          return read(this.#witness.sawForeignCommit());
        } finally {
          if (!this.#closed && this.connection.inTransaction) this.#commit.run([]);
        }
      }),
    );
  }

  /**
   * As `readConsistently`, for reads that may turn out not to be needed: the transaction begins with the first
   * `begin`, which tells whether another program's commit is part of the state. In memory nobody else commits.
   */
  readOnDemand<R>(read: (begin: () => boolean) => R): R {
    this.assertOpen('query');
    const isAlone = this.config.path === null && this.#attached.isEmpty;
    if (isAlone || this.connection.inTransaction) return this.guard(() => read(() => false));
    let goOn: (() => void) | undefined;
    let begun: { readonly foreign: boolean } | { readonly error: FreshetError } | undefined;
    const begin = (): boolean => {
      begun ??= this.#tryToBegin((undo) => {
        goOn = undo;
      });
      // Once in the way, a lock is in the way of all reads: they belong to one state.
      if ('error' in begun) throw begun.error;
      return begun.foreign;
    };
    return this.guard(() => {
      try {
        return read(begin);
      } finally {
        try {
          if (!this.#closed && goOn && this.connection.inTransaction) this.#commit.run([]);
        } finally {
          if (!this.#closed) goOn?.();
        }
      }
    });
  }

  /** Begins a transaction that reads; `stopped` gets what ends its not waiting for locks. */
  #tryToBegin(stopped: (goOn: () => void) => void): { foreign: boolean } | { error: FreshetError } {
    try {
      stopped(this.#witness.stopWaiting());
      this.#begin.run([]);
      return { foreign: this.#witness.sawForeignCommit() };
    } catch (error) {
      return { error: this.#translate(error) };
    }
  }

  /** A lock that somebody holds is no error here; any other failure is reported, once until it is another. */
  #attempt<R>(during: string, call: () => R): R | undefined {
    try {
      const result = call();
      this.#lastTrouble = undefined;
      return result;
    } catch (error) {
      const translated = this.#translate(error);
      if (translated.retryable || this.#lastTrouble === translated.message) return undefined;
      this.#lastTrouble = translated.message;
      this.reportError(translated, { during });
      return undefined;
    }
  }

  #lastTrouble: string | undefined;

  // ---------------------------------------------------------------- errors and the end

  /** Runs `call`; an error of the driver is thrown as one of Freshet's. */
  guard<R>(call: () => R): R {
    try {
      return call();
    } catch (error) {
      throw this.#translate(error);
    }
  }

  #translate(error: unknown, context?: FailureContext): FreshetError {
    if (error instanceof FreshetError) return context ? aboutSql(error, context.sql) : error;
    const failure = this.#driver.failure(error);
    if (!failure) {
      if (this.#closed) {
        return new InterfaceError('Cannot go on: the database was closed.', { code: 'CLOSED', cause: error });
      }
      // Node's own, about a statement or a database: https://nodejs.org/api/errors.html
      if (error instanceof Error && 'code' in error && /^ERR_/.test(String(error.code)))
        return new InternalError(error.message, { code: 'INTERNAL', cause: error });
      throw error;
    }
    if (isDamage(failure.errcode)) this.#noteDamage();
    if (mayComeOfNothing(failure.errcode) && this.#noticeEmptied()) return emptied('read', error);
    return fromSqlite(failure, error, context);
  }

  #failureOf(statement: Statement): FailureContext {
    return {
      sql: statement.plan.sql,
      locate: (subcode, message) => locateConstraint(statement, this.catalog, subcode, message),
    };
  }

  #refusalOf(sql: string): FailureContext {
    const refusal = (text: string): string | undefined => {
      try {
        this.connection.prepare(text);
        return undefined;
      } catch (error) {
        return this.#driver.failure(error)?.message;
      }
    };
    return { sql, describe: (message) => describeRefusal({ sql, message }, this.connection, refusal) };
  }

  #noteDamage(): void {
    if (this.#isDamaged) return;
    this.#isDamaged = true;
    this.#failAnswers();
  }

  /** Damage is no commit that anybody tells: those who hold answers from before learn of it here. */
  #failAnswers(): void {
    queueMicrotask(() => {
      // Opening may have failed over it, too.
      if (this.#isOpen && !this.#closed) this.hub.publishLocally(this.#external(true, []));
    });
  }

  #isDamaged = false;
  #isOpen = false;

  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    for (const call of [...this.#closers]) call();
    if (this.connection.inTransaction) {
      try {
        this.connection.exec('ROLLBACK');
      } catch (error) {
        this.reportError(error, { during: 'rolling back at close' });
      }
    }
    this.#attached.stop();
    this.hub.leave(this);
    releaseHub(this.#witness.identity);
    this.#closed = true;
    this.#commits.abandon();
    this.#warnOfMisses();
    this.#statements.clear();
    this.connection.close();
    this.#removeWalFiles();
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

  /** V8 collects garbage for a minute before it gives up, and can't be stopped in the midst of `all`. */
  readonly #allWatched: Action<DriverRow[]> = (statement, params) => {
    const rows: DriverRow[] = [];
    let before: number | undefined;
    for (const row of statement.iterate(params)) {
      rows.push(row);
      if (rows.length % rowsBetweenLooks !== 0 || !this.memory) continue;
      const { limit } = this.memory;
      const used = this.memory.used();
      before ??= used;
      // The other side gets the answer, too, and makes objects of its rows.
      if (used - before > limit * 0.4 || used > limit * 0.8) throw answerTooLarge(rows.length);
    }
    return rows;
  };

  readonly #runReturning: Action<DriverRunResult> = (statement, params) => {
    statement.all(params);
    const [changes, lastInsertRowid] = this.#counters.get([]) as [bigint, bigint];
    return {
      changes: Number(changes),
      lastInsertRowid: Number.isSafeInteger(Number(lastInsertRowid))
        ? Number(lastInsertRowid)
        : lastInsertRowid,
    };
  };
}

/** SQLITE_CORRUPT and SQLITE_NOTADB: https://sqlite.org/rescode.html */
function isDamage(errcode: number): boolean {
  const primary = errcode & 0xff;
  return primary === 11 || primary === 26;
}

/** SQLITE_ERROR ("no such table"), SQLITE_IOERR, and damage. */
function mayComeOfNothing(errcode: number): boolean {
  const primary = errcode & 0xff;
  return primary === 1 || primary === 10 || isDamage(errcode);
}

function emptied(doing: string, cause?: unknown): DatabaseError {
  return new DatabaseError(
    `Cannot ${doing}: the database file was emptied while it was open. Restore it, then open it again.`,
    { code: 'CORRUPTION', subcode: 'corruption.emptied', sqlstate: 'XX001', cause },
  );
}

const run: Action<DriverRunResult> = (statement, params) => statement.run(params);
const all: Action<DriverRow[]> = (statement, params) => statement.all(params);
const get: Action<DriverRow | undefined> = (statement, params) => statement.get(params);
