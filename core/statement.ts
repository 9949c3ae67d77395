import type { Catalog, TableInfo } from './catalog.ts';
import type { DriverStatement } from './drivers/driver.ts';
import type { Access } from './sql/access.ts';
import { isIntegerPlace } from './sql/integer-places.ts';
import type { StatementPlan } from './sql/statement-plan.ts';

const isNoSchemaTable = (name: string): boolean => !/^(temp\.)?sqlite_(temp_)?(master|schema)$/.test(name);

/** A statement as the engine keeps it: its text's plan, SQLite's program, and what it may touch. */
export class Statement {
  readonly plan: StatementPlan;
  readonly driver: DriverStatement;
  readonly access: Access;
  /** The schema as this was compiled for; another one asks for compiling again. */
  readonly generation: number;
  /** Tables that it may write, triggers and foreign-key actions included. */
  writes: readonly string[];
  /** A failure may leave part of the work done: OR FAIL, here or in the schema. */
  readonly mayFail: boolean;
  /** Rows may be replaced: OR REPLACE, here or in the schema. */
  readonly mayReplace: boolean;
  /** It may move a table's number in `sqlite_sequence`, also where it changes no row. */
  readonly movesSequence: boolean;
  /** It has been run, so the schema it was compiled for has been looked at. */
  hasRun = false;
  /** Its last answer had so few rows that the next one needn't be watched while it is read. */
  hasFewRows = false;
  /** By position: an integer bound as REAL comes to the same, and costs less. */
  readonly realIsInteger: readonly boolean[];
  /** The virtual table that a write names. */
  readonly virtualTarget: string | undefined;
  #columns: readonly string[] | undefined;

  constructor(
    plan: StatementPlan,
    driver: DriverStatement,
    access: Access,
    catalog: Catalog,
    generation: number,
  ) {
    this.plan = plan;
    this.driver = driver;
    this.access = access;
    this.generation = generation;
    const isWrite = plan.kind === 'write';
    this.writes = isWrite || plan.kind === 'schema' ? access.writes(catalog).filter(isNoSchemaTable) : [];
    this.movesSequence =
      isWrite && this.writes.some((key) => /AUTOINCREMENT/i.test(catalog.byKey(key)?.sql ?? ''));
    const table = this.target(catalog);
    this.virtualTarget = table?.kind === 'virtual' ? table.name : undefined;
    this.realIsInteger = (plan.places ?? []).map(
      (places) =>
        table !== undefined && places.length > 0 && places.every((place) => isIntegerPlace(place, table)),
    );
    this.mayFail = isWrite && (plan.conflict === 'Fail' || catalog.mentions('FAIL'));
    this.mayReplace = isWrite && (plan.conflict === 'Replace' || catalog.mentions('REPLACE'));
  }

  /** The table that a write names, as SQLite finds it. */
  target(catalog: Catalog): TableInfo | undefined {
    const { target, targetSchema } = this.plan;
    if (target === undefined) return undefined;
    if (targetSchema !== undefined) return catalog.table(target, targetSchema);
    return catalog.table(target, 'temp') ?? catalog.table(target);
  }

  /** Names of the result columns, asked for once. */
  get columns(): readonly string[] {
    this.#columns ??= Object.freeze(this.driver.columns().map(({ name }) => name));
    return this.#columns;
  }

  /** SQLite compiled it again, for a schema that another program changed. */
  forgetColumns(): void {
    this.#columns = undefined;
  }
}
