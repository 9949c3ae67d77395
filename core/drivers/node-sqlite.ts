import { constants, DatabaseSync, type StatementResultingChanges, type StatementSync } from 'node:sqlite';
import type {
  AccessAction,
  AccessListener,
  Driver,
  DriverColumn,
  DriverConnection,
  DriverOpenOptions,
  DriverParams,
  DriverRow,
  DriverRunResult,
  DriverStatement,
  DriverValue,
} from './driver.ts';

/** `node:sqlite`, in the calling thread. */
export const nodeSqlite: Driver = {
  name: 'node:sqlite',
  open: (filename, options) => new NodeConnection(filename, options),
  failure(error) {
    if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') {
      return undefined;
    }
    return { errcode: error.errcode, message: error.message };
  },
};

const actions: Readonly<Record<number, AccessAction>> = {
  [constants.SQLITE_READ]: 'read',
  [constants.SQLITE_INSERT]: 'insert',
  [constants.SQLITE_UPDATE]: 'update',
  [constants.SQLITE_DELETE]: 'delete',
  [constants.SQLITE_FUNCTION]: 'function',
  [constants.SQLITE_RECURSIVE]: 'recursive',
  [constants.SQLITE_ALTER_TABLE]: 'schema',
  [constants.SQLITE_CREATE_TABLE]: 'schema',
  [constants.SQLITE_CREATE_VTABLE]: 'schema',
  [constants.SQLITE_CREATE_INDEX]: 'schema',
  [constants.SQLITE_DROP_TABLE]: 'schema',
  [constants.SQLITE_DROP_VTABLE]: 'schema',
  [constants.SQLITE_DROP_INDEX]: 'schema',
};
// These two name the schema or the index first and the table second.
const tableIsSecond = new Set<number>([
  constants.SQLITE_ALTER_TABLE,
  constants.SQLITE_CREATE_INDEX,
  constants.SQLITE_DROP_INDEX,
]);

class NodeConnection implements DriverConnection {
  readonly #database: DatabaseSync;
  readonly #slots: { call: (...args: DriverValue[]) => DriverValue }[] = [];

  constructor(filename: string, { readOnly, busyTimeoutMs }: DriverOpenOptions) {
    this.#database = new DatabaseSync(filename, { readOnly, timeout: busyTimeoutMs });
  }

  get inTransaction(): boolean {
    return this.#database.isTransaction;
  }

  prepare(sql: string): DriverStatement {
    return new NodeStatement(this.#database.prepare(sql));
  }

  exec(script: string): void {
    this.#database.exec(script);
  }

  defineFunction(name: string, call: (...args: DriverValue[]) => DriverValue): void {
    const slot = { call };
    this.#slots.push(slot);
    this.#database.function(name, { varargs: true, useBigIntArguments: true }, (...args: DriverValue[]) =>
      slot.call(...args),
    );
  }

  onAccess(listener: AccessListener): void {
    this.#database.setAuthorizer((code, first, second, schema, within) => {
      const action = actions[code] ?? 'other';
      if (action === 'function') listener(action, second, schema, within);
      else if (code === constants.SQLITE_ALTER_TABLE) listener(action, second, first, within);
      else listener(action, tableIsSecond.has(code) ? second : first, schema, within);
      return constants.SQLITE_OK;
    });
  }

  /** What SQLite calls is held from outside the heap: it must not lead back here, or nothing is ever freed. */
  close(): void {
    for (const slot of this.#slots) slot.call = () => null;
    this.#database.setAuthorizer(null);
    this.#database.close();
  }
}

class NodeStatement implements DriverStatement {
  readonly #statement: StatementSync;

  constructor(statement: StatementSync) {
    this.#statement = statement;
    this.#statement.setReturnArrays(true);
    this.#statement.setAllowBareNamedParameters(false);
  }

  columns(): readonly DriverColumn[] {
    return this.#statement.columns().map(({ name, type }) => ({ name, declaredType: type }));
  }

  run(params: DriverParams): DriverRunResult {
    // Without readBigInts the call may throw over a rowid past 2^53, after it has written.
    this.#readBigInts(true);
    const { changes, lastInsertRowid } = this.#run(params) as { changes: bigint; lastInsertRowid: bigint };
    const rowid = Number(lastInsertRowid);
    return {
      changes: Number(changes),
      lastInsertRowid: Number.isSafeInteger(rowid) ? rowid : lastInsertRowid,
    };
  }

  /** Spreading costs 60 ns of a 900 ns commit (`npm run bench:quiet`), so short lists go without. */
  #run(params: DriverParams): StatementResultingChanges {
    const statement = this.#statement;
    if (!isPositional(params)) return statement.run(params);
    switch (params.length) {
      case 0:
        return statement.run();
      case 1:
        return statement.run(params[0] ?? null);
      case 2:
        return statement.run(params[0] ?? null, params[1] ?? null);
      case 3:
        return statement.run(params[0] ?? null, params[1] ?? null, params[2] ?? null);
      default:
        return statement.run(...params);
    }
  }

  all(params: DriverParams): DriverRow[] {
    this.#readBigInts(true);
    const rows = isPositional(params) ? this.#statement.all(...params) : this.#statement.all(params);
    return rows as unknown as DriverRow[];
  }

  get(params: DriverParams): DriverRow | undefined {
    this.#readBigInts(true);
    const row = isPositional(params) ? this.#statement.get(...params) : this.#statement.get(params);
    return row as unknown as DriverRow | undefined;
  }

  iterate(params: DriverParams): IterableIterator<DriverRow> {
    this.#readBigInts(true);
    const rows = isPositional(params) ? this.#statement.iterate(...params) : this.#statement.iterate(params);
    return rows as unknown as IterableIterator<DriverRow>;
  }

  #bigInts = false;

  #readBigInts(on: boolean): void {
    if (this.#bigInts === on) return;
    this.#statement.setReadBigInts(on);
    this.#bigInts = on;
  }
}

function isPositional(params: DriverParams): params is readonly DriverValue[] {
  return Array.isArray(params);
}
