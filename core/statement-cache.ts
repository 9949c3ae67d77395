import type { DriverConnection, DriverStatement } from './drivers/driver.ts';
import { ProgrammingError } from './errors.ts';
import { RecentlyUsed } from './recently-used.ts';
import type { SchemaState } from './schema-state.ts';
import { Access, displayName, isLocal, tableKey } from './sql/access.ts';
import { isEmptyScript, planStatement, type StatementPlan } from './sql/statement-plan.ts';
import { Statement } from './statement.ts';
import { type SysTables, spliceSysTables } from './sys-tables.ts';

/** How often statements were found compiled. */
export interface StatementCacheStats {
  readonly hits: number;
  readonly misses: number;
  readonly size: number;
  readonly capacity: number;
}

/**
 * Compiled statements by their text, the least recently used given up first.
 * A statement that another schema has outdated is compiled again when it is asked for.
 */
export class StatementCache {
  /** SQLite has compiled a statement again by itself, since this was last set to false: another schema. */
  recompiled = false;
  readonly #connection: DriverConnection;
  readonly #schema: SchemaState;
  readonly #sysTables: () => SysTables;
  readonly #mend: (error: unknown) => boolean;
  readonly #translate: (error: unknown, sql: string) => Error;
  readonly #set: () => void;
  readonly #statements: RecentlyUsed<string, Statement>;
  /** Of the text that was asked for last. */
  #planned: StatementPlan | undefined;
  #collector: Access | undefined;
  #hits = 0;
  #misses = 0;

  constructor(
    connection: DriverConnection,
    schema: SchemaState,
    capacity: number,
    sysTables: () => SysTables,
    /** Takes away what made a statement fail through no fault of its own; true: try again. */
    mend: (error: unknown) => boolean,
    translate: (error: unknown, sql: string) => Error,
    /** A pragma that sets something was compiled, which is when SQLite carries most of them out. */
    set: () => void,
  ) {
    this.#connection = connection;
    this.#schema = schema;
    this.#sysTables = sysTables;
    this.#mend = mend;
    this.#translate = translate;
    this.#set = set;
    this.#statements = new RecentlyUsed(capacity);
    connection.onAccess((action, subject, schemaName, within) => {
      if (this.#collector) this.#collector.record(action, subject, schemaName, within);
      else this.recompiled = true;
    });
  }

  get stats(): StatementCacheStats {
    return {
      hits: this.#hits,
      misses: this.#misses,
      size: this.#statements.size,
      capacity: this.#statements.max,
    };
  }

  /** @throws ProgrammingError for wrong SQL, an empty text, or more than one statement. */
  compile(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known && this.#isCurrent(known)) {
      this.#hits += 1;
      return known;
    }
    this.#misses += 1;
    const statement = this.compileUncached(sql, known);
    if (!statement.plan.sys) this.#statements.set(sql, statement);
    return statement;
  }

  /** What a text says, without compiling it. */
  planOf(sql: string): StatementPlan {
    const known = this.#statements.get(sql)?.plan;
    if (known) return known;
    // It is compiled next, mostly: long texts take long to parse.
    if (this.#planned?.sql !== sql) this.#planned = planStatement(sql);
    return this.#planned;
  }

  /** The same statement for the schema as it is now. */
  current(statement: Statement): Statement {
    return this.#isCurrent(statement) ? statement : this.compile(statement.plan.sql);
  }

  /** For a statement that runs beside the cached one: an iteration, or one of a script. */
  compileUncached(sql: string, known?: Statement): Statement {
    const planned = this.#planned?.sql === sql ? this.#planned : undefined;
    const plan = known?.plan ?? planned ?? planStatement(sql);
    this.#planned = undefined;
    const access = new Access();
    const text = plan.sys ? spliceSysTables(sql, this.#sysTables()) : sql;
    const driver = mayBePragma(plan)
      ? this.#schema.noticingTemporaryLoss(() => this.#prepare(access, text, plan))
      : this.#prepare(access, text, plan);
    if (plan.setsPragma) this.#set();
    const statement = new Statement(plan, driver, access, this.#schema.catalog, this.#schema.generation);
    this.#refuseOwnTables(statement);
    return statement;
  }

  clear(): void {
    this.#statements.clear();
  }

  /** The rows of `sys` tables are part of the compiled text, so those are compiled for each run. */
  #isCurrent({ generation, plan }: Statement): boolean {
    return generation === this.#schema.generation && !plan.sys;
  }

  /** Live queries rely on what they keep in TEMP tables. */
  #refuseOwnTables(statement: Statement): void {
    const { catalog } = this.#schema;
    const altered = statement.plan.kind === 'schema' ? statement.target(catalog) : undefined;
    const keys = altered ? [tableKey(altered)] : statement.writes;
    const table = keys
      .filter(isLocal)
      .map(displayName)
      .find((name) => /^temp\.freshet_(child_\d+|pad)$/i.test(name));
    if (table === undefined) return;
    throw new ProgrammingError(`Cannot write to ${table}: Freshet keeps live queries in it.`, {
      code: 'SQL',
      subcode: 'sql.reserved_table',
      table,
    });
  }

  /** `sql` has the rows of `sys` tables in it. */
  #prepare(access: Access, sql: string, plan: StatementPlan): DriverStatement {
    this.#collector = access;
    try {
      return this.#connection.prepare(sql);
    } catch (error) {
      // A SELECT fires no triggers, and looking at the schema would start the snapshot of a deferred transaction.
      if (plan.kind !== 'select' && this.#mend(error)) return this.#prepare(access, sql, plan);
      if (!isEmptyScript(sql)) throw this.#translate(error, plan.sql);
      throw new ProgrammingError('The SQL text holds no statement.', {
        code: 'SQL',
        subcode: 'sql.empty',
        cause: error,
      });
    } finally {
      this.#collector = undefined;
    }
  }
}

/** SQLite carries some pragmas out when it compiles them, also behind EXPLAIN. */
function mayBePragma({ kind }: StatementPlan): boolean {
  return kind === 'pragma' || kind === 'explain' || kind === 'other';
}
