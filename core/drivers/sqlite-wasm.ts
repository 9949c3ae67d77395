/**
 * SQLite compiled to WebAssembly, in the calling thread: in memory, or in files of a VFS that was installed before.
 * Guarantees and leaves open what the contract says. The hard part is that nothing of it is collected: what SQLite
 * hands out lives in its own heap, so a statement that JavaScript has lost is finalized by a registry.
 */
import sqlite3InitModule, { type Sqlite3Static } from '@sqlite.org/sqlite-wasm';
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

/** What this driver calls in SQLite by address: strings and values pass without the library's conversions. */
interface Exports {
  sqlite3_step(statement: number): number;
  sqlite3_reset(statement: number): number;
  sqlite3_finalize(statement: number): number;
  sqlite3_clear_bindings(statement: number): number;
  sqlite3_bind_null(statement: number, at: number): number;
  sqlite3_bind_double(statement: number, at: number, value: number): number;
  sqlite3_bind_int64(statement: number, at: number, value: bigint): number;
  sqlite3_bind_text(statement: number, at: number, text: number, bytes: number, free: number): number;
  sqlite3_bind_blob(statement: number, at: number, blob: number, bytes: number, free: number): number;
  sqlite3_column_count(statement: number): number;
  sqlite3_column_type(statement: number, at: number): number;
  sqlite3_column_double(statement: number, at: number): number;
  sqlite3_column_int64(statement: number, at: number): bigint;
  sqlite3_column_text(statement: number, at: number): number;
  sqlite3_column_blob(statement: number, at: number): number;
  sqlite3_column_bytes(statement: number, at: number): number;
  sqlite3_value_type(value: number): number;
  sqlite3_value_double(value: number): number;
  sqlite3_value_int64(value: number): bigint;
  sqlite3_value_text(value: number): number;
  sqlite3_value_blob(value: number): number;
  sqlite3_value_bytes(value: number): number;
  sqlite3_result_null(context: number): void;
  sqlite3_changes64(db: number): bigint;
  sqlite3_last_insert_rowid(db: number): bigint;
  sqlite3_get_autocommit(db: number): number;
  sqlite3_extended_errcode(db: number): number;
}

/** A failure of SQLite, as `failure` explains it. */
class WasmSqliteError extends Error {
  readonly errcode: number;

  constructor(errcode: number, message: string) {
    super(message);
    this.errcode = errcode;
  }
}

/** Addresses have 32 bits. */
const pointerSize = 4;
const OK = 0;
const ROW = 100;
const DONE = 101;
const kinds = { integer: 1, real: 2, text: 3, blob: 4 } as const;

// Texts begin with what they begin with; bytes that are not UTF-8 become U+FFFD, as on Node.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

export interface WasmSqlite {
  readonly driver: Driver;
  readonly sqlite3: Sqlite3Static;
}

/** Loads the library, once for each call. `hear` gets what it logs, which is nothing for an application's console. */
export async function loadSqlite(hear: (text: string) => void = () => {}): Promise<WasmSqlite> {
  // Its loader takes options that its types don't know.
  const init = sqlite3InitModule as (options?: object) => Promise<Sqlite3Static>;
  const sqlite3 = await init({ print: () => {}, printErr: hear });
  return { sqlite3, driver: wasmDriver(sqlite3) };
}

/** The driver; `vfs` names where files are, undefined for memory. */
export function wasmDriver(sqlite3: Sqlite3Static, vfs?: string): Driver {
  return {
    name: 'sqlite-wasm',
    open: (filename, options) => new WasmConnection(sqlite3, filename, options, vfs),
    failure: (error) =>
      error instanceof WasmSqliteError ? { errcode: error.errcode, message: error.message } : undefined,
  };
}

class WasmConnection implements DriverConnection {
  readonly #sqlite3: Sqlite3Static;
  readonly #api: Exports;
  readonly #db: number;
  readonly #statements = new Set<number>();
  readonly #lost = new FinalizationRegistry<number>((statement) => {
    if (!this.#statements.delete(statement)) return;
    this.#api.sqlite3_finalize(statement);
  });
  readonly #slots: { call: (...args: DriverValue[]) => DriverValue }[] = [];
  readonly #functions: number[] = [];
  #isOpen = true;

  constructor(
    sqlite3: Sqlite3Static,
    filename: string,
    { readOnly, busyTimeoutMs }: DriverOpenOptions,
    vfs: string | undefined,
  ) {
    const { capi, wasm } = sqlite3;
    this.#sqlite3 = sqlite3;
    this.#api = wasm.exports as unknown as Exports;
    const flags = readOnly ? capi.SQLITE_OPEN_READONLY : capi.SQLITE_OPEN_READWRITE | capi.SQLITE_OPEN_CREATE;
    const stack = wasm.pstack.pointer;
    try {
      const out = wasm.pstack.allocPtr();
      const code = capi.sqlite3_open_v2(filename, out, flags, vfs ?? 0);
      this.#db = Number(wasm.peekPtr(out));
      capi.sqlite3_extended_result_codes(this.#db, 1);
      if (code !== OK) {
        const error = this.#error(code);
        capi.sqlite3_close_v2(this.#db);
        throw error;
      }
    } finally {
      wasm.pstack.restore(stack);
    }
    capi.sqlite3_busy_timeout(this.#db, busyTimeoutMs);
  }

  get inTransaction(): boolean {
    return this.#isOpen && this.#api.sqlite3_get_autocommit(this.#db) === 0;
  }

  prepare(sql: string): DriverStatement {
    this.#assertOpen();
    const { capi, wasm } = this.#sqlite3;
    const stack = wasm.pstack.pointer;
    try {
      const out = wasm.pstack.allocPtr();
      const code = capi.sqlite3_prepare_v3(this.#db, sql, -1, capi.SQLITE_PREPARE_PERSISTENT, out, null);
      if (code !== OK) throw this.#error(code);
      const pointer = Number(wasm.peekPtr(out));
      // Nothing but comments: the engine has refused it before.
      if (pointer === 0) throw new WasmSqliteError(1, 'not an error');
      const statement = new WasmStatement(this.#sqlite3, this.#api, this.#db, pointer, {
        fail: (failed) => this.#error(failed),
        assertOpen: () => this.#assertOpen(),
      });
      this.#statements.add(pointer);
      this.#lost.register(statement, pointer);
      return statement;
    } finally {
      wasm.pstack.restore(stack);
    }
  }

  exec(script: string): void {
    this.#assertOpen();
    const code = this.#sqlite3.capi.sqlite3_exec(this.#db, script, 0, 0, 0);
    if (code !== OK) throw this.#error(code);
  }

  defineFunction(name: string, call: (...args: DriverValue[]) => DriverValue): void {
    const { capi, wasm } = this.#sqlite3;
    const api = this.#api;
    const slot = { call };
    this.#slots.push(slot);
    // By address, so that values come as SQLite has them: the library's own conversion has integers as numbers.
    const address = wasm.installFunction('v(pip)', (context: number, count: number, values: number) => {
      const args: DriverValue[] = [];
      for (let at = 0; at < count; at++)
        args.push(this.#valueAt(Number(wasm.peekPtr(values + at * pointerSize))));
      slot.call(...args);
      api.sqlite3_result_null(context);
    });
    this.#functions.push(address);
    const code = capi.sqlite3_create_function_v2(this.#db, name, -1, capi.SQLITE_UTF8, 0, address, 0, 0, 0);
    if (code !== OK) throw this.#error(code);
  }

  onAccess(listener: AccessListener): void {
    const { capi } = this.#sqlite3;
    const actions: Readonly<Record<number, AccessAction>> = {
      [capi.SQLITE_READ]: 'read',
      [capi.SQLITE_INSERT]: 'insert',
      [capi.SQLITE_UPDATE]: 'update',
      [capi.SQLITE_DELETE]: 'delete',
      [capi.SQLITE_FUNCTION]: 'function',
      [capi.SQLITE_RECURSIVE]: 'recursive',
      [capi.SQLITE_ALTER_TABLE]: 'schema',
      [capi.SQLITE_CREATE_TABLE]: 'schema',
      [capi.SQLITE_CREATE_VTABLE]: 'schema',
      [capi.SQLITE_CREATE_INDEX]: 'schema',
      [capi.SQLITE_DROP_TABLE]: 'schema',
      [capi.SQLITE_DROP_VTABLE]: 'schema',
      [capi.SQLITE_DROP_INDEX]: 'schema',
    };
    const tableIsSecond = new Set<number>([capi.SQLITE_CREATE_INDEX, capi.SQLITE_DROP_INDEX]);
    const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
    const code = capi.sqlite3_set_authorizer(
      this.#db,
      (_: unknown, action: number, first: unknown, second: unknown, schema: unknown, within: unknown) => {
        const kind = actions[action] ?? 'other';
        const [a, b, c, d] = [text(first), text(second), text(schema), text(within)];
        if (kind === 'function') listener(kind, b, c, d);
        else if (action === capi.SQLITE_ALTER_TABLE) listener(kind, b, a, d);
        else listener(kind, tableIsSecond.has(action) ? b : a, c, d);
        return OK;
      },
      0,
    );
    if (code !== OK) throw this.#error(code);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const slot of this.#slots) slot.call = () => null;
    for (const statement of this.#statements) this.#api.sqlite3_finalize(statement);
    this.#statements.clear();
    const { capi, wasm } = this.#sqlite3;
    // Null, where the types know functions only.
    (capi.sqlite3_set_authorizer as unknown as (db: number, call: number, argument: number) => number)(
      this.#db,
      0,
      0,
    );
    capi.sqlite3_close_v2(this.#db);
    for (const address of this.#functions) wasm.uninstallFunction(address);
  }

  #valueAt(value: number): DriverValue {
    const api = this.#api;
    switch (api.sqlite3_value_type(value)) {
      case kinds.integer:
        return api.sqlite3_value_int64(value);
      case kinds.real:
        return api.sqlite3_value_double(value);
      case kinds.text:
        return textAt(this.#sqlite3, api.sqlite3_value_text(value), api.sqlite3_value_bytes(value));
      case kinds.blob:
        return blobAt(this.#sqlite3, api.sqlite3_value_blob(value), api.sqlite3_value_bytes(value));
      default:
        return null;
    }
  }

  #error(code: number): WasmSqliteError {
    const { capi } = this.#sqlite3;
    if (this.#db === 0) return new WasmSqliteError(code, 'out of memory');
    const extended = this.#api.sqlite3_extended_errcode(this.#db);
    return new WasmSqliteError(
      (extended & 0xff) === (code & 0xff) ? extended : code,
      capi.sqlite3_errmsg(this.#db),
    );
  }

  #assertOpen(): void {
    if (!this.#isOpen) throw new Error('database is not open');
  }
}

interface Owner {
  fail(code: number): WasmSqliteError;
  assertOpen(): void;
}

class WasmStatement implements DriverStatement {
  readonly #sqlite3: Sqlite3Static;
  readonly #api: Exports;
  readonly #db: number;
  readonly #pointer: number;
  readonly #owner: Owner;
  /** Rises with each run: an iteration of an earlier one has ended. */
  #run = 0;

  constructor(sqlite3: Sqlite3Static, api: Exports, db: number, pointer: number, owner: Owner) {
    this.#sqlite3 = sqlite3;
    this.#api = api;
    this.#db = db;
    this.#pointer = pointer;
    this.#owner = owner;
  }

  columns(): readonly DriverColumn[] {
    this.#owner.assertOpen();
    const { capi } = this.#sqlite3;
    return Array.from({ length: this.#api.sqlite3_column_count(this.#pointer) }, (_, at) => ({
      name: String(capi.sqlite3_column_name(this.#pointer, at)),
      declaredType: capi.sqlite3_column_decltype(this.#pointer, at) ?? null,
    }));
  }

  run(params: DriverParams): DriverRunResult {
    this.#begin(params);
    try {
      while (this.#step()) {
        // What it returns nobody asked for.
      }
    } finally {
      this.#end();
    }
    const rowid = this.#api.sqlite3_last_insert_rowid(this.#db);
    const number = Number(rowid);
    return {
      changes: Number(this.#api.sqlite3_changes64(this.#db)),
      lastInsertRowid: Number.isSafeInteger(number) ? number : rowid,
    };
  }

  all(params: DriverParams): DriverRow[] {
    this.#begin(params);
    const rows: DriverRow[] = [];
    try {
      while (this.#step()) rows.push(this.#row());
    } finally {
      this.#end();
    }
    return rows;
  }

  get(params: DriverParams): DriverRow | undefined {
    this.#begin(params);
    try {
      return this.#step() ? this.#row() : undefined;
    } finally {
      this.#end();
    }
  }

  *iterate(params: DriverParams): IterableIterator<DriverRow> {
    this.#begin(params);
    const run = this.#run;
    try {
      while (run === this.#run && this.#step()) yield this.#row();
    } finally {
      if (run === this.#run) this.#end();
    }
  }

  #begin(params: DriverParams): void {
    this.#owner.assertOpen();
    this.#run += 1;
    this.#api.sqlite3_reset(this.#pointer);
    this.#api.sqlite3_clear_bindings(this.#pointer);
    if (Array.isArray(params)) {
      for (let at = 0; at < params.length; at++) this.#bind(at + 1, params[at] ?? null);
      return;
    }
    const { capi } = this.#sqlite3;
    for (const [name, value] of Object.entries(params as Readonly<Record<string, DriverValue>>)) {
      const at = capi.sqlite3_bind_parameter_index(this.#pointer, name);
      if (at > 0) this.#bind(at, value);
    }
  }

  #bind(at: number, value: DriverValue): void {
    const code = this.#bindValue(at, value);
    if (code !== OK) throw this.#owner.fail(code);
  }

  #bindValue(at: number, value: DriverValue): number {
    const api = this.#api;
    if (value === null) return api.sqlite3_bind_null(this.#pointer, at);
    if (typeof value === 'number') return api.sqlite3_bind_double(this.#pointer, at, value);
    if (typeof value === 'bigint') {
      if (BigInt.asIntN(64, value) !== value) throw new WasmSqliteError(25, 'an integer is out of range');
      return api.sqlite3_bind_int64(this.#pointer, at, value);
    }
    const { wasm, capi } = this.#sqlite3;
    const bytes = typeof value === 'string' ? encoder.encode(value) : value;
    const copy = wasm.alloc(bytes.byteLength || 1);
    wasm.heap8u().set(bytes, Number(copy));
    // SQLite frees the copy, also if it fails.
    const free = capi.SQLITE_WASM_DEALLOC as unknown as number;
    return typeof value === 'string'
      ? api.sqlite3_bind_text(this.#pointer, at, Number(copy), bytes.byteLength, free)
      : api.sqlite3_bind_blob(this.#pointer, at, Number(copy), bytes.byteLength, free);
  }

  #step(): boolean {
    this.#owner.assertOpen();
    const code = this.#api.sqlite3_step(this.#pointer);
    if (code === ROW) return true;
    if (code === DONE) return false;
    throw this.#owner.fail(code);
  }

  #row(): DriverRow {
    const api = this.#api;
    const pointer = this.#pointer;
    const width = api.sqlite3_column_count(pointer);
    const row: DriverRow = new Array(width);
    for (let at = 0; at < width; at++) {
      switch (api.sqlite3_column_type(pointer, at)) {
        case kinds.integer:
          row[at] = api.sqlite3_column_int64(pointer, at);
          break;
        case kinds.real:
          row[at] = api.sqlite3_column_double(pointer, at);
          break;
        case kinds.text:
          row[at] = textAt(
            this.#sqlite3,
            api.sqlite3_column_text(pointer, at),
            api.sqlite3_column_bytes(pointer, at),
          );
          break;
        case kinds.blob:
          row[at] = blobAt(
            this.#sqlite3,
            api.sqlite3_column_blob(pointer, at),
            api.sqlite3_column_bytes(pointer, at),
          );
          break;
        default:
          row[at] = null;
      }
    }
    return row;
  }

  #end(): void {
    // Its code repeats what the step said; and a large value that was bound needn't stay.
    this.#api.sqlite3_reset(this.#pointer);
    this.#api.sqlite3_clear_bindings(this.#pointer);
  }
}

function textAt({ wasm }: Sqlite3Static, at: number, bytes: number): string {
  return bytes === 0 ? '' : decoder.decode(wasm.heap8u().subarray(Number(at), Number(at) + bytes));
}

function blobAt({ wasm }: Sqlite3Static, at: number, bytes: number): Uint8Array {
  return bytes === 0 ? new Uint8Array() : wasm.heap8u().slice(Number(at), Number(at) + bytes);
}
