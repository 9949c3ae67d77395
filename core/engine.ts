import { statSync } from 'node:fs';
import { LRUCache } from 'lru-cache';
import { Catalog } from './catalog.ts';
import { Capture } from './commit/capture.ts';
import { ChangesetRecord, summarize } from './commit/changeset-record.ts';
import type { Hub, HubMember } from './commit/hub.ts';
import { acquireHub, releaseHub } from './commit/hub-registry.ts';
import { hasSuspects, settleSuspects } from './commit/suspects.ts';
import { type LogEntry, TransactionLog } from './commit/transaction-log.ts';
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
import { Access } from './sql/access.ts';
import { isEmptyScript, planStatement, splitScript } from './sql/statement-plan.ts';
import { fromSqlite } from './sqlite-error.ts';
import { Statement } from './statement.ts';
import { spliceSysTables } from './sys-tables.ts';
import type { Params } from './values.ts';

/** Row changes that one transaction may record before it is known by its tables only. */
export const maxRecordedRows = 100_000;

/** Runs a compiled statement in one of the driver's ways. */
export type Action<R> = (statement: DriverStatement, params: DriverParams) => R;

/** How often statements were found compiled. */
export interface StatementCacheStats {
  readonly hits: number;
  readonly misses: number;
  readonly size: number;
  readonly capacity: number;
}

/**
 * One connection and its commit path: every statement of every public method passes here.
 *
 * Guarantees: each commit that changed something is published once, after it is readable; work that SQLite
 * rolled back is not. Doesn't guarantee row detail, see `Capture`. The hard part is that SQLite tells nobody
 * when a transaction ends or how much of a failed statement remains: both are read off its state after
 * every statement (`inTransaction`, `total_changes()`), and whatever can't be told widens the event.
 */
export class Engine implements HubMember {
  readonly config: EffectiveConfig;
  readonly connection: DriverConnection;
  readonly catalog: Catalog;
  readonly hub: Hub;
  /** What other layers keep for this connection, released by themselves at `onClose`. */
  readonly attachments = new Map<symbol, unknown>();
  readonly #driver: Driver;
  readonly #cache: LRUCache<string, Statement>;
  readonly #capture: Capture;
  readonly #log: TransactionLog;
  readonly #closers = new Set<() => void>();
  readonly #inode: string | undefined;
  readonly #begin: DriverStatement;
  readonly #commit: DriverStatement;
  readonly #dataVersion: DriverStatement;
  readonly #totalChanges: DriverStatement;
  #whenIdle: (() => void)[] = [];
  #collector: Access | undefined;
  #generation = 0;
  #hits = 0;
  #misses = 0;
  #transactionId = 0;
  /** The log holds everything that the open transaction did. */
  #tracking = false;
  /** SQLite compiled a statement again by itself: another schema. */
  #recompiled = false;
  #captureVersion = -1;
  #captureInDoubt = false;
  #schemaDirty = false;
  #schemaTables = new Set<string>();
  #schemaCookie: number;
  #lastDataVersion: unknown;
  #replaced = false;
  #closed = false;

  constructor(driver: Driver, config: EffectiveConfig) {
    this.#driver = driver;
    this.config = config;
    this.connection = this.#guard(() =>
      driver.open(config.path ?? ':memory:', {
        readOnly: config.readOnly,
        busyTimeoutMs: config.busyTimeoutMs,
      }),
    );
    try {
      this.#guard(() => configure(this.connection, config));
      this.#inode = config.path === null ? undefined : inodeOf(config.path);
      this.connection.onAccess((action, subject, schema) => {
        if (this.#collector) this.#collector.record(action, subject, schema);
        else this.#recompiled = true;
      });
      this.catalog = new Catalog(this.connection);
      this.#log = new TransactionLog(maxRecordedRows, (row) => this.#capture.tableOf(row).name);
      this.#capture = new Capture(this.connection, this.catalog, (row) => this.#log.record(row));
      this.#cache = new LRUCache({ max: config.statementCacheSize });
      this.#begin = this.connection.prepare('BEGIN');
      this.#commit = this.connection.prepare('COMMIT');
      this.#dataVersion = this.connection.prepare('PRAGMA main.data_version');
      this.#totalChanges = this.connection.prepare('SELECT total_changes()');
      this.#schemaCookie = this.#guard(() => this.#readSchemaCookie());
      this.hub = acquireHub(config.path, config.pollIntervalMs);
    } catch (error) {
      this.connection.close();
      throw error;
    }
    this.hub.join(this);
  }

  // ---------------------------------------------------------------- state

  get isClosed(): boolean {
    return this.#closed;
  }

  get inTransaction(): boolean {
    return !this.#closed && this.connection.inTransaction;
  }

  /** Another number for every transaction, so that a handle can tell whether its own still is the open one. */
  get transactionId(): number {
    return this.#transactionId;
  }

  /** Another number whenever statements may mean something else than before. */
  get schemaGeneration(): number {
    return this.#generation;
  }

  get schemaCookie(): number {
    return this.#schemaCookie;
  }

  get cacheStats(): StatementCacheStats {
    return {
      hits: this.#hits,
      misses: this.#misses,
      size: this.#cache.size,
      capacity: this.config.statementCacheSize,
    };
  }

  reportError = (error: unknown, context: { readonly during: string }): void => {
    this.config.onError(error, context);
  };

  /** Runs `call` when no transaction is open: now, or when the open one has ended, however it ends. */
  whenIdle(call: () => void): void {
    if (this.inTransaction) this.#whenIdle.push(call);
    else call();
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

  // ---------------------------------------------------------------- statements

  /** @throws ProgrammingError for wrong SQL, an empty text, or more than one statement. */
  compile(sql: string): Statement {
    this.assertOpen('prepare');
    const known = this.#cache.get(sql);
    if (known && known.generation === this.#generation) {
      this.#hits += 1;
      return known;
    }
    this.#misses += 1;
    const statement = this.compileUncached(sql, known);
    if (!statement.plan.sys) this.#cache.set(sql, statement);
    return statement;
  }

  /** The same statement for the schema as it is now. */
  current(statement: Statement): Statement {
    return statement.generation === this.#generation && !statement.plan.sys
      ? statement
      : this.compile(statement.plan.sql);
  }

  /** For a statement that is run beside the cached one: an iteration of its own. */
  compileUncached(sql: string, known?: Statement): Statement {
    const plan = known?.plan ?? planStatement(sql);
    const access = new Access();
    const text = plan.sys
      ? spliceSysTables(sql, {
          reactive_metrics: [this.hub.metrics()],
          reactive_subscriptions: this.hub.subscriptions(),
        })
      : sql;
    const driver = this.#compiling(access, text);
    return new Statement(plan, driver, access, this.catalog, this.#generation);
  }

  #compiling(access: Access, sql: string): DriverStatement {
    this.#collector = access;
    try {
      return this.connection.prepare(sql);
    } catch (error) {
      if (isEmptyScript(sql)) {
        throw new ProgrammingError('The SQL text holds no statement.', {
          code: 'SQL',
          subcode: 'sql.empty',
          cause: error,
        });
      }
      throw this.#translate(error);
    } finally {
      this.#collector = undefined;
    }
  }

  // ---------------------------------------------------------------- running

  execute(statement: Statement, params: Params | undefined): DriverRunResult {
    if (this.#closed || this.#replaced) this.assertOpen('execute');
    const bound = bindParameters(statement.plan.parameters, params);
    if (statement.plan.kind === 'write' && !statement.plan.returning) {
      if (this.hub.isActive || this.#tracking) return this.#write(statement, bound, run);
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
    const own = this.compileUncached(statement.plan.sql, statement);
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
      const statement = this.compileUncached(sql);
      const { kind, returning } = statement.plan;
      if (kind === 'other') this.#changeSchema(statement, [], () => this.connection.exec(sql));
      else this.#perform<unknown>(statement, [], kind === 'write' && !returning ? run : all);
    }
  }

  #read<R>(statement: Statement, bound: DriverParams, action: Action<R>): R {
    this.#recompiled = false;
    try {
      const result = action(statement.driver, bound);
      if (this.#recompiled) statement.forgetColumns();
      return result;
    } catch (error) {
      throw this.#translate(error);
    }
  }

  #perform<R>(statement: Statement, bound: DriverParams, action: Action<R>): R {
    const { kind, savepoint = '' } = statement.plan;
    switch (kind) {
      case 'write':
        return this.#write(statement, bound, action);
      case 'begin':
        return this.#control(statement, bound, action, () => {});
      case 'commit':
        return this.#control(statement, bound, action, () => {});
      case 'rollback':
        return this.#control(statement, bound, action, () => this.#log.clear());
      case 'savepoint':
        return this.#control(statement, bound, action, () => this.#log.savepoint(savepoint));
      case 'release':
        return this.#control(statement, bound, action, () => this.#log.release(savepoint));
      case 'rollback_to':
        return this.#control(statement, bound, action, () => this.#log.rollbackTo(savepoint));
      case 'schema':
      case 'other':
        return this.#changeSchema(statement, bound, action);
      default:
        return this.#read(statement, bound, action);
    }
  }

  /** BEGIN, COMMIT and their kin: `done` tells the log, then the state of SQLite tells the rest. */
  #control<R>(statement: Statement, bound: DriverParams, action: Action<R>, done: () => void): R {
    const wasOpen = this.connection.inTransaction;
    if (!wasOpen) this.#prepareToTrack();
    let result: R;
    try {
      result = action(statement.driver, bound);
    } catch (error) {
      if (wasOpen && !this.connection.inTransaction) this.#rolledBack();
      throw this.#translate(error, statement);
    }
    done();
    const isOpen = this.connection.inTransaction;
    if (!wasOpen && isOpen) this.#transactionId += 1;
    if (wasOpen && !isOpen) {
      if (statement.plan.kind === 'rollback') this.#rolledBack();
      else this.#committed();
    }
    return result;
  }

  #write<R>(statement: Statement, bound: DriverParams, action: Action<R>): R {
    const wasOpen = this.connection.inTransaction;
    this.#track(wasOpen);
    const mark = this.#log.mark;
    const before = statement.mayFail || this.#mustCount(statement) ? this.#countChanges() : undefined;
    this.#recompiled = false;
    let result: R;
    try {
      result = action(statement.driver, bound);
    } catch (error) {
      if (this.#recompiled && this.#repair(error)) return this.#write(statement, bound, action);
      throw this.#failed(error, statement, mark, before, wasOpen);
    }
    this.#settle(statement, mark, before, result);
    if (!this.connection.inTransaction) this.#committed();
    return result;
  }

  /** DDL, and statements that only SQLite could parse: their effect is read off the schema cookie. */
  #changeSchema<R>(statement: Statement, bound: DriverParams, action: Action<R>): R {
    const wasOpen = this.connection.inTransaction;
    this.#track(wasOpen);
    // Our triggers would make ALTER and DROP fail.
    if (!this.#capture.isEmpty) {
      this.#capture.uninstall();
      this.#captureVersion = -1;
      this.#captureInDoubt = wasOpen;
    }
    let result: R;
    try {
      result = action(statement.driver, bound);
    } catch (error) {
      if (wasOpen && !this.connection.inTransaction) this.#rolledBack();
      else if (!wasOpen) this.#committed();
      throw this.#translate(error, statement);
    }
    for (const table of statement.access.schemaTables) this.#schemaTables.add(table);
    if (statement.plan.kind === 'other') this.#log.everything = true;
    this.#schemaDirty = true;
    this.#schemaMoved();
    if (!this.connection.inTransaction) this.#committed();
    return result;
  }

  #schemaMoved(): void {
    this.#generation += 1;
    this.catalog.refresh();
  }

  // ---------------------------------------------------------------- the log

  /** Before a statement outside a transaction, and before BEGIN: what it does will be recorded from its start. */
  #prepareToTrack(): void {
    this.#tracking = this.hub.isActive;
    if (this.#captureVersion !== this.hub.demandVersion) this.syncCapture();
  }

  #track(inTransaction: boolean): void {
    if (!inTransaction) {
      this.#prepareToTrack();
    } else if (!this.#tracking && this.hub.isActive) {
      // Somebody began to watch after this transaction had begun.
      this.#tracking = true;
      this.#log.everything = true;
    }
  }

  /** Whether only `total_changes()` can tell if the tables without triggers have changed. */
  #mustCount(statement: Statement): boolean {
    if (statement.writes.length < 2 && !statement.plan.returning) return false;
    return statement.writes.some((table) => !this.#capture.has(table));
  }

  #countChanges(): unknown {
    return this.#totalChanges.get([])?.[0];
  }

  /** After a statement that succeeded: which tables it changed beyond what the triggers recorded. */
  #settle(statement: Statement, mark: number, before: unknown, result: unknown): void {
    const log = this.#log;
    if (this.#recompiled && this.#noticeForeignSchema()) {
      log.cut(mark, true);
      for (const table of statement.writes) log.touch(table);
      return;
    }
    if (!this.#capture.isEmpty && hasSuspects(log.entries, mark)) {
      const settled = settleSuspects(log.entries.slice(mark), this.#capture, this.connection);
      if (settled) log.replaceTail(mark, settled);
      else log.cut(mark, true);
    }
    let changed: boolean | undefined;
    for (const table of statement.writes) {
      if (this.#capture.has(table)) {
        const unseen =
          statement.plan.replacesUnseen || (statement.mayReplace && this.#capture.missesReplaced(table));
        if (!unseen) continue;
      }
      changed ??= this.#mustCount(statement)
        ? this.#countChanges() !== before
        : hasChanges(result) || statement.plan.returning;
      if (changed) log.touch(table);
    }
  }

  /** After a statement that failed: what of its work remains. Returns the error for the caller. */
  #failed(
    error: unknown,
    statement: Statement,
    mark: number,
    before: unknown,
    wasOpen: boolean,
  ): FreshetError {
    if (wasOpen && !this.connection.inTransaction) {
      this.#rolledBack();
      return this.#translate(error, statement);
    }
    // OR FAIL and RAISE(FAIL) keep the rows before the failing one; every other failure keeps none.
    const kept = statement.mayFail && this.#countChanges() !== before;
    this.#log.cut(mark, kept);
    if (kept) for (const table of statement.writes) this.#log.touch(table);
    const translated = this.#translate(error, statement);
    if (!this.connection.inTransaction) this.#committed();
    return translated;
  }

  // ---------------------------------------------------------------- the end of a transaction

  #committed(): void {
    const { entries, everything } = this.#log;
    const schemaChanged = this.#schemaDirty && this.#readNewCookie();
    const localOnly = this.#schemaDirty && !schemaChanged;
    if (!this.hub.isActive || (entries.length === 0 && !everything && !schemaChanged)) {
      this.#ended();
      if (localOnly) this.hub.noteLocalSchemaChange(this.#localSchemaChange());
      this.#runIdle();
      return;
    }
    if (!everything && !schemaChanged && entries.length < 8 && this.#isUnfollowed(entries)) {
      this.#ended();
      this.hub.passOver(this);
      this.#runIdle();
      return;
    }
    const changeset = this.#changeset(everything, schemaChanged);
    this.#ended();
    this.hub.publish(changeset, this);
    if (localOnly) this.hub.noteLocalSchemaChange(this.#localSchemaChange());
    this.#runIdle();
  }

  #rolledBack(): void {
    // What was created inside is gone, and what was dropped is back.
    if (this.#schemaDirty) this.#schemaMoved();
    this.#ended();
    this.#runIdle();
  }

  #ended(): void {
    this.#log.clear();
    this.#tracking = false;
    if (this.#schemaDirty) {
      this.#schemaDirty = false;
      this.#schemaTables = new Set();
    }
    if (this.#captureInDoubt) {
      this.#captureInDoubt = false;
      this.#capture.verify();
      this.#captureVersion = -1;
    }
    if (this.#captureVersion !== this.hub.demandVersion) this.syncCapture();
    this.#capture.forgetUnused();
  }

  #runIdle(): void {
    if (this.#whenIdle.length === 0) return;
    const calls = this.#whenIdle;
    this.#whenIdle = [];
    for (const call of calls) if (!this.#closed) call();
  }

  #isUnfollowed(entries: readonly LogEntry[]): boolean {
    for (const entry of entries) if (typeof entry !== 'string' || this.hub.concerns(entry)) return false;
    return true;
  }

  #localSchemaChange(): ChangesetRecord {
    return new ChangesetRecord({
      commit_lsn: this.hub.lastLsn,
      source: 'direct',
      schema_cookie: this.#schemaCookie,
      schema_changed: true,
      tables: [],
      wide: true,
    });
  }

  #changeset(everything: boolean, schemaChanged: boolean): ChangesetRecord {
    const { tables, rows, shapes, wide } = summarize(this.#log.entries, this.#capture);
    const more = [
      ...(everything ? this.catalog.tableNames() : []),
      ...(schemaChanged ? this.#schemaTables : []),
    ];
    return new ChangesetRecord(
      {
        commit_lsn: this.hub.allocateLsn(),
        source: 'direct',
        schema_cookie: this.#schemaCookie,
        schema_changed: schemaChanged,
        tables: more.length === 0 ? tables : Object.freeze([...new Set([...tables, ...more])].sort()),
        wide: wide || everything || schemaChanged,
      },
      rows,
      shapes,
    );
  }

  // ---------------------------------------------------------------- schema

  #readSchemaCookie(): number {
    return Number(this.connection.prepare('PRAGMA main.schema_version').get([])?.[0] ?? 0);
  }

  #readNewCookie(): boolean {
    const cookie = this.#readSchemaCookie();
    if (cookie === this.#schemaCookie) return false;
    this.#schemaCookie = cookie;
    return true;
  }

  /** Another program changed the schema since this connection last looked. */
  #noticeForeignSchema(): boolean {
    if (this.#readSchemaCookie() === this.#schemaCookie) return false;
    this.#schemaDirty = true;
    this.#schemaMoved();
    this.#captureInDoubt = true;
    return true;
  }

  /** A statement failed over our own triggers, whose columns another program has dropped. */
  #repair(error: unknown): boolean {
    if (this.#capture.isEmpty || this.#driver.failure(error)?.errcode !== 1) return false;
    if (!this.#noticeForeignSchema()) return false;
    this.#capture.verify();
    this.#captureVersion = -1;
    return true;
  }

  // ---------------------------------------------------------------- as a member of the hub

  syncCapture(): void {
    if (this.#closed || this.connection.inTransaction) return;
    const { hub } = this;
    this.#captureVersion = hub.demandVersion;
    this.#capture.install(this.catalog.tableNames().filter((table) => hub.wantsRowsOf(table)));
  }

  startObserving(): void {
    this.sawForeignCommit();
    this.whenIdle(() => {
      if (this.#readNewCookie()) this.#schemaMoved();
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
    let schemaChanged = false;
    if (!this.#replaced) {
      schemaChanged = this.#readNewCookie();
      if (schemaChanged) {
        this.#schemaMoved();
        this.#captureVersion = -1;
        this.syncCapture();
      }
    }
    return new ChangesetRecord({
      commit_lsn: this.hub.allocateLsn(),
      source: 'external',
      schema_cookie: this.#schemaCookie,
      schema_changed: schemaChanged,
      tables: Object.freeze([...this.catalog.tableNames()]),
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
    this.#whenIdle = [];
    this.#log.clear();
    this.#warnOfMisses();
    this.#cache.clear();
    this.connection.close();
  }

  #warnOfMisses(): void {
    const lookups = this.#hits + this.#misses;
    if (lookups < 100 || this.#hits >= lookups / 2) return;
    this.config.onWarning(
      `Only ${this.#hits} of ${lookups} statements were found in the statement cache. ` +
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

function hasChanges(result: unknown): boolean {
  return typeof result !== 'object' || result === null || !('changes' in result) || result.changes !== 0;
}

function inodeOf(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stat && `${stat.dev}:${stat.ino}`;
}
