import type { DriverConnection, DriverParams, DriverStatement } from '../drivers/driver.ts';
import type { FreshetError } from '../errors.ts';
import type { QueryOnly } from '../query-only.ts';
import type { SchemaState } from '../schema-state.ts';
import { isLocal } from '../sql/access.ts';
import { foldName } from '../sql/identifier.ts';
import type { Statement } from '../statement.ts';
import type { StatementCache } from '../statement-cache.ts';
import { Capture } from './capture.ts';
import { ChangesetRecord, summarize } from './changeset-record.ts';
import type { Hub, HubMember } from './hub.ts';
import { remains } from './remaining.ts';
import { hasSuspects, settleSuspects } from './suspects.ts';
import { type LogEntry, TransactionLog } from './transaction-log.ts';
import { type Written, writtenOf } from './written.ts';

/** Row changes that one transaction may record before it is known by its tables only. */
const maxRecordedRows = 100_000;

// https://sqlite.org/rescode.html
const wrongSql = 1;
const wrongType = 3091;
const raisedInTrigger = 1811;

/** Runs a compiled statement in one of the driver's ways. */
export type Action<R> = (statement: DriverStatement, params: DriverParams) => R;

/** What the commit path uses of the connection it belongs to. */
export interface CommitPathParts {
  readonly connection: DriverConnection;
  readonly schema: SchemaState;
  readonly statements: StatementCache;
  readonly hub: Hub;
  readonly member: HubMember;
  readonly queryOnly: QueryOnly;
  readonly translate: (error: unknown, statement?: Statement) => FreshetError;
  /** SQLite's extended result code, if the error is SQLite's. */
  readonly resultCode: (error: unknown) => number | undefined;
  /** SQLite has rolled the transaction with this number back. */
  readonly undone: (transactionId: number) => void;
}

/**
 * What statements that write, define or control go through on one connection.
 *
 * Guarantees: each commit that changed something is published once, after it is readable; work that SQLite
 * rolled back is not. Doesn't guarantee row detail, see `Capture`. The hard part is that SQLite tells nobody
 * when a transaction ends or how much of a failed statement remains: both are read off its state after
 * every statement (`inTransaction`, `total_changes()`), and whatever can't be told widens the event.
 */
export class CommitPath {
  readonly #connection: DriverConnection;
  readonly #schema: SchemaState;
  readonly #statements: StatementCache;
  readonly #hub: Hub;
  readonly #member: HubMember;
  readonly #translate: CommitPathParts['translate'];
  readonly #resultCode: CommitPathParts['resultCode'];
  readonly #reportUndone: CommitPathParts['undone'];
  readonly #queryOnly: QueryOnly;
  readonly #capture: Capture;
  readonly #log: TransactionLog;
  readonly #totalChanges: DriverStatement;
  readonly #onBegin = new Set<() => void>();
  #whenIdle: (() => void)[] = [];
  #transactionId = 0;
  /** A transaction was begun, and nothing is known of its end. */
  #isOpen = false;
  /** The last transaction that SQLite rolled back by itself. */
  #undoneId = -1;
  /** The open transaction has written while nobody watched. */
  wroteUnseen = false;
  /** The log holds everything that the open transaction did since. */
  #tracking = false;
  /** The demand that the triggers answer to; -1 when they are to be made anew. */
  #captureVersion = -1;
  /** A rollback may have changed which triggers exist. */
  #captureInDoubt = false;
  #temporaryGeneration = 0;
  #sequenceMayHaveMoved = false;
  #schemaDirty = false;
  #schemaTables = new Set<string>();
  /** Tables that were renamed, by the names that they had at first. */
  #renamed = new Map<string, string>();
  #tablesBefore: readonly string[] | undefined;
  /** Virtual tables that a statement of this transaction wrote to by itself, not through a trigger. */
  readonly #aimedAt = new Set<string>();

  constructor(parts: CommitPathParts) {
    this.#connection = parts.connection;
    this.#schema = parts.schema;
    this.#statements = parts.statements;
    this.#hub = parts.hub;
    this.#member = parts.member;
    this.#translate = parts.translate;
    this.#resultCode = parts.resultCode;
    this.#reportUndone = parts.undone;
    this.#log = new TransactionLog(maxRecordedRows, (row) => this.#capture.tableOf(row).name);
    this.#capture = new Capture(parts.connection, parts.schema.catalog, (row) => this.#log.record(row));
    this.#queryOnly = parts.queryOnly;
    this.#totalChanges = parts.connection.prepare('SELECT total_changes()');
  }

  /** Another number for every transaction, so that a handle can tell whether its own still is the open one. */
  get transactionId(): number {
    return this.#transactionId;
  }

  /** A write that took the shortest way has failed. */
  failedUnseen(): void {
    if (this.#isOpen && !this.#connection.inTransaction) this.#undone();
  }

  /** SQLite rolled this transaction back by itself. */
  wasUndone(transactionId: number): boolean {
    return this.#undoneId === transactionId;
  }

  /** A write by the shortest way would go unnoticed. */
  get isNeeded(): boolean {
    return this.#hub.isActive || this.#tracking;
  }

  /** What the open transaction has written so far. */
  get written(): Written {
    return writtenOf({
      entries: this.#log.entries,
      capture: this.#capture,
      catalog: this.#schema.catalog,
      aimedAt: this.#aimedAt,
      isComplete: this.#tracking && !this.#log.everything && !this.#schemaDirty,
    });
  }

  /** Runs `call` when no transaction is open: now, or when the open one has ended, however it ends. */
  whenIdle(call: () => void): void {
    if (this.#connection.inTransaction) this.#whenIdle.push(call);
    else call();
  }

  /** Calls `call` when a transaction has begun; the result takes that back. */
  onBegin(call: () => void): () => void {
    this.#onBegin.add(call);
    return () => this.#onBegin.delete(call);
  }

  perform<R>(statement: Statement, bound: DriverParams, action: Action<R>): R {
    const { kind, savepoint = '' } = statement.plan;
    const log = this.#log;
    switch (kind) {
      case 'write':
        return this.write(statement, bound, action);
      case 'rollback':
        return this.#control(statement, bound, action, () => log.clear());
      case 'savepoint':
        return this.#control(statement, bound, action, () => log.savepoint(savepoint));
      case 'release':
        return this.#control(statement, bound, action, () => log.release(savepoint));
      case 'rollback_to':
        return this.#control(statement, bound, action, () => {
          log.rollbackTo(savepoint);
          if (this.#schemaDirty) this.#schema.moved();
        });
      case 'begin':
      case 'commit':
        return this.#control(statement, bound, action, () => {});
      default:
        return this.changeSchema(statement, bound, action);
    }
  }

  /** Rises when TEMP objects may have been lost. */
  get temporaryGeneration(): number {
    return this.#temporaryGeneration;
  }

  /** TEMP objects may have been lost: the triggers, what live queries keep, and the user's own. */
  temporaryInDoubt(): void {
    this.#temporaryGeneration += 1;
    // Until the triggers are there again, a write of their tables is known by table.
    this.#capture.distrust();
    this.schemaMoved();
    this.#publishSettings();
  }

  /** A pragma may have changed what statements do and what queries answer. */
  settingsChanged(): void {
    this.#schema.outdateStatements();
    this.#publishSettings();
  }

  #publishSettings(): void {
    if (!this.#hub.isActive) return;
    this.whenIdle(() => {
      this.#hub.publishLocally(
        new ChangesetRecord({
          source: 'direct',
          schema_cookie: this.#schema.cookie,
          schema_changed: true,
          tables: [],
          wide: true,
        }),
      );
    });
  }

  #noteRename({ plan }: Statement, to: string): void {
    const { target = '', targetSchema } = plan;
    if (targetSchema !== undefined && foldName(targetSchema) !== 'main') return;
    const from = foldName(target);
    const [first = from] = [...this.#renamed].find(([, last]) => last === from) ?? [];
    this.#renamed.set(first, foldName(to));
  }

  /** Makes the triggers those that the hub asks for; inside a transaction that waits for its end. */
  syncCapture(): void {
    if (this.#connection.inTransaction) return;
    const hub = this.#hub;
    // Till it has succeeded: a lock of somebody else may be in the way, and tables without triggers are wide.
    this.#captureVersion = -1;
    const { demandVersion } = hub;
    const wanted = this.#schema.catalog.tableNames().filter((table) => hub.wantsRowsOf(table));
    this.#queryOnly.lifted(() => this.#capture.install(wanted));
    this.#captureVersion = demandVersion;
  }

  /** The schema was changed elsewhere: the triggers' columns may not be the tables' any more. */
  schemaMoved(): void {
    this.#schema.moved();
    this.#captureInDoubt = true;
    if (!this.#connection.inTransaction) this.#renewCapture();
  }

  abandon(): void {
    this.#whenIdle = [];
    this.#log.clear();
  }

  /** BEGIN, COMMIT and their kin: `done` tells the log, then the state of SQLite tells the rest. */
  #control<R>(statement: Statement, bound: DriverParams, action: Action<R>, done: () => void): R {
    const wasOpen = this.#connection.inTransaction;
    this.#track(wasOpen);
    let result: R;
    try {
      result = action(statement.driver, bound);
    } catch (error) {
      if (wasOpen && !this.#connection.inTransaction) this.#undone();
      throw this.#translate(error, statement);
    }
    done();
    const isOpen = this.#connection.inTransaction;
    if (!wasOpen && isOpen) {
      this.#transactionId += 1;
      this.#isOpen = true;
      for (const call of this.#onBegin) call();
    }
    if (wasOpen && !isOpen) {
      if (statement.plan.kind === 'rollback') this.#rolledBack();
      else this.#committed();
    }
    return result;
  }

  write<R>(statement: Statement, bound: DriverParams, action: Action<R>): R {
    const wasOpen = this.#connection.inTransaction;
    this.#track(wasOpen);
    const mark = this.#log.mark;
    const before = statement.mayFail || this.#mustCount(statement) ? this.#countChanges() : undefined;
    this.#statements.recompiled = false;
    let result: R;
    try {
      result = action(statement.driver, bound);
    } catch (error) {
      if (this.#statements.recompiled && this.repair(error)) return this.write(statement, bound, action);
      throw this.#failed(error, statement, mark, before, wasOpen);
    }
    this.#settle(statement, mark, before, result);
    if (statement.movesSequence) this.#sequenceMayHaveMoved = true;
    if (!this.#connection.inTransaction) this.#committed();
    return result;
  }

  /** DDL, and statements that only SQLite could parse: their effect is read off the schema cookie. */
  changeSchema<R>(statement: Statement, bound: DriverParams, action: Action<R>): R {
    const wasOpen = this.#connection.inTransaction;
    this.#track(wasOpen);
    // Our triggers would make ALTER and DROP fail.
    if (!this.#capture.isEmpty) {
      this.#queryOnly.lifted(() => this.#capture.uninstall());
      this.#captureVersion = -1;
      this.#captureInDoubt = wasOpen;
    }
    this.#tablesBefore ??= this.#schema.catalog.tableNames();
    let result: R;
    try {
      result = action(statement.driver, bound);
    } catch (error) {
      if (wasOpen && !this.#connection.inTransaction) this.#undone();
      else if (!wasOpen) this.#committed();
      throw this.#translate(error, statement);
    }
    if (statement.plan.attaches || statement.plan.kind === 'other') this.#member.lookAtAttached();
    if (statement.plan.renamedTo !== undefined) this.#noteRename(statement, statement.plan.renamedTo);
    for (const table of statement.access.schemaTables) this.#schemaTables.add(table);
    // Dropping a table deletes its rows, and through foreign keys those of others.
    for (const table of statement.writes) this.#log.touch(table);
    // VACUUM may give rows other rowids.
    if (statement.plan.kind === 'other' || statement.plan.vacuums) this.#log.everything = true;
    this.#schemaDirty = true;
    this.#schema.moved();
    if (!this.#connection.inTransaction) this.#committed();
    return result;
  }

  /** Before a statement outside a transaction, and before BEGIN: what it does will be recorded from its start. */
  #prepareToTrack(): void {
    this.#tracking = this.#hub.isActive;
    this.wroteUnseen = false;
    if (this.#captureVersion !== this.#hub.demandVersion) this.#member.syncCapture();
  }

  #track(inTransaction: boolean): void {
    if (!inTransaction) {
      this.#prepareToTrack();
    } else if (!this.#tracking && this.#hub.isActive) {
      // Somebody began to watch after this transaction had begun.
      this.#tracking = true;
      this.#log.everything = this.wroteUnseen;
    }
  }

  /** Whether only `total_changes()` can tell if the tables without triggers have changed. */
  #mustCount(statement: Statement): boolean {
    const { writes, plan, access } = statement;
    // What REPLACE deletes may take the row that was to be written with it, and then no row counts as changed.
    const isPlain = !plan.returning && !access.firesTriggers && !statement.mayReplace;
    if (writes.length < 2 && isPlain) return false;
    return statement.writes.some((table) => !this.#seesAll(statement, table));
  }

  /** Whether the triggers see every row of the table that the statement changes. */
  #seesAll({ mayReplace, plan }: Statement, table: string): boolean {
    if (!this.#capture.has(table)) return false;
    return !mayReplace || !(plan.hidesReplaced || this.#capture.missesReplaced(table));
  }

  #countChanges(): unknown {
    return this.#totalChanges.get([])?.[0];
  }

  /** After a statement that succeeded: which tables it changed beyond what the triggers recorded. */
  #settle(statement: Statement, mark: number, before: unknown, result: unknown): void {
    const log = this.#log;
    // A first run may be compiled for a schema that our triggers don't know.
    if (this.#statements.recompiled || !statement.hasRun) {
      statement.hasRun = true;
      if (this.#noticeForeignSchema()) {
        log.cut(mark, true);
        for (const table of statement.writes) log.touch(table);
        return;
      }
    }
    if (this.#statements.recompiled) {
      // A pragma or a temporary object: what the statement may write could be another set now.
      const { writes } = statement;
      const compile = () => this.#statements.compileUncached(statement.plan.sql).writes;
      statement.writes = this.#unlessLocked(compile, writes);
    }
    if (!this.#capture.isEmpty && hasSuspects(log.entries, mark)) {
      const settled = this.#settleSuspects(log.entries.slice(mark));
      if (settled) log.replaceTail(mark, settled);
      else log.cut(mark, true);
    }
    let changed: boolean | undefined;
    for (const table of statement.writes) {
      if (this.#seesAll(statement, table)) continue;
      changed ??= this.#mustCount(statement)
        ? this.#countChanges() !== before
        : hasChanges(result) || statement.plan.returning;
      if (!changed) continue;
      log.touch(table);
      if (statement.virtualTarget === table) this.#aimedAt.add(table);
    }
  }

  /** Undefined where it can't be told, somebody else's lock included: the tables are known to have changed. */
  #settleSuspects(entries: readonly LogEntry[]): LogEntry[] | undefined {
    try {
      return settleSuspects(entries, this.#capture, this.#connection);
    } catch {
      return undefined;
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
    if (wasOpen && !this.#connection.inTransaction) {
      this.#undone();
      return this.#translate(error, statement);
    }
    // OR FAIL and RAISE(FAIL) keep the rows before the failing one. So does, inside a transaction and against
    // its own rules, the type check of a STRICT table, and triggers that call each other too often. Every other
    // failure keeps none.
    const failed = statement.mayFail && (this.#countChanges() !== before || this.#raisedFail(error, mark));
    const code = this.#resultCode(error);
    const mayLeak = code === wrongType || (code === wrongSql && statement.access.firesTriggers);
    const leaked = this.#connection.inTransaction && mayLeak;
    this.#log.cut(mark, failed || leaked);
    for (const table of statement.writes) {
      if (failed || (leaked && !this.#capture.has(table))) this.#log.touch(table);
    }
    const translated = this.#translate(error, statement);
    if (!this.#connection.inTransaction) this.#committed();
    return translated;
  }

  /** From a trigger within a trigger, SQLite's counter of changes doesn't tell, but the rows do. */
  #raisedFail(error: unknown, mark: number): boolean {
    if (this.#resultCode(error) !== raisedInTrigger) return false;
    const message = error instanceof Error ? error.message : '';
    try {
      if (!this.#schema.catalog.mayRaiseFail(message)) return false;
      return remains(this.#log.entries.slice(mark), this.#capture, this.#connection) ?? true;
    } catch {
      // Somebody else's lock.
      return true;
    }
  }

  #committed(): void {
    const { entries, everything } = this.#log;
    const schemaChanged = this.#schemaDirty && this.#unlessLocked(() => this.#schema.cookieMoved(), true);
    if (!this.#hub.isActive || (entries.length === 0 && !everything && !this.#schemaDirty)) {
      const sequenceMoved = this.#sequenceMayHaveMoved && this.#hub.isActive;
      this.#ended();
      this.#hub.noteEmptyCommit(this.#member);
      if (sequenceMoved) this.#publishSequence();
    } else if (!everything && !this.#schemaDirty && entries.length < 8 && this.#isUnfollowed(entries)) {
      this.#ended();
      this.#hub.passOver(this.#member);
    } else {
      const local = this.#localChangeset(schemaChanged);
      const changeset = this.#changeset(everything, schemaChanged);
      this.#ended();
      if (changeset.tables.length > 0 || schemaChanged) this.#hub.publish(changeset, this.#member, local);
      else this.#hub.noteEmptyCommit(this.#member);
      if (local && changeset.tables.length === 0 && !schemaChanged) this.#hub.publishLocally(local);
    }
    this.#runIdle();
  }

  /** SQLite rolled the transaction back by itself: OR ROLLBACK, a full disk. */
  #undone(): void {
    this.#undoneId = this.#transactionId;
    this.#reportUndone(this.#undoneId);
    this.#rolledBack();
  }

  #rolledBack(): void {
    // What was created inside is gone, and what was dropped is back.
    if (this.#schemaDirty) this.#schema.moved();
    this.#ended();
    this.#runIdle();
  }

  #ended(): void {
    this.#isOpen = false;
    this.#log.clear();
    this.#aimedAt.clear();
    this.#sequenceMayHaveMoved = false;
    this.#tracking = false;
    this.#schemaDirty = false;
    this.#tablesBefore = undefined;
    if (this.#schemaTables.size > 0) this.#schemaTables = new Set();
    if (this.#renamed.size > 0) this.#renamed = new Map();
    if (this.#captureInDoubt) this.#renewCapture();
    if (this.#captureVersion !== this.#hub.demandVersion) this.#member.syncCapture();
    this.#capture.forgetUnused();
  }

  /** Somebody else's lock may be in the way: then again after the next statement. */
  #renewCapture(): void {
    try {
      this.#queryOnly.lifted(() => this.#capture.verify());
    } catch {
      return;
    }
    this.#captureInDoubt = false;
    this.#captureVersion = -1;
    this.#member.syncCapture();
  }

  #runIdle(): void {
    if (this.#whenIdle.length === 0) return;
    const calls = this.#whenIdle;
    this.#whenIdle = [];
    for (const call of calls) call();
  }

  #isUnfollowed(entries: readonly LogEntry[]): boolean {
    for (const entry of entries) if (typeof entry !== 'string' || this.#hub.concerns(entry)) return false;
    return true;
  }

  /** An INSERT that is ignored still takes a number of AUTOINCREMENT's: no row changes, but an answer may. */
  #publishSequence(): void {
    this.#hub.publishLocally(
      new ChangesetRecord({
        source: 'direct',
        schema_cookie: this.#schema.cookie,
        schema_changed: false,
        tables: ['sqlite_sequence'],
        wide: true,
      }),
    );
  }

  /** What only this connection can see of its commit: changes of `temp` and of attached databases. */
  #localChangeset(schemaChanged: boolean): ChangesetRecord | undefined {
    const tables = new Set<string>();
    for (const entry of this.#log.entries) if (typeof entry === 'string' && isLocal(entry)) tables.add(entry);
    const localSchemaChanged = this.#schemaDirty && !schemaChanged;
    if (tables.size === 0 && !localSchemaChanged) return undefined;
    return new ChangesetRecord({
      source: 'direct',
      schema_cookie: this.#schema.cookie,
      schema_changed: localSchemaChanged,
      tables: [...tables],
      wide: true,
    });
  }

  #changeset(everything: boolean, schemaChanged: boolean): ChangesetRecord {
    const { tables, rows, shapes, wide } = summarize(this.#log.entries, this.#capture);
    const before = this.#tablesBefore ?? [];
    const names = (): readonly string[] =>
      this.#unlessLocked(() => this.#schema.catalog.tableNames(), [...before, ...this.#schemaTables]);
    const more = new Set<string>(everything ? names() : []);
    if (schemaChanged) {
      for (const table of this.#schemaTables) more.add(table);
      const after = new Set(names());
      for (const table of after.symmetricDifference(new Set(this.#tablesBefore))) more.add(table);
    }
    const changeset = new ChangesetRecord(
      {
        source: 'direct',
        schema_cookie: this.#schema.cookie,
        schema_changed: schemaChanged,
        tables: more.size === 0 ? tables : Object.freeze([...new Set([...tables, ...more])].sort()),
        wide: wide || everything || schemaChanged,
      },
      // Beside changes that aren't listed, listed ones would look like all there were.
      everything || schemaChanged ? [] : rows,
      shapes,
      this.#log.overflowed,
    );
    changeset.renamed = this.#renamed;
    return changeset;
  }

  /**
   * After a commit, another connection's lock is no reason to fail: the caller would take the commit for lost. What
   * isn't known then is found out at the next look.
   */
  #unlessLocked<R>(read: () => R, otherwise: R): R {
    try {
      return read();
    } catch {
      this.#schema.outdateStatements();
      return otherwise;
    }
  }

  /** Another program changed the schema since this connection last looked. */
  #noticeForeignSchema(): boolean {
    // After DDL of its own the transaction holds the write lock, and nobody else can have changed anything.
    if (this.#schemaDirty || !this.#isStale()) return false;
    this.#schemaDirty = true;
    this.#schema.moved();
    this.#captureInDoubt = true;
    return true;
  }

  #isStale(): boolean {
    return this.#unlessLocked(() => this.#schema.isStale, false);
  }

  /** A statement failed over our own triggers, whose columns another program has dropped. True: try again. */
  repair(error: unknown): boolean {
    if (this.#capture.isEmpty || this.#resultCode(error) !== wrongSql) return false;
    if (!this.#noticeForeignSchema()) return false;
    this.#queryOnly.lifted(() => this.#capture.verify());
    this.#captureVersion = -1;
    return true;
  }
}

function hasChanges(result: unknown): boolean {
  return typeof result !== 'object' || result === null || !('changes' in result) || result.changes !== 0;
}
