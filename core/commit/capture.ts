import type { Catalog, TableInfo } from '../catalog.ts';
import type { DriverConnection, DriverValue } from '../drivers/driver.ts';
import { quoteName } from '../sql/identifier.ts';
import { CapturedTable, codeOf, header, type Operation, operation, tableIdOf } from './captured-table.ts';
import { hasUntrustworthyImages } from './image-trust.ts';
import { hasKnownIdentity } from './row-identity.ts';

// SQLite allows 1,000 arguments here and 127 in older builds; wider rows are handed over in parts.
const maxArguments = 100;
const triggerPrefix = 'freshet_';

/**
 * The TEMP triggers that hand changed rows to JavaScript, on one connection.
 *
 * Guarantees: a table that `has` reports is recorded exactly, REPLACE and foreign-key actions included, with
 * `recursive_triggers` left as the user has it. Doesn't guarantee anything for tables it doesn't have: the
 * engine lists those by what the statement may write. The hard part: triggers are part of the (temporary)
 * schema, so they must go before the user's DDL and may come and go with a rollback; see `verify`.
 */
export class Capture {
  readonly #connection: DriverConnection;
  readonly #catalog: Catalog;
  readonly #record: (row: DriverValue[]) => void;
  readonly #tables = new Map<number, CapturedTable>();
  readonly #installed = new Map<string, CapturedTable>();
  #nextId = 0;
  #defined = false;
  #hasOrphans = false;
  #parts: DriverValue[] = [];

  constructor(connection: DriverConnection, catalog: Catalog, record: (row: DriverValue[]) => void) {
    this.#connection = connection;
    this.#catalog = catalog;
    this.#record = record;
  }

  /** Row images of this table, by its declared name, are recorded. */
  has(table: string): boolean {
    return this.#installed.has(table);
  }

  get isEmpty(): boolean {
    return this.#installed.size === 0;
  }

  /** REPLACE may delete rows of this table that the triggers can't foresee. */
  missesReplaced(table: string): boolean {
    const installed = this.#installed.get(table);
    return installed !== undefined && (installed.info.hasOpaqueUniqueKey || !canSuspect(installed));
  }

  /** The table that a recorded row belongs to, also after its triggers have gone. */
  tableOf(row: readonly DriverValue[]): CapturedTable {
    const table = this.#tables.get(tableIdOf(row));
    if (!table) throw new TypeError('A recorded row names a table that was never captured');
    return table;
  }

  /** Makes the triggers of exactly these tables exist. Call it outside transactions only. */
  install(wanted: Iterable<string>): void {
    if (this.#hasOrphans) this.verify();
    const tables = new Map<string, TableInfo>();
    for (const name of wanted) {
      const info = this.#catalog.table(name);
      if (info && this.#isCapturable(info)) tables.set(info.name, info);
    }
    for (const [key, table] of this.#installed) {
      if (tables.has(key)) continue;
      this.#dropTriggers(table);
      this.#installed.delete(key);
    }
    for (const [key, info] of tables) {
      if (this.#installed.has(key)) continue;
      const table = new CapturedTable(this.#nextId++, info);
      this.#define();
      try {
        this.#connection.exec(triggers(table, this.#mayReplaceByRowid()).join(';\n'));
      } catch (error) {
        this.#dropTriggers(table);
        throw error;
      }
      this.#tables.set(table.id, table);
      this.#installed.set(key, table);
    }
  }

  /** Removes every trigger, also inside a transaction. Nothing is recorded afterwards. */
  uninstall(): void {
    for (const table of this.#installed.values()) this.#dropTriggers(table);
    this.#installed.clear();
  }

  /** The triggers may be gone: nothing is relied upon until `verify` and `install`. */
  distrust(): void {
    this.#installed.clear();
  }

  /**
   * A rollback may have brought triggers back, or taken them: drops what is there and forgets the rest. When
   * another program drops a table, SQLite keeps our trigger of it, out of reach, until the table is back.
   */
  verify(): void {
    const left = (): string[] =>
      this.#connection
        .prepare(
          `SELECT name FROM temp.sqlite_schema WHERE type = 'trigger' AND name LIKE 'freshet\\_%' ESCAPE '\\'`,
        )
        .all([])
        .map(([name]) => quoteName(String(name)));
    for (const name of left()) this.#connection.exec(`DROP TRIGGER IF EXISTS temp.${name}`);
    this.#hasOrphans = left().length > 0;
    this.#installed.clear();
  }

  /** Shapes of tables without triggers are kept only as long as a log may name them. */
  forgetUnused(): void {
    if (this.#tables.size === this.#installed.size) return;
    const used = new Set([...this.#installed.values()].map(({ id }) => id));
    for (const id of this.#tables.keys()) if (!used.has(id)) this.#tables.delete(id);
  }

  #isCapturable(info: TableInfo): boolean {
    return (
      info.kind === 'table' && hasKnownIdentity(info) && !hasUntrustworthyImages(this.#catalog, info.name)
    );
  }

  /** `UPDATE OF id` isn't fired by `SET rowid`; a trigger of the user that replaces rows may do that. */
  #mayReplaceByRowid(): boolean {
    return this.#catalog.mentions('REPLACE') && this.#catalog.mentions('OID');
  }

  #dropTriggers({ id }: CapturedTable): void {
    this.#connection.exec(
      ['i', 'u', 'd', 'ri', 'ru']
        .map((kind) => `DROP TRIGGER IF EXISTS temp.${triggerPrefix}${id}_${kind}`)
        .join(';'),
    );
  }

  #define(): void {
    if (this.#defined) return;
    this.#connection.defineFunction('freshet_part', (_code, ...values) => {
      this.#parts.push(...values);
      return null;
    });
    this.#connection.defineFunction('freshet_capture', (...row) => {
      // An orphan whose table has come back.
      if (this.#hasOrphans && !this.#tables.has(tableIdOf(row))) return null;
      if (this.#parts.length > 0) {
        const [code = null, ...values] = row;
        this.#record([code, ...this.#parts.splice(0), ...values]);
      } else {
        this.#record(row);
      }
      return null;
    });
    this.#defined = true;
  }
}

function triggers(table: CapturedTable, anyUpdate: boolean): string[] {
  const { info } = table;
  const make = (kind: string, event: string, body: string): string =>
    `CREATE TEMP TRIGGER ${triggerPrefix}${table.id}_${kind} ${event} ON main.${quoteName(info.name)} BEGIN ${body}; END`;
  const made = [
    make('i', 'AFTER INSERT', handOver(table, operation.insert, image(info, 'NEW'))),
    make(
      'u',
      'AFTER UPDATE',
      handOver(table, operation.update, [...image(info, 'OLD'), ...image(info, 'NEW')]),
    ),
    make('d', 'AFTER DELETE', handOver(table, operation.delete, image(info, 'OLD'))),
  ];
  if (canSuspect(table)) {
    made.push(make('ri', 'BEFORE INSERT', suspects(table, conflicts(info))));
    const self = `NOT (${identityTerms(info, 'OLD').join(' AND ')})`;
    made.push(
      make(
        'ru',
        `BEFORE UPDATE${anyUpdate ? '' : ofKeys(info)}`,
        suspects(table, `(${conflicts(info)}) AND ${self}`),
      ),
    );
  }
  return made;
}

/**
 * REPLACE deletes rows without firing delete triggers, so a BEFORE trigger notes them. Not where no key is known
 * that rows may conflict in; not for very wide rows, which take several calls; nor for STRICT tables, where a BEFORE trigger of whatever kind makes SQLite
 * check types before it, and OR IGNORE fails instead of ignoring.
 */
function canSuspect({ width, info }: CapturedTable): boolean {
  const hasKey = info.rowid !== null || info.uniqueKeys.length > 0;
  return hasKey && width <= maxArguments - header && !info.strict;
}

function handOver(table: CapturedTable, kind: Operation, values: readonly string[]): string {
  const calls: string[] = [];
  let rest = values;
  while (rest.length > maxArguments - header) {
    calls.push(call(operation.part, table, rest.slice(0, maxArguments - header)));
    rest = rest.slice(maxArguments - header);
  }
  return [...calls, call(kind, table, rest)].join('; ');
}

function call(kind: Operation, table: CapturedTable, values: readonly string[]): string {
  const name = kind === operation.part ? 'freshet_part' : 'freshet_capture';
  return `SELECT ${name}(${[`${codeOf(table.id, kind)}.0`, ...values].join(', ')})`;
}

/** The rows that REPLACE would delete in favour of NEW; those that survive drop out at the statement's end. */
function suspects(table: CapturedTable, condition: string): string {
  const values = image(table.info, 'suspect');
  return `${call(operation.suspect, table, values)} FROM main.${quoteName(table.name)} AS suspect WHERE ${condition}`;
}

function image({ rowid, columns }: TableInfo, of: 'OLD' | 'NEW' | 'suspect'): string[] {
  const values = columns.map(({ name }) => `${of}.${quoteName(name)}`);
  return rowid === null ? values : [`${of}.${rowid}`, ...values];
}

function conflicts(info: TableInfo): string {
  const keys = info.uniqueKeys.map(
    ({ columns }) =>
      `(${columns.map(({ name, collation }) => equals(name, collation, 'NEW')).join(' AND ')})`,
  );
  return (info.rowid === null ? keys : [`suspect.${info.rowid} = NEW.${info.rowid}`, ...keys]).join(' OR ');
}

function equals(column: string, collation: string, image: 'OLD' | 'NEW'): string {
  const name = quoteName(column);
  return `suspect.${name} COLLATE ${quoteName(collation)} = ${image}.${name}`;
}

function identityTerms(info: TableInfo, image: 'OLD' | 'NEW'): string[] {
  if (info.rowid !== null) return [`suspect.${info.rowid} = ${image}.${info.rowid}`];
  return info.primaryKey.map((name, at) => equals(name, info.keyCollations[at] ?? 'BINARY', image));
}

/**
 * An update that sets no unique column can't replace a row, so the trigger needn't be in its program. A
 * generated column changes with columns that the clause can't name, so there it stays in.
 */
function ofKeys(info: TableInfo): string {
  const names = new Set(info.uniqueKeys.flatMap(({ columns }) => columns.map(({ name }) => name)));
  for (const name of info.primaryKey) names.add(name);
  const generated = /\bGENERATED\b|\bAS\s*\(/i.test(info.sql);
  return names.size === 0 || generated ? '' : ` OF ${[...names].map(quoteName).join(', ')}`;
}
